"""Forecasts as charts: what came, then fans of intervals that widen with time."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.rendering import colours
from hachi_tf.rendering.figure import FONT_SIZE, MARGIN, PEN, WIDTH, Figure, png, round_numbers
from hachi_tf.rendering.svg_figure import SvgFigure

SUFFIXES = (".png", ".svg")

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""The quantiles that a chart shows: intervals of 90%, 80% and 50%, and the median."""

_SHADES = (colours.BLUE[1], colours.BLUE[2], colours.BLUE[3])
_TRUTH, _MEDIAN = colours.HUES[1], colours.BLUE[5]
_HEIGHT, _HEADER, _FOOTER, _LEFT = 360, 84, 64, 130
_TICKS = 7
_DAY = 86_400


@dataclasses.dataclass(frozen=True)
class Fan:
    """One series' forecast of one column.

    Attributes:
        title: what is shown.
        history: `[T]`, values before; NaN is missing.
        quantiles: `[7, H]`, as `LEVELS` has them; of no row (H = 0) for what came alone.
        dates: datetime64[s] `[T + H]`, or None to count steps.
        truth: `[H]`, what came, or None.
        paths: `[N, H]`, a few drawn paths, or None.
    """

    title: str
    history: np.ndarray
    quantiles: np.ndarray
    dates: np.ndarray | None = None
    truth: np.ndarray | None = None
    paths: np.ndarray | None = None


def save_fans(fans: Sequence[Fan], path: str | os.PathLike) -> pathlib.Path:
    """Writes a chart a fan, one below the other.

    Args:
        fans: at least one.
        path: a .png or .svg.

    Raises:
        UserError: for another suffix, nothing to draw, or a place that cannot be written to.
    """
    path = pathlib.Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES or not fans:
        raise UserError(f"forecasts to draw, and a file named {' or '.join(SUFFIXES)}", str(path))
    height = len(fans) * (_HEIGHT + _HEADER + _FOOTER) + MARGIN
    page = (Figure if suffix == ".png" else SvgFigure)(WIDTH, height)
    for index, fan in enumerate(fans):
        top = index * (_HEIGHT + _HEADER + _FOOTER) + _HEADER
        _draw(page, fan, (_LEFT, top, WIDTH - _LEFT - MARGIN, _HEIGHT))
    with atomic_path(path) as temporary:
        if suffix == ".png":
            temporary.write_bytes(png(page.pixels))
        else:
            temporary.write_text(page.document, encoding="utf-8")
    return path


def round_dates(first: np.datetime64, last: np.datetime64, count: int) -> list[tuple]:
    """Up to about `count` round dates from `first` to `last`, each with how to write it.

    Returns:
        Pairs of a date, datetime64[s], and its text: a year, a month, a day or a time of day.
    """
    span = (last - first) / np.timedelta64(1, "s")
    rough = span / max(count, 1)
    for unit, length, steps, digits in (
        ("h", 3600, (1, 2, 3, 6, 12), 16), ("D", _DAY, (1, 2, 5, 10), 10),
        ("M", 30.44 * _DAY, (1, 2, 3, 6), 7), ("Y", 365.25 * _DAY, (1, 2, 5, 10, 20, 50, 100), 4),
    ):  # fmt: skip
        for step in steps:
            if rough <= step * length or (unit, step) == ("Y", 100):
                start = first.astype(f"datetime64[{unit}]").astype(np.int64) // step * step
                stop = last.astype(f"datetime64[{unit}]").astype(np.int64) + 1
                dates = np.arange(start, stop, step).astype(f"datetime64[{unit}]")
                dates = dates.astype("datetime64[s]")
                inside = dates[(dates >= first) & (dates <= last)]
                return [(date, str(date)[:digits].replace("T", " ")) for date in inside]
    return []


def _draw(page: Figure, fan: Fan, box: tuple[int, int, int, int]) -> None:
    left, top, width, height = box
    count, ahead = len(fan.history), fan.quantiles.shape[1]
    times = _times(fan, count + ahead)
    shown = [fan.history, fan.quantiles, fan.truth, fan.paths]
    values = np.concatenate([np.ravel(part) for part in shown if part is not None])
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    room = 0.04 * (high - low) or max(abs(high), 1.0) * 0.04
    low, high = low - room, high + room
    span = max(times[-1] - times[0], 1e-9)

    def points(place: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        x = left + (times[place] - times[0]) / span * width
        return np.stack([x, top + (high - numbers) / (high - low) * height], axis=1)

    future = np.arange(count, count + ahead)
    known = np.flatnonzero(np.isfinite(fan.history))
    # The fan opens at the last value that is known.
    joint = np.concatenate([known[-1:], future])
    start = fan.history[known[-1:]]
    bands = np.stack([np.concatenate([start, line]) for line in fan.quantiles])
    whole = np.isfinite(bands).all(axis=0)
    joint, bands = joint[whole], bands[:, whole]
    for index, shade in enumerate(_SHADES):
        upper = points(joint, bands[len(LEVELS) - 1 - index])
        if len(joint) > 1:
            page.area(np.concatenate([points(joint, bands[index]), upper[::-1]]), shade)
    for path in () if fan.paths is None else fan.paths:
        drawn = np.concatenate([start, path])[whole]
        page.strokes(_runs(points(joint, drawn)), colours.AXIS, 1.0, smooth=False)
    if len(joint) > 1:
        page.strokes(_runs(points(joint, bands[len(LEVELS) // 2])), _MEDIAN, PEN, smooth=False)
    page.strokes(_runs(points(np.arange(count), fan.history)), colours.INK, PEN, smooth=False)
    if fan.truth is not None:
        came = np.concatenate([start, fan.truth])[whole]
        page.strokes(_runs(points(joint, came)), _TRUTH, PEN, smooth=False)
    page.frame(box)
    _legend(page, fan, box)
    for number in round_numbers(low, high, 5):
        y = top + (high - number) / (high - low) * height
        page.block((left - 9, y - 1, 8, 2), colours.AXIS)
        page.write(left - 14, y - 2, f"{number:g}", "rm")
    for place, text in _time_ticks(fan, times):
        x = left + (place - times[0]) / span * width
        page.block((x - 1, top + height + 1, 2, 8), colours.AXIS)
        page.write(x, top + height + 14, text, "mt")


def _legend(page: Figure, fan: Fan, box: tuple[int, int, int, int]) -> None:
    """The title, and what the colours mean."""
    left, top, width, _ = box
    page.write(left, top - 34, fan.title, "lm", colours.INK)
    entries = [("90%", _SHADES[0]), ("80%", _SHADES[1]), ("50%", _SHADES[2])]
    entries += [("median", _MEDIAN)] + [("drawn paths", colours.AXIS)] * (fan.paths is not None)
    entries += [("what came", _TRUTH)] * (fan.truth is not None)
    x = left + width
    for text, colour in reversed(entries) if fan.quantiles.shape[1] else ():
        x -= round(len(text) * FONT_SIZE * 0.56)
        page.write(x, top - 34, text, "lm")
        x -= 34
        page.block((x, top - 44, 24, 18), colour)
        x -= 18


def _runs(points: np.ndarray) -> list[np.ndarray]:
    """Points in runs without what is missing."""
    present = np.isfinite(points).all(axis=1)
    cuts = np.flatnonzero(np.diff(present.astype(int))) + 1
    parts = np.split(points, cuts)
    return [part for part in parts if len(part) and np.isfinite(part).all()]


def _times(fan: Fan, count: int) -> np.ndarray:
    if fan.dates is None:
        return np.arange(count, dtype=np.float64)
    return fan.dates.astype("datetime64[s]").astype(np.float64)


def _time_ticks(fan: Fan, times: np.ndarray) -> list[tuple[float, str]]:
    if fan.dates is None:
        last = len(fan.history) - 1
        numbers = round_numbers(-last, len(times) - 1 - last, _TICKS)
        return [(number + last, f"{number:+g}" if number else "now") for number in numbers]
    found = round_dates(fan.dates[0], fan.dates[-1], _TICKS)
    return [(float(date.astype(np.int64)), text) for date, text in found]
