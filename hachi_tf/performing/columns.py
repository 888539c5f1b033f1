"""How an event travels in a message: numbers in the order of the columns, without the time."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema
from hachi_tf.tables import Ranges, fixed_column, fixed_value, is_temporal

_LARGEST = 1e9  # beyond it float32 arithmetic in a network may overflow
_GRAIN = 1e-3  # of a quantum; what float32 may be off a grid point


class Columns:
    """A schema's columns as messages hold them.

    The time never travels. A categorical column travels as its label if all of its labels are
    numbers, else as the index of its class; an input may also hold the label as a string. NaN is
    a missing value. An input may leave out the columns that are only predicted.

    Args:
        schema: the columns.
        ranges: the least and the greatest value of columns, by their index, where known.

    Attributes:
        temporal: whether the first column is the delay since the previous event.
        names: of the columns that travel, as headers of a table have them.
    """

    def __init__(self, schema: Schema, ranges: Ranges | None = None):
        self.schema, self._ranges = schema, ranges
        self.temporal = is_temporal(schema)
        self._travel = list(range(int(self.temporal), len(schema)))
        features = [schema.features[index] for index in self._travel]
        self.names = [each.name for each in features]
        self._heard = [index for index in self._travel if schema.features[index].role != "target"]
        self._labels = {index: _labels(schema.features[index].classes) for index in self._travel}
        self._classes = {
            index: {label: number for number, label in enumerate(labels)}
            for index, labels in self._labels.items()
        }
        self._quanta = [feature.quantum for feature in schema.features]

    def to_event(self, values: Sequence[Any]) -> np.ndarray:
        """What `/input` holds -> an event float32 `[F]` in data units, with a delay of 0.

        Numbers of a column on a grid go down to the grid, and columns left out are missing.

        Raises:
            UserError: if there are too many or too few values, or one cannot be used.
        """
        indices = self._travel if len(values) == len(self._travel) else self._heard
        if len(values) != len(indices):
            counts = sorted({len(self._heard), len(self._travel)})
            wanted = f"{' or '.join(map(str, counts))} numbers: {', '.join(self.names)}"
            raise UserError(wanted, f"{len(values)}: {_short(list(values))}")
        event = np.full([len(self.schema)], np.nan, np.float32)
        if self.temporal:
            event[0] = 0.0
        for index, value in zip(indices, values, strict=True):
            event[index] = self._cell(index, value)
        return event

    def with_delay(self, event: np.ndarray, delay_s: float) -> np.ndarray:
        """The event, its delay set if it has one."""
        if self.temporal:
            event[0] = self._snap(0, max(delay_s, 0.0))
        return event

    def delay_s(self, event: np.ndarray) -> float:
        """The delay of an event in seconds, on its grid in float64, so that no error adds up."""
        delay, quantum = max(float(event[0]), 0.0), self._quanta[0]
        return round(delay / quantum) * quantum if quantum else delay

    def to_values(self, event: np.ndarray) -> list[float]:
        """An event `[F]` in data units -> what `/output` holds."""
        values = []
        for index in self._travel:
            value = float(event[index])
            labels = self._labels[index]
            if labels and value == value:
                value = labels[min(max(int(value), 0), len(labels) - 1)]
            values.append(value)
        return values

    def to_cells(self, values: Sequence[float]) -> list[float | str]:
        """What `/output` holds -> the cells of a table's row: labels, and short numbers."""
        cells: list[float | str] = []
        for index, value in zip(self._travel, values, strict=True):
            if not self._labels[index]:
                cells.append(float(str(np.float32(value))))  # 0.1, not 0.10000000149
            elif value == value:
                cells.append(self.schema.features[index].classes[self._classes[index][value]])
            else:
                cells.append("")
        return cells

    def held(
        self, column: str | float, value: str | float | None
    ) -> tuple[str, str | float | None]:
        """A column that is to be held, or freed, as a message names it.

        Args:
            column: the column's name, or its place among those that travel, from 0.
            value: as an input has it, or a text; None to free the column.

        Returns:
            The column's full name, and the value or the label that a model's `step` takes.

        Raises:
            UserError: if there is no such column, or it cannot have the value.
        """
        if isinstance(column, str):
            index = fixed_column(column, self.schema, self._ranges, "/fix")
        elif type(column) in (int, float) and column in range(len(self._travel)):
            index = self._travel[int(column)]
        else:
            wanted = f"the name of a column, or a number below {len(self._travel)}, for /fix"
            raise UserError(wanted, _short(column))
        feature = self.schema.features[index]
        if value is None:
            return feature.name, None
        if type(value) not in (int, float, str):
            raise UserError(f"a number or a label for {feature.name}", _short(value))
        if feature.kind == "categorical" and value in self._classes[index]:
            value = feature.classes[self._classes[index][value]]
        return fixed_value(feature.name, value, self.schema, self._ranges, "/fix")

    def _cell(self, index: int, value: Any) -> float:
        feature = self.schema.features[index]
        if self._labels[index]:
            if isinstance(value, str) and value in feature.classes:
                return feature.classes.index(value)
            if type(value) in (int, float):
                if math.isnan(value):
                    return self._missing(feature)
                found = self._classes[index].get(float(value))
                if found is not None:
                    return found
            labels = ", ".join(f"{label:g}" for label in self._labels[index][:20])
            raise UserError(f"column {feature.name} as one of {labels}", _short(value))
        if value != value:
            return self._missing(feature)
        if type(value) not in (int, float) or abs(value) > _LARGEST:
            raise UserError(f"a number below {_LARGEST:g} for {feature.name}", _short(value))
        if feature.kind == "binary" and value not in (0, 1):
            raise UserError(f"0 or 1 for {feature.name}", _short(value))
        return self._snap(index, value)

    def _missing(self, feature: Feature) -> float:
        if not feature.missing and feature.role != "target":
            raise UserError(f"a number for {feature.name}, which was never missing", "NaN")
        return math.nan

    def _snap(self, index: int, value: float) -> float:
        quantum = self._quanta[index]
        if not quantum:
            return value
        return math.floor(value / quantum + _GRAIN) * quantum


def _labels(classes: Sequence[str]) -> list[float]:
    """What each class travels as; nothing for a column without classes."""
    try:
        labels = [float(label) for label in classes]
    except ValueError:
        return [float(index) for index in range(len(classes))]
    if len(set(labels)) < len(labels) or not all(map(math.isfinite, labels)):
        return [float(index) for index in range(len(classes))]
    return labels


def _short(value: Any) -> str:
    return repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
