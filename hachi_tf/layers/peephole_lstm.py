"""The LSTM of Graves 2013: its gates also see the cell."""

import keras
import tensorflow as tf

from hachi_tf.layers.lstm import check_clip_derivatives, run_cell
from hachi_tf.layers.lstm_sequence import lstm_step


@keras.saving.register_keras_serializable("hachi_tf")
class PeepholeLSTMCell(keras.layers.Layer):
    """One step of `PeepholeLSTM`.

    Weights are those of Keras's LSTM cell, with the same initial values, and `peephole_kernel`
    `[3, H]`, zero at first: the diagonal weights from the cell to the input, forget and output
    gates.

    Args:
        units: the number of cells, H.
        **kwargs: as for any Keras layer.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.output_size = units
        self.state_size = [units, units]

    def build(self, input_shape):
        """Creates the weights for inputs `[B, F]`."""
        size = self.units
        self.kernel = self.add_weight((input_shape[-1], 4 * size), "glorot_uniform", name="kernel")
        self.recurrent_kernel = self.add_weight(
            (size, 4 * size), "orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight((4 * size,), _forget_bias, name="bias")
        self.peephole_kernel = self.add_weight((3, size), "zeros", name="peephole_kernel")

    def call(self, inputs, states):
        """`[B, F]` and the states -> the output `[B, H]`, and output and cell."""
        h, c = states
        weights = (self.kernel, self.recurrent_kernel, self.bias, self.peephole_kernel)
        h, c = lstm_step(inputs, h, c, *(weight.value for weight in weights))
        return tf.cast(h, inputs.dtype), [h, c]

    def get_config(self):
        """The arguments of the constructor."""
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("hachi_tf")
class PeepholeLSTM(keras.layers.RNN):
    """LSTM with diagonal peephole connections (Graves 2013, eq. 7 to 11).

    Args:
        units: the number of cells, H.
        clip_derivatives: elementwise bound on the derivatives at the gates' pre-activations; see
            `hachi_tf.layers.lstm_sequence`. Not possible with a mask.
        **kwargs: as for `keras.layers.RNN`.

    Raises:
        UserError: for a bound that is not above 0.
        ValueError: on a call, for a bound together with a mask.
    """

    def __init__(self, units, *, clip_derivatives=None, **kwargs):
        super().__init__(PeepholeLSTMCell(units, dtype=kwargs.get("dtype")), **kwargs)
        self.clip_derivatives = check_clip_derivatives(clip_derivatives)
        self.supports_jit = False

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """`[B, T, F]` -> last output `[B, H]`, all outputs `[B, T, H]`, states."""
        if mask is None:
            peepholes = self.cell.peephole_kernel.value
            return run_cell(self, sequences, initial_state, peepholes)
        if self.clip_derivatives is not None:
            raise ValueError("A PeepholeLSTM with clip_derivatives takes no mask.")
        return super().inner_loop(sequences, initial_state, mask, training)

    def get_config(self):
        """The arguments of the constructor."""
        config = super().get_config()
        del config["cell"]
        return {**config, "units": self.cell.units, "clip_derivatives": self.clip_derivatives}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer from what `get_config` returned."""
        return cls(**config)


def _forget_bias(shape, dtype=None):
    """Ones for the forget gate, zeros for the others, as in Keras's LSTM."""
    return tf.repeat(tf.constant([0, 1, 0, 0], dtype), shape[0] // 4)
