"""Smooth curves through the points of a pen-down run."""

import numpy as np

# A pen that turns by more than this at a point makes a corner.
_CORNER_DEGREES = 60.0
# A handle is a third of its segment, and at most half of the segment on the other side.
_OWN_SHARE, _OTHER_SHARE = 1 / 3, 1 / 2

# A curve whose control points are no more pixels than this beside its chord is drawn straight.
_VISIBLE = 0.05


def control_points(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Control points of the cubic Bézier segments that join the points of a run.

    The curve passes through every point. Where the pen turns little, it has the direction of the
    circle through the point and its two neighbours. A corner stays a corner: the segments beside
    it bend towards it as evenly as the other end lets them, and between two they are straight.

    Args:
        points: `[n, 2]`, n at least 2, neighbours differ.

    Returns:
        First and second control point of each segment, `[n - 1, 2]` each.
    """
    steps = np.diff(points, axis=0)
    lengths = np.hypot(*steps.T)[:, None]
    along = steps / lengths
    turns = np.sum(along[:-1] * along[1:], axis=1)
    is_smooth = np.concatenate([[False], turns > np.cos(np.radians(_CORNER_DEGREES)), [False]])
    # The circle's direction at the inner points, then the handles of the segments there.
    tangents = along[:-1] * lengths[1:] + along[1:] * lengths[:-1]
    norms = np.hypot(*tangents.T)[:, None]
    tangents = np.concatenate([along[:1], tangents / np.where(norms > 0, norms, 1.0), along[-1:]])
    neighbours = np.concatenate([lengths[:1], lengths, lengths[-1:]])
    starts = _handles(tangents[:-1], lengths, neighbours[:-2])
    ends = _handles(tangents[1:], lengths, neighbours[2:])
    smooth_start, smooth_end = is_smooth[:-1, None], is_smooth[1:, None]
    straight = _OWN_SHARE * steps
    free_starts = np.where(smooth_end, _mirrored(ends, along, straight), straight)
    free_ends = np.where(smooth_start, _mirrored(starts, along, straight), straight)
    starts = np.where(smooth_start, starts, free_starts)
    ends = np.where(smooth_end, ends, free_ends)
    return points[:-1] + starts, points[1:] - ends


def flatten(points: np.ndarray, piece: float | None = None) -> np.ndarray:
    """The smooth curve through the points of a run as a polyline.

    Args:
        points: `[n, 2]`; neighbours may be equal.
        piece: length of the pieces in pixels, the unit of the points; at most 16 a segment, and
            one where no bend is seen. None for 8 pieces a segment in any unit.

    Returns:
        `[m, 2]`, with the points among them.
    """
    moved = np.any(points[1:] != points[:-1], axis=1)
    points = points[np.concatenate([[True], moved])]
    if len(points) < 3:
        return points
    first, second = control_points(points)
    lengths = np.hypot(*np.diff(points, axis=0).T)
    counts = np.full(len(lengths), 8)
    if piece is not None:
        counts = np.ceil(lengths / piece).clip(1, 16).astype(int)
        counts[~bends(points, first, second)] = 1
    segment = np.repeat(np.arange(len(counts)), counts)
    step = np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts, counts)
    u = (step / counts[segment])[:, None]
    curve = (
        (1 - u) ** 3 * points[segment]
        + 3 * (1 - u) ** 2 * u * first[segment]
        + 3 * (1 - u) * u**2 * second[segment]
        + u**3 * points[segment + 1]
    )
    return np.concatenate([curve, points[-1:]])


def bends(points: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Which segments are seen to bend, bool `[n - 1]`; points `[n, 2]` in pixels."""
    steps = np.diff(points, axis=0)
    beside = []
    for offsets in (first - points[:-1], second - points[1:]):
        crosses = offsets[:, 0] * steps[:, 1] - offsets[:, 1] * steps[:, 0]
        beside.append(np.abs(crosses) / np.hypot(*steps.T))
    return np.maximum(*beside) > _VISIBLE


def _handles(tangents: np.ndarray, lengths: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    return tangents * np.minimum(_OWN_SHARE * lengths, _OTHER_SHARE * neighbours)


def _mirrored(handles: np.ndarray, along: np.ndarray, straight: np.ndarray) -> np.ndarray:
    """The handles that make arcs with those at the other end; straighter where those are short."""
    forth = np.sum(handles * along, axis=1, keepdims=True) * along
    reach, full = (np.hypot(*vectors.T)[:, None] for vectors in (handles, straight))
    share = reach / full
    return straight * (1 - share) + (2 * forth - handles)
