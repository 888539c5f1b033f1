"""Strokes of glyphs from the few points that a font gives: order, corners, smooth curves."""

import numpy as np

_DENSE = 0.6  # units between the points of a dense polyline, at most


def linked(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Joins strokes of which one begins where another ends."""
    left, linked = list(strokes), []
    while left:
        ends = [stroke[-1].tolist() for stroke in left]
        # One that continues no other, the first such; a ring of strokes has none.
        index = next((i for i, each in enumerate(left) if each[0].tolist() not in ends), 0)
        chain = left.pop(index)
        while True:
            index = next((i for i, each in enumerate(left) if (each[0] == chain[-1]).all()), None)
            if index is None:
                break
            chain = np.concatenate([chain, left.pop(index)[1:]])
        linked.append(chain)
    return linked


def zigzag(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Turns strokes round where needed so that the pen goes up and down without a lift."""
    strokes = list(strokes)
    if (strokes[0][0] == strokes[1][0]).all():
        strokes[0] = strokes[0][::-1]
    for index in range(1, len(strokes)):
        if (strokes[index][-1] == strokes[index - 1][-1]).all():
            strokes[index] = strokes[index][::-1]
    return linked(strokes)


def segments(stroke: np.ndarray) -> list[np.ndarray]:
    """Cuts a stroke at its corners and smooths what lies between them."""
    edge = np.diff(stroke, axis=0)
    length = np.hypot(*edge.T)
    unit = edge / length[:, None]
    turn = np.degrees(np.arccos(np.clip((unit[1:] * unit[:-1]).sum(1), -1, 1)))  # [N - 2]
    longer, shorter = np.maximum(length[1:], length[:-1]), np.minimum(length[1:], length[:-1])
    corner = (turn > 75) | ((turn > 50) & (longer > 4)) | ((turn > 30) & (shorter > 6))
    bounds = [0, *(np.flatnonzero(corner) + 1), len(stroke) - 1]
    return [
        _smooth(stroke[begin : end + 1]) for begin, end in zip(bounds[:-1], bounds[1:], strict=True)
    ]


def _smooth(points: np.ndarray) -> np.ndarray:
    """A dense curve through points: cubic pieces with the tangents of circles through three."""
    edge = np.diff(points, axis=0)
    length = np.hypot(*edge.T)[:, None]
    unit = edge / length
    tangent = np.empty_like(points)
    tangent[1:-1] = unit[:-1] * length[1:] + unit[1:] * length[:-1]
    if len(points) > 2:  # the ends of an arc turn on by half of the next turn
        tangent[1:-1] /= np.hypot(*tangent[1:-1].T)[:, None]
        tangent[0] = 2 * (unit[0] * tangent[1]).sum() * unit[0] - tangent[1]
        tangent[-1] = 2 * (unit[-1] * tangent[-2]).sum() * unit[-1] - tangent[-2]
    else:
        tangent[:] = unit
    is_long = length[:, 0] > 7  # straight lines stay straight
    tangent[:-1][is_long] = unit[is_long]
    tangent[1:][is_long] = unit[is_long]
    curve = [points[:1]]
    for index, each in enumerate(length[:, 0]):
        t = np.linspace(0, 1, max(2, int(each / _DENSE) + 2))[1:, None]
        curve.append(
            (2 * t**3 - 3 * t**2 + 1) * points[index]
            + (3 * t**2 - 2 * t**3) * points[index + 1]
            + each * (t**3 - 2 * t**2 + t) * tangent[index]
            + each * (t**3 - t**2) * tangent[index + 1]
        )
    return np.concatenate(curve)


def turning(points: np.ndarray) -> float:
    """By how many degrees a curve turns, left and right added up."""
    edge = np.diff(points, axis=0)
    angle = np.unwrap(np.arctan2(edge[:, 1], edge[:, 0]))
    return float(np.degrees(np.abs(np.diff(angle)).sum()))
