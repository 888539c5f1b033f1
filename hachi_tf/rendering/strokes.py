"""Stroke events to the lines that a pen draws."""

from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError

# Beyond this, squares and differences of coordinates overflow float64.
_LARGEST = 1e150


def to_polylines(events: np.ndarray, name: str = "the drawing") -> list[np.ndarray]:
    """The pen-down runs of a drawing.

    The drawing begins at the origin with the pen down. Event t is the offset (dx, dy) to the next
    point and whether the pen is lifted after that point; the move to the point after it is then
    in the air, and a new run begins there.

    Args:
        events: `[T, 3]` dx, dy (data units, y grows downwards), end_of_stroke (1 from 0.5 on).
        name: what to call the drawing in an error.

    Returns:
        One float64 array `[n, 2]` of points (x, y) a run, in drawing order; a run of one point is a
        dot. No events are an empty drawing: no runs.

    Raises:
        UserError: if the events are not `[T, 3]`, or not finite.
    """
    events = _checked(events, name)
    if not len(events):
        return []
    points = np.concatenate([np.zeros([1, 2]), np.cumsum(events[:, :2], axis=0)])
    starts = np.flatnonzero(events[:-1, 2] >= 0.5) + 2
    return np.split(points, starts)


def all_to_polylines(samples: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
    """`to_polylines` of every sample; errors say which sample it was, counted from 0.

    Raises:
        UserError: if there is no sample, or one is not `[T, 3]`, or not finite.
    """
    if not len(samples):
        raise UserError("at least one drawing", "none")
    return [to_polylines(sample, f"sample {index}") for index, sample in enumerate(samples)]


def _checked(events: np.ndarray, name: str) -> np.ndarray:
    """The events as float64 `[T, 3]`."""
    expected = "rows of dx, dy, end_of_stroke"
    try:
        events = np.asarray(events, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UserError(expected, f"something else in {name}: {error}") from None
    if not events.size:
        return np.zeros([0, 3])
    if events.ndim != 2 or events.shape[1] != 3:
        raise UserError(expected, f"an array of shape {list(events.shape)} in {name}")
    with np.errstate(invalid="ignore", over="ignore"):
        reached = np.abs(np.cumsum(events[:, :2], axis=0)) < _LARGEST
    bad = np.flatnonzero(~np.isfinite(events).all(axis=1) | ~reached.all(axis=1))
    if bad.size:
        row = ", ".join(f"{value:g}" for value in events[bad[0]])
        raise UserError(f"finite numbers in {name}", f"({row}) at step {bad[0]}")
    return events
