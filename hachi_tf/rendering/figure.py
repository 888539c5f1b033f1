"""A page for diagrams: heat maps, strokes, lines and text at places in pixels."""

import io
import math
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.rendering import colours, curves, layout, lettering, raster

FONT_SIZE = 22
WIDTH = 1600
MARGIN = 40
PEN = 3.0
_PIECE = 2.0  # pixels, the pieces that curves are drawn of


class Figure:
    """An RGB picture to draw on; x grows to the right and y downwards, in pixels.

    Args:
        width: of the page.
        height: of the page.
    """

    def __init__(self, width: float, height: float):
        from PIL import Image, ImageDraw

        self._image = Image.new("RGB", (math.ceil(width), math.ceil(height)), colours.PAPER)
        self._draw = ImageDraw.Draw(self._image)

    @property
    def pixels(self) -> np.ndarray:
        """What was drawn: uint8 `[height, width, 3]`."""
        return np.asarray(self._image).copy()

    @property
    def width(self) -> int:
        """Width of the page."""
        return self._image.width

    def heat(
        self,
        values: np.ndarray,
        box: tuple[int, int, int, int],
        anchors: tuple[str, ...] = colours.BLUE,
        smooth: bool = False,
    ) -> None:
        """Draws numbers as colours.

        Args:
            values: `[h, w]`, 0 to 1; the first row at the top.
            box: left, top, width and height. Larger maps are averaged, smaller ones get blocks.
            anchors: a scale of `colours`.
            smooth: whether to interpolate smaller maps instead.
        """
        from PIL import Image

        left, top, width, height = box
        map_ = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
        grow = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
        for size in ((width, map_.height), (width, height)):
            shrinks = size[0] < map_.width or size[1] < map_.height
            map_ = map_.resize(size, Image.Resampling.BOX if shrinks else grow)
        shades = colours.shade(np.asarray(map_), anchors)
        self._image.paste(Image.fromarray(shades), (left, top))

    def strokes(
        self, runs: Sequence[np.ndarray], colour: str, width: float, smooth: bool = True
    ) -> None:
        """Draws pen-down runs.

        Args:
            runs: arrays `[n, 2]`; a run of one point is a dot.
            colour: as `#rrggbb`.
            width: of the pen.
            smooth: whether smooth curves join the points.
        """
        from PIL import Image

        size = self._image.size
        canvas = raster.Canvas(layout.Sheet([[]], *size, 1, 0, width, colour))
        for run in runs:
            canvas.stroke(curves.flatten(run, _PIECE) if smooth else run)
        self._image.paste(colour, (0, 0), Image.fromarray(canvas.coverage))

    def write(
        self,
        x: float,
        y: float,
        text: str,
        anchor: str = "lm",
        colour: str = colours.AXIS,
        font: Any = None,
    ) -> None:
        """Writes one line of text.

        Args:
            x: where the anchor is.
            y: where the anchor is.
            text: what to write.
            anchor: l, m or r for left, middle and right, then t, m or s for the top, the middle
                and the baseline.
            colour: as `#rrggbb`.
            font: one of `lettering`; the built-in one by default.
        """
        font = font or lettering.built_in(FONT_SIZE)
        self._draw.text((x, y), text, colour, font, anchor)

    def frame(self, box: tuple[int, int, int, int]) -> None:
        """Draws a thin frame around a box of left, top, width and height."""
        left, top, width, height = box
        corners = (left - 1, top - 1, left + width, top + height)
        self._draw.rectangle(corners, outline=colours.AXIS, width=1)

    def block(self, box: tuple[float, float, float, float], colour: str) -> None:
        """Fills a box of left, top, width and height."""
        left, top, width, height = box
        self._draw.rectangle((left, top, left + width - 1, top + height - 1), fill=colour)

    def area(self, points: np.ndarray, colour: str) -> None:
        """Fills a polygon of corners `[n, 2]`."""
        self._draw.polygon([tuple(point) for point in points.tolist()], fill=colour)

    def ticks(
        self, box: tuple[int, int, int, int], low: float, high: float, name: str, side: str
    ) -> None:
        """Marks a few round numbers along a side of a box, and what they are.

        Args:
            box: left, top, width and height.
            low: the number at the left or top end.
            high: the number at the right or bottom end, above `low`.
            name: what the numbers are; it stands to the left of them, if they are in a row.
            side: `"top"`, `"bottom"` or `"left"`.
        """
        left, top, width, height = box
        length, apart = (height, 80) if side == "left" else (width, 160)
        y, anchor, mark = (top - 16, "ms", -9) if side == "top" else (top + height + 14, "mt", 1)
        for number in round_numbers(low, high, max(length // apart, 2)):
            along = round((number - low) / (high - low) * length)
            if side == "left":
                self.block((left - 9, top + along - 1, 8, 2), colours.AXIS)
                self.write(left - 14, top + along - 2, f"{number:g}", "rm")
            else:
                edge = top if side == "top" else top + height
                self.block((left + along - 1, edge + mark, 2, 8), colours.AXIS)
                self.write(left + along, y, f"{number:g}", anchor)
        if side != "left":
            self.write(left - 24, y, name, f"r{anchor[1]}")


def round_numbers(low: float, high: float, count: int) -> list[float]:
    """Up to about `count` multiples of 1, 2 or 5 times a power of ten, in `[low, high]`.

    Where that is a single number, it is the only one, round or not.
    """
    if low == high:
        return [float(low)]
    rough = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def png(pixels: np.ndarray) -> bytes:
    """A picture uint8 `[height, width, 3]` as a PNG file's content."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def save(pixels: np.ndarray, path: str | os.PathLike) -> pathlib.Path:
    """Writes a picture uint8 `[height, width, 3]` as a PNG file, whole or not at all.

    Raises:
        UserError: if the place cannot be written to.
    """
    path = pathlib.Path(path)
    with atomic_path(path) as temporary:
        temporary.write_bytes(png(pixels))
    return path


def matrix(values: np.ndarray, name: str, finite: bool = True) -> np.ndarray:
    """The values as float64 with two axes, neither of them empty.

    Args:
        values: numbers.
        name: what they are, for the error.
        finite: whether infinities are refused too.

    Raises:
        UserError: if they are anything else, or hold NaN.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or not values.size:
        raise UserError(name, f"an array of shape {list(values.shape)}")
    if np.isnan(values).any() or (finite and np.isinf(values).any()):
        raise UserError(f"finite {name}", "others")
    return values


def bounding_box(runs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Corner and size `[2]` of a drawing; zeros for an empty one."""
    if not runs:
        return np.zeros(2), np.zeros(2)
    points = np.concatenate(runs)
    return points.min(0), np.ptp(points, axis=0)


def fit(runs: list[np.ndarray], width: float, height: float) -> tuple[list[np.ndarray], np.ndarray]:
    """Runs moved to the origin and scaled to fit a width and a height, and their size `[2]`."""
    corner, size = bounding_box(runs)
    scale = scale_to(size, width, height)
    return [(run - corner) * scale for run in runs], size * scale


def scale_to(size: np.ndarray, width: float, height: float) -> float:
    """The factor by which a size `[2]` fills a width or a height; 1 for a dot."""
    factors = [
        limit / extent for limit, extent in zip((width, height), size, strict=True) if extent
    ]
    return float(min(factors, default=1.0))
