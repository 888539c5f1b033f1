"""What is held out: the last part of long sequences, or groups that their hash picks."""

import hashlib

import numpy as np


def positions(lengths: np.ndarray, fraction: float) -> np.ndarray:
    """Where the last part of each long sequence begins.

    Args:
        lengths: `[n]`, of the sequences.
        fraction: of a sequence that is held out; above 0 at least one event, if there are two.

    Returns:
        `[n]`, int64.
    """
    lengths = np.asarray(lengths, np.int64)
    most = np.maximum(lengths - (fraction > 0), 1)
    cuts = np.clip(np.round(lengths * (1 - fraction)), 1, most)
    return np.where(lengths > 1, cuts, lengths).astype(np.int64)


def hashed_splits(groups: list[str], fraction: float) -> list[str]:
    """The split of each sequence, given its group, by the hashes of the groups.

    Args:
        groups: of each sequence.
        fraction: of the groups that are held out; neither split is empty if there are two groups
            or more and it is above 0.

    Returns:
        `"train"` or `"validation"`, one a sequence.
    """
    rank = {
        group: int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") / 2**64
        for group in set(groups)
    }
    ordered = sorted(rank, key=lambda group: (rank[group], group))
    count = sum(value < fraction for value in rank.values())
    if fraction > 0:
        count = min(max(count, 1), len(ordered) - 1)
    held_out = set(ordered[:count])
    return ["validation" if group in held_out else "train" for group in groups]
