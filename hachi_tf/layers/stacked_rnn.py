"""A stack of recurrent layers with skip connections (Graves 2013, section 2)."""

import keras
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.lstm import LSTM

CELLS = {"lstm": LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}


@keras.saving.register_keras_serializable("hachi_tf")
class StackedRNN(keras.layers.Layer):
    """A stack of recurrent layers with skip connections."""

    def __init__(
        self,
        num_layers=1,
        hidden_size=120,
        cell="lstm",
        dropout=0.0,
        clip_derivatives=None,
        use_cudnn="auto",
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        if cell not in CELLS:
            raise UserError(f"a cell of {', '.join(CELLS)}", repr(cell))
        self.num_layers = num_layers
        self.hidden_size = hidden_size
        self.cell = cell
        self.dropout = dropout
        self.clip_derivatives = clip_derivatives
        self.use_cudnn = use_cudnn
        self.rnn_layers = [
            CELLS[cell](
                hidden_size,
                return_sequences=True,
                return_state=True,
                dtype=self.dtype_policy,
                name=f"{cell}_{index}",
            )
            for index in range(num_layers)
        ]
        self._seed_generator = keras.random.SeedGenerator() if dropout else None

    @property
    def _states_per_layer(self):
        return 2 if "lstm" in self.cell else 1

    @property
    def state_shapes(self):
        """Sizes of the state tensors."""
        return [self.hidden_size] * (self.num_layers * self._states_per_layer)

    @property
    def output_size(self):
        """Size of the outputs."""
        return self.num_layers * self.hidden_size

    def initial_state(self, batch_size):
        """Zeros."""
        return [tf.zeros([batch_size, size], tf.float32) for size in self.state_shapes]

    def build(self, inputs_shape):
        """Creates the weights."""
        size = inputs_shape[-1]
        for index, layer in enumerate(self.rnn_layers):
            layer.build((None, None, size + (self.hidden_size if index else 0)))
        self.built = True

    def call(
        self, inputs, initial_state=None, lengths=None, training=False, seed=None
    ):
        """Runs over sequences."""
        inputs = tf.cast(inputs, self.compute_dtype)
        batch, time = tf.shape(inputs)[0], tf.shape(inputs)[1]
        if lengths is None:
            lengths = tf.fill([batch], time)
        else:
            mask = tf.sequence_mask(lengths, time)[..., None]
            inputs = tf.where(mask, inputs, tf.zeros_like(inputs))
        if initial_state is None:
            initial_state = self.initial_state(batch)
        if training and self.dropout and seed is None:
            seed = tf.cast(self._seed_generator.next(), tf.int32)
        outputs, states, below = [], [], None
        for index, layer in enumerate(self.rnn_layers):
            x = inputs
            if below is not None:
                x = tf.concat([inputs, self._drop(below, training, seed, index)], -1)
            first = index * self._states_per_layer
            state = initial_state[first : first + self._states_per_layer]
            below, final = self._run(layer.cell, x, state, lengths)
            outputs.append(below)
            states.extend(final)
        outputs = tf.concat(outputs, -1)
        return self._drop(outputs, training, seed, self.num_layers), states

    def _drop(self, x, training, seed, index):
        if not training or not self.dropout:
            return x
        seed = tf.random.experimental.stateless_fold_in(seed, index)
        return tf.nn.experimental.stateless_dropout(x, self.dropout, seed)

    def _run(self, cell, inputs, state, lengths):
        """`inputs` [B, T, F], `state` n x [B, H] -> [B, T, H], n x [B, H]."""

        def body(carry, x):
            return self._cell_step(cell, x, carry[1:])

        zero = tf.zeros_like(state[0], self.compute_dtype)
        sequence = tf.scan(body, tf.transpose(inputs, [1, 0, 2]), [zero, *state])
        final = []
        rows = tf.range(tf.shape(lengths)[0])
        for start, values in zip(state, sequence[1:], strict=True):
            at = tf.stack([tf.maximum(lengths - 1, 0), rows], -1)
            final.append(tf.where(lengths[:, None] > 0, tf.gather_nd(values, at), start))
        return tf.transpose(sequence[0], [1, 0, 2]), final

    def _cell_step(self, cell, x, state):
        """One step: `x` [B, F], `state` n x [B, H] float32 -> [output, *state]."""
        dtype = self.compute_dtype
        if self.cell == "lstm":
            h, c = state
            kernel = tf.concat([cell.kernel.value, cell.recurrent_kernel.value], 0)
            z = tf.concat([tf.cast(x, dtype), tf.cast(h, dtype)], -1) @ tf.cast(kernel, dtype)
            z = tf.cast(z, tf.float32) + cell.bias.value
            i, f, g, o = tf.split(z, 4, -1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
            return [tf.cast(h, dtype), h, c]
        output, _ = cell(x, [tf.cast(state[0], dtype)])
        return [output, tf.cast(output, tf.float32)]

    def step(self, inputs, state):
        """One step."""
        inputs = tf.cast(inputs, self.compute_dtype)
        outputs, states, below = [], [], None
        for index, layer in enumerate(self.rnn_layers):
            x = inputs if below is None else tf.concat([inputs, below], -1)
            first = index * self._states_per_layer
            below, *final = self._cell_step(
                layer.cell, x, state[first : first + self._states_per_layer]
            )
            outputs.append(below)
            states.extend(final)
        return tf.concat(outputs, -1), states

    def get_config(self):
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "num_layers": self.num_layers,
            "hidden_size": self.hidden_size,
            "cell": self.cell,
            "dropout": self.dropout,
            "clip_derivatives": self.clip_derivatives,
            "use_cudnn": self.use_cudnn,
        }
