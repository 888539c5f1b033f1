"""A mixture of Student's t distributions over the continuous columns together."""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.heads.gaussian_mixture import chosen_component
from hachi_tf.layers.heads.gaussians import posterior
from hachi_tf.layers.heads.head import (
    SMALLEST_TEMPERATURE,
    Head,
    choose,
    column,
    given,
    tempered,
)

_LOG_SCALE_LIMIT = 7.0
_LOG_DF_LIMIT = 5.0
_FEWEST_DF, _DF_UNIT = 2.0, 4.0
_LARGEST = 3e38
_SHIFT = 4  # steps of the recursion before Stirling's series


class StudentTMixture(Head):
    """A mixture of M components over D numbers, each a product of Student's t distributions.

    For what has heavy tails, such as the returns of prices; a Gaussian needs many components to
    say that a large value comes now and then. The columns are independent within a component, so
    what ties them together is said by the components.

    The raw parameters are, each `[M]`: logits, then D locations, D log scales (clamped to
    [-7, 7]) and D raw r (clamped to [-5, 5]) for 2 + 4 exp(r) degrees of freedom: from 2.03, so
    that there is a variance, over 6 at r = 0, to 596, all but a Gaussian.

    A sample takes a number for the component, then two for each column, by Bailey's formula (1994,
    "Polar generation of random variates with the t-distribution", Mathematics of Computation 62):
    sqrt(v (u1^(-2/v) - 1)) cos(2 pi u2). The bias acts as on Gaussians.

    Args:
        num_dims: D, at least 1.
        num_components: M, at least 1.

    Raises:
        UserError: for a number out of range.
    """

    kind = "continuous"

    def __init__(self, num_dims: int = 2, num_components: int = 20):
        if num_dims < 1 or num_components < 1:
            raise UserError(
                "num_dims and num_components of at least 1", f"{num_dims} and {num_components}"
            )
        self.num_dims, self.num_components = num_dims, num_components
        self.event_size = num_dims
        self.noise_size = 1 + 2 * num_dims
        self.params_size = num_components * (1 + 3 * num_dims)

    def log_prob(self, params, events):
        """See `Head.log_prob`."""
        logits, raw = self._split(params)
        loc, log_scale, df = self._parts(raw)
        x = tf.cast(events, tf.float32)[..., tf.newaxis]
        z = (x - loc) * tf.exp(-log_scale)
        by_column = _log_density(z, df) - log_scale
        log_components = tf.reduce_sum(by_column, axis=-2)
        return tf.reduce_logsumexp(tf.nn.log_softmax(logits) + log_components, axis=-1)

    def sample(self, params, noise, bias=0.0, temperature=1.0, fixed=None):
        """See `Head.sample`: the first number of the noise chooses the component."""
        logits, raw = self._split(params)
        bias_column, warmth = column(bias), column(temperature)
        first, radii, angles = tf.split(noise, [1, self.num_dims, self.num_dims], axis=-1)

        def draw(logits):
            component = choose(logits, first, warmth)
            chosen = chosen_component(raw, component, self.num_components)
            loc, log_scale, df = (part[..., 0] for part in self._parts(chosen, 1))
            scale = tf.exp(log_scale - bias_column) * tf.sqrt(tf.maximum(warmth, 0.0))
            return loc + scale * _student_t(radii, angles, df)

        def draw_given():
            evidence = self._evidence(raw, fixed, bias_column, warmth)
            none = tf.zeros_like(evidence)
            return draw(posterior(logits, none, evidence, bias, temperature))

        return given(fixed, draw(logits * (1.0 + bias_column)), draw_given)

    def distribution(self, params, bias=0.0, temperature=1.0) -> Any:
        """See `Head.distribution`."""
        import tensorflow_probability as tfp

        tfd = tfp.distributions
        bias = column(bias)
        temperature = tf.maximum(column(temperature), SMALLEST_TEMPERATURE)
        logits, raw = self._split(params)
        loc, log_scale, df = (tf.linalg.matrix_transpose(part) for part in self._parts(raw))
        log_scale += (0.5 * tf.math.log(temperature) - bias)[..., tf.newaxis]
        components = tfd.Independent(tfd.StudentT(df, loc, tf.exp(log_scale)), 1)
        logits = tempered(logits * (1.0 + bias), temperature)
        return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), components)

    def mean(self, params):
        """See `Head.mean`."""
        logits, raw = self._split(params)
        loc, _, _ = self._parts(raw)
        return tf.reduce_sum(tf.nn.softmax(logits)[..., tf.newaxis, :] * loc, axis=-1)

    def get_config(self):
        """See `Head.get_config`."""
        return {"num_dims": self.num_dims, "num_components": self.num_components}

    def _split(self, params):
        """Logits `[..., M]`, and what the components have beside."""
        size = self.num_components
        return tf.split(tf.cast(params, tf.float32), [size, self.params_size - size], axis=-1)

    def _parts(self, raw, num_components=None):
        """Locations, log scales and degrees of freedom, each `[..., D, M]`."""
        sizes = [self.num_dims, num_components or self.num_components]
        shape = tf.concat([tf.shape(raw)[:-1], [3 * sizes[0], sizes[1]]], axis=0)
        loc, log_scale, log_df = tf.split(tf.reshape(raw, shape), 3, axis=-2)
        log_scale = tf.clip_by_value(log_scale, -_LOG_SCALE_LIMIT, _LOG_SCALE_LIMIT)
        log_df = tf.clip_by_value(log_df, -_LOG_DF_LIMIT, _LOG_DF_LIMIT)
        return loc, log_scale, _FEWEST_DF + _DF_UNIT * tf.exp(log_df)

    def _evidence(self, raw, fixed, bias, temperature):
        """Log densities of what is fixed `[B, D]` under each component, float64 `[B, M]`."""
        loc, log_scale, df = (tf.cast(part, tf.float64) for part in self._parts(raw))
        known = tf.math.is_finite(fixed)[..., tf.newaxis]
        warmth = tf.cast(tf.clip_by_value(temperature, 1e-30, 1e30), tf.float64)
        bias = tf.clip_by_value(tf.cast(bias, tf.float64), -200.0, 200.0)
        log_scale += (0.5 * tf.math.log(warmth) - bias)[..., tf.newaxis]
        x = tf.where(known, tf.cast(fixed, tf.float64)[..., tf.newaxis], loc)
        density = _log_density((x - loc) * tf.exp(-log_scale), df) - log_scale
        return tf.reduce_sum(tf.where(known, density, 0.0), axis=-2)


def _log_density(z: tf.Tensor, df: tf.Tensor) -> tf.Tensor:
    """The log density of Student's t with `df` degrees of freedom, without overflow.

    With a = df / 2 its constant is log G(a + 1/2) - log G(a), the difference of two large numbers
    when taken so; here it is 4 steps of G(a + 1) = a G(a), then Stirling's series, right to
    float32's last bit or two.
    """
    a = 0.5 * df
    ratio = tf.ones_like(a)
    for step in range(_SHIFT):
        ratio *= (a + step) / (a + (step + 0.5))
    high = a + float(_SHIFT)
    inverse = 1.0 / (high * high)
    series = (-1.0 / 8.0 + (1.0 / 192.0 - inverse / 640.0) * inverse) / high
    constant = 0.5 * tf.math.log(high) + series + tf.math.log(ratio)
    # z is at most so large that its square is finite: 1e4 times e^7, and then some.
    z = tf.clip_by_value(z, -np.sqrt(_LARGEST) * 0.1, np.sqrt(_LARGEST) * 0.1)
    tail = (a + 0.5) * tf.math.log1p(z * z / df)
    return constant - 0.5 * tf.math.log(math.pi * df) - tail


def _student_t(radii: tf.Tensor, angles: tf.Tensor, df: tf.Tensor) -> tf.Tensor:
    """Bailey's formula: two uniform numbers in (0, 1) and the degrees of freedom, `[B, D]` each."""
    squares = df * tf.math.expm1(-2.0 * tf.math.log(radii) / df)
    return tf.sqrt(squares) * tf.cos(2.0 * math.pi * angles)
