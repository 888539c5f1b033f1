"""Whether a text file is a table of events or prose, judged by its first lines."""

import csv
import os
import re

_HEAD = 8192  # bytes
_MOST_ROWS = 50
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|nan", re.IGNORECASE)
_WORD = re.compile(r'"(?:[^"]|"")*"(?=\s|$)|\S+')
_LISTS = re.compile(r"[\[(]\s*(data|time|features)\b")


def looks_like_table(path: str | os.PathLike) -> bool:
    """Whether a file that may hold a table, by its suffix, does.

    A .json or .llll does. Of the rows of others at least half must have as many cells as the first
    line; and in a .txt, or where there is only one column, at least half of a row's cells must be
    numbers, unless the first line marks a column as categorical (`name#`).

    Args:
        path: the file. One that cannot be read counts as a table, whose reader says what is wrong.
    """
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in (".txt", ".csv"):
        return True
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return True
    text = head.decode("utf-8-sig", "replace")
    if suffix == ".txt" and _LISTS.match(text.lstrip()):
        return True  # bach's lists
    lines = [line for line in text.splitlines() if line.strip()]
    if len(head) == _HEAD and len(lines) > 1:
        lines.pop()  # it may be cut short
    is_csv = suffix == ".csv"
    if len(lines) < 2:
        return is_csv
    first, *rows = ([*_cells(line, is_csv)] for line in lines[: _MOST_ROWS + 1])
    if is_csv and re.search(r"[;\t]", lines[0]):
        return True  # whose reader says that it wants commas
    is_marked = any(re.fullmatch(r".+#", name) for name in first)
    needs_numbers = not is_marked and (len(first) == 1 or not is_csv)
    rows = [row for row in rows if len(row) == len(first)]
    tabular = [row for row in rows if not needs_numbers or _is_numeric(row)]
    return len(tabular) >= len(lines[1 : _MOST_ROWS + 1]) / 2


def _cells(line: str, is_csv: bool) -> list[str]:
    words = line.split("\t") if "\t" in line else _WORD.findall(line)
    if is_csv or (len(words) == 1 and "," in line):
        return next(csv.reader([line]), [])
    return words


def _is_numeric(cells: list[str]) -> bool:
    cells = [cell.strip().strip('"') for cell in cells]
    return sum(not cell or bool(_NUMBER.fullmatch(cell)) for cell in cells) >= len(cells) / 2
