"""Tables as structures: JSON, and what `.llll` has in common with it."""

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.tables.cells import check_names, make_table
from hachi_tf.tables.table import TIME, Column, Table

log = logging.getLogger(__name__)

_SHAPE = '{"features": {"0": {"masked": true}}, "time": [...], "data": [[...], ...]}'
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')
Line = Callable[[tuple], int]


def parse_json(text: str, path: str) -> Table:
    """The table in a JSON text: `data`, and if wanted `time` and `features`.

    Args:
        text: the file's content.
        path: the file's name, for errors.

    Raises:
        UserError: naming line, event and column, if something is wrong.
    """
    if not text.strip():
        raise UserError(_SHAPE, f"{path}, an empty file")
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise UserError("JSON", f"{error.msg} in {path}, line {error.lineno}") from None
    except (ValueError, RecursionError) as error:
        raise UserError("JSON", f"{error} in {path}") from None
    return make_structured(value, path, lambda place: find_line(text, place))


def make_structured(parts: Any, path: str, line: Line) -> Table:
    """The table of a structure.

    Args:
        parts: a mapping with `data`, a list of rows, and if wanted `time`, a list of seconds,
            and `features`, by the number of a column its marks.
        path: the file's name, for errors.
        line: the line of e.g. `("data", 3, 0)`.

    Raises:
        UserError: naming line, event and column, if something is wrong.
    """
    if not isinstance(parts, Mapping) or "data" not in parts:
        got = "another structure" if not isinstance(parts, Mapping) else "no data"
        raise UserError(_SHAPE, f"{got} in {path}")
    if unknown := set(parts) - {"features", TIME, "data"}:
        log.warning("%s: %s is not read", path, ", ".join(sorted(map(str, unknown))))
    data, time = parts["data"], parts.get(TIME)
    temporal = time is not None
    for name, value in (("data", data), (TIME, time)):
        if value is not None and not isinstance(value, list) or (name == "data" and not value):
            what = "nothing" if value == [] else "something else"
            raise UserError(f"a list of {name}", f"{what} in {path}, line {line((name,))}")
    for row, cells in enumerate(data):
        if not isinstance(cells, list):
            place = f"{path}, line {line(('data', row))}, event {row + 1}"
            raise UserError("a list of values for each event", f"something else in {place}")
    if temporal and len(time) != len(data):
        raise UserError(
            f"one time for each of {len(data)} events",
            f"{len(time)} in {path}, line {line((TIME,))}",
        )
    columns = _columns(parts.get("features"), len(data[0]), path, line)
    check_names(columns, temporal, f"{path}, line {line(('data',))}")
    rows = [[time[row], *cells] if temporal else cells for row, cells in enumerate(data)]

    def where(row: int, column: int) -> str:
        is_time = temporal and column == 0 and len(rows[row]) == len(columns) + 1
        cell = (TIME, row) if is_time else ("data", row, max(column - temporal, 0))
        if len(rows[row]) != len(columns) + temporal:
            cell = ("data", row)
        return f"{path}, line {line(cell)}, event {row + 1}"

    return make_table(columns, temporal, rows, where)


def _columns(features: Any, width: int, path: str, line: Line) -> list[Column]:
    columns = [Column(str(index)) for index in range(width)]
    if not features:
        return columns
    place = f"{path}, line {line(('features',))}"
    if not isinstance(features, Mapping):
        raise UserError('features by number, {"0": {"masked": true}}', f"others in {place}")
    for key, marks in features.items():
        if str(key) == "-1":  # hachi machi's own entry for time
            continue
        if not re.fullmatch(r"\d{1,9}", str(key)) or int(key) >= width:
            raise UserError(f"features from 0 to {width - 1}", f"{key!r} in {place}")
        if not isinstance(marks, Mapping):
            raise UserError('{"masked": true} or the like', f"others for {key} in {place}")
        if unknown := set(marks) - {"name", "masked", "categorical"}:
            unknown = ", ".join(sorted(map(str, unknown)))
            log.warning("%s: %s of feature %s is not read", path, unknown, key)
        flags = [marks.get(mark, False) for mark in ("categorical", "masked")]
        if not all(flag in (0, 1) for flag in flags):
            raise UserError("true or false", f"others for feature {key} in {place}")
        name = str(marks.get("name", key)).strip()
        if Column.from_header(name) != Column(name):
            raise UserError("a name without marks", f"{name!r} for feature {key} in {place}")
        columns[int(key)] = Column(name, *map(bool, flags))
    return columns


def find_line(text: str, wanted: Sequence[str | int]) -> int:
    """The line, from 1, on which a value of a JSON text begins.

    Args:
        text: valid JSON.
        wanted: keys and indices that lead to the value; if there is none, the line is 1.
    """
    path: list[Any] = []
    is_key = False
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == ",":
            is_key = not isinstance(path[-1], int)
            path[-1] = None if is_key else path[-1] + 1
        elif token == ":":
            is_key = False
        elif token in "]}":
            path.pop()
            is_key = False
        elif is_key:
            path[-1] = json.loads(token)
        else:
            if path == list(wanted):
                return text.count("\n", 0, match.start()) + 1
            if token in "[{":
                path.append(0 if token == "[" else None)
                is_key = token == "{"
    return 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{twice!r} twice in one object")
    return value
