"""Records what comes over OSC as a table that can be trained on; nothing is lost if it is ended.

Each message to --address is a row: its numbers, and before them the seconds since the first one.
/reset begins anew (the rows so far are kept in a file of their own), /stop or Ctrl-C ends it.
"""

import collections
import dataclasses
import json
import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from hachi_tf.config import ProgramConfig, flag
from hachi_tf.errors import UserError
from hachi_tf.program import ended_by_signals, run

log = logging.getLogger(__name__)

_SAY_EVERY_S = 5.0  # at most so often, how many rows came, and what was wrong with others
_MOST_FEATURES = 1000


@dataclasses.dataclass(frozen=True)
class RecordConfig(ProgramConfig):
    """The flags of `hachi_tf.record`."""

    num_features: int | None = flag(
        None,
        "Numbers in a message; as many as --names has, if it is given.",
        low=1,
        high=_MOST_FEATURES,
        group="Table",
    )
    output: str = flag(
        "recording.csv",
        "Table to write, .csv .json .txt .llll; an existing one is never overwritten.",
        group="Table",
    )
    append: bool = flag(
        False, "Go on with an existing --output of the same columns, a second later.", group="Table"
    )
    temporal: bool = flag(True, "Whether rows have the time in seconds.", group="Table")
    masked: tuple = flag(
        (), "Columns, from 0, that a model predicts and never takes in: 2 or 0,2.", group="Table"
    )
    categorical: tuple = flag((), "Columns, from 0, that hold classes: 3 or 1,3.", group="Table")
    names: str = flag(
        "", "Names of the columns, e.g. pitch,~duration,channel#; 0,1,... if none.", group="Table"
    )
    in_port: int = flag(8000, "UDP port; 0 takes a free one.", low=0, high=65535, group="OSC")
    in_host: str = flag("127.0.0.1", "Address of this machine to listen at.", group="OSC")
    address: str = flag(
        "/input",
        "OSC address of the messages to record. Anything that does not begin with / is taken for "
        "--in_host, as hachi machi calls it.",
        group="OSC",
    )
    allow: tuple = flag(
        (),
        "Network that messages are taken from, e.g. 192.168.1.0/24; this machine only by default.",
        group="OSC",
    )
    json: bool = flag(False, "Write what was recorded to stdout as JSON.", group="Output")

    def __post_init__(self):
        super().__post_init__()
        if not self.address.startswith("/"):
            object.__setattr__(self, "in_host", self.address)
            object.__setattr__(self, "address", "/input")
        if self.address in ("/reset", "/stop"):
            raise UserError("an --address beside /reset and /stop", self.address)


def parse_columns(config: RecordConfig) -> list[Any]:
    """The columns of the table, without the time.

    Raises:
        UserError: if their number is unknown, or the flags contradict one another.
    """
    from hachi_tf.tables import Column
    from hachi_tf.tables.table import TIME

    names = [name.strip() for name in config.names.split(",")] if config.names else []
    count = len(names) or config.num_features
    if count is None:
        raise UserError("--num_features=NUMBER", "none", "e.g. --num_features=3")
    if config.num_features not in (None, count):
        raise UserError(f"as many --names as --num_features={config.num_features}", f"{count}")
    masked = _indices("masked", config.masked, count)
    categorical = _indices("categorical", config.categorical, count)
    columns = []
    for index, name in enumerate(names or map(str, range(count))):
        named = Column.from_header(name)
        columns.append(
            Column(
                named.name,
                categorical=named.categorical or index in categorical,
                target=named.target or index in masked,
            )
        )
    bare = [column.name for column in columns]
    if len({*bare, TIME}) <= len(bare):
        raise UserError("--names that differ from one another and from time", config.names)
    return columns


def _indices(name: str, given: tuple, count: int) -> set[int]:
    texts = [text.strip() for each in given for text in each.split(",")]
    if wrong := [t for t in texts if not t.isdecimal() or len(t) > 9 or int(t) >= count]:
        raise UserError(f"columns from 0 to {count - 1} for --{name}", ", ".join(map(repr, wrong)))
    return {int(text) for text in texts}


class Ignored:
    """Counts what was not recorded, and says so the first time and then every few seconds."""

    def __init__(self):
        self.counts: collections.Counter[str] = collections.Counter()
        self._said_s: dict[str, float] = {}

    def add(self, kind: str, why: str) -> None:
        """One more of a kind; `why` is what is said of it."""
        self.counts[kind] += 1
        now = time.monotonic()
        if now - self._said_s.get(kind, -_SAY_EVERY_S) >= _SAY_EVERY_S:
            self._said_s[kind] = now
            log.warning("ignored: %s (%d so far)", why, self.counts[kind])


def record(config: RecordConfig) -> dict[str, Any]:
    """Records until /stop, Ctrl-C or an end from outside.

    Returns:
        What was recorded, as values for JSON.

    Raises:
        UserError: if the port or the output is taken, or a flag is wrong.
    """
    from hachi_tf.performing.receiver import Receiver
    from hachi_tf.performing.recorder import Recorder

    columns, ignored = parse_columns(config), Ignored()
    receiver = Receiver(config.in_host, config.in_port, config.allow)
    try:
        recorder = Recorder(config.output, columns, config.temporal, config.append)
        ended = threading.Event()  # so that Ctrl-C never falls into the writing of a row
        with ended_by_signals(ended.set):
            log.info(
                "recording %s at %s:%d to %s; /stop or Ctrl-C ends it",
                config.address, config.in_host, receiver.port, recorder.journal,
            )  # fmt: skip
            _receive(receiver, recorder, config.address, ignored, ended.is_set)
    finally:
        receiver.close()
    path = recorder.close()
    ignored.counts["from elsewhere"] += receiver.num_refused
    ignored.counts["not OSC"] += receiver.num_damaged
    counts = {kind: count for kind, count in ignored.counts.items() if count}
    said = "".join(f"; ignored {count} ({kind})" for kind, count in counts.items())
    if path is None:
        log.info("nothing recorded%s", said)
    else:
        log.info("%d rows recorded in %s%s", recorder.num_rows, path, said)
    return {"output": path and str(path), "rows": recorder.num_rows, "ignored": counts}


def _receive(
    receiver: Any, recorder: Any, address: str, ignored: Ignored, stopped: Callable[[], bool]
) -> None:
    from hachi_tf.performing.recorder import UnfitRow

    said_s, said_rows = time.monotonic(), 0
    for message in receiver.messages(stopped):
        if message.address == address:
            try:
                recorder.take(message.arguments, message.arrived_s)
            except UnfitRow as error:
                kind = "count" if len(message.arguments) != len(recorder.columns) else "values"
                ignored.add(f"wrong {kind}", f"a message to {address}: {error}")
        elif message.address == "/reset":
            aside = recorder.reset()
            log.info("begun anew%s", f"; the rows before are in {aside}" if aside else "")
            said_rows = 0
        elif message.address == "/stop":
            return
        else:
            ignored.add("other address", f"a message to {message.address[:80]!r}, not {address}")
        now = time.monotonic()
        if recorder.num_rows > said_rows and (now - said_s >= _SAY_EVERY_S or not said_rows):
            said_s, said_rows = now, recorder.num_rows
            log.info("rows: %d", said_rows)


def main(argv: list[str] | None = None) -> int:
    """The program; returns the exit status."""

    def program(config: RecordConfig) -> None:
        recorded = record(config)
        if config.json:
            sys.stdout.write(json.dumps(recorded) + "\n")

    return run(RecordConfig, program, "hachi_tf.record", __doc__, positional="output", argv=argv)


if __name__ == "__main__":
    sys.exit(main())
