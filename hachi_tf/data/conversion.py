"""Files of events or strokes into one another: tables, MIDI, drawings, arrays."""

import contextlib
import dataclasses
import json
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from hachi_tf.data.drawings import read_drawing
from hachi_tf.data.operations import parse_operations
from hachi_tf.data.random import row_seeds
from hachi_tf.data.sources.strokes import stroke_events, stroke_schema
from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.midi import read_midi, write_midi
from hachi_tf.rendering.events import save_events
from hachi_tf.rendering.save import read_npz, save
from hachi_tf.schema import Schema
from hachi_tf.tables import (
    SUFFIXES,
    Column,
    Table,
    is_temporal,
    read_table,
    schema_columns,
    table_schema,
    to_events,
    to_table,
    write_table,
)

MIDI_SUFFIXES = (".mid", ".midi")
READABLE = (*SUFFIXES, *MIDI_SUFFIXES, ".npz", ".svg")
WRITABLE = (*SUFFIXES, *MIDI_SUFFIXES, ".npz", ".svg", ".png", ".gif")

_STROKES = stroke_schema("", None)
_PICTURES_OF_EVENTS = (".svg", ".png")
_DECIMALS = 9  # of times in seconds that were added up


def read_sequences(path: str | os.PathLike) -> list[Table]:
    """Reads events from a file; the suffix says how.

    Args:
        path: a table (.csv .json .txt .llll), MIDI, a drawing (.svg, or .json with `strokes`),
            or what `sample` writes (.npz, and .csv and .json of strokes). An .npz names no
            columns: three, of which the last is 0 or 1, are strokes, others are numbered.

    Returns:
        One table a sequence: only an .npz and a .csv of samples hold several.

    Raises:
        UserError: if the file cannot be read, or is none of these.
    """
    path = pathlib.Path(path)
    suffix = path.suffix.lower()
    if suffix not in READABLE:
        raise UserError(f"a file ending in {', '.join(READABLE)}", str(path))
    if suffix in MIDI_SUFFIXES:
        return [read_midi(path)]
    if suffix == ".npz":
        return [_unnamed(events, path) for events in read_npz(path)]
    if suffix == ".svg" or (suffix == ".json" and _holds_strokes(path)):
        strokes = read_drawing(path).strokes
        starts = np.cumsum([0, *map(len, strokes[:-1])])
        return [to_table(stroke_events(np.concatenate(strokes), starts), _STROKES)]
    table = read_table(path)
    headers = [column.header() for column in table.columns]
    if table.time is None and headers == ["sample", *_STROKES.names]:
        cuts = np.flatnonzero(np.diff(table.values[0])) + 1
        parts = zip(*(np.split(values, cuts) for values in table.values[1:]), strict=True)
        return [Table(table.columns[1:], None, part) for part in parts]
    return [table]


def apply_operations(tables: Sequence[Table], operations: Sequence[str], seed: int) -> list[Table]:
    """Applies operations to the rows of each table, as one sequence.

    Times are delays meanwhile, the first event's since 0. Nothing is put on a grid. Operations
    that leave the time alone leave it to the last bit.

    Args:
        tables: sequences of the same columns.
        operations: as `parse_operations` reads them; without any, the tables are as before.
        seed: of what is random.

    Raises:
        UserError: if an operation does not fit the columns.
    """
    if not operations:
        return list(tables)
    schema = _schema(tables)
    apply = parse_operations(operations, schema)
    result = []
    for table, row_seed in zip(tables, row_seeds(seed, 0, np.arange(len(tables))), strict=True):
        events = to_events(table, schema)
        if is_temporal(schema) and len(table):
            events[0, 0] = table.time[0]
        events = apply(events[None], np.array([len(events)]), row_seed[None])[0]
        changed = to_table(events, schema)
        if table.time is not None:
            changed.time = np.round(changed.time, _DECIMALS) if 0 in apply.columns else table.time
        result.append(changed)
    return result


def write_sequences(tables: Sequence[Table], path: str | os.PathLike) -> list[pathlib.Path]:
    """Writes sequences; the suffix says how.

    Args:
        tables: one or more, of the same columns.
        path: a table, MIDI, an .npz (`events` with delays and indices of classes), or a picture:
            of strokes .svg .png .gif, of other events .svg .png. Tables and MIDI of several
            sequences are one a sequence, `name-1.csv` and so on.

    Returns:
        The files, which appear whole or not at all.

    Raises:
        UserError: for another suffix, events that do not fit it, or a place that cannot be
            written to.
    """
    path = pathlib.Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITABLE:
        raise UserError(f"a file ending in {', '.join(WRITABLE)}", str(path))
    if not tables:
        raise UserError("at least one sequence", "none")
    if suffix in SUFFIXES or suffix in MIDI_SUFFIXES:
        names = [path]
        if len(tables) > 1:
            names = [path.with_stem(f"{path.stem}-{n}") for n in range(1, len(tables) + 1)]
        write = write_midi if suffix in MIDI_SUFFIXES else write_table
        with contextlib.ExitStack() as stack:
            for name, table in zip(names, tables, strict=True):
                write(table, stack.enter_context(atomic_path(name)))
        return names
    schema = _schema(tables)
    events = [to_events(table, schema) for table in tables]
    if schema is _STROKES or suffix == ".npz":
        return [save(events, path, schema=schema)]
    if suffix not in _PICTURES_OF_EVENTS:
        columns = ", ".join(schema.names)
        raise UserError(f"strokes ({', '.join(_STROKES.names)}) for {suffix}", columns)
    return save_events(events, path, schema)


def _schema(tables: Sequence[Table]) -> Schema:
    """The columns of tables, without grids; those of strokes are recognized by their names."""
    if tables[0].time is None and tables[0].columns == schema_columns(_STROKES):
        return _STROKES
    features = table_schema(tables, quantum=None).features
    return Schema(tuple(dataclasses.replace(feature, quantum=None) for feature in features))


def _unnamed(events: np.ndarray, path: pathlib.Path) -> Table:
    if events.shape[1] == len(_STROKES) and np.isin(events[:, 2], (0, 1)).all():
        return to_table(events, _STROKES)
    if not events.shape[1]:
        raise UserError("events with columns", f"none in {path}")
    columns = tuple(Column(str(index)) for index in range(events.shape[1]))
    return Table(columns, None, tuple(events.T.astype(np.float64)))


def _holds_strokes(path: pathlib.Path) -> bool:
    """Whether a JSON file is a drawing, or strokes that `sample` wrote, and not a table."""
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False  # read_table says what is wrong
    return isinstance(value, list) or (isinstance(value, dict) and "data" not in value
                                       and bool({"strokes", "samples"} & set(value)))  # fmt: skip
