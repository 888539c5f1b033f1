"""The figure of `tests.benchmarks.cells`."""

import pathlib

import numpy as np

from hachi_tf.rendering import colours, figure
from hachi_tf.rendering.figure import Figure
from hachi_tf.rendering.svg_figure import SvgFigure
from tests.benchmarks.cells import NAMES

_LEFT, _TOP, _WIDTH, _HEIGHT, _BETWEEN = 110, 150, 620, 420, 140


def draw(result: dict, path: pathlib.Path) -> None:
    """Draws how the cells learn, and what they remember in the end, as a PNG or an SVG."""
    page = (SvgFigure if path.suffix.lower() == ".svg" else Figure)(1600, 680)
    page.write(_LEFT, 40, result["task"].capitalize(), "lm", colours.INK)
    for index, name in enumerate(NAMES.values()):
        page.block((_LEFT + 220 * index, 84, 34, 5), colours.hue(index))
        page.write(_LEFT + 220 * index + 46, 85, name)
    page.block((_LEFT + 660, 86, 34, 2), colours.AXIS)
    page.write(_LEFT + 706, 85, "guessing")
    panels = (("by_step", "step of training"), ("by_delay", "delay in steps"))
    for panel, (key, name) in enumerate(panels):
        left = _LEFT + panel * (_WIDTH + _BETWEEN)
        _panel(page, (left, _TOP, _WIDTH, _HEIGHT), result, key, name)
    if isinstance(page, SvgFigure):
        path.write_text(page.document, encoding="utf-8")
    else:
        figure.save(page.pixels, path)


def _panel(page: Figure, box, result: dict, key: str, name: str) -> None:
    left, top, width, height = box
    chance = result["chance_nats"]
    lines = [np.array(each[key], np.float64) for each in result["cells"].values()]
    last, highest = max(line[:, 0].max() for line in lines), 1.15 * chance
    page.write(left, top - 20, "nats lost a remembered letter", "lm", colours.INK)
    page.frame(box)
    page.ticks(box, 0.0, last, "", "bottom")
    page.write(left + width / 2, top + height + 62, name, "mm")
    for number in figure.round_numbers(0.0, highest, 5):
        y = top + height * (1 - number / highest)
        page.block((left - 9, round(y) - 1, 8, 2), colours.AXIS)
        page.write(left - 14, y - 2, f"{number:g}", "rm")
    page.block((left, round(top + height * (1 - chance / highest)), width, 2), colours.AXIS)
    for index, line in enumerate(lines):
        x = left + line[:, 0] / last * width
        y = top + height * (1 - line[:, 1].clip(0, highest) / highest)
        page.strokes([np.stack([x, y], -1)], colours.hue(index), 4.0, smooth=False)
