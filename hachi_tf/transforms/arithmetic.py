"""The arithmetic that transforms share between NumPy arrays and TensorFlow tensors."""

import types
from collections.abc import Callable, Iterable
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
    expm1=np.expm1,
    log=np.log,
    log1p=np.log1p,
    sinh=np.sinh,
    asinh=np.arcsinh,
    sum=lambda values: np.sum(values, axis=-1, dtype=np.float32),
    take=lambda values, columns: np.take(values, columns, axis=-1),
    concat=lambda parts, axis=-1: np.concatenate(parts, axis=axis),
    cumsum=lambda values, axis: np.cumsum(values, axis=axis, dtype=np.float32),
    shape=np.shape,
    zeros=lambda shape: np.zeros(np.asarray(shape, int), np.float32),
    zeros_like=np.zeros_like,
    scan=lambda step, values, memory: _scan(step, values, memory),
)


def arithmetic(events: Any) -> Any:
    """Functions for events that are a NumPy array or a tensor.

    `sum` and `take` are along the last axis, and so is `concat` unless it is told another.
    `scan(step, values, memory)` gives what `step((found, memory), value) -> (found, memory)` finds
    for the values along the axis before the last one.
    """
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
        expm1=tf.math.expm1,
        log=tf.math.log,
        log1p=tf.math.log1p,
        sinh=tf.sinh,
        asinh=tf.asinh,
        sum=lambda values: tf.reduce_sum(values, axis=-1),
        take=lambda values, columns: tf.gather(values, columns, axis=-1),
        concat=lambda parts, axis=-1: tf.concat(parts, axis=axis),
        cumsum=tf.cumsum,
        shape=tf.shape,
        zeros=tf.zeros,
        zeros_like=tf.zeros_like,
        scan=_scan_tensors,
    )


def _scan(step: Callable, values: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """`scan` of `arithmetic` for arrays."""
    found = []
    for value in np.moveaxis(values, -2, 0):
        each, memory = step((None, memory), value)
        found.append(each)
    return np.stack(found, axis=-2) if found else np.zeros_like(values)


def _scan_tensors(step: Callable, values: Any, memory: Any) -> Any:
    """`scan` of `arithmetic` for tensors."""
    import tensorflow as tf

    rank = values.shape.rank
    moved = tf.transpose(values, [rank - 2, *range(rank - 2), rank - 1])
    found, _ = tf.scan(step, moved, (tf.zeros_like(moved[0]), memory))
    return tf.transpose(found, [*range(1, rank - 1), 0, rank - 1])


def check_columns(columns: Iterable[int]) -> tuple[int, ...]:
    """The indices of columns, once they differ and none is below 0.

    Raises:
        UserError: if not.
    """
    columns = tuple(int(column) for column in columns)
    if len(set(columns)) != len(columns) or min(columns, default=0) < 0:
        raise UserError("different columns from 0 up", str(list(columns)))
    return columns


def check_width(columns: tuple[int, ...], width: int) -> None:
    """Checks that events have the columns.

    Raises:
        UserError: if an index is too high.
    """
    if max(columns, default=-1) >= width:
        raise UserError(f"events with more than {max(columns)} columns", f"{width} columns")


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
    check_width(columns, width)
    numbers = np.full(width, other)
    numbers[list(columns)] = values
    return numbers
