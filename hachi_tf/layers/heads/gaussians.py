"""Gaussians by their raw parameters: the components of a mixture."""

import math
from typing import NamedTuple

import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.heads.head import column

_LOG_SCALE_LIMIT = 7.0
_ATANH_LIMIT = 15.0  # of the correlation; beyond it exp(2r) z^2 may overflow
_COUPLING_LIMIT = math.exp(7.0)
_MOST_FULL_DIMS = 12  # sampling multiplies up to 11 couplings; e^84 is below float32's largest
_ROUNDING = 1e-28  # of a variance in float64, after all that was known is taken off it
_LARGEST = 3e38


class Conditional(NamedTuple):
    """M Gaussians of which some columns are known, in standard deviations; float64.

    Attributes:
        distance: half the squared distance of what is known from the mean, `[B, M]`.
        log_scale: minus the logarithm of the known columns' scale, `[B, M]`.
        mean: of all columns, given those, `[B, M, D]`; None if no column tells of another.
        factor: of their covariance, given those, `[B, M, D, D]`; None as well.
    """

    distance: tf.Tensor
    log_scale: tf.Tensor
    mean: tf.Tensor | None = None
    factor: tf.Tensor | None = None


class Gaussians:
    """M Gaussians over D numbers.

    The raw parameters are, each `[M]`: D means, D log standard deviations, and the couplings that
    `GaussianMixture` describes.

    Args:
        num_dims: D, at least 0.
        num_components: M, at least 1.
        covariance: `"full"` (up to 12 dimensions), `"diag"`, or `"auto"`: full up to 6.

    Attributes:
        full: whether there are couplings (of one dimension, none).
        constant: what `log_prob` leaves out, D log(2 pi) / 2.
        size: how many raw parameters a component has.

    Raises:
        UserError: for a number out of range.
    """

    def __init__(self, num_dims: int, num_components: int, covariance: str):
        if covariance not in ("auto", "full", "diag"):
            raise UserError("covariance='auto', 'full' or 'diag'", repr(covariance))
        if covariance == "full" and num_dims > _MOST_FULL_DIMS:
            raise UserError(
                f"a full covariance over at most {_MOST_FULL_DIMS} columns",
                f"{num_dims} columns",
                "use covariance='diag'",
            )
        self.num_dims, self.num_components = num_dims, num_components
        self.full = covariance == "full" or (covariance == "auto" and num_dims <= 6)
        self.num_couplings = num_dims * (num_dims - 1) // 2 if self.full else 0
        self.size = 2 * num_dims + self.num_couplings
        self.constant = 0.5 * num_dims * math.log(2.0 * math.pi)

    def split(self, raw):
        """Means and log scales `[..., D, M]`, couplings `[..., C, M]`, both clamped."""
        sizes = [self.num_dims, self.num_dims, self.num_couplings]
        shape = tf.concat([tf.shape(raw)[:-1], [self.size, self.num_components]], axis=0)
        loc, log_scale, couplings = tf.split(tf.reshape(raw, shape), sizes, axis=-2)
        log_scale = tf.clip_by_value(log_scale, -_LOG_SCALE_LIMIT, _LOG_SCALE_LIMIT)
        return loc, log_scale, self._clip_couplings(couplings)

    def log_prob(self, raw: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        """The components' log densities, but for `constant`.

        Args:
            raw: `[..., size * M]`.
            x: `[..., D]`.

        Returns:
            `[..., M]`.
        """
        if self.full and self.num_dims == 2:
            return _bivariate_log_prob(raw, x[..., :1], x[..., 1:])
        if not self.num_couplings:
            loc, log_scale, _ = self.split(raw)
            z = (x[..., tf.newaxis] - loc) * tf.exp(-log_scale)
            return -0.5 * tf.reduce_sum(z * z, axis=-2) - tf.reduce_sum(log_scale, axis=-2)
        # Each dimension is a tensor of its own, several times faster on a CPU.
        dims, size = self.num_dims, self.num_dims * self.num_components
        loc, log_scale, couplings = tf.split(raw, [size, size, -1], axis=-1)
        log_scale = tf.clip_by_value(log_scale, -_LOG_SCALE_LIMIT, _LOG_SCALE_LIMIT)
        locs, inverses = tf.split(loc, dims, axis=-1), tf.split(tf.exp(-log_scale), dims, axis=-1)
        coupled = iter(tf.split(self._clip_couplings(couplings), self.num_couplings, axis=-1))
        y = [(x[..., d : d + 1] - locs[d]) * inverses[d] for d in range(dims)]
        squares = []
        for d in range(dims):
            z = y[d]
            for k in range(d):
                z += next(coupled) * y[k]
            squares.append(z * z)
        return -0.5 * tf.add_n(squares) - tf.add_n(tf.split(log_scale, dims, axis=-1))

    def draw(self, chosen, z, bias, temperature):
        """Events `[B, D]` of one component a row.

        Args:
            chosen: its raw parameters, `[B, size]`.
            z: independent standard normal numbers, `[B, D]`.
            bias: `[B, 1]` or `[1]`, and so is the temperature.
            temperature: at least 0.
        """
        dims = self.num_dims
        loc, log_scale = chosen[:, :dims], chosen[:, dims : 2 * dims]
        scale = tf.exp(tf.clip_by_value(log_scale, -_LOG_SCALE_LIMIT, _LOG_SCALE_LIMIT) - bias)
        scale *= tf.sqrt(tf.maximum(temperature, 0.0))
        if self.num_couplings:
            z = self._correlate(z, self._clip_couplings(chosen[:, 2 * dims :]))
        return loc + scale * z

    def draw_given(self, chosen, conditional, component, z, bias, temperature):
        """As `draw`, given what is known; known columns are not exact.

        Args:
            chosen: as for `draw`, as are the last three.
            conditional: what `condition` returned, with `mean` and `factor`.
            component: int32 `[B]`.
            z: `[B, D]`.
            bias: `[B, 1]` or `[1]`.
            temperature: `[B, 1]` or `[1]`.
        """
        mean = tf.gather(conditional.mean, component, batch_dims=1)
        factor = tf.gather(conditional.factor, component, batch_dims=1)
        dims, chosen = self.num_dims, tf.cast(chosen, tf.float64)
        loc, log_scale = chosen[:, :dims], chosen[:, dims : 2 * dims]
        scale = tf.exp(tf.clip_by_value(log_scale, -_LOG_SCALE_LIMIT, _LOG_SCALE_LIMIT))
        spread = tf.exp(-tf.clip_by_value(tf.cast(bias, tf.float64), -200.0, 200.0))
        spread *= tf.sqrt(tf.cast(tf.clip_by_value(temperature, 0.0, _LARGEST), tf.float64))
        x = loc + scale * (mean + spread * tf.linalg.matvec(factor, tf.cast(z, tf.float64)))
        return tf.cast(tf.clip_by_value(x, -_LARGEST, _LARGEST), tf.float32)

    def condition(self, raw: tf.Tensor, fixed: tf.Tensor) -> Conditional:
        """The Gaussians given some of the columns, in closed form.

        With y = (x - mu) / sigma = mean + factor n and n standard normal, a known y_d is one
        linear equation for n: the mean moves by its least solution, and the factor is projected
        on what is left.

        Args:
            raw: `[B, size * M]`.
            fixed: `[B, D]`, NaN where a column is free.

        Returns:
            A `Conditional`; bias and temperature only scale what it says.
        """
        loc, log_scale, couplings = self.split(tf.cast(raw, tf.float64))
        known = tf.math.is_finite(fixed)  # [B, D]
        value = tf.where(known, tf.cast(fixed, tf.float64), 0.0)[..., tf.newaxis]
        y = tf.where(known[..., tf.newaxis], (value - loc) * tf.exp(-log_scale), 0.0)  # [B, D, M]
        log_scales = -tf.reduce_sum(tf.where(known[..., tf.newaxis], log_scale, 0.0), axis=-2)
        if not self.num_couplings:
            return Conditional(0.5 * tf.reduce_sum(y * y, axis=-2), log_scales)
        y = tf.linalg.matrix_transpose(y)  # [B, M, D]
        factor = self.factor(tf.linalg.matrix_transpose(couplings))  # [B, M, D, D]
        steps = tf.zeros_like(y), tf.ones_like(y)
        # Beside the factor, how far what is known, or 0, is from the mean.
        start = tf.concat([factor, y[..., tf.newaxis]], axis=-1), *steps
        left, away, variance = tf.cond(
            tf.reduce_any(known), lambda: self._project(start[0], known), lambda: start
        )
        distance = 0.5 * tf.reduce_sum(away * away / variance, axis=-1)
        log_scales -= 0.5 * tf.reduce_sum(tf.math.log(variance), axis=-1)
        return Conditional(distance, log_scales, y - left[..., -1], left[..., :-1])

    def _project(self, left, known):
        """Takes what is known off factors and distances `[B, M, D, D + 1]`, a column at a time.

        Returns:
            What is left; of each known column the distance and the variance given those before
            it, `[B, M, D]`; 0 and 1 for others.
        """
        smallest = tf.unstack(_ROUNDING * tf.reduce_sum(left[..., :-1] ** 2, axis=-1), axis=-1)
        known = tf.unstack(known[:, tf.newaxis], num=self.num_dims, axis=-1)  # [B, 1] each
        distances, variances = [], []
        for d in range(self.num_dims):
            row, use = left[..., d, :], tf.cast(known[d], tf.float64)
            product = left[..., :-1] * row[..., tf.newaxis, :-1]
            covariance = tf.reduce_sum(product, axis=-1)  # with column d, [B, M, D]
            variance = tf.where(known[d], tf.maximum(covariance[..., d], smallest[d]), 1.0)
            gain = covariance * (use / variance)[..., tf.newaxis]
            left -= gain[..., tf.newaxis] * row[..., tf.newaxis, :]
            distances.append(use * row[..., -1])
            variances.append(variance)
        return left, tf.stack(distances, axis=-1), tf.stack(variances, axis=-1)

    def factor(self, couplings):
        """Couplings `[..., C]` -> the factor of the correlations `[..., D, D]`, lower triangular.

        Its rows are not of length 1 in more than two dimensions.
        """
        shape = tf.shape(couplings)[:-1]
        identity = tf.eye(self.num_dims, batch_shape=shape, dtype=couplings.dtype)
        columns = [self._correlate(identity[..., d, :], couplings) for d in range(self.num_dims)]
        return tf.stack(columns, axis=-1)

    def _clip_couplings(self, couplings):
        limit = _ATANH_LIMIT if self.num_dims == 2 else _COUPLING_LIMIT
        return tf.clip_by_value(couplings, -limit, limit)

    def _correlate(self, z, couplings):
        """Independent z `[..., D]` -> y with z_d = y_d + sum over k < d of c_dk y_k."""
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


def posterior(logits, energy, log_weight, bias, temperature) -> tf.Tensor:
    """Logits, for `choose`, of components given evidence, float32 `[B, M]`.

    A component's weight is proportional to exp((logits (1 + bias) + energy) / t + log_weight); as
    t goes to 0, the largest of logits (1 + bias) + energy remains.

    Args:
        logits: `[B, M]`, of the components without evidence.
        energy: float64 `[B, M]`, that part of the log-likelihood which the temperature divides.
        log_weight: float64 `[B, M]`, the other part.
        bias: `[B]` or a number.
        temperature: `[B]` or a number.
    """
    bias = tf.cast(column(bias), tf.float64)
    temperature = tf.cast(tf.clip_by_value(column(temperature), 0.0, 1e30), tf.float64)
    logits = tf.cast(logits, tf.float64) * (1.0 + bias)
    total = logits + tf.maximum(energy, -1e300) + temperature * log_weight
    return tf.cast(total - tf.reduce_max(total, axis=-1, keepdims=True), tf.float32)


def sharpened(distance, bias) -> tf.Tensor:
    """The energy of half a squared distance, float64 `[B, M]`, once the bias has acted."""
    bias = tf.cast(column(bias), tf.float64)
    return -distance * tf.exp(tf.clip_by_value(2.0 * bias, -400.0, 400.0))


def _bivariate_log_prob(params, x1, x2):
    """Log densities of bivariate Gaussians; see `BivariateGaussian` for the formula.

    Each dimension is a tensor of its own, which on a CPU is several times faster than a last axis
    of size 2. Both exponentials of r are taken, since the gradient of a quotient overflows.

    Args:
        params: `[..., 5 M]`: mu1, mu2, log sigma1, log sigma2, r = atanh rho.
        x1: `[..., 1]`.
        x2: `[..., 1]`.

    Returns:
        `[..., M]`, without the constant log(2 pi).
    """
    mu1, mu2, log_scale1, log_scale2, r = tf.split(params, 5, axis=-1)  # [..., M]
    log_scale1 = tf.clip_by_value(log_scale1, -_LOG_SCALE_LIMIT, _LOG_SCALE_LIMIT)
    log_scale2 = tf.clip_by_value(log_scale2, -_LOG_SCALE_LIMIT, _LOG_SCALE_LIMIT)
    r = tf.clip_by_value(r, -_ATANH_LIMIT, _ATANH_LIMIT)
    z1, z2 = (x1 - mu1) * tf.exp(-log_scale1), (x2 - mu2) * tf.exp(-log_scale2)
    u, v = z1 - z2, z1 + z2
    a, b = 1.0 + tf.exp(2.0 * r), 1.0 + tf.exp(-2.0 * r)
    log_cosh = 0.5 * tf.math.log(0.25 * a * b)
    return log_cosh - log_scale1 - log_scale2 - 0.125 * (u * u * a + v * v * b)
