"""A bivariate Gaussian in closed form, as a TensorFlow Probability distribution."""

import math

import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability.python.internal import (
    dtype_util,
    parameter_properties,
    samplers,
)

tfd = tfp.distributions


class BivariateGaussian(tfd.Distribution):
    """A Gaussian over two numbers with a correlation, by logarithms of its parameters.

    With z = (x - loc) / scale, u = z1 - z2, v = z1 + z2 and r the correlation's inverse hyperbolic
    tangent, the density of Graves (2013), eq. 24-25 is

        log N = -log(2 pi) - log_scale1 - log_scale2 + log cosh r
                - (u^2 (1 + e^(2r)) + v^2 (1 + e^(-2r))) / 8,

    which stays exact where 1 - tanh(r)^2 is 0 in float32; `tfd.MultivariateNormalTriL` is NaN
    there.

    Args:
        loc: means `[..., 2]`.
        log_scale: logarithms of the standard deviations `[..., 2]`.
        atanh_correlation: r `[...]`; the correlation is tanh(r).
    """

    def __init__(
        self,
        loc,
        log_scale,
        atanh_correlation,
        validate_args=False,
        allow_nan_stats=True,
        name="BivariateGaussian",
    ):
        parameters = dict(locals())
        with tf.name_scope(name) as name:
            dtype = dtype_util.common_dtype([loc, log_scale, atanh_correlation], tf.float32)
            self._loc = tf.convert_to_tensor(loc, dtype)
            self._log_scale = tf.convert_to_tensor(log_scale, dtype)
            self._atanh_correlation = tf.convert_to_tensor(atanh_correlation, dtype)
            super().__init__(
                dtype=dtype,
                reparameterization_type=tfd.FULLY_REPARAMETERIZED,
                validate_args=validate_args,
                allow_nan_stats=allow_nan_stats,
                parameters=parameters,
                name=name,
            )

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {
            "loc": parameter_properties.ParameterProperties(event_ndims=1),
            "log_scale": parameter_properties.ParameterProperties(event_ndims=1),
            "atanh_correlation": parameter_properties.ParameterProperties(event_ndims=0),
        }

    @property
    def loc(self) -> tf.Tensor:
        """Means `[..., 2]`."""
        return self._loc

    @property
    def log_scale(self) -> tf.Tensor:
        """Logarithms of the standard deviations `[..., 2]`."""
        return self._log_scale

    @property
    def atanh_correlation(self) -> tf.Tensor:
        """Inverse hyperbolic tangent of the correlation `[...]`."""
        return self._atanh_correlation

    def _event_shape(self):
        return tf.TensorShape([2])

    def _event_shape_tensor(self):
        return tf.constant([2], tf.int32)

    def _log_prob(self, x):
        z = (x - self.loc) * tf.exp(-self.log_scale)
        u, v = z[..., 0] - z[..., 1], z[..., 0] + z[..., 1]
        r = self.atanh_correlation
        quadratic = u**2 * (1.0 + tf.exp(2.0 * r)) + v**2 * (1.0 + tf.exp(-2.0 * r))
        log_scales = tf.reduce_sum(self.log_scale, axis=-1)
        return _log_cosh(r) - math.log(2.0 * math.pi) - log_scales - quadratic / 8.0

    def _sample_n(self, n, seed=None):
        shape = tf.concat([[n], self.batch_shape_tensor(), [2]], axis=0)
        normal = samplers.normal(shape, dtype=self.dtype, seed=seed)
        r = self.atanh_correlation
        second = tf.tanh(r) * normal[..., 0] + tf.exp(-_log_cosh(r)) * normal[..., 1]
        return self.loc + tf.exp(self.log_scale) * tf.stack([normal[..., 0], second], axis=-1)

    def _mean(self):
        shape = tf.concat([self.batch_shape_tensor(), [2]], axis=0)
        return tf.broadcast_to(self.loc, shape)

    def _mode(self):
        return self._mean()

    def _stddev(self):
        shape = tf.concat([self.batch_shape_tensor(), [2]], axis=0)
        return tf.broadcast_to(tf.exp(self.log_scale), shape)

    def _variance(self):
        return self._stddev() ** 2

    def _covariance(self):
        scale = self._stddev()
        one = tf.ones_like(scale[..., 0])
        rho = tf.tanh(self.atanh_correlation) * one
        rows = [tf.stack([one, rho], axis=-1), tf.stack([rho, one], axis=-1)]
        return tf.stack(rows, axis=-2) * scale[..., :, tf.newaxis] * scale[..., tf.newaxis, :]


def _log_cosh(r: tf.Tensor) -> tf.Tensor:
    """The logarithm of cosh, which overflows nowhere."""
    return tf.abs(r) + tf.math.log1p(tf.exp(-2.0 * tf.abs(r))) - math.log(2.0)
