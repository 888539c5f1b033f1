"""Transforms that depend on what came before, of which they keep a few numbers."""

from typing import Any

import numpy as np

from hachi_tf.transforms.arithmetic import arithmetic
from hachi_tf.transforms.transform import Events, Transform, as_float32


class StatefulTransform(Transform):
    """A transform with a memory: `state_size` numbers that say what came before an event.

    The memory is zeros before a sequence's first event. With a memory for each event, `forward`,
    `inverse` and `log_det` work on each by itself. Without, they take the axis before the last as
    a whole sequence from its beginning; of it the Jacobian is triangular, and `log_det` its
    diagonal's. `remember` says what the memory is before each event, and after the last.

    A subclass gives `_forward`, `_inverse` and `_log_det` of events with their memories, and
    `_remember`.
    """

    def forward(self, events: Events, memory: Events | None = None) -> Events:
        """Data units to the network's: `[..., F] -> [..., F]`, float32.

        Args:
            events: in data units.
            memory: before each event, `[..., S]`; None for a whole sequence, or one first event.
        """
        events = as_float32(events)
        if memory is None:
            memory = self._from_the_beginning(events)
        return self._forward(events, memory)

    def inverse(self, events: Events, memory: Events | None = None) -> Events:
        """The network's units to data units: `[..., F] -> [..., F]`, float32.

        Args:
            events: in the network's units.
            memory: before each event, `[..., S]`; None for a whole sequence, or one first event.
        """
        events = as_float32(events)
        if memory is not None:
            return self._inverse(events, memory)
        xp = arithmetic(events)
        if len(events.shape) == 1:
            return self._inverse(events, xp.zeros([self.state_size]))

        def step(carried, values):
            found = self._inverse(values, carried[1])
            return found, self._remember(found[..., None, :], carried[1])[..., -1, :]

        lead = xp.shape(events)[:-2]
        memory = xp.zeros(xp.concat([lead, [self.state_size]], 0))
        return xp.scan(step, events, memory)

    def log_det(self, events: Events, memory: Events | None = None) -> Events:
        """`log |d forward / d event|` of each event given those before: `[..., F] -> [...]`.

        Args:
            events: in data units.
            memory: before each event, `[..., S]`; None for a whole sequence, or one first event.
        """
        events = as_float32(events)
        if memory is None:
            memory = self._from_the_beginning(events)
        return self._log_det(events, memory)

    def remember(self, events: Events, memory: Events) -> Events:
        """The memory before each event of a sequence, and after the last one.

        Args:
            events: `[..., T, F]` in data units.
            memory: `[..., S]`, before the first event.

        Returns:
            `[..., T + 1, S]`.
        """
        return self._remember(as_float32(events), memory)

    def _from_the_beginning(self, events: Events) -> Events:
        """The memory before each event of whole sequences `[..., T, F]`, or of one event `[F]`."""
        xp = arithmetic(events)
        if len(events.shape) == 1:
            return xp.zeros([self.state_size])
        lead = xp.shape(events)[:-2]
        zeros = xp.zeros(xp.concat([lead, [self.state_size]], 0))
        return self._remember(events, zeros)[..., :-1, :]

    def _forward(self, events: Events, memory: Events) -> Events:
        raise NotImplementedError

    def _inverse(self, events: Events, memory: Events) -> Events:
        raise NotImplementedError

    def _log_det(self, events: Events, memory: Events) -> Events:
        raise NotImplementedError

    def _remember(self, events: Events, memory: Events) -> Events:
        raise NotImplementedError


def place(values: Events, columns: tuple[int, ...], own: Events) -> Events:
    """Values `[..., F]` with other numbers, `[..., C]`, in some columns."""
    xp = arithmetic(values)
    width = values.shape[-1]
    order = np.arange(width)
    order[list(columns)] = width + np.arange(len(columns))
    return xp.take(xp.concat([values, own], -1), order)


def pick(values: Events, columns: tuple[int, ...]) -> Events:
    """Some columns of values, `[..., F] -> [..., C]`."""
    return arithmetic(values).take(values, np.array(columns, np.int64))


def last_known(values: Any, present: Any) -> Any:
    """The last value up to each step that is there, and whether there is one.

    Args:
        values: `[..., T, C]`.
        present: bool `[..., T, C]`.

    Returns:
        Values, 0 where none came yet, and bool, both `[..., T, C]`.
    """
    if isinstance(values, np.ndarray):
        steps = np.arange(values.shape[-2])[:, None]
        latest = np.maximum.accumulate(np.where(present, steps, -1), axis=-2)
        found = np.take_along_axis(values, np.maximum(latest, 0), axis=-2)
        return np.where(latest >= 0, found, np.float32(0)), latest >= 0
    import tensorflow as tf

    shape = tf.shape(values)
    columns = tf.reshape(tf.linalg.matrix_transpose(values), [-1, shape[-2]])
    there = tf.reshape(tf.linalg.matrix_transpose(present), [-1, shape[-2]])
    count = tf.cumsum(tf.cast(there, tf.int32), axis=1)
    # Where the count of a step was reached first, there is its last value.
    latest = tf.searchsorted(count, count, side="left")
    found = tf.where(count > 0, tf.gather(columns, latest, batch_dims=1), 0.0)
    swapped = tf.concat([shape[:-2], [shape[-1], shape[-2]]], axis=0)
    found = tf.linalg.matrix_transpose(tf.reshape(found, swapped))
    return found, tf.linalg.matrix_transpose(tf.reshape(count > 0, swapped))
