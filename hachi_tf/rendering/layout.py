"""Where drawings go on a page: one drawing fitted to it, or many on a contact sheet."""

import dataclasses
import math
import re
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering import curves
from hachi_tf.rendering.strokes import all_to_polylines

INK = "#1a1a1a"
MAX_PIXELS = 32_000_000

# Pixels, the pieces that curves are drawn of.
_PIECE = 2.0
# Shares of the cell's shorter inner side.
_PADDING = 0.1
_STROKE_WIDTH = 0.018
# A cell is at most this many times as long as it is wide.
_MAX_ASPECT = 32.0
# Cells less oblong than this become squares.
_SQUARE = 1.25
# Drawings in cells that are longer than this begin at the left, as lines of writing do.
_LINE_ASPECT = 3.0
# A drawing this much larger than the median is shrunk on its own.
_RUNAWAY = 2.0


@dataclasses.dataclass(frozen=True)
class Sheet:
    """Drawings placed on a page; lengths are in pixels, y grows downwards.

    Attributes:
        drawings: for every sample its pen-down runs, arrays `[n, 2]` in page coordinates.
        cell_width: of one cell; integer.
        cell_height: of one cell; integer.
        columns: cells in a row.
        margin: around all cells; integer.
        stroke_width: of the pen.
        ink: the pen's colour as CSS writes it.
        smooth: whether smooth curves join the points.
    """

    drawings: list[list[np.ndarray]]
    cell_width: int
    cell_height: int
    columns: int
    margin: int
    stroke_width: float
    ink: str
    smooth: bool = True

    @property
    def width(self) -> int:
        """Width of the page."""
        return self.columns * self.cell_width + 2 * self.margin

    @property
    def height(self) -> int:
        """Height of the page."""
        return -(-len(self.drawings) // self.columns) * self.cell_height + 2 * self.margin

    def polylines(self, index: int) -> list[np.ndarray]:
        """A sample's runs as drawn: the points `[m, 2]` of lines too short to be seen as such."""
        runs = self.drawings[index]
        return [curves.flatten(run, _PIECE) for run in runs] if self.smooth else runs

    def corner(self, index: int) -> tuple[int, int]:
        """Left and top of a sample's cell."""
        row, column = divmod(index, self.columns)
        return self.margin + column * self.cell_width, self.margin + row * self.cell_height


def lay_out(
    samples: Sequence[np.ndarray],
    *,
    ink: str = INK,
    stroke_width: float | None = None,
    columns: int | None = None,
    cell_size: int | None = None,
    smooth: bool = True,
    max_pixels: int = MAX_PIXELS,
) -> Sheet:
    """Fits samples to a grid of equal cells, all at one scale.

    The scale is the largest at which every sample fits its cell. Only a sample of more than twice
    the median size is shrunk on its own, so that one runaway does not turn the rest into specks.
    Samples are centred; those of a page of long lines begin at the left.

    Args:
        samples: stroke events, one array `[T, 3]` a sample, in data units.
        ink: a colour, `#rgb`, `#rrggbb` or a CSS name.
        stroke_width: of the pen in pixels; None suits the cell.
        columns: cells in a row; None makes the page a little wider than high.
        cell_size: longer side of a cell in pixels; None suits the number and shape of samples.
        smooth: whether smooth curves join the points (corners stay); else straight lines.
        max_pixels: the largest area of the page.

    Returns:
        The page.

    Raises:
        UserError: if samples are not finite stroke events, an option is out of its range, or the
            page would be larger than `max_pixels`.
    """
    drawings = all_to_polylines(samples)
    _check_options(ink, stroke_width, columns, cell_size)
    drawn = [[curves.flatten(run) for run in runs] for runs in drawings] if smooth else drawings
    boxes = np.array([_box(runs) for runs in drawn])  # [B, 4] left, top, width, height
    inner, shrink = _common_box(boxes[:, 2:])
    long, short = max(inner), min(inner)
    columns = min(columns or _columns(inner, len(drawings)), len(drawings))
    side = cell_size or _cell_side(long / short, len(drawings), columns, max_pixels)

    padding = _PADDING * side / (long / short + 2 * _PADDING)
    if stroke_width is not None:
        padding = max(padding, stroke_width / 2 + 1)
    scale = (side - 2 * padding) / long
    if scale <= 0:
        raise UserError("a stroke width much below the cell size", f"{stroke_width} of {side}")
    width, height = (max(1, round(extent * scale + 2 * padding)) for extent in inner)
    sheet = Sheet(
        drawings=[[]] * len(drawings),
        cell_width=width,
        cell_height=height,
        columns=columns,
        # The space beside the outer cells is that between two.
        margin=round(padding) if len(drawings) > 1 else 0,
        stroke_width=stroke_width or max(1.2, _STROKE_WIDTH * (short * scale + 2 * padding)),
        ink=ink,
        smooth=smooth,
    )
    if sheet.width * sheet.height > max_pixels:
        raise UserError(
            f"a page of up to {max_pixels / 1e6:g} million pixels",
            f"{len(drawings)} cells of {width} x {height}",
            "give a smaller cell size or fewer samples",
        )
    is_lines = inner[0] > _LINE_ASPECT * inner[1]
    for index, (runs, box) in enumerate(zip(drawings, boxes, strict=True)):
        corner, size = box[:2], box[2:] * scale * shrink[index]
        shift = (np.array([width, height]) - size) / 2
        if is_lines:
            shift[0] = padding
        shift += sheet.corner(index)
        sheet.drawings[index] = [(run - corner) * (scale * shrink[index]) + shift for run in runs]
    return sheet


def _check_options(ink, stroke_width, columns, cell_size) -> None:
    if not isinstance(ink, str) or not re.fullmatch(
        r"#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6}|[a-zA-Z]+", ink
    ):
        raise UserError("an ink such as #1a1a1a or navy", repr(ink))
    if stroke_width is not None and not 0 < stroke_width < math.inf:
        raise UserError("a stroke width above 0", repr(stroke_width))
    if columns is not None and columns < 1:
        raise UserError("at least 1 column", repr(columns))
    if cell_size is not None and not 16 <= cell_size <= 16384:
        raise UserError("a cell size of 16 to 16384 pixels", repr(cell_size))


def _box(runs: list[np.ndarray]) -> np.ndarray:
    """Left, top, width and height of a drawing; zeros for an empty one."""
    if not runs:
        return np.zeros(4)
    points = np.concatenate(runs)
    corner = points.min(axis=0)
    size = points.max(axis=0) - corner
    # An extent that is all rounding error is none.
    size[size < 1e-12 * np.abs(points).max() + 1e-100] = 0.0
    return np.concatenate([corner, size])


def _common_box(sizes: np.ndarray) -> tuple[tuple[float, float], np.ndarray]:
    """The extent (width, height) that cells are made for, and how much samples shrink `[B]`."""
    spans = sizes.max(axis=1)
    shrink = np.ones(len(sizes))
    if not spans.any():
        return (1.0, 1.0), shrink
    ordinary = spans <= _RUNAWAY * np.median(spans[spans > 0])
    width, height = sizes[ordinary].max(axis=0)
    width, height = max(width, height / _MAX_ASPECT), max(height, width / _MAX_ASPECT)
    if max(width, height) < _SQUARE * min(width, height):
        width = height = max(width, height)
    limits = np.array([width, height])
    with np.errstate(divide="ignore"):
        shrink[~ordinary] = (limits / sizes[~ordinary]).min(axis=1)
    return (float(width), float(height)), np.minimum(shrink, 1.0)


def _columns(inner: tuple[float, float], count: int) -> int:
    """The number of columns for a full page of about 5 to 4."""
    columns = np.arange(1, count + 1)
    rows = -(-count // columns)
    aspect = columns * inner[0] / (rows * inner[1])
    empty = columns * rows / count - 1
    return int(columns[np.argmin(np.abs(np.log(aspect / 1.25)) + 2 * empty)])


def _cell_side(aspect: float, count: int, columns: int, max_pixels: int) -> int:
    """The longer side of a cell in pixels; long cells are longer, and not as high."""
    if count == 1:
        side = min(480 * aspect**0.5, 1600)
    else:
        side = min(144 * aspect**0.7, 1200)
    cells = columns * -(-count // columns)
    # Margins and rounding add a little: leave room for them.
    return max(16, int(min(side, (0.8 * max_pixels * aspect / cells) ** 0.5)))
