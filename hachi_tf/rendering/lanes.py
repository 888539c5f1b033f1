"""Columns over time: a lane each, with lines for numbers and marks for classes."""

from typing import Any

import numpy as np

from hachi_tf.rendering import colours, lettering
from hachi_tf.rendering.figure import FONT_SIZE, Figure, round_numbers
from hachi_tf.tables import Table

LEFT = 190
_HEAD, _GAP = 30, 14  # pixels above and below a lane, the upper ones for its name
_LINE_HEIGHT, _ROW, _MOST_ROWS = 84, 24, 8
_GROUND, _RULE = "#f6f6f6", "#dcdcdc"
_PEN = 2.0
_MOST_DOTS = 300
_SMALL = 18


class Lanes:
    """How the columns of some tables are drawn, all at one scale.

    Args:
        tables: of the same columns.

    Attributes:
        left: the margin that the labels need, in pixels.
        height: of a panel, in pixels.
        end: of what is drawn: in seconds, or events of tables without a time.
    """

    left = LEFT
    legend: list[tuple[str, str]] = []

    def __init__(self, tables: list[Table]):
        self._tables = tables
        self._columns = tables[0].columns
        self._places = [_places(table) for table in tables]
        self.end = max(max(each.max(initial=0.0) for each in self._places), 1e-3)
        self._scales = [
            _classes(tables, index) if column.categorical else _range(tables, index)
            for index, column in enumerate(self._columns)
        ]
        self._heights = [
            _ROW * min(len(scale), _MOST_ROWS) if column.categorical else _LINE_HEIGHT
            for column, scale in zip(self._columns, self._scales, strict=True)
        ]
        self.height = sum(self._heights) + (_HEAD + _GAP) * len(self._columns) - _GAP

    def draw(
        self, page: Figure, index: int, box: tuple[int, int, int, int], rules: list[int]
    ) -> None:
        """Draws a table's columns.

        Args:
            page: to draw on.
            index: of the table.
            box: left, top, width and height.
            rules: where thin lines go down, for the eye to find the time.
        """
        left, top, width, _ = box
        x = left + self._places[index] / self.end * width
        for place, (column, scale) in enumerate(zip(self._columns, self._scales, strict=True)):
            lane = (left, top + _HEAD, width, self._heights[place])
            page.block(lane, _GROUND)
            for rule in rules:
                page.block((rule, lane[1], 1, lane[3]), _RULE)
            text, font = _text(column.name)
            page.write(left, top + _HEAD / 2 - 3, text, colour=colours.INK, font=font)
            values = self._tables[index].values[place]
            if column.categorical:
                _draw_classes(page, lane, x, list(values), scale)
            else:
                _draw_numbers(page, lane, x, np.asarray(values, np.float64), scale, place)
            top += _HEAD + self._heights[place] + _GAP


def _draw_numbers(page, lane, x, values, scale, place) -> None:
    """A line through the numbers, which breaks where some are missing."""
    left, top, width, height = lane
    low, high = scale
    for number in round_numbers(low, high, 3):
        y = top + height - round((number - low) / (high - low) * height)
        page.block((left, y - (y == top + height), width, 1), _RULE)
        page.write(left - 14, y - 2, f"{number:g}", "rm", font=lettering.built_in(_SMALL))
    y = top + height - (values - low) / (high - low) * (height - 1)
    points, known = np.stack([x, y], -1), np.isfinite(values)
    breaks = np.flatnonzero(np.diff(known)) + 1
    parts = zip(np.split(points, breaks), np.split(known, breaks), strict=True)
    hue = colours.HUES[place % len(colours.HUES)]
    many = len(points) > _MOST_DOTS
    thin = hue if many else colours.mix(colours.PAPER, hue, 0.55)
    page.strokes([run for run, seen in parts if len(run) and seen[0]], thin, _PEN, smooth=False)
    if not many:
        page.strokes(list(points[known][:, None]), hue, 3 * _PEN, smooth=False)


def _draw_classes(page, lane, x, values, classes) -> None:
    """A mark in the row of each event's class; long lists of classes share rows."""
    left, top, width, height = lane
    row = height / len(classes)
    every = -(-len(classes) // _MOST_ROWS)
    places = {label: place for place, label in enumerate(classes)}
    for label, place in places.items():
        middle = top + (place + 0.5) * row
        if not place % every:
            text, font = _text(label, _SMALL)
            while font.getlength(text) > left - 40:
                text = text[:-1]
            page.write(left - 14, middle - 2, text, "rm", font=font)
        if every == 1 and place:
            page.block((left, round(top + place * row), width, 1), colours.PAPER)
    for at, value in zip(x, values, strict=True):
        if (place := places.get(value)) is not None:
            tall = max(row - 8, 3)
            middle = top + (place + 0.5) * row
            hue = colours.hue(place if every == 1 else 0)
            page.block((round(at) - 2, round(middle - tall / 2), 4, tall), hue)


def _places(table: Table) -> np.ndarray:
    """Where each row stands `[T]`: its seconds, or its number from 0."""
    if table.time is not None:
        return np.asarray(table.time, np.float64)
    return np.arange(len(table.values[0]), dtype=np.float64)


def _range(tables: list[Table], index: int) -> tuple[float, float]:
    """The least and the greatest number of a column, a little apart."""
    values = np.concatenate([np.asarray(table.values[index], np.float64) for table in tables])
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    room = (high - low) * 0.05 or 0.5 * max(abs(high), 1.0)
    return float(low - room), float(high + room)


def _classes(tables: list[Table], index: int) -> list[str]:
    """The labels that occur in a column, numbers in their order."""
    labels = {label for table in tables for label in table.values[index]} - {""}

    def order(label: str) -> tuple[float, str]:
        try:
            return float(label), label
        except ValueError:
            return np.inf, label

    return sorted(labels, key=order) or [""]


def _text(text: str, size: int = FONT_SIZE) -> tuple[str, Any]:
    """A text and the font that shows it."""
    if text.isascii():
        return text, lettering.built_in(size)
    return lettering.word_label(text.replace(" ", "_"), size)
