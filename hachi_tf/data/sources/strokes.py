"""Pen strokes as events: `dx, dy, end_of_stroke`."""

import numpy as np

from hachi_tf.schema import Feature, Schema


def stroke_schema(unit: str, quantum: float | None) -> Schema:
    """The schema of pen strokes.

    Args:
        unit: of dx and dy. y grows downwards.
        quantum: the grid on which dx and dy live, or None.

    Returns:
        Columns dx, dy and end_of_stroke (1: the pen is lifted after this point).
    """
    return Schema(
        (
            Feature("dx", unit=unit, quantum=quantum),
            Feature("dy", unit=unit, quantum=quantum),
            Feature("end_of_stroke", kind="binary"),
        )
    )


def stroke_events(points: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Turns the points of a drawing into events.

    The first point is the origin, with the pen down; every other point is one event, the offset
    from the point before. So N points are N - 1 events, unless the first stroke has a single
    point: then the first event is a dot `(0, 0, 1)` at the origin.

    Args:
        points: `[N, 2]`, x and y, N >= 1.
        starts: `[S]`, the index of each stroke's first point; the first is 0.

    Returns:
        `[T, 3]`, float64: dx, dy, end_of_stroke.
    """
    points = np.asarray(points, np.float64)
    end_of_stroke = np.zeros(len(points))
    end_of_stroke[np.append(starts[1:], len(points)) - 1] = 1
    if end_of_stroke[0]:
        points = np.concatenate([points[:1], points])
        end_of_stroke = np.append(0, end_of_stroke)
    return np.column_stack([np.diff(points, axis=0), end_of_stroke[1:]])


def simplify(points: np.ndarray, starts: np.ndarray, tolerance: float) -> np.ndarray:
    """Which points of a drawing to keep, by Ramer (1972) and Douglas and Peucker (1973).

    Every stroke keeps its ends; then each chord between kept points gets the point farthest
    from it, as long as that is farther than `tolerance`. All chords of all strokes are treated
    at once, one level of the recursion after the other.

    Args:
        points: `[N, 2]`.
        starts: `[S]`, the index of each stroke's first point; the first is 0.
        tolerance: in units of the points, at least 0.

    Returns:
        `[N]`, bool.
    """
    position = points[:, 0] + 1j * points[:, 1]  # [N]
    keep = np.zeros(len(points), bool)
    keep[starts] = True
    keep[np.append(starts[1:], len(points)) - 1] = True
    inner = np.flatnonzero(~keep)  # the points of chords that may yet be split
    while len(inner):
        kept = np.flatnonzero(keep)
        chord = np.cumsum(keep)[inner] - 1
        begin = position[kept[chord]]
        along = position[kept[chord + 1]] - begin
        offset = position[inner] - begin
        # The distance to the chord itself, not to the line through it: strokes may loop back.
        square = np.maximum(along.real**2 + along.imag**2, 1e-300)
        share = np.clip((offset * along.conj()).real / square, 0, 1)
        distance = np.abs(offset - share * along)
        first = np.flatnonzero(np.diff(chord, prepend=-1))
        farthest = np.repeat(
            np.maximum.reduceat(distance, first), np.diff(first, append=len(inner))
        )
        is_split = farthest > tolerance
        candidates = np.flatnonzero(is_split & (distance == farthest))
        chosen = candidates[np.diff(chord[candidates], prepend=-1) != 0]  # one of a chord
        keep[inner[chosen]] = True
        is_split[chosen] = False
        inner = inner[is_split]
    return keep


def on_grid(points: np.ndarray, starts: np.ndarray, quantum: float):
    """Rounds points to a grid and drops those that fall on the point before in their stroke.

    Args:
        points: `[N, 2]`.
        starts: `[S]`, the index of each stroke's first point; the first is 0.
        quantum: the grid's step.

    Returns:
        The points in whole steps `[M, 2]` and their strokes' starts `[S]`.
    """
    steps = np.rint(points / quantum)
    fresh = np.append(True, (np.diff(steps, axis=0) != 0).any(1))
    fresh[starts] = True
    return steps[fresh], (np.cumsum(fresh) - 1)[starts]
