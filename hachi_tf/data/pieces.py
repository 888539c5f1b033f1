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


class Cut:
    """Sequences cut into consecutive pieces, which are worked out when they are asked for.

    Args:
        lengths: `[n]`, of the sequences.
        limit: the most events of a piece; 0 leaves sequences whole.
        phase: the first piece's events if not 0, from 0 to below `limit`.
        order: in which the sequences come, `[n]`; as they are by default.
    """

    def __init__(
        self, lengths: np.ndarray, limit: int, phase: int = 0, order: np.ndarray | None = None
    ):
        self._lengths = lengths = np.asarray(lengths, np.int64)
        self._limit = limit = limit or max(int(lengths.max(initial=1)), 1)
        self._order = np.arange(len(lengths)) if order is None else order
        self._first = np.minimum(phase or limit, lengths)  # events of each sequence's first piece
        self._counts = (lengths > 0) + -(-(lengths - self._first) // limit)
        self._ends_at = np.cumsum(self._counts[self._order])

    def __len__(self) -> int:
        return int(self._ends_at[-1]) if len(self._ends_at) else 0

    def __getitem__(self, numbers: np.ndarray) -> Pieces:
        """The pieces of those numbers `[n]`, from 0."""
        place = np.searchsorted(self._ends_at, numbers, side="right")
        sequence = self._order[place]
        counts = self._counts[sequence]
        number = numbers - (self._ends_at[place] - counts)
        first = self._first[sequence]
        start = np.where(number > 0, first + (number - 1) * self._limit, 0)
        stop = np.minimum(first + number * self._limit, self._lengths[sequence])
        return Pieces(sequence, start, stop - start, number == counts - 1)

    def lengths(self) -> np.ndarray:
        """Of all pieces, `[n]`."""
        return self[np.arange(len(self))].length


def bucketed(lengths: np.ndarray, size: int, random: np.random.Generator) -> list[np.ndarray]:
    """Batches of `size` pieces of similar length, in random order."""
    order, chunk = random.permutation(len(lengths)), size * BUCKET_BATCHES
    chunks = [order[i : i + chunk] for i in range(0, len(order), chunk)]
    order = np.concatenate([c[np.argsort(lengths[c], kind="stable")] for c in chunks])
    batches = [order[i : i + size] for i in range(0, len(order), size)]
    return [batches[i] for i in random.permutation(len(batches))]


def in_lanes(count: int, rows: int, step: int) -> np.ndarray:
    """The pieces of a batch whose row b goes through those of lane b, one after the other.

    Args:
        count: how many pieces there are; the lanes share them in their order.
        rows: how many lanes.
        step: which batch.

    Returns:
        The pieces' numbers `[rows]`, -1 where a lane is over.
    """
    size, longer = divmod(count, rows)
    row = np.arange(rows)
    begins = row * size + np.minimum(row, longer)
    return np.where(step < size + (row < longer), begins + step, -1)
