"""Pictures of tables over time: a panel each, one under another, at one scale."""

from collections.abc import Sequence

import numpy as np

from hachi_tf.rendering import colours
from hachi_tf.rendering.figure import FONT_SIZE, MARGIN, WIDTH, Figure, round_numbers
from hachi_tf.rendering.lanes import Lanes
from hachi_tf.rendering.roll import Roll
from hachi_tf.rendering.svg_figure import SvgFigure
from hachi_tf.tables import Table, find_column

MOST_PANELS = 12
_TITLE, _GAP, _AXIS, _LEGEND = 38, 26, 62, 52  # heights in pixels
_LEGEND_STEP = 190


def timeline(
    tables: Sequence[Table], titles: Sequence[str] | None = None, vector: bool = False
) -> Figure:
    """Draws tables over time: piano rolls of notes, or a lane a column of anything else.

    Args:
        tables: of the same columns; the first 12 are drawn.
        titles: one a table; by default `sample 1` and so on if there are several.
        vector: whether to draw an `SvgFigure`.

    Returns:
        The page, with its `pixels` or its `document`.
    """
    drawn = [_finite(table) for table in tables[:MOST_PANELS]]
    if titles is None:
        titles = [f"sample {index + 1}" for index in range(len(drawn))] if len(tables) > 1 else [""]
    names = [column.name for column in drawn[0].columns]
    has_notes = drawn[0].time is not None and find_column(names, "pitch") is not None
    view = Roll(drawn) if has_notes else Lanes(drawn)
    panel = view.height + (_TITLE if any(titles) else 0)
    per_row = max((WIDTH - view.left - MARGIN) // _LEGEND_STEP, 1)
    legend = _LEGEND * -(-len(view.legend) // per_row)
    left, plot = view.left, WIDTH - view.left - MARGIN
    height = MARGIN + legend + len(drawn) * (panel + _GAP) - _GAP + _AXIS + MARGIN // 2
    page = (SvgFigure if vector else Figure)(WIDTH, height)

    for index, (colour, text) in enumerate(view.legend):
        x, y = left + index % per_row * _LEGEND_STEP, MARGIN + index // per_row * _LEGEND
        page.block((x, y, FONT_SIZE, FONT_SIZE), colour)
        page.write(x + FONT_SIZE + 10, y + FONT_SIZE / 2 - 2, text)
    numbers = round_numbers(0, view.end, max(plot // 160, 2))
    rules = [left + round(number / view.end * plot) for number in numbers]
    top = MARGIN + legend
    for index in range(len(drawn)):
        if any(titles):
            page.write(left, top + _TITLE / 2 - 6, titles[index], "lm", colours.INK)
            top += _TITLE
        box = (left, top, plot, view.height)
        view.draw(page, index, box, rules)
        top += view.height + _GAP
    unit = "seconds" if drawn[0].time is not None else "event"
    page.ticks(box, 0.0, view.end, unit, "bottom")
    if len(drawn) < len(tables):
        more = f"and {len(tables) - len(drawn):,} more"
        page.write(WIDTH - MARGIN, top - _GAP + _AXIS, more, "rm")
    return page


def _finite(table: Table) -> Table:
    """The table up to its first row, if any, at a time that is no number."""
    if table.time is None:
        return table
    rows = int(np.cumprod(np.isfinite(table.time)).sum())
    return Table(table.columns, table.time[:rows], tuple(each[:rows] for each in table.values))
