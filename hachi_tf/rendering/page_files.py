"""The pages of a letter as SVG for plotters, and as PNG."""

import contextlib
import io
import os
import pathlib
from xml.sax.saxutils import escape

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.rendering import curves, layout, raster
from hachi_tf.rendering.page import LaidOut, Page, PlacedLine
from hachi_tf.rendering.save import numbered
from hachi_tf.rendering.svg import number, printable

SUFFIXES = (".svg", ".png")

_MM_PER_INCH = 25.4
# A bend is drawn as one where it would be seen at this many pixels a millimetre.
_SHARPNESS = 20.0


def save_pages(letter: LaidOut, path: str | os.PathLike, dpi: int = 150) -> list[pathlib.Path]:
    """Writes the pages of a letter: `letter.svg`, or `letter-1.svg`, `letter-2.svg` and so on.

    Files are numbered only if there are several. All pages are written aside before the first
    takes its name.

    Args:
        letter: the pages.
        path: where to; ends in .svg or .png.
        dpi: resolution of a PNG, pixels an inch.

    Returns:
        The files, one a page.

    Raises:
        UserError: if the suffix is none of these, a picture would be too large, or the place
            cannot be written to.
    """
    path = pathlib.Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"a file ending in {' or '.join(SUFFIXES)} for pages", str(path))
    paths = numbered(path, len(letter.pages))
    with contextlib.ExitStack() as stack:
        for target, lines in zip(paths, letter.pages, strict=True):
            content = (
                svg(letter.page, lines).encode()
                if suffix == ".svg"
                else png(letter.page, lines, dpi)
            )
            stack.enter_context(atomic_path(target)).write_bytes(content)
    return paths


def svg(page: Page, lines: list[PlacedLine]) -> str:
    """One page as an SVG document whose unit is the millimetre.

    Every pen-down run is one unfilled smooth path, in writing order, every line of writing a
    group. Nothing else is drawn, so that a plotter draws what the pen drew.

    Args:
        page: the paper.
        lines: the lines on it.
    """
    width, height = _number(page.width), _number(page.height)
    red, green, blue = raster.rgb(page.ink)
    document = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" style="background:#fff">',
        f'<g fill="none" stroke="#{red:02x}{green:02x}{blue:02x}" '
        f'stroke-width="{_number(page.pen_width)}" '
        'stroke-linecap="round" stroke-linejoin="round">',
    ]
    for line in lines:
        title = escape(printable(line.text))
        document.append(f'<g id="line-{line.number}"><title>{title}</title>')
        document.extend(f'<path d="{_path(run)}"/>' for run in line.runs)
        document.append("</g>")
    return "\n".join([*document, "</g>", "</svg>", ""])


def png(page: Page, lines: list[PlacedLine], dpi: int = 150) -> bytes:
    """One page as a PNG file's content.

    Args:
        page: the paper.
        lines: the lines on it.
        dpi: resolution, pixels an inch.

    Raises:
        UserError: if the picture would be larger than `layout.MAX_PIXELS`.
    """
    from PIL import Image

    scale = dpi / _MM_PER_INCH
    width, height = round(page.width * scale), round(page.height * scale)
    if not 1 <= width * height <= layout.MAX_PIXELS:
        raise UserError(
            f"pages of up to {layout.MAX_PIXELS / 1e6:g} million pixels",
            f"{width} x {height}",
            "write an SVG, or a smaller page",
        )
    sheet = layout.Sheet(
        drawings=[[run * scale for line in lines for run in line.runs]],
        cell_width=width,
        cell_height=height,
        columns=1,
        margin=0,
        stroke_width=max(1.0, page.pen_width * scale),
        ink=page.ink,
    )
    canvas = raster.Canvas(sheet)
    for run in sheet.polylines(0):
        canvas.stroke(run)
    ink = np.array(raster.rgb(page.ink))
    shades = np.round(255 + np.arange(256)[:, None] * (ink - 255) / 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(shades[canvas.coverage]).save(buffer, "PNG", optimize=True, dpi=(dpi, dpi))
    return buffer.getvalue()


def _path(run: np.ndarray) -> str:
    """The `d` attribute of a run `[n, 2]` in mm, written to 1/1000; a dot is a line of 1/100."""
    points = np.round(run, 3)
    points = points[np.append(True, np.any(points[1:] != points[:-1], axis=1))]
    start = f"M{_pair(points[0])}"
    if len(points) == 1:
        return f"{start}h.01"
    first, second = curves.control_points(points)
    curved = curves.bends(*(_SHARPNESS * array for array in (points, first, second)))
    pieces = [
        f"C{_pair(near)} {_pair(far)} {_pair(end)}" if bend else f"L{_pair(end)}"
        for bend, near, far, end in zip(curved, first, second, points[1:], strict=True)
    ]
    return "".join([start, *pieces])


def _pair(point: np.ndarray) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return number(value, 3)
