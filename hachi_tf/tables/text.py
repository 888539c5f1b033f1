"""Tables as lines of text: CSV, and TXT with spaces or tabs between the cells."""

import csv
import io
import logging
import re
from collections.abc import Iterator

from hachi_tf.errors import UserError
from hachi_tf.tables.cells import check_names, make_table
from hachi_tf.tables.table import TIME, Column, Table

log = logging.getLogger(__name__)

_Lines = list[tuple[int, list[str]]]
_CELL = re.compile(r'"((?:[^"]|"")*)"(?=\s|$)|(\S+)')


def parse_csv(text: str, path: str) -> Table:
    """The table in a CSV text.

    Blank lines are skipped, spaces around a cell too.

    Args:
        text: the file's content.
        path: the file's name, for errors.

    Raises:
        UserError: naming line and column, if something is wrong.
    """
    lines: _Lines = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                lines.append((line, [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise UserError("CSV", f"{error} in {path}, line {line}", "mend the quotes") from None
    if lines and len(lines[0][1]) == 1 and re.search(r"[;\t]", lines[0][1][0]):
        raise UserError(
            "commas between columns", f"other marks in {path}, line 1", "save it with commas"
        )
    return _make(lines, path)


def parse_txt(text: str, path: str) -> Table:
    """The table in a text with spaces or tabs between cells.

    A cell with spaces in it, or none at all, stands in double quotes. If the first line has
    tabs, tabs alone part cells, and nothing between two of them is a missing value.

    Args:
        text: the file's content.
        path: the file's name, for errors.

    Raises:
        UserError: naming line and column, if something is wrong.
    """
    lines: _Lines = []
    tabs = "\t" in text.lstrip().split("\n", 1)[0]
    for line, content in enumerate(text.splitlines(), 1):
        if content.strip():
            by_tabs = tabs and "\t" in content
            cells = content.split("\t") if by_tabs else list(_cells(content, path, line))
            while by_tabs and len(cells) > 1 and not cells[-1].strip() and lines:
                if len(cells) <= len(lines[0][1]):
                    break
                cells.pop()
            lines.append((line, [_unquote(cell.strip()) if by_tabs else cell for cell in cells]))
    if lines and len(lines[0][1]) == 1 and "," in lines[0][1][0]:
        raise UserError(
            "spaces or tabs between columns", f"commas in {path}, line 1", "call it .csv"
        )
    return _make(lines, path)


def _make(lines: _Lines, path: str) -> Table:
    if not lines:
        raise UserError(
            "a table with the columns' names in its first line", f"{path}, an empty file"
        )
    (line, header), rows = lines[0], lines[1:]
    place = f"{path}, line {line}"
    temporal = header[0] == TIME
    columns = []
    for index, name in enumerate(header[int(temporal) :], 1 + int(temporal)):
        if not name:
            raise UserError("a name for each column", f"none for column {index} in {place}")
        try:
            columns.append(Column.from_header(name))
        except UserError as error:
            raise UserError(error.expected, f"{error.got}, column {index} in {place}") from None
        if columns[-1].name.lower() == TIME and not temporal:
            log.warning("%s: %s is no time, which is the first column and called time", place, name)
    check_names(columns, temporal, place)
    if not temporal and _is_data(header):
        raise UserError(
            "the columns' names in the first line", f"numbers in {place}", "add a line of names"
        )
    if len(header) > 1:
        rows = [(line, cells) for line, cells in rows if cells != [""]]
    numbers = [line for line, _ in rows]

    def where(row: int, column: int) -> str:
        del column
        return f"{path}, line {numbers[row]}" if row >= 0 else path

    return make_table(columns, temporal, [cells for _, cells in rows], where)


def _is_data(header: list[str]) -> bool:
    """Whether the first line is no names but numbers (hachi machi's 0, 1, 2 are names)."""
    try:
        numbers = [float(name) for name in header]
    except ValueError:
        return False
    return numbers not in (list(range(len(header))), list(range(1, len(header) + 1)))


def _cells(content: str, path: str, line: int) -> Iterator[str]:
    end = 0
    for match in _CELL.finditer(content):
        if content[end : match.start()].strip() or (match[2] or "").startswith('"'):
            raise UserError(
                "quotes around whole cells", f"others in {path}, line {line}", "mend the quotes"
            )
        end = match.end()
        yield _unquote(match[0])


def _unquote(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell
