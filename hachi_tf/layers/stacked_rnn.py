"""A stack of recurrent layers with skip connections (Graves 2013, section 2)."""

import keras
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.lstm import LSTM, has_gpu
from hachi_tf.layers.lstm_sequence import at_last_step, lstm_sequence, lstm_step, pad_gates
from hachi_tf.layers.peephole_lstm import PeepholeLSTM

CELLS = {
    "lstm": LSTM,
    "peephole_lstm": PeepholeLSTM,
    "gru": keras.layers.GRU,
    "rnn": keras.layers.SimpleRNN,
}


@keras.saving.register_keras_serializable("hachi_tf")
class StackedRNN(keras.layers.Layer):
    """A stack of recurrent layers with skip connections.

    The input of a layer is the input of the stack beside the output of the layer below, and the
    output of the stack is the outputs of all layers side by side. States are float32 whatever
    the dtype policy: output and cell for each LSTM layer, output for the other cells. Under
    `mixed_bfloat16` matrix products are made in bfloat16, and LSTM cells computed in float32.

    Args:
        num_layers: how many layers, L.
        hidden_size: units of each layer, H.
        cell: `"lstm"`, `"peephole_lstm"` (Graves 2013, eq. 7 to 11), `"gru"` or `"rnn"`.
        dropout: rate in [0, 1) at which, in training, the inputs from the layer below and the
            outputs are set to zero; recurrent connections are left alone.
        clip_derivatives: elementwise bound on the derivatives at the LSTM gates' pre-activations
            at every step (Graves 2013, section 2.1), or None.
        below_size: units of a layer below that is not part of the stack; 0 for none. `call` and
            `step` take its outputs as `below`, for the lowest layer only.
        use_cudnn: False keeps `call` off cuDNN where a GPU is visible; an exported signature has
            to be traced so, or else it only runs on a GPU. May be set at any time.
        **kwargs: as for any Keras layer.

    Raises:
        UserError: for values out of range, an unknown cell, or `clip_derivatives` with a cell
            that is no LSTM.
    """

    def __init__(
        self,
        num_layers=1,
        hidden_size=120,
        cell="lstm",
        dropout=0.0,
        clip_derivatives=None,
        use_cudnn="auto",
        below_size=0,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        check_options(num_layers, hidden_size, cell, dropout, clip_derivatives)
        self.num_layers, self.hidden_size, self.cell = num_layers, hidden_size, cell
        self.dropout, self.clip_derivatives = dropout, clip_derivatives
        self.use_cudnn, self.below_size = use_cudnn, below_size
        self.is_lstm = cell in ("lstm", "peephole_lstm")
        options = {"clip_derivatives": clip_derivatives} if self.is_lstm else {}
        self.rnn_layers = [
            CELLS[cell](
                hidden_size,
                return_sequences=True,
                return_state=True,
                dtype=self.dtype_policy,
                name=f"{cell}_{index}",
                **options,
            )
            for index in range(num_layers)
        ]
        self._seeds = keras.random.SeedGenerator() if dropout else None
        self.supports_jit = False  # XLA compiles anew for every length, for minutes

    @property
    def state_shapes(self) -> list[int]:
        """The size of each state tensor, layer by layer."""
        return [self.hidden_size] * (self.num_layers * (2 if self.is_lstm else 1))

    @property
    def output_size(self) -> int:
        """The size of the outputs, L H."""
        return self.num_layers * self.hidden_size

    def initial_state(self, batch_size):
        """Zeros float32 `[B, H]`, one tensor a state."""
        return [tf.zeros([batch_size, size]) for size in self.state_shapes]

    def build(self, inputs_shape):
        """Creates the weights for inputs `[..., F]`."""
        for index, layer in enumerate(self.rnn_layers):
            below = self.hidden_size if index else self.below_size
            layer.build((None, None, inputs_shape[-1] + below))
            layer.built = True
        self.built = True

    def call(
        self,
        inputs,
        initial_state=None,
        lengths=None,
        training=False,
        seed=None,
        below=None,
        rows=None,
    ):
        """Runs the stack over sequences.

        Args:
            inputs: `[B, T, F]`.
            initial_state: as `initial_state` returns it; None for zeros.
            lengths: int `[B]`, the number of steps of each row, padded on the right; None if all
                rows have T. Whatever the padding holds reaches neither values nor gradients.
            training: whether to drop out.
            seed: int32 `[2]`, on which alone the dropout depends; None to draw one.
            below: `[B, T, below_size]`, the outputs of the layer below; not dropped.
            rows: of a share of a batch, each row's place in the whole batch, int32 `[B]`, and how
                many rows that has; dropout is then that of the whole batch.

        Returns:
            The outputs `[B, T, L H]` in the compute dtype, zero past `lengths`, and each row's
            state float32 after its own last step (the initial state for a row of length 0).
        """
        inputs = tf.transpose(tf.cast(inputs, self.compute_dtype), [1, 0, 2])
        valid = None  # [T, B, 1]
        if lengths is not None:
            lengths = tf.convert_to_tensor(lengths)
            valid = tf.transpose(tf.sequence_mask(lengths, tf.shape(inputs)[0]))[..., None]
            inputs = tf.where(valid, inputs, tf.zeros_like(inputs))
        if initial_state is None:
            initial_state = self.initial_state(tf.shape(inputs)[1])
        drop = bool(training and self.dropout)
        if drop and seed is None:
            seed = tf.cast(self._seeds.next(), tf.int32)
        run = self._run_lstm if self._is_own() else self._run_keras
        layer_outputs, states = [], []
        if below is not None:
            below = tf.transpose(tf.cast(below, self.compute_dtype), [1, 0, 2])
        for index, layer in enumerate(self.rnn_layers):
            if index:
                below = layer_outputs[-1]
                below = self._drop(below, seed, index, rows) if drop else below
            layer_inputs = [inputs] if below is None else [inputs, below]
            state = self._layer_state(initial_state, index)
            outputs, state = run(layer, layer_inputs, state, valid, lengths)
            layer_outputs.append(outputs)
            states.extend(state)
        outputs = tf.concat(layer_outputs, -1)
        if drop:
            outputs = self._drop(outputs, seed, 0, rows)
        return tf.transpose(outputs, [1, 0, 2]), states

    def _is_own(self) -> bool:
        """Whether `lstm_sequence` runs the layers, not Keras."""
        cudnn = self.use_cudnn and has_gpu() and self.cell == "lstm"
        return self.is_lstm and not (cudnn and self.clip_derivatives is None)

    def _layer_state(self, state, index):
        count = 2 if self.is_lstm else 1
        return [tf.cast(each, tf.float32) for each in state[index * count : (index + 1) * count]]

    def _drop(self, values, seed, index, rows=None):
        """Drops of `[T, B, ...]`, in the way that follows from the seed and the rows' places."""
        seed = tf.random.experimental.stateless_fold_in(seed, index)
        if rows is None:
            return tf.nn.experimental.stateless_dropout(values, self.dropout, seed)
        places, total = rows
        ones = tf.ones([tf.shape(values)[0], total, values.shape[-1]], values.dtype)
        kept = tf.nn.experimental.stateless_dropout(ones, self.dropout, seed)
        return values * tf.gather(kept, tf.maximum(places, 0), axis=1)

    def _run_lstm(self, layer, inputs, state, valid, lengths):
        """Inputs, a list of `[T, B, ...]`, and state -> outputs `[T, B, H]` and state."""
        kernel, *weights = _weights(layer.cell)
        if valid is not None:
            inputs, kernel = pad_gates(inputs, valid, kernel)
        outputs, h, c = lstm_sequence(
            tf.concat(inputs, -1), *state, kernel, *weights, clip_derivatives=self.clip_derivatives
        )
        return outputs, [h if lengths is None else at_last_step(outputs, lengths, state[0]), c]

    def _run_keras(self, layer, inputs, state, valid, lengths):
        """The same by Keras's own loops or cuDNN."""
        layer.use_cudnn = self.use_cudnn
        inputs = tf.transpose(tf.concat(inputs, -1), [1, 0, 2])
        if lengths is None:
            outputs, *state = layer(inputs, initial_state=state)
            return tf.transpose(outputs, [1, 0, 2]), [tf.cast(each, tf.float32) for each in state]
        # cuDNN wants a step in every row, Keras in every batch: pad by one more, cut after.
        inputs = tf.pad(inputs, [[0, 0], [0, 1], [0, 0]])
        mask = tf.sequence_mask(tf.maximum(lengths, 1), tf.shape(inputs)[1])
        outputs, *after = layer(inputs, initial_state=state, mask=mask)
        after = [
            tf.where(lengths[:, None] > 0, tf.cast(new, tf.float32), old)
            for new, old in zip(after, state, strict=True)
        ]
        outputs = tf.transpose(outputs, [1, 0, 2])[:-1]
        return tf.where(valid, outputs, tf.zeros_like(outputs)), after

    def step(self, inputs, state, below=None):
        """Runs the stack for one step, without dropout, by plain operations on any device.

        LSTM cells make their products in float32 whatever the policy, since to cast the weights
        at every step would take longer than the products.

        Args:
            inputs: `[B, F]`, or int32 `[B]`, which of the F inputs is 1 while the others are 0, -1
                for none: then a row of the weights takes the place of a product.
            state: as `initial_state` returns it.
            below: `[B, below_size]`, the outputs of the layer below.

        Returns:
            The outputs `[B, L H]` in the compute dtype, and the state after the step.
        """
        inputs = tf.convert_to_tensor(inputs)
        one_hot = inputs if inputs.dtype == tf.int32 else None
        if one_hot is not None and not self.is_lstm:
            size = self.rnn_layers[0].cell.kernel.shape[0] - self.below_size
            inputs, one_hot = tf.one_hot(inputs, size), None
        outputs, states = [], []
        below = [] if below is None else [tf.cast(below, tf.float32)]
        for index, layer in enumerate(self.rnn_layers):
            layer_inputs = outputs[-1:] or below
            if one_hot is None:
                layer_inputs = [tf.cast(inputs, tf.float32), *layer_inputs]
            layer_inputs = tf.concat(layer_inputs, -1) if layer_inputs else None
            before = self._layer_state(state, index)
            if self.is_lstm:
                after = lstm_step(layer_inputs, *before, *_weights(layer.cell), one_hot=one_hot)
            else:
                after = [tf.cast(layer.cell(layer_inputs, before)[0], tf.float32)]
            outputs.append(after[0])
            states.extend(after)
        return tf.cast(tf.concat(outputs, -1), self.compute_dtype), states

    def get_config(self):
        """The arguments of the constructor."""
        names = ("num_layers", "hidden_size", "cell", "dropout", "clip_derivatives")
        names += ("use_cudnn", "below_size")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _weights(cell):
    """The weights of an LSTM cell in the order of `lstm_sequence`, in their own dtype."""
    weights = [cell.kernel, cell.recurrent_kernel, cell.bias]
    if hasattr(cell, "peephole_kernel"):
        weights.append(cell.peephole_kernel)
    return [tf.convert_to_tensor(weight.value) for weight in weights]


def check_options(num_layers, hidden_size, cell, dropout, clip_derivatives):
    """Raises UserError unless the arguments of `StackedRNN` make sense."""
    if cell not in CELLS:
        raise UserError(f"a cell of {', '.join(CELLS)}", repr(cell))
    for name, value in (("num_layers", num_layers), ("hidden_size", hidden_size)):
        if not isinstance(value, int) or value < 1:
            raise UserError(f"a whole number above 0 for {name}", repr(value))
    if not 0 <= dropout < 1:
        raise UserError("a dropout in [0, 1)", repr(dropout))
    if clip_derivatives is not None and "lstm" not in cell:
        raise UserError(
            "the cell lstm or peephole_lstm for clip_derivatives", repr(cell), "leave it out"
        )
