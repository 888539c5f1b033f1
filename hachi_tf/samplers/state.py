"""The state between two calls of a sampler: one row of float32 numbers a sequence."""

from typing import NamedTuple

import tensorflow as tf

# Columns before the last event: the step count and the ended flag.
_HEADER = 2


class SamplerState(NamedTuple):
    """What a sampler knows after the `step_count` events that it has drawn or been given.

    The network has consumed the start and every event but the last one, which is still to be
    consumed. All zeros is the beginning: no event, and nothing consumed.

    Attributes:
        step_count: int32 `[B]`, the number of events so far.
        ended: bool `[B]`, whether the sequence ended with its last event.
        last_event: float32 `[B, F]` in data units, zeros at the beginning.
        network: the network's recurrent state, float32 `[B, H]` each, of widths of their own.
    """

    step_count: tf.Tensor
    ended: tf.Tensor
    last_event: tf.Tensor
    network: tuple[tf.Tensor, ...]


class StateLayout:
    """How a `SamplerState` is packed into float32 `[B, S]` and unpacked again.

    The columns are the step count (exact up to 2^24 events), the ended flag (0 or 1), the last
    event in data units, and the network's state tensors one after the other.

    Args:
        event_size: F, the number of columns of an event.
        state_shapes: the width of each of the network's state tensors.
    """

    def __init__(self, event_size, state_shapes):
        self._sizes = [_HEADER, event_size, *state_shapes]

    @property
    def size(self) -> int:
        """S, the number of columns of a packed state."""
        return sum(self._sizes)

    def zeros(self, batch_size) -> tf.Tensor:
        """The packed state `[B, S]` of the beginning."""
        return tf.zeros([batch_size, self.size])

    def unpack(self, packed) -> SamplerState:
        """Takes a packed state `[B, S]` apart."""
        header, last_event, *network = tf.split(packed, self._sizes, axis=1)
        return SamplerState(
            step_count=tf.cast(header[:, 0], tf.int32),
            ended=header[:, 1] > 0.5,
            last_event=last_event,
            network=tuple(network),
        )

    def pack(self, state: SamplerState) -> tf.Tensor:
        """Packs a state into float32 `[B, S]`."""
        header = [state.step_count[:, None], state.ended[:, None]]
        columns = [*header, state.last_event, *state.network]
        return tf.concat([tf.cast(column, tf.float32) for column in columns], axis=1)
