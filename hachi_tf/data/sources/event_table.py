"""Tables of events: .csv, .json, .txt and .llll, as of hachi machi, spreadsheets and bach."""

import functools
import logging
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from hachi_tf.data.sources.archives import digest_named
from hachi_tf.data.sources.file_lists import find_files, first_files
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema
from hachi_tf.tables import (
    SUFFIXES,
    Table,
    bare_name,
    is_duration,
    is_temporal,
    looks_like_table,
    read_table,
    table_schema,
    to_events,
)
from hachi_tf.transforms import Bounded, Chain, Delay, Standardize, Transform

log = logging.getLogger(__name__)
_MIDI_COLUMNS = re.compile(r"pitch|velocity|value|control_\d+")
_MIDI_HIGH = 127.0


class EventTable(Source):
    """Tables with a row an event, e.g. `time, 0_pitch, 1_velocity, ~2_duration, 3_channel#`.

    A first column `time` holds seconds from any moment on; events have the seconds since the one
    before, in steps of `time_quantum`. `name#` is categorical, `~name` is predicted and never an
    input. `hachi_tf.tables.read_table` says what files may hold.

    A value may be missing, where a cell is empty, `nan` or `null`, but a time may not. As an
    input it becomes 0 with a 1 beside it; as a target it is left out of the loss, of the
    continuous columns all if one is missing.

    Delays, and columns called duration, become logarithms, so that none is ever negative; columns
    with a range become logits, so that none is ever out of it. That is by default 0 to 127 for
    columns called pitch, velocity (1 to 127 if no value is 0), value or control_N that hold whole
    numbers from 0 to 127.

    Args:
        data: a table, a folder with tables, a pattern such as `takes/*.csv`, or several of these
            with commas between them; all with the same columns.
        quantum: the grid of the other columns: "auto" for 1 where all values are whole numbers,
            a number or None for all, or some by name, as in `{'0_pitch': 0.5}`.
        time_quantum: the grid of times, in seconds.
        ranges: the least and the greatest value of columns, e.g. `{'pitch': (36, 84)}`, or None
            for a column without a range; a number before a column's name may be left out.
        records: "file" for a long sequence of its own from each file; "joined" for one of all
            files, in the order of their names.

    Raises:
        UserError: if there is no such file, or an option is out of range.
    """

    name = "event_table"
    licence = "as the tables' owner says"
    credit = "as the tables' owner says"
    independent = False
    renderer = "events"
    default_head = "gaussian_mixture(coupling='mixture')"

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        quantum: str | float | dict | None = "auto",
        time_quantum: float = 0.001,
        ranges: dict | None = None,
        records: Literal["file", "joined"] = "file",
    ):
        super().__init__(
            data, quantum=quantum, time_quantum=time_quantum, ranges=ranges, records=records
        )
        if self.data is None:
            raise UserError("tables of events", "none", "name a file or folder with --data")
        for column, ends in (ranges or {}).items():
            if ends is not None and not _is_range(ends):
                raise UserError("ranges={'pitch': (0, 127)}", f"{column!r}: {ends!r}")
        self._tables: dict[str, Table] | None = None
        self._schema: Schema | None = None
        self._is_given = False  # the schema

    @property
    def schema(self) -> Schema:
        """Columns time, if the tables have it, and theirs; the files are read for them."""
        if self._schema is None:
            options = self.options
            tables = list(self._read_tables().values())
            self._schema = table_schema(tables, options["quantum"], options["time_quantum"])
        return self._schema

    def use_schema(self, schema: Schema, grow: bool = False) -> None:
        """Reads the tables as a model knows them: on its grids, with its classes.

        Args:
            schema: the model's columns.
            grow: has no effect: labels that the model lacks are an error.

        Raises:
            UserError: if the tables have other columns, or labels that are none of its classes.
        """
        del grow
        tables = self._read_tables()
        for name, table in tables.items():
            to_events(table, schema, self._paths[name])
        self._schema, self._is_given = schema, True

    def default_transforms(self) -> Transform:
        """Logarithms of delays and durations, logits of what has a range, and all standardized."""
        schema = self.schema
        ranges = {
            index: ends
            for index, feature in enumerate(schema.features)
            if (ends := self._range(feature)) is not None
        }
        delays = [
            index
            for index, feature in enumerate(schema.features)
            if (index == 0 and is_temporal(schema))
            or (index not in ranges and self._is_duration(feature))
        ]
        chain: list[Transform] = [Delay(delays)] if delays else []
        if ranges:
            low, high = zip(*ranges.values(), strict=True)
            quanta = [schema.features[index].quantum or 0.0 for index in ranges]
            chain.append(Bounded(list(ranges), low, high, quanta))
        return Chain([*chain, Standardize(schema.columns("continuous"))])

    @classmethod
    def recognizes(cls, path: str) -> bool:
        """Whether it is, or is a folder with, .csv, .json, .txt or .llll that read as tables."""
        if os.path.isdir(path):
            files = first_files(path, SUFFIXES, 20)
            return sum(map(looks_like_table, files)) > len(files) / 2
        return path.lower().endswith(SUFFIXES) and looks_like_table(path)

    def read(self) -> Iterator[Sequence]:
        """Reads the tables; see `Source.read`.

        Raises:
            UserError: if no table has two events, from which nothing could be learned.
        """
        tables, schema = self._read_tables(), self.schema
        self._check_ranges(schema)
        events = {
            name: to_events(table, schema, self._paths[name]) for name, table in tables.items()
        }
        if self.options["records"] == "joined":
            events = {"joined": np.concatenate(list(events.values()))}
        if max(map(len, events.values())) < 2:
            files = ", ".join(self._paths.values())
            raise UserError("at least two events, one after the other", f"one in {files}"[:200])
        for name, sequence in events.items():
            yield Sequence(sequence, None, f"{self.name}/{name}")
        rows = sum(map(len, events.values()))
        log.info("tables: %d files, %s events", len(tables), f"{rows:,}")

    def _values(self, feature: Feature) -> np.ndarray:
        """All values of a column that are there."""
        tables = self._read_tables().values()
        columns = [table.values[table.names.index(feature.name)] for table in tables]
        values = np.concatenate(columns)
        return values[~np.isnan(values)]

    def _is_duration(self, feature: Feature) -> bool:
        if feature.kind != "continuous" or not is_duration(feature.name):
            return False
        return bool((self._values(feature) >= 0).all())

    def _range(self, feature: Feature) -> tuple[float, float] | None:
        """The least and the greatest value that a column may have, or None."""
        names = (feature.name, bare_name(feature.name))
        ranges: Mapping[str, Any] = self.options["ranges"] or {}
        for name in names:
            if name in ranges:
                ends = ranges[name]
                return None if ends is None else (float(ends[0]), float(ends[1]))
        if feature.quantum != 1.0 or not _MIDI_COLUMNS.fullmatch(names[1]):
            return None
        values = self._values(feature)
        low = 1.0 if names[1] == "velocity" and not (values == 0).any() else 0.0
        inside = (values >= low) & (values <= _MIDI_HIGH)
        return (low, _MIDI_HIGH) if inside.all() else None

    def _check_ranges(self, schema: Schema) -> None:
        """Checks that each range belongs to a continuous column, whose values are in it."""
        continuous = [schema.features[index] for index in schema.columns("continuous")]
        continuous = continuous[is_temporal(schema) :]
        names = {name for each in continuous for name in (each.name, bare_name(each.name))}
        if unknown := set(self.options["ranges"] or {}) - names:
            known = ", ".join(feature.name for feature in continuous)
            raise UserError(f"ranges of the columns {known}", ", ".join(sorted(unknown)))
        for feature in continuous:
            if (ends := self._range(feature)) is None:
                continue
            for name, table in self._read_tables().items():
                values = table.values[table.names.index(feature.name)]
                outside = np.flatnonzero((values < ends[0]) | (values > ends[1]))
                if len(outside):
                    row = int(outside[0])
                    raise UserError(
                        f"{feature.name} from {ends[0]:g} to {ends[1]:g}",
                        f"{values[row]:g} in {self._paths[name]}, event {row + 1}",
                        "widen ranges",
                    )

    @functools.cached_property
    def _paths(self) -> dict[str, str]:
        return find_files(self.data, SUFFIXES, "tables (.csv, .json, .txt, .llll)")

    def _read_tables(self) -> dict[str, Table]:
        if self._tables is None:
            files, tables = self._paths, {}
            for name, path in files.items():
                tables[name] = read_table(path)
                first = next(iter(tables))
                if tables[name].headers != tables[first].headers:
                    raise UserError(
                        f"the columns of {files[first]}, {', '.join(tables[first].headers)}",
                        f"{', '.join(tables[name].headers)} in {path}",
                        "name files with the same columns",
                    )
            self._tables = tables
        return self._tables

    def _digest_inputs(self, digest: Any) -> None:
        if self._is_given:
            digest.update(repr(self._schema.to_dict()).encode())
        digest_named(self._paths, digest)


def _is_range(ends: Any) -> bool:
    if not isinstance(ends, tuple | list) or len(ends) != 2:
        return False
    return all(type(end) in (int, float) for end in ends) and ends[0] < ends[1]
