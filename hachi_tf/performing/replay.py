"""Plays a recorded table back in its own time, into a model or over OSC."""

import dataclasses
import functools
import logging
import math
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.performing.clock import Clock

log = logging.getLogger(__name__)

_LATE_S = 0.002  # a row that goes out later than this after it was due is counted as late

Send = Callable[[list[float | str]], Any]


@dataclasses.dataclass(frozen=True)
class Played:
    """What became of a replay.

    Attributes:
        rows: how many were sent.
        failed: how many of them the receiver refused.
        late: how many went out more than 2 ms after they were due.
        latest_s: how late the latest one was, in seconds.
    """

    rows: int
    failed: int
    late: int
    latest_s: float


class Replay:
    """Plays a table back on a thread of its own.

    Args:
        table: with a time column, as `read_table` returns it.
        send: called with each row when it is due: a number a column, missing ones NaN, labels
            that read as numbers too, and others as texts. What it raises is counted.
        targets: whether rows have the columns that are predicted and never an input.
        speed: 2 plays twice as fast.
        clock: seconds that do not jump.

    Raises:
        UserError: if the table has no time or no row, or the speed is not above 0.
    """

    def __init__(
        self,
        table: Any,
        send: Send,
        targets: bool = False,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ):
        if not (math.isfinite(speed) and speed > 0):
            raise UserError("a speed above 0 for the replay", f"{speed:g}")
        _check(table)
        self._due_s = ((table.time - table.time[0]) / speed).tolist()
        self._rows = to_rows(table, targets)
        self._send, self._clock = send, clock
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)
        self.played = Played(0, 0, 0, 0.0)

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return self._due_s[-1]

    def start(self) -> None:
        """Begins; the first row is sent at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it before its end, and waits until no more is sent."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def wait(self, seconds: float | None = None) -> bool:
        """Waits until all is played, or for so many seconds; whether all is played."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        begin, failed, late, latest = self._clock(), 0, 0, 0.0
        for index, (due_s, row) in enumerate(zip(self._due_s, self._rows, strict=True)):
            while (left_s := begin + due_s - self._clock()) > 0:
                if self._stopped.wait(left_s):
                    return
            if self._stopped.is_set():
                return
            late, latest = late + (left_s < -_LATE_S), max(latest, -left_s)
            try:
                self._send(row)
            except Exception as error:  # one bad row must not end the replay
                failed += 1
                if failed == 1:
                    log.warning("replay, row %d: %s", index + 1, error)
            self.played = Played(index + 1, failed, late, latest)


def _check(table: Any) -> None:
    if table.time is None or not len(table.time):
        raise UserError("a table with a column time and at least one row to replay", "none")


def to_rows(table: Any, targets: bool = True, labels: bool = False) -> list[list[float | str]]:
    """A table's rows as they travel over OSC, without the time.

    Args:
        table: as `read_table` returns it.
        targets: whether with the columns that are predicted and never an input.
        labels: whether labels stay texts; those that read as numbers become numbers otherwise.
    """
    columns = []
    for column, values in zip(table.columns, table.values, strict=True):
        if targets or not column.target:
            columns.append([_argument(value, labels) for value in values.tolist()])
    return [list(row) for row in zip(*columns, strict=True)]


def schedule(
    table: Any,
    clock: Clock,
    take: Callable[[list[float | str], float], Any],
    speed: float = 1.0,
) -> None:
    """Plays a table from now on, on the thread that does what is due on a clock.

    Args:
        table: with a time column.
        clock: the clock.
        take: called with each row's cells, but for the targets, and when it was due; labels are
            texts. What it raises, the clock's thread gets; the next row comes all the same.
        speed: 2 plays twice as fast.

    Raises:
        UserError: if the table has no time or no row.
    """
    _check(table)
    begin, rows = clock.now(), to_rows(table, targets=False, labels=True)

    def do(index: int, due: float) -> None:
        if index + 1 < len(rows):
            following = begin + float(table.time[index + 1] - table.time[0]) / speed
            clock.at(following, functools.partial(do, index + 1))
        take(rows[index], due)

    clock.at(begin, functools.partial(do, 0))


def to_osc(host: str, port: int, address: str = "/input") -> Send:
    """A `send` that makes OSC messages.

    Args:
        host: where to.
        port: where to.
        address: of the messages, e.g. `"/input"` or `"/1/input"`.

    Raises:
        UserError: if there is no such host.
    """
    from pythonosc.udp_client import SimpleUDPClient

    try:
        client = SimpleUDPClient(host, port)
    except OSError as error:
        raise UserError("a host and a port to send OSC to", f"{host}:{port} ({error})") from error
    return lambda row: client.send_message(address, row)


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


def _argument(value: float | str, labels: bool) -> float | str:
    if value == "":
        return math.nan
    try:
        return value if labels else float(value)
    except ValueError:
        return value
