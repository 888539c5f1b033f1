"""Files of time series: a header, then a row for each date."""

import csv
import dataclasses
import gzip
import io
import math
import os
import pathlib
import re
import zlib
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import read_at_most
from hachi_tf.series.dates import parse_dates

SUFFIXES = (".csv", ".csv.gz", ".tsv")
"""The suffixes of files with series."""

TIME_NAMES = (
    "date", "datetime", "timestamp", "ds", "day", "week", "month", "quarter", "year", "period",
    "time",
)  # fmt: skip
"""What the column of dates is called, in any letters, if nobody says which one it is."""

_MISSING = {"", "nan", "na", "n/a", "#n/a", "null", "none", ".", "-", "?"}
_DECIMAL = re.compile(r"^([+-]?\d+),(\d+)$")
_MAX_BYTES = 1 << 30


@dataclasses.dataclass(frozen=True)
class Columns:
    """Which column of a file is what; None, or an empty tuple, to find out.

    Attributes:
        time: the column of dates.
        series: the column that says which series a row belongs to.
        values: the columns to predict.
        covariates: columns that are known before what is predicted.
        date_format: how dates are written, as `datetime.strptime` has it.
    """

    time: str | None = None
    series: str | None = None
    values: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    date_format: str | None = None


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A file's columns, one row a date.

    Attributes:
        path: the file.
        lines: the line of each row, int64 `[n]`.
        dates: datetime64[s] `[n]`, as they stand in the file.
        ids: the series of each row, object `[n]`; None if there is no such column.
        values: float64 `[n]` by name; NaN is missing.
        covariates: float64 `[n]` by name, of columns of words object `[n]`.
    """

    path: str
    lines: np.ndarray
    dates: np.ndarray
    ids: np.ndarray | None
    values: dict[str, np.ndarray]
    covariates: dict[str, np.ndarray]


def read_sheet(path: str | os.PathLike, columns: Columns) -> Sheet:
    """Reads a file of series, with commas, semicolons or tabs between its cells.

    Of a column that is not named the first one called `date`, or another of `TIME_NAMES`, holds
    the dates, the only one with words says which series a row belongs to, and all others are to
    be predicted.

    Args:
        path: a .csv, .tsv or .csv.gz.
        columns: what is known of the columns.

    Raises:
        UserError: naming file, line and column, if something is wrong.
    """
    path = os.fspath(path)
    header, lines, cells = _cells(path)
    named = (columns.time, columns.series, *columns.values, *columns.covariates)
    for name in named:
        if name is not None and name not in header:
            raise UserError(f"a column {name!r} in {path}", f"the columns {', '.join(header)}")
    time = columns.time or next(
        (name for key in TIME_NAMES for name in header if name.lower() == key), None
    )
    if time is None:
        raise UserError(
            f"a column of dates in {path}, called date",
            f"the columns {', '.join(header)}",
            "name it, e.g. time='when'",
        )
    if time in (*columns.values, *columns.covariates):
        raise UserError(f"other values and covariates than the dates of {path}", repr(time))
    by_name = dict(zip(header, cells, strict=True))
    numbers = {name: _numbers(by_name[name], name, path, lines) for name in header if name != time}
    words = [name for name, column in numbers.items() if column is None]
    series = columns.series
    others = [name for name in words if name not in columns.values + columns.covariates]
    for name in others if series is None else ():
        _check_words(by_name[name], name, path, lines)
    if series is None and others and not columns.values:
        if len(others) > 1:
            raise UserError(
                f"one column in {path} that names the series, the others with numbers",
                f"words in {', '.join(others)}",
                "say which is which, e.g. series='symbol', values='close'",
            )
        series = others[0]
    free = [name for name in numbers if name not in (series, *columns.covariates)]
    values = columns.values or tuple(free)
    if not values:
        raise UserError(f"a column with numbers to predict in {path}", ", ".join(header))
    for name in values:
        if numbers[name] is None:
            raise _no_number(by_name[name], name, path, lines)
    dates = parse_dates(
        by_name[time],
        lambda row: f"column {time} of {path}, line {lines[row]}",
        columns.date_format,
    )
    known = {
        name: np.array(by_name[name], object) if numbers[name] is None else numbers[name]
        for name in columns.covariates
    }
    ids = None if series is None else np.array(by_name[series], object)
    return Sheet(path, np.array(lines), dates, ids, {name: numbers[name] for name in values}, known)


def first_header(path: str) -> list[str]:
    """The names in the first line of a file; none if it cannot be read."""
    try:
        with _open(path) as file:
            line = file.readline(65_536).decode("utf-8-sig")
        return [cell.strip() for cell in next(csv.reader([line], delimiter=_delimiter(line)), [])]
    except (OSError, ValueError, csv.Error, EOFError, zlib.error):
        return []


def _cells(path: str) -> tuple[list[str], list[int], list[list[str]]]:
    """The header, the rows' lines, and the columns' cells."""
    try:
        with _open(path) as file:
            content = read_at_most(file, _MAX_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError("a file of series that can be read", f"{path} ({reason})") from error
    if content is None:
        raise UserError(f"a file of at most {_MAX_BYTES} bytes", path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError("text in UTF-8", f"other bytes in {path}, line {line}") from None
    delimiter = _delimiter(text.partition("\n")[0])
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    commas = delimiter != ","  # which may stand in numbers then
    header: list[str] = []
    lines, rows = [], []
    try:
        for row in reader:
            row = [cell.strip() for cell in row]
            if not any(row):
                continue
            if not header:
                header = row
                continue
            if len(row) != len(header):
                raise UserError(
                    f"{len(header)} cells in a row, as in the header of {path}",
                    f"{len(row)} in line {reader.line_num}",
                )
            lines.append(reader.line_num)
            rows.append([_DECIMAL.sub(r"\1.\2", cell) for cell in row] if commas else row)
    except csv.Error as error:
        raise UserError(f"cells as CSV has them in {path}", str(error)) from error
    if not header or not rows:
        raise UserError(f"a header and rows in {path}", "none" if not header else "a header only")
    if "" in header or len(set(header)) < len(header):
        raise UserError(f"a name of its own for each column of {path}", ", ".join(header))
    if all(_number(cell) is not None for cell in header):
        raise UserError(f"a first line in {path} that names the columns", ", ".join(header))
    return header, lines, [list(column) for column in zip(*rows, strict=True)]


def _open(path: str) -> io.BufferedIOBase:
    return gzip.open(path) if path.lower().endswith(".gz") else pathlib.Path(path).open("rb")


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def _numbers(cells: Sequence[str], name: str, path: str, lines: list[int]) -> np.ndarray | None:
    """A column of numbers, float64 `[n]`, NaN where missing; None if it holds words."""
    numbers = [_number(cell) for cell in cells]
    if None in numbers:
        return None
    values = np.array(numbers)
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0])
        raise UserError(
            f"finite numbers in column {name}, or an empty cell for what is missing",
            f"{cells[row]!r} in {path}, line {lines[row]}",
        )
    return values


def _check_words(cells: Sequence[str], name: str, path: str, lines: list[int]) -> None:
    """Checks that a column of words is none of numbers with a slip.

    Raises:
        UserError: if most of its cells are numbers.
    """
    is_number = [_number(cell) is not None and cell.lower() not in _MISSING for cell in cells]
    if sum(is_number) > len(cells) / 2:
        raise _no_number(cells, name, path, lines)


def _no_number(cells: Sequence[str], name: str, path: str, lines: list[int]) -> UserError:
    row = next(i for i, cell in enumerate(cells) if _number(cell) is None)
    return UserError(
        f"numbers in column {name}, or an empty cell",
        f"{cells[row]!r} in {path}, line {lines[row]}",
    )


def _number(cell: str) -> float | None:
    """A cell's number, NaN where it is missing; None if it is a word."""
    if cell.lower() in _MISSING:
        return math.nan
    if "_" in cell:  # Python's 1_000, which here is a name
        return None
    try:
        return float(cell)
    except ValueError:
        return None
