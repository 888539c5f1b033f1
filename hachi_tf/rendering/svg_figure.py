"""A page for diagrams, as `figure.Figure` is, that becomes an SVG document."""

import math
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from hachi_tf.rendering import colours, svg
from hachi_tf.rendering.figure import FONT_SIZE, Figure

_ANCHORS = {"l": "start", "m": "middle", "r": "end"}
# How far below its anchor the baseline of a text is, in heights of its font.
_BASELINES = {"t": 0.75, "m": 0.35, "s": 0.0}


class SvgFigure(Figure):
    """Draws blocks, strokes, frames, ticks and text as SVG; heat maps it does not.

    Args:
        width: of the page, in pixels.
        height: of the page, in pixels.
    """

    def __init__(self, width: float, height: float):
        self._size = math.ceil(width), math.ceil(height)
        self._parts: list[str] = []

    @property
    def document(self) -> str:
        """What was drawn."""
        width, height = self._size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" style="background:{colours.PAPER}" '
            'font-family="Helvetica, Arial, sans-serif">'
        )
        return "\n".join([head, *self._parts, "</svg>", ""])

    @property
    def width(self) -> int:
        """Width of the page."""
        return self._size[0]

    def strokes(
        self, runs: Sequence[np.ndarray], colour: str, width: float, smooth: bool = True
    ) -> None:
        """Draws runs of points, as `Figure.strokes` does."""
        data = "".join(svg.path(run, smooth) for run in runs)
        self._parts.append(
            f'<path d="{data}" fill="none" stroke="{colour}" stroke-width="{svg.number(width)}" '
            'stroke-linecap="round" stroke-linejoin="round"/>'
        )

    def write(
        self,
        x: float,
        y: float,
        text: str,
        anchor: str = "lm",
        colour: str = colours.AXIS,
        font: Any = None,
    ) -> None:
        """Writes one line of text, as `Figure.write` does; of the font only the size is taken."""
        size = getattr(font, "size", FONT_SIZE)
        self._parts.append(
            f'<text x="{svg.number(x)}" y="{svg.number(y + _BASELINES[anchor[1]] * size)}" '
            f'font-size="{svg.number(size)}" fill="{colour}" '
            f'text-anchor="{_ANCHORS[anchor[0]]}">{escape(svg.printable(text))}</text>'
        )

    def frame(self, box: tuple[int, int, int, int]) -> None:
        """Draws a thin frame around a box of left, top, width and height."""
        left, top, width, height = map(svg.number, box)
        self._parts.append(
            f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" '
            f'stroke="{colours.AXIS}"/>'
        )

    def block(self, box: tuple[float, float, float, float], colour: str) -> None:
        """Fills a box of left, top, width and height."""
        left, top, width, height = map(svg.number, box)
        self._parts.append(
            f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="{colour}"/>'
        )

    def area(self, points: np.ndarray, colour: str) -> None:
        """Fills a polygon of corners `[n, 2]`."""
        corners = " ".join(f"{svg.number(x)},{svg.number(y)}" for x, y in points.tolist())
        self._parts.append(f'<polygon points="{corners}" fill="{colour}"/>')
