"""How fast a pen moves along its strokes, and points at equal times along them.

The speed of a hand falls with curvature (the two-thirds power law of Lacquaniti, Terzuolo and
Viviani, 1983, is its best known form) and towards the ends of strokes. Here it is

    speed ~ (1 + curvature * line_height / 8) ** -slowing

with the curvature of what lies within 6% of a line height to both sides. On IAM-OnDB that
explains three quarters of the variance of log speed, with `slowing` near 0.9.
"""

import math
from typing import NamedTuple

import numpy as np

HANDWRITING = 0.9  # slowing in IAM-OnDB
EVEN = 0.4  # below that, data have points at distances rather than times
_BEND = 8.0  # curvature times line height at which speed begins to fall
_END_BEND = 20.0  # the same that the end of a stroke amounts to
_END_REACH = 0.2  # line heights over which a stroke's end is felt
_WINDOW = 0.06  # line heights
_FINE = 0.012  # line heights between the points that a course is computed at
_CORNER = math.radians(60)  # a sharper turn within the window keeps a point
_MAX_PAUSE = 4.0  # point spacings of travel that a pause within a stroke lasts at most
_SLOWEST = 0.05  # of the usual speed; what is slower is a pause
_MAX_SPEED_UP = 2.0  # at a point, over the slower of both pieces
_MAX_STEP = 16.0  # how far from the first guess the time between points is sought


class Course(NamedTuple):
    """Where a pen is when, in one stroke.

    Attributes:
        points: `[n, 2]`, n >= 2.
        clock: `[n]`, increasing.
        kept: indices of points that stay when the course is cut; the first and last are 0, n - 1.
    """

    points: np.ndarray
    clock: np.ndarray
    kept: np.ndarray


def recorded(
    strokes: list[np.ndarray], times: list[np.ndarray], spacing: float
) -> list[Course | None]:
    """Courses by the times at which the points were recorded, long pauses shortened.

    Args:
        strokes: arrays `[n, 2]`.
        times: arrays `[n]`, in any unit, which do not decrease in a stroke.
        spacing: the usual distance of points.

    Returns:
        One a stroke; None for those without extent, which are dots.
    """
    moves = [np.hypot(*np.diff(stroke, axis=0).T) for stroke in strokes]
    waits = [np.diff(each) for each in times]
    distance, wait = np.concatenate(moves), np.concatenate(waits)
    moving = (distance > 0) & (wait > 0)
    usual = np.median(wait[moving] / distance[moving]) if moving.any() else 1.0
    courses = []
    for stroke, move, wait in zip(strokes, moves, waits, strict=True):
        longest = usual * np.maximum(move / _SLOWEST, _MAX_PAUSE * spacing)
        wait = np.clip(wait, usual * move * _SLOWEST, longest)
        fresh = np.append(True, wait > 0)  # a point without a wait is where the one before is
        points, clock = stroke[fresh], np.append(0.0, np.cumsum(wait))[fresh]
        course = Course(points, clock, np.array([0, len(points) - 1]))
        courses.append(course if move.any() else None)
    return courses


def plausible(strokes: list[np.ndarray], line_height: float, slowing: float) -> list[Course | None]:
    """Courses at the speed that goes with the curvature; their corners are kept.

    Args:
        strokes: arrays `[n, 2]`.
        line_height: in the unit of the strokes.
        slowing: the exponent of the speed; 0 is a constant speed.

    Returns:
        One a stroke; None for those without extent, which are dots.
    """
    return [_course(stroke, line_height, slowing) for stroke in strokes]


def cut(courses: list[Course], spacing: float) -> list[np.ndarray]:
    """Points at equal times, whose median distance is `spacing` as nearly as can be.

    Args:
        courses: at least one.
        spacing: the distance, in the unit of the courses.

    Returns:
        An array `[n, 2]`, n >= 2, a stroke, which begins and ends as its course does.
    """
    path = _Path(courses)
    first = spacing * path.duration / path.length
    step, best, error = first, first, math.inf
    for _ in range(12):
        ratio = median_spacing(path.cut(step)) / spacing
        if abs(math.log(ratio)) < error:
            best, error = step, abs(math.log(ratio))
        if error < 1e-3:
            break
        step = min(max(step / ratio, first / _MAX_STEP), first * _MAX_STEP)
    return path.cut(best)


def median_spacing(strokes: list[np.ndarray]) -> float:
    """The median distance of neighbouring points of a stroke that are not the same."""
    distance = np.concatenate([np.hypot(*np.diff(stroke, axis=0).T) for stroke in strokes])
    return float(np.median(distance[distance > 0]))


def spacing_and_bend(
    strokes: list[np.ndarray], line_height: float
) -> tuple[np.ndarray, np.ndarray]:
    """What `fit_slowing` needs of one line, whose inner points are the data.

    Returns:
        The logarithms of the distance of points and of `1 + curvature * line_height / 8`, both
        `[n]`.
    """
    spacings, bends = [np.zeros(0)], [np.zeros(0)]
    for stroke in strokes:
        stroke = stroke[np.append(True, np.any(np.diff(stroke, axis=0) != 0, axis=1))]
        lengths = np.hypot(*np.diff(stroke, axis=0).T)
        travelled = np.append(0.0, np.cumsum(lengths))
        if len(stroke) < 3:
            continue
        # A window that holds no neighbour would see no turn.
        window = np.maximum(_WINDOW * line_height, np.maximum(lengths[1:], lengths[:-1]))
        turn, reach = _turn(stroke, travelled, travelled[1:-1], window)
        inner = np.minimum(travelled, travelled[-1] - travelled)[1:-1] > _END_REACH * line_height
        spacings.append(np.log((lengths[1:] + lengths[:-1]) / 2)[inner])
        bends.append(np.log1p(turn / reach * line_height / _BEND)[inner])
    return np.concatenate(spacings), np.concatenate(bends)


def fit_slowing(lines: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """The exponent of the speed over all lines, by least squares; from 0 to 1.5.

    Args:
        lines: what `spacing_and_bend` returned for each.
    """
    spacing = np.concatenate([spacing - spacing.mean() for spacing, _ in lines if len(spacing)])
    bend = np.concatenate([bend - bend.mean() for _, bend in lines if len(bend)])
    spread = bend @ bend
    return float(np.clip(-(bend @ spacing) / spread, 0.0, 1.5)) if spread > 1e-12 else 0.0


def _course(stroke: np.ndarray, line_height: float, slowing: float) -> Course | None:
    travelled = np.append(0.0, np.cumsum(np.hypot(*np.diff(stroke, axis=0).T)))
    length = travelled[-1]
    if not length > 0:
        return None
    pieces = max(math.ceil(length / (_FINE * line_height)), 2)
    here = np.linspace(0.0, length, pieces + 1)
    turn, reach = _turn(stroke, travelled, here, np.full(len(here), _WINDOW * line_height))
    bend = turn / reach * line_height
    margin = np.minimum(here, length - here) / (_END_REACH * line_height)
    bend += _END_BEND * np.clip(1 - np.sqrt(margin), 0.0, 1.0)
    pace = _smooth((1 + bend / _BEND) ** slowing, round(_WINDOW / _FINE))
    clock = np.append(0.0, np.cumsum((pace[1:] + pace[:-1]) / 2)) * (length / pieces)
    points = np.column_stack([np.interp(here, travelled, column) for column in stroke.T])
    points[[0, -1]] = stroke[[0, -1]]
    return Course(points, clock, _corners(turn, round(_WINDOW / _FINE)))


def _turn(stroke, travelled, here, window) -> tuple[np.ndarray, np.ndarray]:
    """By how much the stroke turns around places on it, in radians, and over what length."""

    def at(place: np.ndarray) -> np.ndarray:
        x, y = (np.interp(place, travelled, column) for column in stroke.T)
        return x + 1j * y

    before = np.maximum(here - window, 0.0)
    after = np.minimum(here + window, travelled[-1])
    middle = at(here)
    turn = np.abs(np.angle((at(after) - middle) * np.conj(middle - at(before))))
    turn[(here <= 0) | (here >= travelled[-1])] = 0.0
    return turn, np.maximum((after - before) / 2, 1e-300)


def _smooth(values: np.ndarray, reach: int) -> np.ndarray:
    """Means weighted by a Hann window that reaches that far to both sides."""
    weights = np.hanning(2 * reach + 3)[1:-1]
    return np.convolve(np.pad(values, reach, mode="edge"), weights / weights.sum(), "valid")


def _corners(turn: np.ndarray, reach: int) -> np.ndarray:
    """The ends and the sharpest point of every corner, as indices."""
    padded = np.pad(turn, reach, constant_values=-1.0)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    found = np.flatnonzero((turn >= highest) & (turn > _CORNER))
    found = found[np.diff(found, prepend=-reach - 1) > reach]  # one of a plateau
    last = len(turn) - 1
    return np.array([0, *found[(found > 0) & (found < last)], last])


class _Path:
    """All courses one after the other, so that NumPy cuts them at once.

    Between two points the pen follows a cubic curve, which has at both the velocity of the
    parabola through the point and its neighbours in the stroke (Catmull and Rom, 1974, for
    points at unequal times).
    """

    def __init__(self, courses: list[Course]):
        counts = np.array([len(course.points) for course in courses])
        bounds = np.append(0, np.cumsum(counts))
        first, last = bounds[:-1], bounds[1:] - 1
        self._points = np.concatenate([course.points for course in courses])  # [N, 2]
        self.duration = sum(course.clock[-1] - course.clock[0] for course in courses)
        waits = np.concatenate([np.append(np.diff(course.clock), 1.0) for course in courses])[:-1]
        waits[last[:-1]] = self.duration / len(self._points)  # in the air: one piece, of any time
        self._clock = np.append(0.0, np.cumsum(waits))  # [N]
        self._kept = np.concatenate(
            [c.kept + bound for c, bound in zip(courses, first, strict=True)]
        )
        self._is_end = np.isin(self._kept, last)
        moves = np.diff(self._points, axis=0)  # [N - 1, 2]
        lengths = np.hypot(*moves.T)
        lengths[last[:-1]] = 0.0
        self.length = float(lengths.sum())
        # A loop must not become a point.
        arc = np.diff(np.append(0.0, np.cumsum(lengths))[self._kept])
        chord = np.hypot(*np.diff(self._points[self._kept], axis=0).T)
        self._fewest = np.where(chord < arc / 2, 3, 1)
        self._fewest[self._is_end[:-1]] = 1
        waits = np.diff(self._clock)[:, None]
        slopes = moves / waits
        velocity = np.empty_like(self._points)
        velocity[1:-1] = (waits[1:] * slopes[:-1] + waits[:-1] * slopes[1:]) / (
            waits[1:] + waits[:-1]
        )
        velocity[first], velocity[last] = slopes[first], slopes[last - 1]
        # Where a pen that rested darts away, the curve must not swing back.
        speed = np.hypot(*slopes.T)
        slowest = np.minimum(np.append(speed, np.inf), np.append(np.inf, speed))
        slowest[first], slowest[last] = speed[first], speed[last - 1]
        excess = np.hypot(*velocity.T) / np.maximum(_MAX_SPEED_UP * slowest, 1e-300)
        self._velocity = velocity / np.maximum(excess, 1.0)[:, None]

    def cut(self, step: float) -> list[np.ndarray]:
        """Points at times `step` apart, as nearly as the kept points allow."""
        marks = self._clock[self._kept]
        pieces = np.maximum(np.rint(np.diff(marks) / step), self._fewest).astype(np.int64)
        pieces[self._is_end[:-1]] = 1
        index = np.append(0, np.cumsum(pieces))
        times = np.interp(np.arange(index[-1] + 1), index, marks)
        return np.split(self._at(times), index[:-1][self._is_end[:-1]] + 1)

    def _at(self, times: np.ndarray) -> np.ndarray:
        clock, points, velocity = self._clock, self._points, self._velocity
        piece = np.clip(np.searchsorted(clock, times, "right") - 1, 0, len(clock) - 2)
        wait = (clock[piece + 1] - clock[piece])[:, None]
        s = (times - clock[piece])[:, None] / wait  # [m, 1], share of the piece
        return (
            points[piece] * (1 + 2 * s) * (1 - s) ** 2
            + velocity[piece] * wait * s * (1 - s) ** 2
            + points[piece + 1] * s**2 * (3 - 2 * s)
            + velocity[piece + 1] * wait * s**2 * (s - 1)
        )
