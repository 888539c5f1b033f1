"""Between data units and the network's: grids, what is missing, what is held fixed."""

import numpy as np
import tensorflow as tf

from hachi_tf.schema import Schema
from hachi_tf.transforms import Transform


class Units:
    """What a sampler reads and writes, in data units.

    A column with a quantum is read at the middle of its grid cell, and written on the grid.

    Args:
        transforms: from data units to the network's.
        schema: the columns.
    """

    def __init__(self, transforms: Transform, schema: Schema):
        self._transforms, self._schema = transforms, schema
        quanta = [feature.quantum or 0.0 for feature in schema.features]
        self._quanta = np.float32(quanta) if any(quanta) else None
        # The encoder tells what is missing of the other columns.
        self._always_there = np.array(
            [not feature.missing and not feature.classes for feature in schema.features]
        )

    def middle(self, events: tf.Tensor) -> tf.Tensor:
        """Events `[..., F]` at the middle of their grid cells."""
        return events if self._quanta is None else events + 0.5 * self._quanta

    def inputs(self, events: tf.Tensor) -> tf.Tensor:
        """Events `[..., F]` as the network reads them."""
        return self._transforms.forward(self.middle(events))

    def filled(self, events: tf.Tensor) -> tf.Tensor:
        """Events `[..., F]` with what the network reads as 0 in place of values that are missing.

        But those of columns that may be missing, or that have classes.
        """
        if not self._always_there.any():
            return events
        zero = self._transforms.inverse(np.zeros([1, len(self._schema)], np.float32))[0]
        zero = zero if self._quanta is None else zero - 0.5 * self._quanta
        return tf.where(tf.math.is_nan(events) & self._always_there, zero, events)

    def events(self, drawn: tf.Tensor) -> tf.Tensor:
        """What a head drew, `[B, F]` in its units -> events in data units, on their grid."""
        events = self._transforms.inverse(drawn)
        if self._quanta is None:
            return events
        cell = np.where(self._quanta > 0, self._quanta, 1)
        return tf.where(self._quanta > 0, tf.floor(events / cell) * cell, events)

    def fixed(self, fixed: tf.Tensor) -> tf.Tensor:
        """Fixed values `[B, F]` in data units, NaN where free -> `[B, E]` in the head's units."""
        fixed = self.inputs(fixed)
        if not self._schema.end_of_sequence:
            return fixed
        return tf.pad(fixed, [[0, 0], [0, 1]], constant_values=np.nan)


def log_det(transforms: Transform, schema: Schema, events: tf.Tensor) -> tf.Tensor:
    """What turns a head's log density into one in data units, `[..., F] -> [...]`.

    Of the continuous columns the head leaves out all if it lacks one; then this is 0 too.

    Args:
        transforms: from data units to the network's.
        schema: the columns.
        events: in data units.
    """
    columns = schema.columns("continuous", predicted=True)
    if not columns:
        return transforms.log_det(events)
    missing = tf.reduce_any(tf.math.is_nan(tf.gather(events, columns, axis=-1)), axis=-1)
    return tf.where(missing, 0.0, transforms.log_det(events))
