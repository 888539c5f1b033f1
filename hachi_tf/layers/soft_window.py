"""The soft window over a text (Graves 2013, section 5.1)."""

from typing import NamedTuple

import keras
import tensorflow as tf

from hachi_tf.errors import UserError

# Pre-activations are kept below it, so that no exponential overflows.
_LARGEST = 10.0


class Characters(NamedTuple):
    """One-hot characters by their indices: adding up and looking up cost less than products.

    Attributes:
        classes: int32 `[B, U]`, each character's, 0 past the end.
        present: float32 `[B, U]`, 1 up to the end, 0 past it.
        rows: int32 `[B, U]`, the place of the class in a flat `[B A]`.
    """

    classes: tf.Tensor
    present: tf.Tensor
    rows: tf.Tensor

    @classmethod
    def at(cls, index: tf.Tensor, num_classes: int) -> "Characters":
        """Characters of `num_classes` classes, int32 `[B, U]`; -1 past the end of a text."""
        classes = tf.maximum(index, 0)
        first = tf.range(tf.shape(index)[0])[:, None] * num_classes
        present = tf.cast(index >= 0, tf.float32)
        return cls(classes, present, classes + first)


class TextContext(NamedTuple):
    """Texts as the window reads them.

    Attributes:
        characters: their `Characters`.
        lengths: int32 `[B]`, the number of characters.
        inked: int32 `[B, U + 2]`, how many characters with ink (no spaces) stand before
            position u = 0, 1, ..., U + 1; positions are counted from 1.
        dropped: int32 `[B]`, how many characters were left out since the alphabet lacks them.
    """

    characters: Characters
    lengths: tf.Tensor
    inked: tf.Tensor
    dropped: tf.Tensor


@keras.saving.register_keras_serializable("hachi_tf")
class SoftWindow(keras.layers.Layer):
    """A mixture of K Gaussians that slides over the characters of a text, never backwards.

    From the output h of a recurrent layer come `alpha = exp(a)`, `beta = exp(b)` and
    `kappa_t = kappa_{t-1} + exp(k)` (eq. 48 to 51); character u has the weight `phi(t, u) =
    sum_k alpha_k exp(-beta_k (kappa_k - u)^2)` (eq. 46), and the window is `w_t = sum_u phi(t, u)
    c_u` over the one-hot characters (eq. 47).

    Args:
        num_components: K.
        events_per_character: how many events a character takes on average; before training, the
            window moves at that pace. Graves: over 25.
        **kwargs: as for any Keras layer.

    Raises:
        UserError: for values out of range.
    """

    def __init__(self, num_components: int = 10, events_per_character: float = 25.0, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(num_components, int) or num_components < 1:
            raise UserError("a whole number of window components above 0", repr(num_components))
        if not events_per_character > 0.0:
            raise UserError("a number of events a character above 0", repr(events_per_character))
        self.num_components = num_components
        self.events_per_character = float(events_per_character)

    def build(self, input_shape):
        """Creates the weights for outputs `[..., H]`."""
        size = 3 * self.num_components
        self.kernel = self.add_weight(
            shape=(input_shape[-1], size),
            initializer=keras.initializers.RandomNormal(stddev=0.05),
            autocast=False,  # a bias in bfloat16 would move the window at another pace
            name="kernel",
        )
        self.bias = self.add_weight(
            shape=(size,), initializer=self._initial_bias, autocast=False, name="bias"
        )
        self.built = True

    def _initial_bias(self, shape, dtype=None):
        """The components share a weight of 1 and move at the average pace."""
        a, b, k = (tf.ones([self.num_components]) for _ in range(3))
        pace = -tf.math.log(self.events_per_character)
        return tf.concat([-a * tf.math.log(float(self.num_components)), 0.0 * b, k * pace], 0)

    def params(self, h: tf.Tensor) -> tf.Tensor:
        """Outputs `[..., H]` -> the pre-activations (a, b, k) `[..., 3 K]`, float32."""
        return tf.cast(h, tf.float32) @ self.kernel + self.bias

    def step(self, h: tf.Tensor, kappa: tf.Tensor, context: TextContext, num_classes: int):
        """Moves the window by one step.

        Args:
            h: `[B, H]`.
            kappa: float32 `[B, K]`, the positions before the step.
            context: the texts.
            num_classes: A, the characters of the alphabet.

        Returns:
            w float32 `[B, A]`, the positions after the step `[B, K]`, and the pre-activations.
        """
        params = self.params(h)
        kappa = kappa + moves(params)
        _, phi = window_weights(params, kappa, tf.shape(context.characters.classes)[1])
        return window_of(phi, context.characters, num_classes), kappa, params

    def get_config(self):
        """The arguments of the constructor."""
        names = ("num_components", "events_per_character")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def moves(params: tf.Tensor) -> tf.Tensor:
    """How far each component moves, exp(k) `[..., K]`, from pre-activations `[..., 3 K]`."""
    return tf.exp(tf.minimum(tf.split(params, 3, axis=-1)[2], _LARGEST))


def window_weights(params: tf.Tensor, kappa: tf.Tensor, num_characters: tf.Tensor):
    """Weights of the characters at positions u = 1 ... `num_characters` (eq. 46).

    Args:
        params: `[B, 3 K]`.
        kappa: `[B, K]`.
        num_characters: U.

    Returns:
        Each component's part `[B, K, U]` and their sum phi `[B, U]`.
    """
    a, b, _ = tf.split(tf.minimum(params, _LARGEST), 3, axis=-1)
    u = tf.range(1, num_characters + 1, dtype=kappa.dtype)
    square = (kappa[:, :, None] - u) ** 2
    parts = tf.exp(a[:, :, None] - tf.exp(b)[:, :, None] * square)
    return parts, tf.reduce_sum(parts, 1)


def window_of(phi: tf.Tensor, characters: Characters, size: int) -> tf.Tensor:
    """The window w `[B, A]` (eq. 47) of weights `[B, U]` over characters of A = `size` classes."""
    batch = tf.shape(phi)[0]
    flat = tf.math.unsorted_segment_sum(
        phi * tf.cast(characters.present, phi.dtype), characters.rows, batch * size
    )
    return tf.ensure_shape(tf.reshape(flat, [batch, size]), [None, size])


def log_weights(params: tf.Tensor, kappa: tf.Tensor, num_positions: tf.Tensor) -> tf.Tensor:
    """Log phi(t, u) `[..., U]` for u = 1 ... `num_positions`, where phi itself would underflow.

    Args:
        params: `[..., 3 K]`.
        kappa: `[..., K]`.
        num_positions: U.
    """
    a, b, _ = tf.split(tf.minimum(params, _LARGEST), 3, axis=-1)
    u = tf.range(1, num_positions + 1, dtype=kappa.dtype)
    square = (kappa[..., None] - u) ** 2
    return tf.reduce_logsumexp(a[..., None] - tf.exp(b)[..., None] * square, axis=-2)


def window_backward(params, kappa, characters, moving, d_w, d_kappa):
    """The way back through one step of the window.

    Args:
        params: `[B, 3 K]`, of the step.
        kappa: `[B, K]`, after the step.
        characters: the texts.
        moving: `[B, 1]`, 0 where the window stood still, else 1.
        d_w: `[B, A]`, the derivative of the loss by the window.
        d_kappa: `[B, K]`, by the positions after the step, from later steps.

    Returns:
        The derivatives by the pre-activations `[B, 3 K]` and by the positions before `[B, K]`.
    """
    num_characters = tf.shape(characters.classes)[1]
    parts, _ = window_weights(params, kappa, num_characters)
    _, b, _ = tf.split(tf.minimum(params, _LARGEST), 3, axis=-1)
    beta = tf.exp(b)
    d_phi = tf.gather(d_w, characters.classes, batch_dims=1)  # [B, U]
    d_phi *= tf.cast(characters.present, d_phi.dtype)
    weighted = parts * d_phi[:, None]  # [B, K, U]
    offset = kappa[:, :, None] - tf.range(1, num_characters + 1, dtype=kappa.dtype)
    first = weighted * offset
    d_a = tf.reduce_sum(weighted, -1)
    d_b = -beta * tf.reduce_sum(first * offset, -1)
    d_kappa -= 2.0 * beta * tf.reduce_sum(first, -1)
    d_params = tf.concat([d_a, d_b, d_kappa * moves(params) * moving], 1)
    return tf.where(params < _LARGEST, d_params, 0.0), d_kappa
