"""Plays a recorded table back in its own time."""

import functools
import math
import os
from collections.abc import Callable
from typing import Any

from hachi_tf.performing.clock import Clock


def to_rows(table: Any) -> list[list[float | str]]:
    """A table's rows as inputs, without the time and what is only predicted.

    Args:
        table: as `read_table` returns it; labels stay texts, and missing ones become NaN.
    """
    columns = [
        [math.nan if value == "" else value for value in values.tolist()]
        for column, values in zip(table.columns, table.values, strict=True)
        if not column.target
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def schedule(
    table: Any,
    clock: Clock,
    take: Callable[[list[float | str], float], Any],
    speed: float = 1.0,
) -> None:
    """Plays a table from now on, on the thread that does what is due on a clock.

    Args:
        table: with a time column and a row.
        clock: the clock.
        take: called with each row's cells, but for the targets, and when it was due; labels are
            texts. What it raises, the clock's thread gets; the next row comes all the same.
        speed: 2 plays twice as fast.
    """
    begin, rows = clock.now(), to_rows(table)

    def do(index: int, due: float) -> None:
        if index + 1 < len(rows):
            following = begin + float(table.time[index + 1] - table.time[0]) / speed
            clock.at(following, functools.partial(do, index + 1))
        take(rows[index], due)

    clock.at(begin, functools.partial(do, 0))


def read_replay(path: str | os.PathLike) -> Any:
    """Reads a table, or the notes of a MIDI file, to replay.

    Raises:
        UserError: if it cannot be read.
    """
    if os.fspath(path).lower().endswith((".mid", ".midi")):
        from hachi_tf.midi import read_midi

        return read_midi(path)
    from hachi_tf.tables import read_table

    return read_table(path)
