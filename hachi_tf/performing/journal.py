"""What was heard and played, as tables that can be trained on and replayed."""

import logging
import os
import pathlib
import queue
import threading
from collections.abc import Callable

from hachi_tf.errors import UserError
from hachi_tf.performing.voice import Voice
from hachi_tf.tables import TableWriter, schema_columns

log = logging.getLogger(__name__)

_MOST = 100_000  # events that wait for a slow disk


class Journal:
    """Writes a voice's inputs and outputs, each to a table with the voice's columns.

    A thread writes, event by event, so a slow disk delays nothing and a process that is killed
    loses no more than the last moment.

    Args:
        voice: whose events.
        path: a .csv; inputs go to `<path>.input.csv`, outputs to `<path>.output.csv`.
        start_s: the clock's time that is 0 in the tables.

    Attributes:
        num_lost: events that were not written, for want of room or of a disk.

    Raises:
        UserError: if a table exists already or cannot be written.
    """

    def __init__(self, voice: Voice, path: str | os.PathLike, start_s: float):
        self._columns, self._start_s, self.num_lost = voice.columns, start_s, 0
        self._queue: queue.Queue = queue.Queue(_MOST)
        paths = journal_paths(path)
        for each in paths:
            if each.exists():
                raise UserError("a --log that does not exist", f"{each}, which does")
        columns = schema_columns(voice.model.schema)
        self._writers: list[TableWriter] = []
        try:
            for each in paths:
                self._writers.append(TableWriter(each, columns, self._columns.temporal))
        except UserError:
            self._close_tables()
            raise
        voice.on_input.append(self._putter(0))
        voice.on_output.append(self._putter(1))
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Waits until everything is written; a table without events is removed."""
        self._queue.put(None)
        self._thread.join()
        self._close_tables()
        if self.num_lost:
            log.warning("%d events are missing in the log", self.num_lost)

    def _close_tables(self) -> None:
        for writer in self._writers:
            writer.close()
            if not writer.num_events:
                writer.path.unlink()

    def _putter(self, number: int) -> Callable[[list[float], float], None]:
        def put(values: list[float], when_s: float) -> None:
            try:
                self._queue.put_nowait((number, values, when_s))
            except queue.Full:
                self.num_lost += 1

        return put

    def _write(self) -> None:
        while (item := self._queue.get()) is not None:
            number, values, when_s = item
            try:
                time_s = max(when_s - self._start_s, 0.0) if self._columns.temporal else None
                self._writers[number].write(time_s, self._columns.to_cells(values))
            except Exception as error:  # a full disk must not end the playing
                self.num_lost += 1
                if self.num_lost == 1:
                    log.warning("the log is not whole: %s", error)


def journal_paths(path: str | os.PathLike) -> tuple[pathlib.Path, pathlib.Path]:
    """`take.csv` -> `take.input.csv` and `take.output.csv`.

    Raises:
        UserError: if the path has another suffix.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() != ".csv":
        raise UserError("a --log that ends in .csv", repr(str(path)))
    return path.with_suffix(".input.csv"), path.with_suffix(".output.csv")
