"""A categorical column."""

from typing import Any

import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.heads.head import (
    SMALLEST_TEMPERATURE,
    Head,
    choose,
    column,
    given,
    tempered,
    truncated,
)


class Categorical(Head):
    """A categorical distribution: a raw logit for each class; an event is the class's index.

    Args:
        num_classes: K, at least 1.
    """

    kind = "categorical"
    event_size = noise_size = 1
    truncates = True

    def __init__(self, num_classes: int = 2):
        if num_classes < 1:
            raise UserError("num_classes of at least 1", str(num_classes))
        self.num_classes = self.params_size = num_classes

    def log_prob(self, params, events):
        """See `Head.log_prob`; a class that does not exist counts as missing (0 nats)."""
        classes = tf.round(tf.cast(events, tf.float32)[..., 0])
        known = (classes >= 0.0) & (classes < float(self.num_classes))
        labels = tf.cast(tf.where(known, classes, 0.0), tf.int32)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=labels, logits=tf.cast(params, tf.float32)
        )
        return tf.where(known, -losses, 0.0)

    def sample(self, params, noise, bias=0.0, temperature=1.0, fixed=None, top_k=None, top_p=None):
        """See `Head.sample` and `truncated`; the bias has no effect."""
        logits, temperature = tf.cast(params, tf.float32), column(temperature)
        if top_k is not None:
            logits = tf.cond(
                tf.reduce_any((top_k > 0) | (top_p < 1.0)),
                lambda: truncated(logits, temperature, top_k[:, tf.newaxis], column(top_p)),
                lambda: logits,
            )
        classes = choose(logits, noise, temperature)
        return given(fixed, tf.cast(classes, tf.float32)[..., tf.newaxis])

    def distribution(self, params, bias=0.0, temperature=1.0) -> Any:
        """See `Head.distribution`; the bias has no effect."""
        import tensorflow_probability as tfp

        temperature = tf.maximum(column(temperature), SMALLEST_TEMPERATURE)
        logits = tempered(tf.cast(params, tf.float32), temperature)[..., tf.newaxis, :]
        categorical = tfp.distributions.Categorical(logits=logits, dtype=tf.float32)
        return tfp.distributions.Independent(categorical, reinterpreted_batch_ndims=1)

    def mean(self, params):
        """The likeliest class, `[..., 1]`."""
        return tf.cast(tf.argmax(params, axis=-1), tf.float32)[..., tf.newaxis]

    def get_config(self):
        """See `Head.get_config`."""
        return {"num_classes": self.num_classes}
