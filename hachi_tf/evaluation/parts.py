"""Long sequences in parts side by side, with the state that each part begins with."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from hachi_tf.data.pieces import Cut, Pieces
from hachi_tf.data.pipeline import skipped

# A part's first guess of the state that it begins with comes of so many events before it.
WARM_UP = 256
# Rows are read so many events at a time.
CHUNK = 128
# A part is read again if the state at its beginning was off by more than this, relative to 1 and
# the state's size: what is left of it changes a figure less than float32's rounding does.
TOLERANCE = 1e-4
# A network that never forgets would have each part read once for each part before it: after so
# many rounds parts come one after the other.
MAX_ROUNDS = 4


class Parts(NamedTuple):
    """What was found of P parts.

    Attributes:
        pieces: where they are.
        sums: float64 `[P, K]`, the figures of each.
        num_read: how many events were read for that.
    """

    pieces: Pieces
    sums: np.ndarray
    num_read: int


def score_parts(
    run: Callable[[dict[str, np.ndarray], list[np.ndarray]], tuple[Any, Any]],
    dataset: Any,
    limit: int,
    rows: int,
    state_sizes: list[int],
) -> Parts:
    """Scores sequences in parts, each as if all before it had been read first.

    One after the other the parts of a sequence would take a batch of one, which is slow. Here all
    are read side by side, at first from guesses of the state that they begin with. Where the part
    before has then come to another state, a part is read again from there, until no state moves.

    Args:
        run: `(batch, state) -> (figures, state)`: K figures, each `[B]`, and the state after the
            batch; a list of arrays `[B, size]`.
        dataset: the `Dataset`.
        limit: the most events of a part.
        rows: how many parts at a time.
        state_sizes: widths of the arrays of a state.

    Returns:
        The figures of all parts, in order.
    """
    cut = Cut(dataset.lengths, limit)
    parts = cut[np.arange(len(cut))]
    later = np.flatnonzero(parts.start > 0)
    starts = np.zeros([len(cut), sum(state_sizes)], np.float32)
    ends, sums, num_read = starts.copy(), None, 0

    def read(pieces: Pieces, beginnings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        nonlocal num_read
        num_read += int(pieces.length.sum())
        figures, after = [], []
        order = np.argsort(pieces.length, kind="stable")
        for first in range(0, len(order), rows):
            chosen = order[first : first + rows]
            group = Pieces(*(column[chosen] for column in pieces))
            state = np.split(beginnings[chosen], np.cumsum(state_sizes)[:-1], axis=1)
            total = 0.0
            for begin in range(0, int(group.length.max()), CHUNK):
                values, state = run(chunk(dataset, group, begin, CHUNK), state)
                total = total + np.stack([np.asarray(value, np.float64) for value in values], 1)
            figures.append(total)
            after.append(np.concatenate([np.asarray(each) for each in state], 1))
        inverse = np.argsort(order)
        return np.concatenate(figures)[inverse], np.concatenate(after)[inverse]

    if len(later):
        begin = np.maximum(parts.start[later] - WARM_UP, 0)
        before = Pieces(parts.sequence[later], begin, parts.start[later] - begin, later < 0)
        starts[later] = read(before, starts[later])[1]
    todo, rounds = np.arange(len(cut)), 0
    while len(todo):
        figures, ends[todo] = read(Pieces(*(column[todo] for column in parts)), starts[todo])
        sums = np.zeros([len(cut), figures.shape[1]]) if sums is None else sums
        sums[todo] = figures
        moved = np.abs(ends[later - 1] - starts[later])
        moved = (moved > TOLERANCE * (1.0 + np.abs(ends[later - 1]))).any(axis=1)
        todo, rounds = later[moved], rounds + 1
        if rounds >= MAX_ROUNDS:
            todo = todo[np.unique(parts.sequence[todo], return_index=True)[1]]
        starts[todo] = ends[todo - 1]
    return Parts(parts, sums, num_read)


def chunk(dataset: Any, pieces: Pieces, begin: int, size: int) -> dict[str, np.ndarray]:
    """A batch, as `Pipeline.batch` makes it, of the events from `begin` on of some pieces.

    A row whose piece does not begin its sequence goes on: it has the event before its first one.

    Args:
        dataset: the `Dataset`.
        pieces: B pieces of its sequences.
        begin: the first event, counted from each piece's own first one.
        size: the most events of a row.
    """
    lengths = np.clip(pieces.length - begin, 0, size)
    first, width = pieces.start + begin, dataset.num_features
    events = np.zeros([len(lengths), max(int(lengths.max()), 1), width], np.float32)
    previous = np.zeros([len(lengths), width], np.float32)
    for row, (sequence, start, length) in enumerate(
        zip(pieces.sequence, first, lengths, strict=True)
    ):
        goes_on = int(start > 0 and length > 0)
        window = dataset.window(sequence, start - goes_on, start + length)
        events[row, :length] = window[goes_on:]
        previous[row] = window[0] if goes_on else 0.0
    texts = [dataset.texts[sequence] or "" for sequence in pieces.sequence]
    return {
        "events": events,
        "lengths": lengths.astype(np.int32),
        "ends": pieces.ends & (lengths > 0) & (begin + lengths == pieces.length),
        "index": pieces.sequence.astype(np.int32),
        "sequence": pieces.sequence.astype(np.int32),
        "text": np.array([text.encode("utf-8", "replace") for text in texts], object),
        "offset": first.astype(np.int32),
        "begins": first == 0,
        "previous": previous,
        "skip": skipped(dataset, pieces, first, lengths),
    }
