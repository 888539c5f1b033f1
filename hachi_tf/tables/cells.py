"""From cells, whatever file they come from, to a checked table."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError, shorten
from hachi_tf.tables.table import TIME, Column, Table, to_label, to_number

Where = Callable[[int, int], str]
"""Row and column (from 0, time included) to `"file, line 7"`."""


def make_table(
    columns: Sequence[Column], temporal: bool, rows: Sequence[Sequence[Any]], where: Where
) -> Table:
    """Checks cells and makes a table of them.

    Args:
        columns: what the columns are, without time.
        temporal: whether the first cell of each row is its time.
        rows: cells: text, numbers, or None.
        where: where a cell stands, for errors.

    Raises:
        UserError: if there is no row, a row has too many or too few cells, a number column holds
            text or an infinity, or a time is missing or goes backwards.
    """
    names = [TIME] * temporal + [column.name for column in columns]
    if not rows:
        raise UserError("at least one event", f"no row below the columns in {where(-1, 0)}")
    for row, cells in enumerate(rows):
        if len(cells) != len(names):
            last = names[min(len(cells), len(names) - 1)]
            raise UserError(
                f"{len(names)} values in each row ({', '.join(names)})",
                f"{len(cells)} in {where(row, 0)}, "
                + (f"from column {last} on" if len(cells) < len(names) else f"after {last}"),
                "mend the row",
            )
    cells = list(zip(*rows, strict=True))
    time = _time(cells[0], where) if temporal else None
    values = [
        (_labels if column.categorical else _numbers)(cells[index], names[index], index, where)
        for index, column in enumerate(columns, int(temporal))
    ]
    return Table(tuple(columns), time, tuple(values))


def check_names(columns: Sequence[Column], temporal: bool, place: str) -> None:
    """Checks that there are columns and that no two share a name.

    Args:
        columns: what the columns are, without time.
        temporal: whether there is a time beside them.
        place: where they are named, for errors, e.g. `"a.csv, line 1"`.

    Raises:
        UserError: if not.
    """
    names = [TIME] * temporal + [column.name for column in columns]
    if not columns:
        what = "time only" if temporal else "no column"
        raise UserError("at least one column beside time", f"{what} in {place}")
    for index, name in enumerate(names):
        if name in names[:index]:
            raise UserError(
                "columns with names of their own",
                f"column {name} twice, as columns {names.index(name) + 1} and {index + 1}, "
                f"in {place}",
                "rename one",
            )


def _numbers(cells: Sequence[Any], name: str, column: int, where: Where) -> np.ndarray:
    values = np.empty(len(cells))
    for row, cell in enumerate(cells):
        try:
            values[row] = to_number(cell)
        except ValueError:
            raise UserError(
                "a number",
                f"{shorten(cell)} in {where(row, column)}, column {name}",
                f"leave it empty if it is missing, or call the column {name}# if it holds labels",
            ) from None
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        row = int(infinite[0])
        raise UserError(
            "finite numbers",
            f"{shorten(cells[row])} in {where(row, column)}, column {name}",
            "leave it empty if it is missing",
        )
    return values


def _labels(cells: Sequence[Any], name: str, column: int, where: Where) -> np.ndarray:
    values = np.empty(len(cells), object)
    known: dict[Any, str] = {}  # few labels, many cells
    for row, cell in enumerate(cells):
        key = (type(cell), cell) if isinstance(cell, str | int | float) else None
        if key not in known or key is None:
            try:
                label = to_label(cell)
            except ValueError:
                raise UserError(
                    "a label", f"{shorten(cell)} in {where(row, column)}, column {name}"
                ) from None
            known[key] = label
        values[row] = known[key]
    return values


def _time(cells: Sequence[Any], where: Where) -> np.ndarray:
    time = _numbers(cells, TIME, 0, where)
    missing = np.flatnonzero(np.isnan(time))
    if len(missing):
        raise UserError(
            "a time in every row", f"none in {where(int(missing[0]), 0)}, column {TIME}"
        )
    back = np.flatnonzero(np.diff(time) < 0)
    if len(back):
        row = int(back[0]) + 1
        before, after = shorten(cells[row - 1]), shorten(cells[row])
        raise UserError(
            "times in seconds that never go backwards",
            f"{after} after {before} in {where(row, 0)}, column {TIME}",
            "sort the rows by time, or put them into files of their own",
        )
    return time
