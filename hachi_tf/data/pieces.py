"""Which pieces sequences are cut into, and in which order they come."""

from typing import NamedTuple

import numpy as np

# Batches are cut from chunks of this many batches sorted by length, so that little is padded.
BUCKET_BATCHES = 16


class Pieces(NamedTuple):
    """Pieces of sequences, each array `[n]`.

    Attributes:
        sequence: the number of the sequence that a piece belongs to.
        start: its first event's place in that sequence.
        length: how many events it has.
        ends: whether its last event is the sequence's last.
    """

    sequence: np.ndarray
    start: np.ndarray
    length: np.ndarray
    ends: np.ndarray


def cut(lengths: np.ndarray, limit: int, phase: int = 0, order: np.ndarray | None = None) -> Pieces:
    """Cuts sequences into consecutive pieces.

    Args:
        lengths: `[n]`, of the sequences.
        limit: the most events of a piece; 0 leaves sequences whole.
        phase: the first piece's events if not 0, from 0 to below `limit`.
        order: in which the sequences come, `[n]`; as they are by default.
    """
    lengths = np.asarray(lengths, np.int64)
    limit = limit or max(int(lengths.max(initial=1)), 1)
    order = np.arange(len(lengths)) if order is None else order
    first = np.minimum(phase or limit, lengths)  # events of each sequence's first piece
    counts = (lengths > 0) + -(-(lengths - first) // limit)
    sequence = np.repeat(order, counts[order])
    ends_at = np.cumsum(counts[order])
    number = np.arange(len(sequence)) - np.repeat(ends_at - counts[order], counts[order])
    start = np.where(number > 0, first[sequence] + (number - 1) * limit, 0)
    stop = np.minimum(first[sequence] + number * limit, lengths[sequence])
    return Pieces(sequence, start, stop - start, number == counts[sequence] - 1)


def bucketed(lengths: np.ndarray, size: int, random: np.random.Generator) -> list[np.ndarray]:
    """Batches of `size` pieces of similar length, in random order."""
    order, chunk = random.permutation(len(lengths)), size * BUCKET_BATCHES
    chunks = [order[i : i + chunk] for i in range(0, len(order), chunk)]
    order = np.concatenate([c[np.argsort(lengths[c], kind="stable")] for c in chunks])
    batches = [order[i : i + size] for i in range(0, len(order), size)]
    return [batches[i] for i in random.permutation(len(batches))]


def lanes(count: int, rows: int, steps: int) -> list[np.ndarray]:
    """Batches whose row b goes through the pieces of lane b, one after the other.

    Args:
        count: how many pieces there are; the lanes share them in their order.
        rows: how many lanes.
        steps: how many batches; what a lane has beyond them is left out.

    Returns:
        Arrays `[rows]` of piece numbers, -1 where a lane is over.
    """
    parts = np.array_split(np.arange(count), rows)
    table = np.full((steps, rows), -1)
    for row, part in enumerate(parts):
        table[: min(len(part), steps), row] = part[:steps]
    return list(table)
