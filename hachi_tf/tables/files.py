"""Tables in files: .csv, .json, .txt and .llll."""

import csv
import io
import json
import os
import pathlib
import re
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.tables.llll import format_llll, parse_llll
from hachi_tf.tables.structured import parse_json
from hachi_tf.tables.table import Table, shortest, to_label, to_number
from hachi_tf.tables.text import parse_csv, parse_txt

SUFFIXES = (".csv", ".json", ".txt", ".llll")
"""The suffixes of files with tables."""


def read_table(path: str | os.PathLike) -> Table:
    """Reads a table, as hachi machi, a spreadsheet or bach writes it.

    In .csv and .txt the first line names the columns; a first column `time` holds seconds, never
    decreasing; `name#` is categorical, `~name` predicted and never an input. A .json holds
    `{"features": {"2": {"masked": true}, "3": {"categorical": true}}, "time": [...],
    "data": [[...], ...]}`, a .llll the same as nested lists. An empty cell, `nan` or `null` is a
    missing value; a time must not be missing.

    Args:
        path: the file; its suffix says what it is.

    Raises:
        UserError: naming file, line and column, if something is wrong.
    """
    name, suffix = os.fspath(path), _suffix(path)
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise UserError("a table that can be read", f"{name} ({error.strerror})") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError("text in UTF-8", f"other bytes in {name}, line {line}") from None
    if suffix == ".txt" and re.match(r"\s*[\[(]", text):
        suffix = ".llll"  # bach's text
    parse = {".csv": parse_csv, ".txt": parse_txt, ".json": parse_json, ".llll": parse_llll}
    return parse[suffix](text, name)


def write_table(table: Table, path: str | os.PathLike) -> None:
    """Writes a table, whole or not at all; `read_table` and hachi machi read it.

    Args:
        table: the table.
        path: the file; its suffix says what to write.

    Raises:
        UserError: for another suffix, or a place that cannot be written to.
    """
    formats = {".csv": _csv, ".txt": _txt, ".json": _json, ".llll": _llll}
    content = formats[_suffix(path)](table)
    with atomic_path(path) as temporary:
        temporary.write_text(content, encoding="utf-8", newline="")


def csv_line(cells: list[str]) -> str:
    """One line of CSV, with its end."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _suffix(path: str | os.PathLike) -> str:
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in SUFFIXES:
        raise UserError(f"a table, {', '.join(SUFFIXES)}", os.fspath(path))
    return suffix


def _columns(table: Table, missing: str) -> list[list[str]]:
    """The table's columns as text, `time` first; a missing number is `missing`."""
    arrays = [table.time] * (table.time is not None) + list(table.values)
    columns = []
    for values in arrays:
        if values.dtype == object or values.dtype.kind == "U":
            columns.append([to_label(value) for value in values])
        else:
            columns.append([missing if value != value else shortest(value) for value in values])
    return columns


def _csv(table: Table) -> str:
    rows = zip(*_columns(table, ""), strict=True)
    return "".join(csv_line(list(row)) for row in [table.headers, *rows])


def _txt(table: Table) -> str:
    columns = [
        [_quote(cell) for cell in (header, *cells)]
        for header, cells in zip(table.headers, _columns(table, "nan"), strict=True)
    ]
    widths = [max(map(len, cells)) for cells in columns]
    padded = [
        [cell.ljust(width) for cell in cells] for width, cells in zip(widths, columns, strict=True)
    ]
    return "".join("  ".join(row).rstrip() + "\n" for row in zip(*padded, strict=True))


def _quote(cell: str) -> str:
    if cell and not re.search(r'[\s"]', cell) and cell[0] not in "[(":
        return cell
    return '"' + re.sub(r"\s", " ", cell).replace('"', '""') + '"'


def _parts(table: Table) -> dict[str, Any]:
    """The table as `make_structured` takes it."""
    features = {}
    for index, column in enumerate(table.columns):
        marks: dict[str, Any] = {} if column.name == str(index) else {"name": column.name}
        marks |= {"masked": True} if column.target else {}
        marks |= {"categorical": True} if column.categorical else {}
        if marks:
            features[str(index)] = marks
    data = [[_cell(values[row]) for values in table.values] for row in range(len(table))]
    time = {} if table.time is None else {"time": [float(time) for time in table.time]}
    return {"features": features, **time, "data": data}


def _cell(value: Any) -> Any:
    """A cell as JSON has it: a float, a label that is no number, or None for what is missing."""
    if isinstance(value, str):
        value = to_label(value)
        try:
            value = to_number(value)
        except ValueError:
            return value
        if np.isinf(value):
            return str(value)
    return None if np.isnan(value) else float(value)


def _json(table: Table) -> str:
    parts = _parts(table)
    lines = [
        f'  "{name}": {json.dumps(parts[name], ensure_ascii=False, allow_nan=False)},\n'
        for name in ("features", "time")
        if name in parts
    ]
    rows = ",\n".join(
        "    " + json.dumps(row, ensure_ascii=False, allow_nan=False) for row in parts["data"]
    )
    return "{\n" + "".join(lines) + f'  "data": [\n{rows}\n  ]\n}}\n'


def _llll(table: Table) -> str:
    return format_llll(_parts(table))
