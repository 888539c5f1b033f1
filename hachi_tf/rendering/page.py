"""Lines of handwriting laid on the pages of a letter, in millimetres."""

import dataclasses
import math
import re
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering import curves, raster
from hachi_tf.rendering.baseline import baseline
from hachi_tf.rendering.strokes import all_to_polylines

# Width and height in mm: ISO 216, and ANSI Y14.1 size A.
SIZES = {"A4": (210.0, 297.0), "A5": (148.0, 210.0), "letter": (215.9, 279.4)}
ALIGNMENTS = ("left", "center", "right")

# Shares of the distance between lines: how high the middle of the ink is, and how far below the
# top of its row a line stands.
_INK_SHARE = 0.45
_BASELINE_SHARE = 0.68
_LARGEST_MM = 10_000.0


@dataclasses.dataclass(frozen=True)
class Page:
    """The paper, and how to write on it; lengths are in millimetres.

    Attributes:
        width: of the paper.
        height: of the paper.
        margin: blank on all sides.
        line_height: from one baseline to the next.
        align: `"left"`, `"center"` or `"right"`.
        ink: the pen's colour, `#rgb`, `#rrggbb` or a CSS name.
        pen_width: of the pen's line.
    """

    width: float
    height: float
    margin: float = 20.0
    line_height: float = 10.0
    align: str = "left"
    ink: str = "#1a1a1a"
    pen_width: float = 0.4

    def __post_init__(self):
        if not (0 < self.width <= _LARGEST_MM and 0 < self.height <= _LARGEST_MM):
            raise UserError(
                f"a page of up to {_LARGEST_MM:g} mm", f"{self.width:g} x {self.height:g} mm"
            )
        if not 0 <= self.margin < math.inf or self.text_width <= 0 or self.text_height <= 0:
            raise UserError(
                f"a margin of less than {min(self.width, self.height) / 2:g} mm, half the page",
                f"{self.margin:g} mm",
            )
        if not 0 < self.line_height <= self.text_height:
            raise UserError(
                f"a line height of up to {self.text_height:g} mm, the page without margins",
                f"{self.line_height:g} mm",
            )
        if not 0 < self.pen_width <= self.line_height:
            raise UserError("a pen width above 0 and below the line height", f"{self.pen_width:g}")
        if self.align not in ALIGNMENTS:
            raise UserError(f"an alignment of {', '.join(ALIGNMENTS)}", repr(self.align))
        raster.rgb(self.ink)

    @property
    def text_width(self) -> float:
        """The width between the margins."""
        return self.width - 2 * self.margin

    @property
    def text_height(self) -> float:
        """The height between the margins."""
        return self.height - 2 * self.margin

    @property
    def rows(self) -> int:
        """How many lines a page holds."""
        return int(self.text_height / self.line_height + 1e-9)

    def millimetres(self, line_height: float) -> float:
        """How large a data unit is on paper, for all lines of a letter.

        Args:
            line_height: of the model's lines, in data units, as `lay_out` takes it.
        """
        return _INK_SHARE * self.line_height / line_height

    def line_width(self, line_height: float) -> float:
        """The width between the margins in data units.

        Args:
            line_height: of the model's lines, in data units, as `lay_out` takes it.
        """
        return self.text_width / self.millimetres(line_height)


@dataclasses.dataclass(frozen=True)
class PlacedLine:
    """A line on its page.

    Attributes:
        number: of the line in the letter, from 1, blank lines counted.
        text: what it says.
        runs: its pen-down runs in writing order, arrays `[n, 2]` of x and y on the page in mm.
        shrink: 1, or below that for a line that had to be made smaller to fit.
    """

    number: int
    text: str
    runs: list[np.ndarray]
    shrink: float


@dataclasses.dataclass(frozen=True)
class LaidOut:
    """A letter on its pages.

    Attributes:
        page: the paper.
        pages: the lines of each page.
    """

    page: Page
    pages: list[list[PlacedLine]]

    @property
    def shrunk(self) -> list[PlacedLine]:
        """The lines that were made smaller to fit between the margins."""
        return [line for lines in self.pages for line in lines if line.shrink < 1]


def parse_size(text: str) -> tuple[float, float]:
    """Width and height in mm of `A4`, `A5`, `letter`, or `WxHmm` such as `100x150mm`.

    Raises:
        UserError: if the text is none of these.
    """
    for name, size in SIZES.items():
        if text.strip().lower() == name.lower():
            return size
    number = r"(\d{1,6}(?:\.\d{1,6})?)"
    match = re.fullmatch(rf"{number}\s*[x×]\s*{number}\s*(?:mm)?", text.strip(), re.I | re.A)
    if not match or not all(0 < float(side) <= _LARGEST_MM for side in match.groups()):
        raise UserError(
            f"a page of {', '.join(SIZES)}, or its width and height such as 100x150mm",
            repr(text[:40]),
        )
    return float(match[1]), float(match[2])


def lay_out(
    texts: Sequence[str], drawings: Sequence[np.ndarray], page: Page, line_height: float
) -> LaidOut:
    """Lays written lines on pages, every line on its own row.

    All lines have the same scale. Each is turned until it is level, by a few degrees, and stands
    on its row with its baseline. Only a line that would leave the space between the margins is
    made smaller, from its place on the baseline; `LaidOut.shrunk` tells which.

    Args:
        texts: what each line says, `""` for a blank one.
        drawings: stroke events, one array `[T, 3]` a line, in data units.
        page: the paper.
        line_height: of the model's lines: the height of the middle of the ink, data units.

    Returns:
        The pages, one at least; blank lines at the end make none.

    Raises:
        UserError: if drawings are not finite stroke events, or there is not one a text.
    """
    if len(texts) != len(drawings):
        raise UserError("one drawing a line", f"{len(drawings)} for {len(texts)}")
    if not 0 < line_height < math.inf:
        raise UserError("a line height above 0", f"{line_height}")
    pages: list[list[PlacedLine]] = [[]]
    for index, (text, runs) in enumerate(zip(texts, all_to_polylines(drawings), strict=True)):
        if not runs:
            continue
        number, row = divmod(index, page.rows)
        pages += [[] for _ in range(number + 1 - len(pages))]
        level = _level(runs, text, line_height)
        placed, shrink = _place(level, page, row, page.millimetres(line_height))
        pages[number].append(PlacedLine(index + 1, text, placed, shrink))
    return LaidOut(page, pages)


def _level(runs: list[np.ndarray], text: str, line_height: float) -> list[np.ndarray]:
    """The runs turned so that their baseline is y = 0."""
    offset, slope = baseline(runs, line_height, text)
    angle = math.atan(slope)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return [(run - [0.0, offset]) @ turn for run in runs]


def _place(
    runs: list[np.ndarray], page: Page, row: int, scale: float
) -> tuple[list[np.ndarray], float]:
    """A level line on its row, and the share of its size that fits."""
    ink = scale * np.concatenate([curves.flatten(run) for run in runs])
    (left, top), (right, bottom) = ink.min(axis=0), ink.max(axis=0)
    stand = page.margin + (row + _BASELINE_SHARE) * page.line_height
    room = [
        page.text_width / max(right - left, 1e-9),
        (stand - page.margin) / max(-top, 1e-9),
        (page.height - page.margin - stand) / max(bottom, 1e-9),
    ]
    shrink = min(1.0, *room)
    spare = page.text_width - shrink * (right - left)
    start = page.margin + spare * ALIGNMENTS.index(page.align) / 2 - shrink * left
    return [run * (scale * shrink) + [start, stand] for run in runs], shrink
