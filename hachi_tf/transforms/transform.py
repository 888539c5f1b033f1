"""The base class of invertible transforms."""

from collections.abc import Iterable
from typing import Any

import numpy as np

# A NumPy array or a TensorFlow tensor; what comes back is of the same sort.
Events = Any


def as_float32(events: Events) -> Events:
    """The events as a float32 array or tensor, whichever they are."""
    if isinstance(events, (np.ndarray, list, tuple)):
        return np.asarray(events, np.float32)
    import tensorflow as tf

    return tf.cast(events, tf.float32)


def fill_steps(events: Events, value: float) -> Events:
    """A float32 array or tensor of `value`, one for each step: `[..., F] -> [...]`."""
    if isinstance(events, (np.ndarray, list, tuple)):
        return np.full(np.shape(events)[:-1], value, np.float32)
    import tensorflow as tf

    return tf.fill(tf.shape(events)[:-1], tf.constant(value, tf.float32))


class Transform:
    """An invertible map of events `[..., F]`, from data units to what the network sees.

    One object serves NumPy arrays and TensorFlow tensors, with the same float32 arithmetic in
    the same order, so a pipeline and an exported graph see the same numbers. The base class is
    the identity.

    Attributes:
        state_size: how many numbers of the recurrent state the transform owns.
        columns: the indices of the columns that it changes.
    """

    state_size: int = 0
    columns: tuple[int, ...] = ()

    def fit(self, sequences: Iterable[np.ndarray]) -> "Transform":
        """A transform of the same sort, fitted.

        Args:
            sequences: an iterable of arrays `[T, F]` in data units, the training split's.

        Raises:
            UserError: if the sequences cannot be fitted, e.g. hold an infinity.
        """
        del sequences
        return self

    def forward(self, events: Events) -> Events:
        """Data units `[..., F]` to the network's units `[..., F]`, float32."""
        return as_float32(events)

    def inverse(self, events: Events) -> Events:
        """The network's units `[..., F]` to data units `[..., F]`, float32."""
        return as_float32(events)

    def log_det(self, events: Events) -> Events:
        """`log |det d forward / d events|` of each step: `[..., F] -> [...]`, float32.

        With it a density in the network's units becomes one in data units:
        `log p(events) = log p(forward(events)) + log_det(events)`.
        """
        return fill_steps(events, 0.0)

    def ranges(self) -> dict[int, tuple[float, float]]:
        """The least and the greatest value of columns in data units, where they have a range.

        Columns are named by their index; a value without an upper end has infinity.
        """
        return {}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, ready for JSON; the fitted numbers are among them."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Transform":
        """The transform that `get_config` described."""
        return cls(**config)
