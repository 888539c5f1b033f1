"""What people pass of columns, fixed and known ones -> arrays of the right type and shape."""

import math
import reprlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema
from hachi_tf.serving import arguments

_LARGEST = float(np.finfo(np.float32).max)


def fixed(value: Any, schema: Schema, rows: int) -> np.ndarray:
    """What columns are held at, float32 `[B, F]` in data units, NaN where a column is free.

    Args:
        value: None; a mapping from columns' names to a number, of a categorical column a label,
            or one a row, where None is free; or an array `[B, F]` with indices of classes.
        schema: the columns.
        rows: B.

    Raises:
        UserError: if it is none of these, there is no such column, or it has no such value.
    """
    if value is None:
        return np.full([rows, len(schema)], np.nan, np.float32)
    if not isinstance(value, Mapping):
        array = arguments.floats("fixed", value, (rows, len(schema)))
        for feature, column in zip(schema.features, array.T, strict=True):
            for number in np.unique(column[~np.isnan(column)]):
                _fixed_number(feature, float(number))
        return array
    array = np.full([rows, len(schema)], np.nan, np.float32)
    for name, given in value.items():
        if name not in schema.names:
            raise UserError(f"fixed columns among {', '.join(schema.names)}", repr(name))
        column = schema.names.index(name)
        alone = given is None or isinstance(given, str) or np.ndim(given) == 0
        values = [given] * rows if alone else list(given)
        if len(values) != rows:
            raise UserError(
                f"one value for {name}, or one for each of {rows} rows", f"{len(values)}"
            )
        read = _fixed_label if schema.features[column].kind == "categorical" else _fixed_number
        array[:, column] = [read(schema.features[column], each) for each in values]
    return array


def known(
    value: Any, schema: Schema, rows: int, num_steps: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Known columns by the name of their input; nothing for a schema without them.

    Args:
        value: one array `[T, K]` for all rows, or one a row; without `num_steps` one `[B, K]`.
        schema: the columns.
        rows: B.
        num_steps: int32 `[B]`, how many events of each row are to be drawn; None for one.

    Raises:
        UserError: if there are none to give, or too few are given.
    """
    names = [schema.names[column] for column in schema.known]
    if not names:
        if value is not None:
            raise UserError("no known columns: this model has none", "some")
        return {}
    if value is None:
        raise UserError(f"known=..., of the events to draw: {', '.join(names)}", "none")
    if num_steps is None:
        return {"known": arguments.floats("known", value, (rows, len(names)))}
    alone = isinstance(value, np.ndarray) and value.ndim == 2
    parts = [value] * rows if alone else list(value)
    if len(parts) != rows:
        raise UserError(f"one array of known columns, or one for each of {rows}", f"{len(parts)}")
    steps = num_steps.max(initial=0)
    padded = np.zeros([rows, steps, len(names)], np.float32)
    for row, part, count in zip(padded, parts, num_steps, strict=True):
        part = arguments.floats("known", part, (None, len(names)))
        if len(part) < count:
            raise UserError(f"known columns of {count} events to draw", f"of {len(part)}")
        row[:count] = part[:count]
    return {"known": padded}


def _fixed_label(feature: Feature, value: Any) -> float:
    """The index of a label; a number stands for its shortest form."""
    if value is None:
        return np.nan
    label = value if isinstance(value, str) else f"{value:.15g}" if _is_number(value) else None
    if label not in feature.classes:
        known = ", ".join(feature.classes)
        known = known if len(known) <= 150 else f"{known[:150]} ..."
        raise UserError(f"for {feature.name} one of {known}", reprlib.repr(value))
    return float(feature.classes.index(label))


def _fixed_number(feature: Feature, value: Any) -> float:
    """A number that the column can hold; NaN for None."""
    if value is None:
        return np.nan
    wanted, number = "a finite number", float(value) if _is_number(value) else np.inf
    fits = abs(number) < _LARGEST or math.isnan(number)
    if feature.kind != "continuous" and fits and not math.isnan(number):
        highest = len(feature.classes) - 1 if feature.classes else 1
        wanted, fits = f"a whole number from 0 to {highest}", number in range(highest + 1)
    if not fits:
        raise UserError(f"for {feature.name} {wanted}", reprlib.repr(value))
    return number


def _is_number(value: Any) -> bool:
    kinds = (int, float, np.integer, np.floating, np.bool_)
    return isinstance(value, kinds) and not abs(value) > _LARGEST
