"""The lowest layer of Graves's synthesis network: an LSTM that moves a window over a text."""

import keras
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.lstm_sequence import at_last_step, lstm_step, pad_gates
from hachi_tf.layers.soft_window import SoftWindow, TextContext
from hachi_tf.layers.stacked_rnn import CELLS
from hachi_tf.layers.windowed_sequence import windowed_sequence


@keras.saving.register_keras_serializable("hachi_tf")
class WindowedLSTM(keras.layers.Layer):
    """An LSTM layer that reads the soft window of the step before (Graves 2013, section 5.1).

    Its state are its output and cell `[B, H]`, the window's positions `[B, K]` and the window
    `[B, A]`, all float32. Under `mixed_bfloat16` matrix products are made in bfloat16; cells and
    window stay float32.

    Args:
        hidden_size: H, units.
        num_classes: A, characters of the alphabet.
        num_components: K, Gaussians of the window.
        events_per_character: as for `SoftWindow`.
        cell: `"lstm"` or `"peephole_lstm"`.
        clip_derivatives: as for `StackedRNN`.
        **kwargs: as for any Keras layer.

    Raises:
        UserError: for another cell.
    """

    def __init__(
        self,
        hidden_size,
        num_classes,
        num_components=10,
        events_per_character=25.0,
        cell="lstm",
        clip_derivatives=None,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        if cell not in ("lstm", "peephole_lstm"):
            raise UserError("the cell lstm or peephole_lstm for the synthesis network", repr(cell))
        self.hidden_size, self.num_classes = hidden_size, num_classes
        self.num_components, self.events_per_character = num_components, events_per_character
        self.cell, self.clip_derivatives = cell, clip_derivatives
        self.lstm = CELLS[cell](
            hidden_size, dtype=self.dtype_policy, name=cell, clip_derivatives=clip_derivatives
        )
        self.window = SoftWindow(
            num_components, events_per_character, dtype="float32", name="window"
        )
        self.supports_jit = False

    @property
    def state_shapes(self) -> list[int]:
        """The size of each state tensor: h, c, kappa, w."""
        return [self.hidden_size, self.hidden_size, self.num_components, self.num_classes]

    def build(self, inputs_shape):
        """Creates the weights for inputs `[..., F]`."""
        self.lstm.build((None, None, inputs_shape[-1] + self.num_classes))
        self.lstm.built = True
        self.window.build((None, self.hidden_size))
        self.built = True

    def _weights(self):
        """Kernels from the inputs, from the window and recurrent, bias, and peepholes or not."""
        cell = self.lstm.cell
        kernel = tf.convert_to_tensor(cell.kernel.value)
        kernel, window_kernel = tf.split(kernel, [-1, self.num_classes], 0)
        kernel = tf.ensure_shape(kernel, [cell.kernel.shape[0] - self.num_classes, None])
        weights = [cell.recurrent_kernel, cell.bias]
        weights += [cell.peephole_kernel] if hasattr(cell, "peephole_kernel") else []
        return kernel, window_kernel, *(tf.convert_to_tensor(each.value) for each in weights)

    def call(self, inputs, context: TextContext, initial_state=None, lengths=None):
        """Runs over sequences.

        Args:
            inputs: `[B, T, F]`.
            context: the texts.
            initial_state: h, c, kappa and w, float32; None for zeros.
            lengths: int `[B]`, steps of each row; what the padding holds reaches nothing.

        Returns:
            Outputs `[B, T, H]` in the compute dtype, windows `[B, T, A]` float32, and each row's
            state after its own last step.
        """
        inputs = tf.transpose(tf.cast(inputs, self.compute_dtype), [1, 0, 2])
        steps, batch = tf.unstack(tf.shape(inputs)[:2])
        if initial_state is None:
            initial_state = [tf.zeros([batch, size]) for size in self.state_shapes]
        kernel, window_kernel, recurrent, bias, *peepholes = self._weights()
        parts, moving = [inputs], tf.ones([steps, batch, 1])
        if lengths is not None:
            lengths = tf.convert_to_tensor(lengths)
            valid = tf.transpose(tf.sequence_mask(lengths, steps))[..., None]
            inputs = tf.where(valid, inputs, tf.zeros_like(inputs))
            parts, kernel = pad_gates([inputs], valid, kernel)
            moving = tf.cast(valid, tf.float32)
        outputs, windows, c, kappa = windowed_sequence(
            tf.concat(parts, -1),
            [
                tf.ensure_shape(s, [None, n])
                for s, n in zip(initial_state, self.state_shapes, strict=True)
            ],
            kernel,
            window_kernel,
            recurrent,
            bias,
            tf.convert_to_tensor(self.window.kernel.value),
            tf.convert_to_tensor(self.window.bias.value),
            context.characters,
            moving,
            *peepholes,
            clip_derivatives=self.clip_derivatives,
        )
        at = tf.fill([batch], steps) if lengths is None else lengths
        h = at_last_step(outputs, at, initial_state[0])
        w = at_last_step(windows, at, initial_state[3])
        return tf.transpose(outputs, [1, 0, 2]), tf.transpose(windows, [1, 0, 2]), [h, c, kappa, w]

    def step(self, inputs, context: TextContext, state):
        """Runs for one step, by plain operations in float32.

        Args:
            inputs: `[B, F]`.
            context: the texts.
            state: h, c, kappa and w.

        Returns:
            The output `[B, H]`, the window `[B, A]`, the window's pre-activations `[B, 3 K]`,
            and the state after the step.
        """
        h, c, kappa, w = (tf.cast(each, tf.float32) for each in state)
        kernel, window_kernel, *weights = self._weights()
        kernel = tf.concat([kernel, window_kernel], 0)
        fed = tf.concat([tf.cast(inputs, tf.float32), w], -1)
        h, c = lstm_step(fed, h, c, kernel, *weights)
        w, kappa, params = self.window.step(h, kappa, context, self.num_classes)
        return h, w, params, [h, c, kappa, w]

    def get_config(self):
        """The arguments of the constructor."""
        names = ("hidden_size", "num_classes", "num_components", "events_per_character", "cell")
        names += ("clip_derivatives",)
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
