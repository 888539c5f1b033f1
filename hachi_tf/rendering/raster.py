"""Strokes as pixels: arrays and PNG."""

import io
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering import layout

# Longer pieces of a line are cut, so that the pixels around one stay few.
_LONGEST_PIECE = 48.0


class Canvas:
    """Holds how far each pixel of a sheet is covered with ink.

    A pixel's coverage falls from full to none over the one pixel around the edge of the pen,
    by the distance of its centre from the line: the box filter's value, but for corners.

    Args:
        sheet: the page.

    Attributes:
        coverage: uint8 `[height, width]`, 0 for paper to 255 for ink.
    """

    def __init__(self, sheet: layout.Sheet):
        """See the class."""
        self.coverage = np.zeros([sheet.height, sheet.width], np.uint8)
        self._reach = sheet.stroke_width / 2 + 0.5

    def stroke(self, points: np.ndarray) -> None:
        """Draws a pen-down run with round caps and joins.

        Args:
            points: `[n, 2]` in page coordinates; one point is a dot.
        """
        starts = points[:-1] if len(points) > 1 else points
        steps = points[1:] - points[:-1] if len(points) > 1 else np.zeros([1, 2])
        pieces = np.ceil(np.hypot(*steps.T) / _LONGEST_PIECE).clip(1).astype(int)
        for start, step, count in zip(starts, steps / pieces[:, None], pieces, strict=True):
            for piece in range(count):
                self._piece(start + piece * step, step)

    def _piece(self, start: np.ndarray, step: np.ndarray) -> None:
        """Draws the straight piece from `start` to `start + step`."""
        low, high = np.minimum(start, start + step), np.maximum(start, start + step)
        left, top = np.floor(low - self._reach).clip(0).astype(int)
        right, bottom = np.ceil(high + self._reach).clip(0).astype(int)
        window = self.coverage[top:bottom, left:right]
        height, width = window.shape
        x = np.arange(left, left + width) + 0.5 - start[0]
        y = (np.arange(top, top + height) + 0.5 - start[1])[:, None]
        # The nearest point of the piece to a pixel is start + share * step.
        squared = step @ step
        share = ((x * step[0] + y * step[1]) / squared).clip(0, 1) if squared else 0.0
        distance = np.hypot(x - share * step[0], y - share * step[1])
        covered = (255 * (self._reach - distance) + 0.5).clip(0, 255).astype(np.uint8)
        np.maximum(window, covered, out=window)


def image(samples: Sequence[np.ndarray], **options) -> np.ndarray:
    """Draws samples as one antialiased picture on white, several as a contact sheet.

    Args:
        samples: stroke events, one array `[T, 3]` a sample, in data units.
        **options: `ink`, `stroke_width`, `columns`, `cell_size`, `smooth` of `layout.lay_out`.

    Returns:
        uint8 `[height, width, 3]`, RGB.

    Raises:
        UserError: if samples are not finite stroke events, or an option is out of its range.
    """
    sheet = layout.lay_out(samples, **options)
    ink = np.array(rgb(sheet.ink))
    canvas = Canvas(sheet)
    for index in range(len(sheet.drawings)):
        for run in sheet.polylines(index):
            canvas.stroke(run)
    shades = 255 + np.arange(256)[:, None] * (ink - 255) / 255
    return np.round(shades).astype(np.uint8)[canvas.coverage]


def png(samples: Sequence[np.ndarray], **options) -> bytes:
    """`image` as a PNG file's content.

    Args:
        samples: stroke events, one array `[T, 3]` a sample, in data units.
        **options: `ink`, `stroke_width`, `columns`, `cell_size`, `smooth` of `layout.lay_out`.

    Returns:
        The file's bytes.

    Raises:
        UserError: if samples are not finite stroke events, or an option is out of its range.
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image(samples, **options)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def rgb(ink: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a colour as CSS writes it.

    Raises:
        UserError: if there is no such colour.
    """
    from PIL import ImageColor

    try:
        return ImageColor.getrgb(ink)[:3]
    except ValueError:
        raise UserError("an ink such as #1a1a1a or navy", repr(ink)) from None
