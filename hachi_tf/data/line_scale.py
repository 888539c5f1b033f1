"""The scale of written lines, and drawings brought to the scale that a model knows."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from hachi_tf.data import pen_speed
from hachi_tf.data.drawings import Drawing
from hachi_tf.data.sources.strokes import stroke_events
from hachi_tf.errors import UserError
from hachi_tf.rendering.strokes import to_polylines

_MAX_LINES = 1000  # of a data set, which are measured
_INK_POINTS = 2000  # that stand for a line's ink
_MAX_SLOPE = math.radians(15)
# A shorter line's slope is that of its letters: over 4 heights the fit of IAM-OnDB's lines is
# within 3 degrees of the whole line's, over 10 within 0.8 (medians).
_MIN_ASPECT = 4.0
_MAX_LENGTH = 2000.0  # of a drawing's ink, in line heights; a line of IAM-OnDB has some 60
_DOT = 0.1  # length of a dot's stroke, in point spacings; at least a step of the grid
_MIN_EXTENT = 1e-100
_SMALLEST = 1e-9  # share of a drawing's extent that is all rounding error


def measure_lines(
    sequences: Iterable[np.ndarray], texts: Sequence[str | None] | None = None
) -> dict[str, float]:
    """The scale of a data set of written lines, for `prepare_drawing`.

    Args:
        sequences: stroke events `[T, 3]` in data units, one array a line; of a large data set
            some 1000 evenly spaced lines are measured.
        texts: what the lines say; a `Dataset` brings its own.

    Returns:
        Medians over the lines, in data units: `line_height`, four times the mean distance of the
        ink from its middle after the slope is removed, which is the height of an evenly inked
        band; `point_spacing`, the median distance of neighbouring points of a stroke; `advance`,
        the width of a line for each character of its text, if there are texts. `slowing`, a plain
        number, is how distances fall with curvature (`pen_speed`): about 0.9 in writing that a
        pen recorded at regular times, near 0 in points at equal distances. `grid` is 1 if all
        offsets are whole numbers, else 0. Empty if no line has any height.
    """
    texts = getattr(sequences, "texts", None) if texts is None else texts
    lines = list(sequences)
    heights, spacings, advances, curved, is_whole = [], [], [], [], True
    for index in range(0, len(lines), max(len(lines) // _MAX_LINES, 1)):
        strokes = to_polylines(lines[index])
        ink = _ink(strokes)
        if ink is None:
            continue
        angle = _slope(ink)
        height = _height(_rotate(ink, -angle))
        if height <= _SMALLEST * np.ptp(ink, axis=0).max():
            continue
        heights.append(height)
        if texts is not None and texts[index]:
            advances.append(np.ptp(ink[:, 0]) / len(texts[index]))
        is_whole = is_whole and not np.any(np.asarray(lines[index])[:, :2] % 1)
        spacings.append(pen_speed.median_spacing(strokes))
        curved.append(pen_speed.spacing_and_bend(strokes, height))
    if not heights:
        return {}
    return {
        "line_height": float(np.median(heights)),
        "point_spacing": float(np.median(spacings)),
        "slowing": pen_speed.fit_slowing(curved),
        "grid": float(is_whole),
        **({"advance": float(np.median(advances))} if advances else {}),
    }


def prepare_drawing(drawing: Drawing, scale: Mapping[str, float]) -> np.ndarray:
    """A drawing of one line as the events that a model was trained on.

    The slope of the line is removed (up to 15 degrees, of lines at least four times as long as
    high), the drawing is scaled to the model's line height, and every stroke is cut anew into
    points whose median distance is the model's: at equal times where the drawing has times and
    the model knows the ways of a pen, else at the speed that goes with the curvature in the
    model's data. Strokes keep their order and their ends; a dot becomes a tiny stroke. If the
    model's data lie on a grid, so do the points.

    Args:
        drawing: the drawing, in any unit, y growing downwards.
        scale: what `measure_lines` returned. `line_height` and `point_spacing` are needed;
            without `slowing`, it is that of handwriting.

    Returns:
        Events `[T, 3]`, float32: dx, dy, end_of_stroke.

    Raises:
        UserError: if the scale or the drawing is none, or the drawing is no line of writing.
    """
    height, spacing = scale.get("line_height", 0.0), scale.get("point_spacing", 0.0)
    slowing = scale.get("slowing", pen_speed.HANDWRITING)
    if not (0 < height < math.inf and 0 < spacing < math.inf and math.isfinite(slowing)):
        raise UserError("a model with the scale of written lines", f"{dict(scale)}")
    grid = scale.get("grid", 0.0)
    strokes = [stroke * height for stroke in _leveled(drawing.strokes)]
    if drawing.times is not None and slowing > pen_speed.EVEN:
        courses = pen_speed.recorded(strokes, drawing.times, spacing)
    else:
        courses = pen_speed.plausible(strokes, height, slowing)
    lines = iter(pen_speed.cut([course for course in courses if course is not None], spacing))
    dot = np.array([[0.0, 0.0], [max(_DOT * spacing, grid), 0.0]])
    strokes = [
        stroke[:1] + dot if course is None else next(lines)
        for stroke, course in zip(strokes, courses, strict=True)
    ]
    starts = np.cumsum([0, *map(len, strokes[:-1])])
    points = np.concatenate(strokes)
    if grid > 0:
        points = np.rint((points - points[0]) / grid) * grid
    return stroke_events(points, starts).astype(np.float32)


def _leveled(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """The strokes without their slope, one line height high."""
    points = np.concatenate([np.zeros([0, 2]), *strokes])
    extent = np.ptp(points, axis=0).max() if len(points) else 0.0
    if not extent > _MIN_EXTENT:
        raise UserError("a drawing of a line of writing", "nothing but dots", "draw some letters")
    strokes = [(stroke - points[0]) / extent for stroke in strokes]
    ink = _ink(strokes)
    if ink is None:
        raise UserError("a drawing of a line of writing", "nothing but dots", "draw some letters")
    angle = _slope(ink)
    level = _rotate(ink, -angle)
    height = _height(level)
    if abs(angle) > _MAX_SLOPE or np.ptp(level[:, 0]) < _MIN_ASPECT * height:
        angle, height = 0.0, _height(ink)
    length = sum(_lengths(stroke).sum() for stroke in strokes)
    if length > _MAX_LENGTH * height:
        raise UserError(
            f"a line of writing, its strokes up to {_MAX_LENGTH:g} times as long as it is high",
            f"{length / height:,.0f} times" if height > _SMALLEST else "a drawing without height",
            "draw a line of letters",
        )
    return [_rotate(stroke, -angle) / height for stroke in strokes]


def _lengths(points: np.ndarray) -> np.ndarray:
    return np.hypot(*np.diff(points, axis=0).T)


def _ink(strokes: list[np.ndarray]) -> np.ndarray | None:
    """Points `[n, 2]` at equal distances along all strokes; None if these are but dots.

    However densely each part of the drawing was sampled, its ink is the same.
    """
    points = np.concatenate([*strokes, np.zeros([0, 2])])
    if len(points) < 2:
        return None
    lengths = _lengths(points)
    lengths[np.cumsum([len(stroke) for stroke in strokes])[:-1] - 1] = 0.0  # in the air
    travelled = np.append(0.0, np.cumsum(lengths))
    if not travelled[-1] > 0:
        return None
    wanted = (np.arange(_INK_POINTS) + 0.5) / _INK_POINTS * travelled[-1]
    return np.column_stack([np.interp(wanted, travelled, column) for column in points.T])


def _rotate(points: np.ndarray, angle: float) -> np.ndarray:
    cosine, sine = math.cos(angle), math.sin(angle)
    return points @ np.array([[cosine, sine], [-sine, cosine]])


def _slope(ink: np.ndarray) -> float:
    """The angle in radians of the line from which the ink lies least far in the mean.

    Least absolute deviations by reweighted least squares, in coordinates that turn with the
    line, so that a rotated drawing has a slope that is rotated as much.
    """
    angle = 0.0
    for _ in range(60):
        x, y = _rotate(ink, -angle).T
        distance = np.abs(y - np.median(y))
        weights = 1 / np.maximum(distance, 0.1 * np.mean(distance) + 1e-300)
        weights /= weights.sum()
        x, y = x - weights @ x, y - weights @ y
        spread = weights @ x**2
        turn = math.atan2(weights @ (x * y), spread) if spread > 0 else 0.0
        angle += turn
        if abs(turn) < 1e-7:
            break
    return math.remainder(angle, math.pi)


def _height(ink: np.ndarray) -> float:
    """Four times the mean distance from the median: of an evenly inked band, its height."""
    y = ink[:, 1]
    return 4 * float(np.mean(np.abs(y - np.median(y))))
