"""A table that grows on the disk, event by event."""

import os
import pathlib
from collections.abc import Sequence
from typing import Any

from hachi_tf.errors import UserError, shorten
from hachi_tf.tables.files import csv_line
from hachi_tf.tables.table import Column, headers, shortest, to_label, to_number


class TableWriter:
    """Appends events to a .csv; each is in the file when `write` returns.

    So whatever ends the process, the table holds all events before. In a `with` statement, or
    with `close` at the end. A table of the same columns that is there already is gone on with;
    a last line that was cut short is removed from it.

    Args:
        path: the .csv file; a missing folder is created.
        columns: the columns, without time.
        temporal: whether each event has a time, which comes first.

    Attributes:
        num_events: how many were written by this writer.

    Raises:
        UserError: for another suffix, a file with other columns, or a place that cannot be
            written to.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        columns: Sequence[Column],
        temporal: bool = True,
    ):
        self.path, self.columns, self.temporal = pathlib.Path(path), tuple(columns), temporal
        self.num_events = 0
        self._last_time = float("-inf")
        if self.path.suffix.lower() != ".csv":
            raise UserError("a .csv file to append to", str(path), "name it *.csv")
        header = csv_line(headers(self.columns, temporal)).encode()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self.path, "a+b", buffering=0)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        try:
            self._begin(header)
        except OSError as error:
            self._file.close()
            raise _unwritable(self.path, error) from error
        except UserError:
            self._file.close()
            raise

    def write(self, time: float | None, values: Sequence[Any]) -> None:
        """Appends one event.

        Args:
            time: in seconds, None if events have no time; a time before the last event's is
                written as the last event's.
            values: one number or label a column; NaN, None and `""` are missing.

        Raises:
            UserError: if there are too many or too few values, a number column gets text or an
                infinity, or the disk is full.
        """
        if len(values) != len(self.columns) or (time is None) == self.temporal:
            raise UserError(
                f"{'a time and ' * self.temporal}{len(self.columns)} values",
                f"{'a time and ' * (time is not None)}{len(values)}",
            )
        cells = []
        for column, value in zip(self.columns, values, strict=True):
            try:
                value = value.item() if hasattr(value, "item") else value
                cells.append(to_label(value) if column.categorical else _number(value))
            except ValueError:
                what = "label" if column.categorical else "finite number"
                raise UserError(f"a {what} for column {column.name}", shorten(value)) from None
        if self.temporal:
            last_time = max(self._last_time, round(float(time), 6))
            if not abs(last_time) < float("inf"):
                raise UserError("a time in seconds", repr(time))
            self._last_time = last_time
            cells.insert(0, shortest(last_time))
        self._append(csv_line(cells).encode())
        self.num_events += 1

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def _begin(self, header: bytes) -> None:
        """Writes the first line, or checks that it is there and ends the file with a line."""
        if not self._file.tell():
            self._append(header)
            return
        self._file.seek(0)
        content = self._file.readall()
        whole = content[: content.rfind(b"\n") + 1]
        found = whole.removeprefix(b"\xef\xbb\xbf").splitlines()[:1]
        if found != header.splitlines() and (found or not header.startswith(content)):
            raise UserError(
                f"a table with the columns {header.decode().strip()}",
                f"{self.path} with others",
                "choose another file",
            )
        if len(whole) < len(content):
            self._file.truncate(len(whole))
        if not whole:
            self._append(header)
        elif self.temporal and whole.count(b"\n") > 1:
            last = whole.splitlines()[-1].split(b",")[0].decode("ascii", "replace")
            try:
                self._last_time = float(last)
            except ValueError:
                raise UserError("a time in the last line", f"{last!r} in {self.path}") from None

    def _append(self, line: bytes) -> None:
        try:
            written = self._file.write(line)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        if written != len(line):
            raise UserError("space on the disk", f"none for {self.path}", "free some space")


def _number(value: Any) -> str:
    number = to_number(value)
    if abs(number) == float("inf"):
        raise ValueError(value)
    return "" if number != number else shortest(number)


def _unwritable(path: pathlib.Path, error: OSError) -> UserError:
    return UserError("a place that can be written to", f"{path} ({error.strerror})")
