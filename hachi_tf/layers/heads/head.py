"""What stands between a network's raw outputs and the distribution of the next event."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

SMALLEST_TEMPERATURE = 1e-6
"""The temperature that `Head.distribution` takes for 0, since it cannot be a point."""


class Head:
    """Turns raw parameters into a distribution over an event.

    A head is a plain object without weights. All its tensors are float32. A subclass keeps its
    constructor's arguments as attributes of the same names, or overrides `get_config`.

    Attributes:
        kind: the kind of column that it models: `"continuous"` (all such columns together, the
            constructor takes `num_dims`), `"binary"` (one column), `"categorical"` (one column,
            the constructor takes `num_classes`) or `"mixed"` (all columns together: first the
            continuous, then the binary, then the categorical ones; the constructor takes
            `num_dims`, `num_binary` and `classes`).
        handles_missing: whether `log_prob` leaves out what is NaN in an event by itself.
        truncates: whether `sample` also takes `top_k` and `top_p`, `[B]` each, as `truncated`.
        params_size: P, how many raw parameters an event takes.
        event_size: E, how many numbers an event has.
        noise_size: N, how many uniform numbers a sample takes, whatever the parameters.
    """

    kind: str
    handles_missing: bool = False
    truncates: bool = False
    params_size: int
    event_size: int
    noise_size: int

    def log_prob(self, params: tf.Tensor, events: tf.Tensor) -> tf.Tensor:
        """The log density or log probability of events, in nats.

        Finite, and with finite gradients, for any finite arguments of sane size.

        Args:
            params: raw parameters `[..., P]`.
            events: events `[..., E]`, of the same leading shape (nothing is broadcast).

        Returns:
            `[...]`.
        """
        raise NotImplementedError

    def sample(
        self,
        params: tf.Tensor,
        noise: tf.Tensor,
        bias: Any = 0.0,
        temperature: Any = 1.0,
        fixed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """One event a row, as a function of the noise.

        Fixed columns are conditioned on: the distribution on which bias and temperature have
        acted, given their values. A row without any is drawn as it is without `fixed`.

        Args:
            params: raw parameters `[B, P]`.
            noise: independent uniform numbers in (0, 1), `[B, N]`.
            bias: Graves's b >= 0, `[B]` or a number; 0 is unbiased. Gaussians only.
            temperature: t >= 0, `[B]` or a number: logits / t, scale * sqrt(t). At 0 the event is
                the likeliest class, and the mean of the likeliest Gaussian, exactly.
            fixed: values that columns are held at, `[B, E]`, NaN where one is free; or None.

        Returns:
            `[B, E]`; the fixed columns are exactly as given.
        """
        raise NotImplementedError

    def distribution(self, params: tf.Tensor, bias: Any = 0.0, temperature: Any = 1.0) -> Any:
        """The same as a TensorFlow Probability distribution.

        Args:
            params: raw parameters `[..., P]`.
            bias: as for `sample`, of a shape that broadcasts with `[...]`.
            temperature: as for `sample`, of a shape that broadcasts with `[...]`; taken as at
                least 1e-6.

        Returns:
            A `tfd.Distribution` with batch shape `[...]` and event shape `[E]`.
        """
        raise NotImplementedError

    def mean(self, params: tf.Tensor) -> tf.Tensor:
        """The expected event, `[..., P]` to `[..., E]`; of a class, the likeliest one."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, ready for JSON."""
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Head":
        """The head that `get_config` describes."""
        return cls(**config)


def column(value: Any) -> tf.Tensor:
    """A number or a tensor `[...]` as float32 `[..., 1]`, to broadcast with `[..., P]`."""
    return tf.convert_to_tensor(value, tf.float32)[..., tf.newaxis]


def tempered(logits: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
    """Logits `[..., K]` over temperature `[..., 1]`, with the largest at 0; never NaN.

    At temperature 0 they are those of temperature 1.
    """
    logits -= tf.reduce_max(logits, axis=-1, keepdims=True)
    return logits / tf.where(temperature > 0.0, temperature, 1.0)


def truncated(
    logits: tf.Tensor, temperature: tf.Tensor, top_k: tf.Tensor, top_p: tf.Tensor
) -> tf.Tensor:
    """Logits of the likeliest classes, -inf in place of the others.

    First all but the `top_k` likeliest classes go. Of what is left, the nucleus stays (Holtzman et
    al. 2019): the fewest classes, the likeliest first, whose probabilities at this temperature
    add up to at least `top_p`; at least one. Of equally likely classes the first come first.

    Args:
        logits: `[B, K]`, not necessarily normalized.
        temperature: t >= 0, `[B, 1]` or `[1]`.
        top_k: int32 `[B, 1]`; below 1 for all classes.
        top_p: float32 `[B, 1]`; 1 or more for all classes.

    Returns:
        `[B, K]`; a row in which nothing goes is as it was, bit for bit.
    """
    num_classes = logits.shape[-1]
    # To sort NaN is undefined.
    values, order = tf.math.top_k(tf.where(tf.math.is_nan(logits), -np.inf, logits), num_classes)
    rank = tf.range(num_classes)[tf.newaxis]
    listed = (rank < top_k) | (top_k < 1)
    weights = tf.where(listed, tf.exp(tempered(values, temperature)), 0.0)
    before = tf.cumsum(weights, axis=-1, exclusive=True)
    whole = before[..., -1:] + weights[..., -1:]
    kept = listed & ((before < top_p * whole) | (top_p >= 1.0) | (rank == 0))
    rows = tf.repeat(tf.range(tf.shape(logits)[0]), num_classes)
    places = tf.stack([rows, tf.reshape(order, [-1])], axis=-1)
    kept = tf.scatter_nd(places, tf.reshape(tf.cast(kept, tf.int32), [-1]), tf.shape(logits))
    return tf.where(kept > 0, logits, -np.inf)


def choose(logits: tf.Tensor, noise: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
    """Draws a class by its cumulative probability; at temperature 0, takes the likeliest.

    Args:
        logits: `[B, K]`, not necessarily normalized.
        noise: uniform numbers in (0, 1), `[B, 1]`.
        temperature: t >= 0, `[B, 1]` or `[1]`.

    Returns:
        The classes' indices, int32 `[B]`.
    """
    cumulative = tf.cumsum(tf.exp(tempered(logits, temperature)), axis=-1)
    below = tf.cast(cumulative <= noise * cumulative[..., -1:], tf.int32)
    drawn = tf.minimum(tf.reduce_sum(below, axis=-1), logits.shape[-1] - 1)
    likeliest = tf.argmax(logits, axis=-1, output_type=tf.int32)
    return tf.where(temperature[..., 0] > 0.0, drawn, likeliest)


def given(
    fixed: tf.Tensor | None, free: tf.Tensor, conditioned: Callable[[], tf.Tensor] | None = None
) -> tf.Tensor:
    """Rows of `conditioned()` where a column is fixed, which then is as given; `free` elsewhere.

    Args:
        fixed: `[B, E]`, NaN where a column is free; or None.
        free: events `[B, E]`.
        conditioned: gives events `[B, E]`, called only if a column of any row is fixed; None if
            the columns have nothing to do with each other.

    Returns:
        `[B, E]`.
    """
    if fixed is None:
        return free
    known = tf.logical_not(tf.math.is_nan(fixed))
    if conditioned is not None:
        rows = tf.reduce_any(known, axis=-1, keepdims=True)
        drawn = tf.cond(
            tf.reduce_any(rows), lambda: tf.where(rows, conditioned(), free), lambda: free
        )
    else:
        drawn = free
    return tf.where(known, fixed, drawn)
