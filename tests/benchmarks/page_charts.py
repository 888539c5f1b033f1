"""The page's charts as SVG documents on a white card, which light and dark pages show alike."""

import math
from collections.abc import Sequence

from hachi_tf.rendering import colours
from hachi_tf.rendering.figure import WIDTH, round_numbers
from hachi_tf.rendering.svg_figure import SvgFigure

_BAR, _GAP, _TOP, _EDGE = 30, 14, 96, 40
_LABELS = 740  # pixels, for the names of bars
_PANEL = 360  # pixels, the height of panels
BETTER, WORSE = colours.hue(0), colours.hue(1)


def _page(height: float, title: str) -> SvgFigure:
    page = SvgFigure(WIDTH, height)
    page.block((0, 0, WIDTH, math.ceil(height)), colours.PAPER)
    page.write(_EDGE, 40, title, "lm", colours.INK)
    return page


def ratios(title: str, bars: Sequence[tuple[str, float]]) -> str:
    """Bars from 1 to the right for what is better and to the left for what is worse.

    The axis is logarithmic.

    Args:
        title: of the chart.
        bars: name and ratio, above 0, of each; at least one.
    """
    page = _page(_TOP + len(bars) * (_BAR + _GAP) + _EDGE, title)
    left, right = _EDGE + _LABELS + 60, WIDTH - _EDGE - 90
    low = math.log(min(0.5, *(ratio for _, ratio in bars)))
    high = math.log(max(2.0, *(ratio for _, ratio in bars)))

    def place(ratio: float) -> float:
        return left + (math.log(ratio) - low) / (high - low) * (right - left)

    bottom = _TOP + len(bars) * (_BAR + _GAP)
    for mark in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100):
        if math.exp(low) * 0.999 <= mark <= math.exp(high) * 1.001:
            colour = colours.AXIS if mark == 1 else colours.FAINT
            page.block((place(mark) - 1, _TOP - 8, 2, bottom - _TOP + 8), colour)
            page.write(place(mark), _TOP - 14, f"{mark:g}", "ms")
    for index, (name, ratio) in enumerate(bars):
        top = _TOP + index * (_BAR + _GAP) + _GAP / 2
        middle = top + _BAR / 2
        page.write(_EDGE + _LABELS, middle, name.replace("`", ""), "rm", colours.INK)
        ends = sorted((place(1.0), place(ratio)))
        colour = BETTER if ratio >= 1 else WORSE
        page.block((ends[0], top, max(ends[1] - ends[0], 2), _BAR), colour)
        page.write(ends[1] + 10, middle, factor(ratio), "lm", colours.INK)
    return page.document


def groups(
    title: str,
    panels: Sequence[tuple[str, Sequence[str], Sequence[Sequence[float | None]]]],
    names: Sequence[str],
) -> str:
    """Panels side by side, each with groups of upright bars.

    Args:
        title: of the chart.
        panels: what the heights are, the names of groups, and for each group a height for each
            of the names, None where there is none.
        names: of the bars within a group.
    """
    page = _page(_TOP + 50 + _PANEL + 110, title)
    _legend(page, names)
    width = (WIDTH - 2 * _EDGE) / len(panels)
    for index, (unit, labels, values) in enumerate(panels):
        left = round(_EDGE + index * width + 90)
        box = (left, _TOP + 50, round(width - 120), _PANEL)
        highest = 1.1 * max((each or 0.0 for group in values for each in group), default=1.0)
        _axis(page, box, highest, unit)
        across = box[2] / max(len(labels), 1)
        bar = 0.8 * across / len(names)
        for number, (label, group) in enumerate(zip(labels, values, strict=True)):
            begin = left + (number + 0.1) * across
            page.write(begin + 0.4 * across, box[1] + _PANEL + 26, label, "mm")
            for which, value in enumerate(group):
                high = (value or 0.0) / highest * _PANEL
                corner = (begin + which * bar, box[1] + _PANEL - high)
                page.block((*corner, bar - 3, high), colours.hue(which))
                said = "none" if value is None else number_text(value)
                page.write(corner[0] + bar / 2, corner[1] - 10, said, "ms", colours.INK)
    return page.document


def factor(ratio: float) -> str:
    """A ratio as text."""
    return f"{ratio:.0f}" if ratio >= 9.95 else f"{ratio:.2f}"


def number_text(value: float) -> str:
    """A figure as text, of three digits or more."""
    if not value or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(2 - math.floor(math.log10(abs(value))), 0)}f}"


def _legend(page: SvgFigure, names: Sequence[str]) -> None:
    for index, name in enumerate(names):
        left = _EDGE + 90 + 360 * index
        page.block((left, 78, 30, 16), colours.hue(index))
        page.write(left + 42, 86, name)


def _axis(page: SvgFigure, box: tuple[int, int, int, int], highest: float, unit: str) -> None:
    left, top, width, height = box
    page.write(left - 60, top - 24, unit, "lm", colours.INK)
    for number in round_numbers(0.0, highest, 5):
        y = top + height * (1 - number / highest)
        page.block((left, round(y), width, 1), colours.FAINT)
        page.write(left - 12, y, f"{number:g}", "rm")
