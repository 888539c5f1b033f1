"""MIDI files: notes with their channels and, if wanted, controllers and the tempo."""

import dataclasses
import functools
import logging
import os
from collections.abc import Iterator

from hachi_tf.data.sources.archives import digest_named
from hachi_tf.data.sources.file_lists import find_files, has_file
from hachi_tf.data.sources.notes import note_transforms, notes_schema
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.errors import UserError
from hachi_tf.midi import read_midi
from hachi_tf.schema import Feature, Schema
from hachi_tf.tables import Table, check_time_quantum, to_events
from hachi_tf.transforms import Transform

log = logging.getLogger(__name__)
_SUFFIXES = (".mid", ".midi")
_NUM_COLUMNS = 4  # of a note, without time


class Midi(Source):
    """Pieces of music, a row a note.

    Columns are `time` (seconds since the note before began), `0_pitch`, `1_velocity`,
    `~2_duration` (seconds; predicted, never an input) and `3_channel#` (1 to 16, those that
    occur). `hachi_tf.midi.read_midi` says how notes are read. Each file is a piece, whose end is
    learned.

    Args:
        data: a MIDI file, a folder with some, also in folders of its own, a pattern such as
            `bach/*.mid`, or several of these with commas between them.
        controllers: numbers of controllers, e.g. `(64,)` for the pedal, each of which becomes a
            column with its value when a note begins.
        tempo: whether the tempo, in beats a minute, becomes a column.
        time_quantum: the grid of delays and durations, in seconds.

    Raises:
        UserError: if there is no such file, or an option is out of range.
    """

    name = "midi"
    licence = "as the files' owner says"
    credit = "as the files' owner says"
    renderer = "events"
    default_head = "gaussian_mixture(coupling='mixture')"

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        controllers: tuple[int, ...] | None = None,
        tempo: bool = False,
        time_quantum: float = 0.001,
    ):
        controllers = tuple(controllers or ())
        super().__init__(
            data, controllers=list(controllers), tempo=tempo, time_quantum=time_quantum
        )
        if self.data is None:
            raise UserError("MIDI files", "none", "name a file or folder with --data")
        check_time_quantum(time_quantum)
        self._tables: dict[str, Table] | None = None
        self._given: Schema | None = None

    @property
    def schema(self) -> Schema:
        """Columns of notes, of the controllers and the tempo; the files are read for them."""
        if self._given is not None:
            return self._given
        tables = list(self._read_tables().values())
        channels = {channel for table in tables for channel in table.values[_NUM_COLUMNS - 1]}
        quantum = float(self.options["time_quantum"])
        features = [
            dataclasses.replace(each, quantum=quantum) if each.unit == "s" else each
            for each in notes_schema(sorted(channels, key=int)).features
        ]
        for column in tables[0].columns[_NUM_COLUMNS:]:
            unit = "beats/min" if column.name.endswith("tempo") else ""
            features.append(Feature(column.name, unit=unit, quantum=1.0))
        return Schema(tuple(features))

    def use_schema(self, schema: Schema, grow: bool = False) -> None:
        """Reads the pieces as a model knows them: on its grids, with its channels.

        Args:
            schema: the model's columns.
            grow: has no effect: labels that the model lacks are an error.

        Raises:
            UserError: if the pieces have other columns, or channels that are none of its classes.
        """
        del grow
        for name, table in self._read_tables().items():
            to_events(table, schema, self._paths[name])
        self._given = schema

    def default_transforms(self) -> Transform:
        """Logarithms of delays, durations and tempos, logits of what has a range, standardized.

        So no sample of the one sort is ever negative, and none of the other out of its range.
        """
        return note_transforms(self.schema)

    @classmethod
    def recognizes(cls, path: str) -> bool:
        """Whether it is a .mid or .midi file, or a folder with one in it."""
        if os.path.isdir(path):
            return has_file(path, _SUFFIXES)
        return path.lower().endswith(_SUFFIXES)

    def read(self) -> Iterator[Sequence]:
        """Reads the pieces; see `Source.read`."""
        tables, schema = self._read_tables(), self.schema
        for name, table in tables.items():
            yield Sequence(to_events(table, schema, name), None, f"midi/{name}")
        notes = sum(len(table) for table in tables.values())
        log.info("MIDI: %s pieces, %s notes", f"{len(tables):,}", f"{notes:,}")

    @functools.cached_property
    def _paths(self) -> dict[str, str]:
        return find_files(self.data, _SUFFIXES, "MIDI files")

    def _read_tables(self) -> dict[str, Table]:
        if self._tables is None:
            controllers, tempo = self.options["controllers"], self.options["tempo"]
            self._tables = {
                name: read_midi(path, controllers, tempo) for name, path in self._paths.items()
            }
        return self._tables

    def _digest_inputs(self, digest) -> None:
        if self._given is not None:
            digest.update(repr(self._given.to_dict()).encode())
        digest_named(self._paths, digest)
