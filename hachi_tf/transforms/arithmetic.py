"""The arithmetic that transforms share between NumPy arrays and TensorFlow tensors."""

import types
from collections.abc import Iterable
from typing import Any

import numpy as np

from hachi_tf.errors import UserError

_NUMPY = types.SimpleNamespace(
    where=np.where,
    isnan=np.isnan,
    minimum=np.minimum,
    maximum=np.maximum,
    abs=np.abs,
    exp=np.exp,
    log=np.log,
    sum=lambda values: np.sum(values, axis=-1, dtype=np.float32),
)


def arithmetic(events: Any) -> Any:
    """Functions for events that are a NumPy array or a tensor; `sum` is over the last axis."""
    if isinstance(events, np.ndarray):
        return _NUMPY
    import tensorflow as tf

    return types.SimpleNamespace(
        where=tf.where,
        isnan=tf.math.is_nan,
        minimum=tf.minimum,
        maximum=tf.maximum,
        abs=tf.abs,
        exp=tf.exp,
        log=tf.math.log,
        sum=lambda values: tf.reduce_sum(values, axis=-1),
    )


def check_columns(columns: Iterable[int]) -> tuple[int, ...]:
    """The indices of columns, once they differ and none is below 0.

    Raises:
        UserError: if not.
    """
    columns = tuple(int(column) for column in columns)
    if len(set(columns)) != len(columns) or min(columns, default=0) < 0:
        raise UserError("different columns from 0 up", str(list(columns)))
    return columns


def spread(columns: tuple[int, ...], values: Any, width: int, other: Any) -> np.ndarray:
    """One number for each of all columns: `[width]`.

    Args:
        columns: indices of columns.
        values: their numbers, `[len(columns)]` or one for all.
        width: how many columns there are.
        other: the number of the columns that are not named.

    Raises:
        UserError: if an index is too high.
    """
    if max(columns, default=-1) >= width:
        raise UserError(f"events with more than {max(columns)} columns", f"{width} columns")
    numbers = np.full(width, other)
    numbers[list(columns)] = values
    return numbers
