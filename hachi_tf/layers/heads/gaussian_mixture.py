"""A mixture of Gaussians over the continuous columns together."""

import math
from typing import Any, Literal

import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.heads.head import SMALLEST_TEMPERATURE, Head, choose, column, tempered

_LOG_SCALE_LIMIT = 7.0
_ATANH_LIMIT = 15.0  # of the correlation; beyond it exp(2r) z^2 may overflow
_COUPLING_LIMIT = math.exp(7.0)
_MOST_FULL_DIMS = 12  # sampling multiplies up to 11 couplings; e^84 is below float32's largest


class GaussianMixture(Head):
    """A mixture of M Gaussians over D numbers (Graves 2013, section 4; Bishop 1994).

    The raw parameters are, each `[M]`: logits, then D means, D log standard deviations (clamped
    to [-7, 7]), then for a full covariance

    - in two dimensions the inverse hyperbolic tangent of the correlation (clamped to [-15, 15]);
    - in more, the D (D - 1) / 2 couplings c_dk (k < d, row by row, clamped to [-e^7, e^7]) of
      the Cholesky factor of the precision: with y = (x - mu) / sigma, the numbers
      z_d = y_d + sum_k c_dk y_k are independent and standard normal, so that sigma_d is the
      standard deviation of x_d given the dimensions before it.

    Two dimensions and M = 20 give Graves's 120 parameters.

    Args:
        num_dims: D, at least 1.
        num_components: M, at least 1.
        covariance: `"full"` (up to 12 dimensions), `"diag"`, or `"auto"`: full up to 6.

    Raises:
        UserError: for a number out of range.
    """

    kind = "continuous"

    def __init__(
        self,
        num_dims: int = 2,
        num_components: int = 20,
        covariance: Literal["auto", "full", "diag"] = "auto",
    ):
        if num_dims < 1 or num_components < 1:
            raise UserError(
                "num_dims and num_components of at least 1", f"{num_dims} and {num_components}"
            )
        if covariance not in ("auto", "full", "diag"):
            raise UserError("covariance='auto', 'full' or 'diag'", repr(covariance))
        if covariance == "full" and num_dims > _MOST_FULL_DIMS:
            raise UserError(
                f"a full covariance over at most {_MOST_FULL_DIMS} columns",
                f"{num_dims} columns",
                "use covariance='diag'",
            )
        self.num_dims, self.num_components, self.covariance = num_dims, num_components, covariance
        self._full = covariance == "full" or (covariance == "auto" and num_dims <= 6)
        self._num_couplings = num_dims * (num_dims - 1) // 2 if self._full else 0
        self.event_size = num_dims
        self.noise_size = 1 + num_dims
        self.params_size = num_components * (1 + 2 * num_dims + self._num_couplings)

    def log_prob(self, params, events):
        """See `Head.log_prob`."""
        params, events = tf.cast(params, tf.float32), tf.cast(events, tf.float32)
        if self._full and self.num_dims == 2:
            return _bivariate_log_prob(params, events[..., :1], events[..., 1:])
        logits, loc, log_scale, couplings = self._split(params)  # [..., M], [..., D, M] ...
        y = (events[..., tf.newaxis] - loc) * tf.exp(-log_scale)
        z = self._decorrelate(y, couplings)
        log_components = -0.5 * tf.reduce_sum(z**2 + math.log(2.0 * math.pi), axis=-2)
        log_components -= tf.reduce_sum(log_scale, axis=-2)
        return tf.reduce_logsumexp(tf.nn.log_softmax(logits) + log_components, axis=-1)

    def sample(self, params, noise, bias=0.0, temperature=1.0):
        """See `Head.sample`: the first number of the noise chooses the component."""
        bias, temperature = column(bias), column(temperature)
        params = tf.cast(params, tf.float32)
        size = self.num_components
        logits = params[:, :size] * (1.0 + bias)
        component = choose(logits, noise[:, :1], temperature)
        rest = tf.reshape(params[:, size:], [-1, self.params_size // size - 1, size])
        chosen = tf.gather(rest, component, axis=2, batch_dims=1)  # [B, 2 D + couplings]
        dims = self.num_dims
        loc, log_scale = chosen[:, :dims], chosen[:, dims : 2 * dims]
        scale = tf.exp(tf.clip_by_value(log_scale, -_LOG_SCALE_LIMIT, _LOG_SCALE_LIMIT) - bias)
        scale *= tf.sqrt(tf.maximum(temperature, 0.0))
        z = tf.math.ndtri(noise[:, 1:])  # standard normal
        if self._full and dims > 1:
            z = self._correlate(z, self._clip_couplings(chosen[:, 2 * dims :]))
        return loc + scale * z

    def distribution(self, params, bias=0.0, temperature=1.0) -> Any:
        """See `Head.distribution`."""
        import tensorflow_probability as tfp

        tfd = tfp.distributions
        bias = column(bias)
        temperature = tf.maximum(column(temperature), SMALLEST_TEMPERATURE)
        logits, loc, log_scale, couplings = self._split(tf.cast(params, tf.float32))
        logits = tempered(logits * (1.0 + bias), temperature)
        log_scale += (0.5 * tf.math.log(temperature) - bias)[..., tf.newaxis]
        loc, log_scale = tf.linalg.matrix_transpose(loc), tf.linalg.matrix_transpose(log_scale)
        if not self._full or self.num_dims == 1:
            components = tfd.MultivariateNormalDiag(loc, tf.exp(log_scale))
        elif self.num_dims == 2:
            from hachi_tf.layers.heads.bivariate_gaussian import BivariateGaussian

            components = BivariateGaussian(loc, log_scale, couplings[..., 0, :])
        else:
            identity = tf.eye(self.num_dims, batch_shape=tf.shape(loc)[:-1])  # [..., M, D, D]
            couplings = tf.linalg.matrix_transpose(couplings)
            columns = [
                self._correlate(identity[..., d, :], couplings) for d in range(self.num_dims)
            ]
            factor = tf.exp(log_scale)[..., tf.newaxis] * tf.stack(columns, axis=-1)
            components = tfd.MultivariateNormalTriL(loc, factor)
        return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), components)

    def mean(self, params):
        """See `Head.mean`."""
        logits, loc, _, _ = self._split(tf.cast(params, tf.float32))
        return tf.reduce_sum(tf.nn.softmax(logits)[..., tf.newaxis, :] * loc, axis=-1)

    def get_config(self):
        """See `Head.get_config`."""
        return {
            "num_dims": self.num_dims,
            "num_components": self.num_components,
            "covariance": self.covariance,
        }

    def _split(self, params):
        """Logits `[..., M]`, means and log scales `[..., D, M]`, couplings `[..., C, M]`."""
        sizes = [1, self.num_dims, self.num_dims, self._num_couplings]
        shape = tf.concat([tf.shape(params)[:-1], [sum(sizes), self.num_components]], axis=0)
        logits, loc, log_scale, couplings = tf.split(tf.reshape(params, shape), sizes, axis=-2)
        log_scale = tf.clip_by_value(log_scale, -_LOG_SCALE_LIMIT, _LOG_SCALE_LIMIT)
        return logits[..., 0, :], loc, log_scale, self._clip_couplings(couplings)

    def _clip_couplings(self, couplings):
        limit = _ATANH_LIMIT if self.num_dims == 2 else _COUPLING_LIMIT
        return tf.clip_by_value(couplings, -limit, limit)

    def _decorrelate(self, y, couplings):
        """`[..., D, M]`: z_d = y_d + sum over k < d of c_dk y_k."""
        if not self._num_couplings:
            return y
        rows, start = [y[..., :1, :]], 0
        for d in range(1, self.num_dims):
            row = couplings[..., start : start + d, :]
            coupled = tf.reduce_sum(row * y[..., :d, :], axis=-2, keepdims=True)
            rows.append(y[..., d : d + 1, :] + coupled)
            start += d
        return tf.concat(rows, axis=-2)

    def _correlate(self, z, couplings):
        """Standard normal z `[..., D]` to y; couplings `[..., C]`. The inverse of the above."""
        if self.num_dims == 2:
            rho = tf.tanh(couplings)
            root = 1.0 / tf.cosh(couplings)
            return tf.concat([z[..., :1], rho * z[..., :1] + root * z[..., 1:]], axis=-1)
        y, start = z[..., :1], 0
        for d in range(1, self.num_dims):
            coupled = tf.reduce_sum(couplings[..., start : start + d] * y, axis=-1, keepdims=True)
            y = tf.concat([y, z[..., d : d + 1] - coupled], axis=-1)
            start += d
        return y


def _bivariate_log_prob(params, x1, x2):
    """Log density of a mixture of bivariate Gaussians; see `BivariateGaussian` for the formula.

    Each dimension is a tensor of its own, which on a CPU is several times faster than a last axis
    of size 2. Both exponentials of r are taken, since the gradient of a quotient overflows.

    Args:
        params: `[..., 6 M]`: logits, mu1, mu2, log sigma1, log sigma2, r = atanh rho.
        x1: `[..., 1]`.
        x2: `[..., 1]`.

    Returns:
        `[...]`.
    """
    logits, mu1, mu2, log_scale1, log_scale2, r = tf.split(params, 6, axis=-1)  # [..., M]
    log_scale1 = tf.clip_by_value(log_scale1, -_LOG_SCALE_LIMIT, _LOG_SCALE_LIMIT)
    log_scale2 = tf.clip_by_value(log_scale2, -_LOG_SCALE_LIMIT, _LOG_SCALE_LIMIT)
    r = tf.clip_by_value(r, -_ATANH_LIMIT, _ATANH_LIMIT)
    z1, z2 = (x1 - mu1) * tf.exp(-log_scale1), (x2 - mu2) * tf.exp(-log_scale2)
    u, v = z1 - z2, z1 + z2
    a, b = 1.0 + tf.exp(2.0 * r), 1.0 + tf.exp(-2.0 * r)
    log_cosh = 0.5 * tf.math.log(0.25 * a * b)
    log_component = log_cosh - log_scale1 - log_scale2 - 0.125 * (u * u * a + v * v * b)
    log_mixture = tf.reduce_logsumexp(tf.nn.log_softmax(logits) + log_component, axis=-1)
    return log_mixture - math.log(2.0 * math.pi)
