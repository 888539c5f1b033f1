"""A binary column."""

from typing import Any

import tensorflow as tf

from hachi_tf.layers.heads.head import SMALLEST_TEMPERATURE, Head, column, given


class Bernoulli(Head):
    """A Bernoulli distribution: one raw parameter, the logit of 1.

    Graves (2013), eq. 18 and 25, with the usual sign of the logit.
    """

    kind = "binary"
    params_size = event_size = noise_size = 1

    def log_prob(self, params, events):
        """See `Head.log_prob`."""
        params, events = tf.cast(params, tf.float32), tf.cast(events, tf.float32)
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=events, logits=params)
        return -tf.squeeze(losses, axis=-1)

    def sample(self, params, noise, bias=0.0, temperature=1.0, fixed=None):
        """See `Head.sample`; the bias has no effect."""
        temperature = column(temperature)
        params = tf.cast(params, tf.float32)
        probability = tf.sigmoid(params / tf.where(temperature > 0.0, temperature, 1.0))
        drawn = tf.where(temperature > 0.0, noise < probability, params > 0.0)
        return given(fixed, tf.cast(drawn, tf.float32))

    def distribution(self, params, bias=0.0, temperature=1.0) -> Any:
        """See `Head.distribution`; the bias has no effect."""
        import tensorflow_probability as tfp

        temperature = tf.maximum(column(temperature), SMALLEST_TEMPERATURE)
        logits = tf.cast(params, tf.float32) / temperature
        bernoulli = tfp.distributions.Bernoulli(logits=logits, dtype=tf.float32)
        return tfp.distributions.Independent(bernoulli, reinterpreted_batch_ndims=1)

    def mean(self, params):
        """The probability of 1, `[..., 1]`."""
        return tf.sigmoid(tf.cast(params, tf.float32))

    def get_config(self):
        """See `Head.get_config`."""
        return {}
