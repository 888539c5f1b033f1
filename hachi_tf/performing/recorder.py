"""What comes over OSC as rows of a table, on the disk as they come."""

import contextlib
import itertools
import math
import os
import pathlib
import struct
from collections.abc import Sequence
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.tables import SUFFIXES, Column, TableWriter, read_table, write_table

_FLOAT32 = struct.Struct("f")
_PAUSE_S = 1.0  # between what a file held and the first row appended to it
_MOST_LABEL = 200  # characters


def journal_path(path: str | os.PathLike) -> pathlib.Path:
    """The CSV that rows go to until a table of another kind is written: `a.json.journal.csv`."""
    path = pathlib.Path(path)
    return path if path.suffix.lower() == ".csv" else path.with_name(f"{path.name}.journal.csv")


class UnfitRow(UserError):
    """What came is no row of the table."""


class Recorder:
    """Appends rows to a table; each is on its way to the disk when `take` returns.

    A table of another kind than CSV is written by `close`; until then, and if the process is
    killed, its rows are in the file `journal_path`.

    Args:
        path: the table, one of `SUFFIXES`.
        columns: the columns without the time.
        temporal: whether rows have the seconds since the first one before them.
        append: whether to go on with a table, or what a killed process left of it.

    Attributes:
        num_rows: rows taken and kept.

    Raises:
        UserError: if there is such a file and `append` is false, or its columns are others.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        columns: Sequence[Column],
        temporal: bool = True,
        append: bool = False,
    ):
        self.path, self.columns, self.temporal = pathlib.Path(path), tuple(columns), temporal
        if self.path.suffix.lower() not in SUFFIXES:
            raise UserError(f"a table ending in {', '.join(SUFFIXES)}", str(path))
        self.journal = journal_path(path)
        self._start_s = 0.0  # the time of this recording's first row
        self._first_s: float | None = None
        self.num_rows = 0
        if not append:
            self._refuse_existing()
        self._is_new = not self.path.exists() and not self.journal.exists()
        is_copy = self.path.exists() and not self.journal.exists()
        if is_copy:
            write_table(read_table(self.path), self.journal)
        try:
            self._writer = self._open()
        except UserError:
            if is_copy:
                self.journal.unlink()
            raise
        if (last_s := self._last_time()) is not None:
            self._start_s = last_s + _PAUSE_S
        # What is before here was there before this recording began.
        self._begin = self.journal.stat().st_size

    def take(self, arguments: Sequence[Any], arrived_s: float) -> None:
        """Appends a row.

        Args:
            arguments: a number a column; NaN is missing. Categorical ones may be texts.
            arrived_s: when it came, by a clock that does not jump.

        Raises:
            UnfitRow: if the arguments do not fit the columns; nothing is appended then.
            UserError: if the disk is full.
        """
        if len(arguments) != len(self.columns):
            raise UnfitRow(f"{len(self.columns)} numbers a row", f"{len(arguments)} arguments")
        values = [
            _cell(argument, column)
            for argument, column in zip(arguments, self.columns, strict=True)
        ]
        if self._first_s is None:
            self._first_s = arrived_s
        time_s = self._start_s + max(arrived_s - self._first_s, 0.0)
        self._writer.write(time_s if self.temporal else None, values)
        self.num_rows += 1

    def reset(self) -> pathlib.Path | None:
        """Begins anew: the clock at 0, and the rows so far in a file of their own.

        Returns:
            The CSV that the rows went to, or None if there were none.
        """
        aside = None
        if self.num_rows:
            self._writer.close()
            content = self.journal.read_bytes()
            header = content[: content.index(b"\n") + 1]
            aside = self._free_name()
            with atomic_path(aside) as temporary:
                temporary.write_bytes(header + content[self._begin :])
            with open(self.journal, "r+b") as file:
                file.truncate(self._begin)
            self._writer = self._open()
        self.num_rows, self._first_s = 0, None
        return aside

    def close(self) -> pathlib.Path | None:
        """Ends the recording, and writes a table of another kind than CSV.

        Returns:
            The table; None if there is no row in it, and then no file.
        """
        self._writer.close()
        if self._is_new and not self.num_rows:
            with contextlib.suppress(OSError):
                self.journal.unlink()
            return None
        if self.journal != self.path:
            write_table(read_table(self.journal), self.path)
            self.journal.unlink()
        return self.path

    def _refuse_existing(self) -> None:
        """Raises a `UserError` if a table, or what is left of one, is in the way."""
        if self.path.exists():
            raise UserError(
                "an --output that does not exist", f"{self.path}, which does", "give --append"
            )
        if self.journal.exists():
            num_rows = self.journal.read_bytes().count(b"\n") - 1
            raise UserError(
                f"no {self.journal.name}, which a recording that was killed left",
                f"{self.journal} with {num_rows} rows",
                "go on with it by --append, or move it away",
            )

    def _open(self) -> TableWriter:
        return TableWriter(self.journal, self.columns, self.temporal)

    def _last_time(self) -> float | None:
        """The time of the last row on the disk, in seconds."""
        lines = self.journal.read_bytes().splitlines()
        return float(lines[-1].split(b",")[0]) if self.temporal and len(lines) > 1 else None

    def _free_name(self) -> pathlib.Path:
        for number in itertools.count(1):
            path = self.path.with_name(f"{self.path.stem}.reset-{number}.csv")
            if not path.exists():
                return path


def _cell(argument: Any, column: Column) -> float | str:
    """An OSC argument as a cell: the shortest number that reads back as it, or a label."""
    if isinstance(argument, str) and column.categorical:
        if not argument or len(argument) > _MOST_LABEL or not argument.isprintable():
            raise UnfitRow(f"a label of 1 to {_MOST_LABEL} letters", repr(argument[:40]))
        return argument
    if type(argument) not in (int, float):
        raise UnfitRow("numbers", f"{type(argument).__name__} in the column {column.name}")
    value = float(argument)
    if math.isinf(value):
        raise UnfitRow("finite numbers", f"{value} in the column {column.name}")
    return _shortest(value)


def _shortest(value: float) -> float:
    """OSC's floats have 32 bits: 0.1 comes as 0.10000000149011612."""
    try:
        bits = _FLOAT32.pack(value)
        if _FLOAT32.unpack(bits)[0] == value:
            for short in (float(f"{value:.7g}"), float(f"{value:.8g}")):
                if _FLOAT32.pack(short) == bits:
                    return short
    except OverflowError:  # more than 32 bits can hold
        pass
    return value
