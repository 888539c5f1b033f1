"""A table of events in memory: its columns and their values."""

import dataclasses
import math
from typing import Any

import numpy as np

from hachi_tf.errors import UserError

TIME = "time"
"""The name of the first column of a table whose events have times."""

_MISSING = {"", "nan", "null"}


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table, without `time`.

    Attributes:
        name: its bare name, e.g. `"3_channel"`.
        categorical: whether its values are labels rather than numbers.
        target: whether it is predicted and never an input.
    """

    name: str
    categorical: bool = False
    target: bool = False

    def header(self) -> str:
        """The name as files have it: `name#` if categorical, `~name` if target, `~name#`."""
        return f"{'~' * self.target}{self.name}{'#' * self.categorical}"

    @classmethod
    def from_header(cls, header: str) -> "Column":
        """The column that `header` names.

        Raises:
            UserError: if there is no name, or a mark stands at the wrong end.
        """
        name = header.strip()
        target, name = name.startswith("~"), name.removeprefix("~")
        categorical, name = name.endswith("#"), name.removesuffix("#")
        if not name or name.startswith(("~", "#")) or name.endswith(("~", "#")):
            raise UserError(
                "a column called name, name# (categorical), ~name (target) or ~name#",
                repr(header),
            )
        return cls(name, categorical, target)


@dataclasses.dataclass
class Table:
    """Events in rows.

    Attributes:
        columns: what the columns are, without time.
        time: float64 `[T]`, seconds since some moment, never decreasing; None for events that
            have no time.
        values: one array `[T]` a column: float64 with NaN for what is missing, or labels
            (strings, `""` for what is missing) if the column is categorical.

    Raises:
        UserError: if columns share a name, or their lengths differ.
    """

    columns: tuple[Column, ...]
    time: np.ndarray | None
    values: tuple[np.ndarray, ...]

    def __post_init__(self):
        self.columns, self.values = tuple(self.columns), tuple(self.values)
        names = self.names
        if len(set(names)) < len(names) or (self.time is not None and TIME in names):
            raise UserError("columns with names of their own", ", ".join(self.headers))
        arrays = self.values if self.time is None else (self.time, *self.values)
        if len(self.values) != len(names) or len({len(array) for array in arrays}) != 1:
            raise UserError(
                f"as many values in each of {len(names)} columns",
                ", ".join(str(len(array)) for array in arrays),
            )

    def __len__(self) -> int:
        return len(self.values[0] if self.time is None else self.time)

    @property
    def names(self) -> list[str]:
        """The columns' bare names, without time."""
        return [column.name for column in self.columns]

    @property
    def headers(self) -> list[str]:
        """The first line of the table's file, `time` first if there is one."""
        return headers(self.columns, self.time is not None)


def headers(columns: tuple[Column, ...], temporal: bool) -> list[str]:
    """The first line of a file with these columns; `temporal` puts `time` first."""
    return [TIME] * temporal + [column.header() for column in columns]


def to_number(cell: Any) -> float:
    """The number in a cell, NaN if the cell is empty.

    Raises:
        ValueError: if it holds something else.
    """
    if isinstance(cell, str):
        if cell.lower() in _MISSING:
            return math.nan
        if "_" in cell:  # Python's 1_000
            raise ValueError(cell)
    elif cell is None:
        return math.nan
    elif isinstance(cell, bool) or not isinstance(cell, int | float):
        raise ValueError(cell)
    try:
        return float(cell)
    except OverflowError:
        return math.inf


def to_label(cell: Any) -> str:
    """The label in a cell, `""` if the cell is empty; numbers in their shortest form.

    `3`, `3.0` and `"3"` are one label, `"3"`.

    Raises:
        ValueError: if it holds neither text nor a number.
    """
    try:
        number = to_number(cell)
    except ValueError:
        if isinstance(cell, str):
            return cell
        raise
    if math.isnan(number):
        return ""
    if math.isinf(number):
        if isinstance(cell, str):
            return cell
        raise ValueError(cell)
    return shortest(number)


def shortest(number: float) -> str:
    """A number as few characters as give it back: `3`, not `3.0`; `nan` for NaN."""
    number = float(number)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
