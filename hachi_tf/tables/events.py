"""Between tables, as people write them, and events, as networks read them."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema
from hachi_tf.tables.table import TIME, Column, Table, to_number

TIME_QUANTUM_S = 0.001
"""The grid of times, in seconds."""

_FINEST = 1e-30  # grid; a finer one has too many steps to count
_MAX_STEPS = 2**23  # of a grid that float32 tells apart, middles of its cells included


def is_temporal(schema: Schema) -> bool:
    """Whether the first column is the delay since the previous event, in seconds."""
    first = schema.features[0]
    return first.name == TIME and first.kind == "continuous" and first.role == "both"


def schema_columns(schema: Schema) -> tuple[Column, ...]:
    """The columns of a table of such events, without time."""
    return tuple(
        Column(feature.name, feature.kind == "categorical", feature.role == "target")
        for feature in schema.features[is_temporal(schema) :]
    )


def table_schema(
    tables: Sequence[Table],
    quantum: str | float | None | Mapping[str, float | None] = "auto",
    time_quantum: float = TIME_QUANTUM_S,
) -> Schema:
    """The schema of the events in tables.

    Classes are the labels that occur, in order of the numbers if all are numbers.

    Args:
        tables: one or more, with the same columns.
        quantum: the grid of the continuous columns: `"auto"` for 1 where all values are whole
            numbers, `time_quantum` for durations in fractions of a second, and none elsewhere;
            a number or None for all; or some of those by the columns' names.
        time_quantum: the grid of times, in seconds.

    Raises:
        UserError: if columns differ, one has no value at all, or a grid is out of range.
    """
    first = tables[0]
    for table in tables:
        if table.headers != first.headers:
            raise UserError(f"columns {', '.join(first.headers)}", ", ".join(table.headers))
    check_time_quantum(time_quantum)
    if isinstance(quantum, Mapping) and (unknown := set(quantum) - set(first.names)):
        names = ", ".join(first.names)
        raise UserError(f"quantum for the columns {names}", ", ".join(sorted(unknown)))
    features = []
    if first.time is not None:
        features.append(Feature(TIME, unit="s", quantum=time_quantum))
    for index, column in enumerate(first.columns):
        wanted = quantum.get(column.name, "auto") if isinstance(quantum, Mapping) else quantum
        values = np.concatenate([table.values[index] for table in tables])
        features.append(_feature(column, values, wanted, time_quantum))
    if all(feature.role == "target" for feature in features):
        raise UserError("a column that is an input", "only ~name", "take the ~ from one")
    return Schema(tuple(features))


def to_events(table: Table, schema: Schema, place: str = "") -> np.ndarray:
    """A table as events.

    Times go to their grid before they are subtracted, so no error adds up.

    Args:
        table: the table; its columns may stand in another order.
        schema: the columns to make.
        place: where the table came from, for errors.

    Returns:
        `[T, F]`, float64, in data units: the delay since the previous event in seconds (0 for
        the first), numbers on their grid, indices of classes. NaN is missing.

    Raises:
        UserError: if columns or their kinds differ, a label is none of the classes, or a value
            is missing where the schema knows of none.
    """
    try:
        return _to_events(table, schema)
    except UserError as error:
        if not place:
            raise
        raise UserError(error.expected, f"{error.got}, in {place}", error.do) from None


def _to_events(table: Table, schema: Schema) -> np.ndarray:
    temporal = is_temporal(schema)
    wanted = schema_columns(schema)
    if (table.time is not None) != temporal or set(table.columns) != set(wanted):
        expected = [TIME] * temporal + [column.header() for column in wanted]
        raise UserError(f"columns {', '.join(expected)}", ", ".join(table.headers))
    events = np.empty((len(table), len(schema)))
    if temporal and len(table):
        delays = np.diff(_steps(table.time, schema.features[0].quantum), prepend=np.nan)
        delays[0] = 0.0
        events[:, 0] = _from_steps(delays, schema.features[0].quantum)
    for place, column in enumerate(wanted, int(temporal)):
        feature = schema.features[place]
        values = table.values[table.columns.index(column)]
        if column.categorical:
            events[:, place] = _indices(values, feature)
        else:
            events[:, place] = _on_grid(values, feature.quantum)
        missing = np.flatnonzero(np.isnan(events[:, place]))
        if len(missing) and not feature.missing and feature.role != "target":
            raise UserError(
                f"a value in every row of column {feature.name}, as in training",
                f"none in event {missing[0] + 1}",
            )
    return events


def to_table(events: np.ndarray, schema: Schema, start: float = 0.0) -> Table:
    """Events as a table: what `to_events` made, backwards.

    Args:
        events: `[T, F]` in data units; float32 gives its shortest decimals.
        schema: their columns.
        start: the time in seconds from which the first event's delay counts.

    Raises:
        UserError: if the number of columns differs, or a class is none of the schema's.
    """
    events = np.asarray(events)
    if events.ndim != 2 or events.shape[1] != len(schema):
        raise UserError(f"events with {len(schema)} columns", f"shape {events.shape}")
    time, values = None, []
    for index, feature in enumerate(schema.features):
        column = events[:, index]
        if feature.kind == "categorical":
            values.append(_labels(column, feature))
        elif index == 0 and is_temporal(schema):
            steps = np.cumsum(_steps(column.astype(np.float64), feature.quantum))
            time = start + _from_steps(steps, feature.quantum)
        elif feature.quantum is None and events.dtype == np.float32:
            values.append(column.astype(str).astype(np.float64))
        else:
            values.append(_on_grid(column.astype(np.float64), feature.quantum))
    return Table(schema_columns(schema), time, tuple(values))


def check_time_quantum(time_quantum: float) -> None:
    """Checks the grid of times.

    Raises:
        UserError: if it is out of range.
    """
    if not _FINEST <= time_quantum <= 1:
        raise UserError("a time_quantum above 0 and up to 1 second", repr(time_quantum))


def _feature(column: Column, values: np.ndarray, quantum, time_quantum: float) -> Feature:
    role = "target" if column.target else "both"
    absent = values == "" if column.categorical else np.isnan(values)
    present, missing = values[~absent], bool(absent.any())
    if not len(present):
        raise UserError(f"at least one value in column {column.header()}", "none", "leave it out")
    if column.categorical:
        classes = tuple(sorted(set(present), key=_order(present)))
        return Feature(column.name, "categorical", role=role, classes=classes, missing=missing)
    unit = ""
    if quantum == "auto":
        quantum = None
        if (present == np.rint(present)).all() and np.abs(present).max() < _MAX_STEPS:
            quantum = 1.0
        elif is_duration(column.name) and (present >= 0).all():
            unit, quantum = "s", time_quantum
    elif quantum is not None and (type(quantum) not in (int, float) or not quantum >= _FINEST):
        raise UserError("a quantum of 'auto', None or a number above 0", repr(quantum))
    quantum = None if quantum is None else float(quantum)
    return Feature(column.name, unit=unit, role=role, quantum=quantum, missing=missing)


def is_duration(name: str) -> bool:
    """Whether a column is called duration, a number before it or not: `2_duration`."""
    return bare_name(name) == "duration"


def bare_name(name: str) -> str:
    """A column's name in small letters, without a number before it: `0_Pitch` is `pitch`."""
    number, _, rest = name.partition("_")
    return (rest if number.isdecimal() and rest else name).lower()


def _order(labels: np.ndarray):
    """The key by which labels are sorted: as numbers if all of them are, else as text."""
    try:
        for label in set(labels):
            if not math.isfinite(to_number(label)):
                return str
    except ValueError:
        return str
    return float


def _indices(labels: np.ndarray, feature: Feature) -> np.ndarray:
    index = {label: float(place) for place, label in enumerate(feature.classes)} | {"": math.nan}
    unknown = [row for row, label in enumerate(labels) if label not in index]
    if unknown:
        classes = ", ".join(feature.classes[:8]) + ", ..." * (len(feature.classes) > 8)
        raise UserError(
            f"a label of column {feature.name}#: {classes}",
            f"{labels[unknown[0]]!r} in event {unknown[0] + 1}",
        )
    return np.array([index[label] for label in labels], np.float64)


def _labels(indices: np.ndarray, feature: Feature) -> np.ndarray:
    labels = np.array([*feature.classes, ""], object)
    missing = np.isnan(indices)
    places = np.where(missing, len(labels) - 1, indices)
    if not (missing | np.isin(indices, range(len(feature.classes)))).all():
        raise UserError(
            f"classes of {feature.name} from 0 to {len(labels) - 2}", "another in the events"
        )
    return labels[places.astype(np.int64)]


def _on_grid(values: np.ndarray, quantum: float | None) -> np.ndarray:
    return values if quantum is None else _from_steps(_steps(values, quantum), quantum)


def _steps(values: np.ndarray, quantum: float | None) -> np.ndarray:
    return values if quantum is None else np.rint(values / quantum)


def _from_steps(steps: np.ndarray, quantum: float | None) -> np.ndarray:
    """Whole steps to values: the floats nearest to the decimals that the grid has."""
    if quantum is None:
        return steps
    per_unit = 1 / quantum
    whole = abs(per_unit - round(per_unit)) < 1e-9 * per_unit and per_unit >= 1
    return steps / round(per_unit) if whole else steps * quantum
