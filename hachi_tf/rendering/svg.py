"""Strokes as SVG: single-line paths in drawing order, for screens and plotters."""

import re
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering import curves, layout

# Characters that XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(
    samples: Sequence[np.ndarray],
    *,
    titles: Sequence[str] | None = None,
    ink: str = layout.INK,
    stroke_width: float | None = None,
    columns: int | None = None,
    cell_size: int | None = None,
    smooth: bool = True,
) -> str:
    """Draws samples as one SVG document, several as a contact sheet.

    Every pen-down run is one path with round caps, in drawing order; every sample is
    a group, `sample-0` and so on. Nothing else is drawn (the white of the page is a style of the
    root), so that a plotter draws what the pen drew.

    Args:
        samples: stroke events, one array `[T, 3]` a sample, in data units.
        titles: a title for each sample, which browsers show under the pointer.
        ink: a colour, `#rgb`, `#rrggbb` or a CSS name.
        stroke_width: of the pen in pixels; None suits the cell.
        columns: cells in a row; None chooses.
        cell_size: longer side of a cell in pixels; None chooses.
        smooth: whether smooth curves join the points (corners stay); else straight lines.

    Returns:
        The document; its unit is one pixel.

    Raises:
        UserError: if samples are not finite stroke events, or an option is out of its range.
    """
    if titles is not None and len(titles) != len(samples):
        raise UserError("one title a sample", f"{len(titles)} for {len(samples)}")
    sheet = layout.lay_out(
        samples,
        ink=ink,
        stroke_width=stroke_width,
        columns=columns,
        cell_size=cell_size,
        smooth=smooth,
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{sheet.width}" height="{sheet.height}" '
        f'viewBox="0 0 {sheet.width} {sheet.height}" style="background:#fff">',
        f'<g fill="none" stroke="{sheet.ink}" stroke-width="{number(sheet.stroke_width)}" '
        'stroke-linecap="round" stroke-linejoin="round">',
    ]
    for index, runs in enumerate(sheet.drawings):
        lines.append(f'<g id="sample-{index}">')
        if titles is not None:
            title = escape(printable(titles[index]))
            lines.append(f"<title>{title}</title>")
        lines.extend(f'<path d="{path(run, smooth)}"/>' for run in runs)
        lines.append("</g>")
    return "\n".join([*lines, "</g>", "</svg>", ""])


def path(run: np.ndarray, smooth: bool = True) -> str:
    """The `d` attribute of a run of points.

    Args:
        run: `[n, 2]` in pixels, written to 1/100; a dot becomes a line of 1/100.
        smooth: whether smooth curves join the points.
    """
    points = np.round(run, 2)
    moved = np.any(points[1:] != points[:-1], axis=1)
    points = points[np.concatenate([[True], moved])]
    commands = [f"M{_pairs(points[:1])}"]
    if len(points) == 1:
        return f"{commands[0]}h.01"
    if not smooth:
        return f"{commands[0]}L{_pairs(points[1:])}"
    first, second = curves.control_points(points)
    curved = curves.bends(points, first, second)
    last = "M"
    for bend, *segment in zip(curved, first, second, points[1:], strict=True):
        letter = "C" if bend else "L"
        pairs = _pairs(segment if letter == "C" else segment[-1:])
        commands.append((" " if letter == last else letter) + pairs)
        last = letter
    return "".join(commands)


def printable(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def _pairs(points: Iterable[np.ndarray]) -> str:
    return " ".join(f"{number(x)} {number(y)}" for x, y in points)


def number(value: float, decimals: int = 2) -> str:
    """A number as text: up to so many decimals, none that says nothing."""
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
