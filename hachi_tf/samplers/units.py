"""Between data units and the network's: grids, what is missing, known, or held fixed."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hachi_tf.schema import Schema
from hachi_tf.transforms import Transform


class Shifted(NamedTuple):
    """Events as a network reads them, one step late.

    Attributes:
        inputs: `[B, T, F]`: before each event the one before it, zeros if there is none, but of
            known columns the event's own.
        memories: of the transforms before the last event of earlier, before each event and after
            the last, `[B, T + 2, S]`; None if they have none.
    """

    inputs: tf.Tensor
    memories: tf.Tensor | None

    def before(self) -> tf.Tensor | None:
        """The memory before each event, `[B, T, S]`."""
        return None if self.memories is None else self.memories[:, 1:-1]

    def before_last(self, lengths: tf.Tensor) -> tf.Tensor | None:
        """The memory before the last of so many events a row, or of the earlier ones, `[B, S]`."""
        if self.memories is None:
            return None
        return tf.gather(self.memories, lengths, batch_dims=1)


class Units:
    """What a sampler reads and writes, in data units.

    A column with a quantum is read at the middle of its grid cell, and written on the grid.
    Transforms that depend on what came before get their memory, `[..., S]`; it is None for others.

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
        self._known = np.array([feature.role == "known" for feature in schema.features])

    def middle(self, events: tf.Tensor) -> tf.Tensor:
        """Events `[..., F]` at the middle of their grid cells."""
        return events if self._quanta is None else events + 0.5 * self._quanta

    def inputs(self, events: tf.Tensor, memory: tf.Tensor | None = None) -> tf.Tensor:
        """Events `[..., F]` as the network reads them."""
        return self._transforms.forward(self.middle(events), *_given(memory))

    def remember(self, events: tf.Tensor, memory: tf.Tensor | None) -> tf.Tensor | None:
        """The memory before each event of `[B, T, F]` and after the last, `[B, T + 1, S]`."""
        return None if memory is None else self._transforms.remember(self.middle(events), memory)

    def shifted(
        self,
        events: tf.Tensor,
        present: tf.Tensor,
        last: tf.Tensor,
        begun: tf.Tensor,
        memory: tf.Tensor | None,
    ) -> Shifted:
        """What a network reads before each of some events.

        Args:
            events: `[B, T, F]` in data units, as `filled` leaves them.
            present: bool `[B, T]`, which are there rather than padding.
            last: `[B, F]`, the event before them.
            begun: bool `[B]`, whether there is one.
            memory: `[B, S]`, before that event.
        """
        events = tf.concat([last[:, None], events], axis=1)
        there = tf.concat([begun[:, None], present], axis=1)
        memories = None
        if memory is not None:
            seen = tf.where(there[..., None], events, np.nan)
            memories = self.remember(seen, memory)
        values = self.inputs(events, None if memories is None else memories[:, :-1])
        values = tf.where(there[..., None], values, 0.0)
        inputs = values[:, :-1]
        if self._known.any():
            inputs = tf.where(self._known, values[:, 1:], inputs)
        return Shifted(inputs, memories)

    def with_known(self, events: tf.Tensor, known: tf.Tensor | None) -> tf.Tensor:
        """Events `[..., F]` with the known columns of others; the same without others."""
        return events if known is None else tf.where(self._known, known, events)

    def filled(self, events: tf.Tensor) -> tf.Tensor:
        """Events `[..., F]` with what the network reads as 0 in place of values that are missing.

        But those of columns that may be missing, or that have classes.
        """
        if not self._always_there.any():
            return events
        zero = self._transforms.inverse(np.zeros([1, len(self._schema)], np.float32))[0]
        zero = zero if self._quanta is None else zero - 0.5 * self._quanta
        return tf.where(tf.math.is_nan(events) & self._always_there, zero, events)

    def events(self, drawn: tf.Tensor, memory: tf.Tensor | None = None) -> tf.Tensor:
        """What a head drew, `[B, F]` in its units -> events in data units, on their grid."""
        events = self._transforms.inverse(drawn, *_given(memory))
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


def log_det(
    transforms: Transform,
    schema: Schema,
    events: tf.Tensor,
    memory: tf.Tensor | None = None,
    values: tf.Tensor | None = None,
) -> tf.Tensor:
    """What turns a head's log density into one in data units, `[..., F] -> [...]`.

    Of the continuous columns the head leaves out all if it lacks one; then this is 0 too.

    Args:
        transforms: from data units to the network's.
        schema: the columns.
        events: in data units.
        memory: of the transforms before each event, `[..., S]`, if they have one.
        values: the events in the network's units, if they may lack more than the events do.
    """
    total = transforms.log_det(events, *_given(memory))
    columns = schema.columns("continuous", predicted=True)
    if not columns:
        return total
    seen = tf.gather(events if values is None else values, columns, axis=-1)
    return tf.where(tf.reduce_any(tf.math.is_nan(seen), axis=-1), 0.0, total)


def _given(memory: Any) -> tuple[Any, ...]:
    return () if memory is None else (memory,)
