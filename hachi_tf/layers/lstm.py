"""LSTM: Keras's layer, weights and cuDNN path, with a fast path of its own everywhere else."""

import keras
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.lstm_sequence import lstm_sequence


@keras.saving.register_keras_serializable("hachi_tf")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM` with a fast path where cuDNN does not take it.

    Weights, configuration and results are Keras's; a file with the weights of one loads into the
    other. The fast path asks for what cuDNN asks for (tanh and sigmoid, no recurrent dropout, not
    unrolled) and for no mask; anything else runs as in Keras.

    Args:
        units: the number of cells, H.
        clip_derivatives: elementwise bound on the derivatives at the gates' pre-activations, as
            in `lstm_sequence`; Graves 2013 uses 1 for text and 10 for handwriting. Keeps cuDNN
            away, which cannot do it.
        **kwargs: as for `keras.layers.LSTM`.

    Raises:
        UserError: for a bound that is not above 0, or where the fast path cannot run.
        ValueError: on a call, for a bound together with a mask.
    """

    def __init__(self, units, *, clip_derivatives=None, **kwargs):
        super().__init__(units, **kwargs)
        self.clip_derivatives = check_clip_derivatives(clip_derivatives)
        if clip_derivatives is not None and not self._is_plain():
            raise UserError(
                "clip_derivatives on an LSTM with tanh and sigmoid only",
                "other activations, recurrent_dropout or unroll",
            )
        self.supports_jit = False  # XLA compiles anew for every length, for minutes

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """As in Keras: `[B, T, F]` -> last output, all outputs `[B, T, H]`, states."""
        cudnn = self.use_cudnn is True or (self.use_cudnn and has_gpu())
        if self.clip_derivatives is None and (cudnn or mask is not None or not self._is_plain()):
            return super().inner_loop(sequences, initial_state, mask, training)
        if mask is not None:
            raise ValueError("An LSTM with clip_derivatives takes no mask.")
        if training and self.dropout:
            sequences *= self.cell.get_dropout_mask(sequences[:, 0])[:, None]
        return run_cell(self, sequences, initial_state)

    def _is_plain(self) -> bool:
        return (
            self.activation is keras.activations.tanh
            and self.recurrent_activation is keras.activations.sigmoid
            and not self.recurrent_dropout
            and not self.unroll
        )

    def get_config(self):
        """The arguments of the constructor."""
        return {**super().get_config(), "clip_derivatives": self.clip_derivatives}


def run_cell(layer, sequences, initial_state, peepholes=None):
    """What `inner_loop` of a Keras LSTM returns, by `lstm_sequence` with the layer's weights.

    Args:
        layer: a Keras RNN layer with `cell` and `clip_derivatives`.
        sequences: `[B, T, F]`.
        initial_state: output and cell, `[B, H]` each.
        peepholes: `[3, H]` or None.

    Returns:
        The last output `[B, H]`, all outputs `[B, T, H]`, and the last output and cell.
    """
    inputs = tf.transpose(sequences, [1, 0, 2])
    if layer.go_backwards:
        inputs = tf.reverse(inputs, [0])
    h, c = (tf.convert_to_tensor(state) for state in initial_state)
    c = c if c.dtype == tf.float64 else tf.cast(c, tf.float32)
    kernel, recurrent_kernel = layer.cell.kernel.value, layer.cell.recurrent_kernel.value
    bias = tf.zeros_like(kernel[0]) if layer.cell.bias is None else layer.cell.bias.value
    outputs, h, c = lstm_sequence(
        inputs, h, c, kernel, recurrent_kernel, bias, peepholes, layer.clip_derivatives
    )
    return h, tf.transpose(outputs, [1, 0, 2]), [h, c]


def check_clip_derivatives(value: float | None) -> float | None:
    """Returns the bound on derivatives if it is None or above 0.

    Raises:
        UserError: if it is not.
    """
    if value is not None and not value > 0:
        raise UserError("clip_derivatives above 0, or None for no bound", repr(value))
    return value


def has_gpu() -> bool:
    """Whether TensorFlow sees a GPU, which is when Keras uses cuDNN."""
    return bool(tf.config.list_logical_devices("GPU"))
