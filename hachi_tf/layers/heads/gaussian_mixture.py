"""A mixture of Gaussians over the continuous columns together."""

from typing import Any, Literal

import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.heads.gaussians import Gaussians, posterior, sharpened
from hachi_tf.layers.heads.head import (
    SMALLEST_TEMPERATURE,
    Head,
    choose,
    column,
    given,
    tempered,
)


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
        coupling: what `make_head` does with discrete columns beside: `"independent"` of the
            mixture, a head for each, or with the `"mixture"`, an `EventMixture` over all columns.

    Raises:
        UserError: for a number out of range.
    """

    kind = "continuous"

    def __init__(
        self,
        num_dims: int = 2,
        num_components: int = 20,
        covariance: Literal["auto", "full", "diag"] = "auto",
        coupling: Literal["independent", "mixture"] = "independent",
    ):
        if num_dims < 1 or num_components < 1:
            raise UserError(
                "num_dims and num_components of at least 1", f"{num_dims} and {num_components}"
            )
        if coupling not in ("independent", "mixture"):
            raise UserError("coupling='independent' or 'mixture'", repr(coupling))
        self.num_dims, self.num_components, self.covariance = num_dims, num_components, covariance
        self._gaussians = Gaussians(num_dims, num_components, covariance)
        self.event_size = num_dims
        self.noise_size = 1 + num_dims
        self.params_size = num_components * (1 + self._gaussians.size)

    def log_prob(self, params, events):
        """See `Head.log_prob`."""
        events = tf.cast(events, tf.float32)
        logits, raw = self._split(params)
        log_components = self._gaussians.log_prob(raw, events)
        log_mixture = tf.reduce_logsumexp(tf.nn.log_softmax(logits) + log_components, axis=-1)
        return log_mixture - self._gaussians.constant

    def sample(self, params, noise, bias=0.0, temperature=1.0, fixed=None):
        """See `Head.sample`: the first number of the noise chooses the component."""
        logits, raw = self._split(params)
        z = tf.math.ndtri(noise[:, 1:])  # standard normal
        settings = column(bias), column(temperature)

        def draw(logits, conditional=None):
            component = choose(logits, noise[:, :1], settings[1])
            chosen = chosen_component(raw, component, self.num_components)
            if conditional is None or conditional.mean is None:
                return self._gaussians.draw(chosen, z, *settings)
            return self._gaussians.draw_given(chosen, conditional, component, z, *settings)

        def draw_given():
            conditional = self._gaussians.condition(raw, fixed)
            energy, log_weight = sharpened(conditional.distance, bias), conditional.log_scale
            return draw(posterior(logits, energy, log_weight, bias, temperature), conditional)

        return given(fixed, draw(logits * (1.0 + settings[0])), draw_given)

    def distribution(self, params, bias=0.0, temperature=1.0) -> Any:
        """See `Head.distribution`."""
        import tensorflow_probability as tfp

        tfd = tfp.distributions
        bias = column(bias)
        temperature = tf.maximum(column(temperature), SMALLEST_TEMPERATURE)
        logits, raw = self._split(params)
        components = gaussian_distribution(self._gaussians, raw, bias, temperature)
        logits = tempered(logits * (1.0 + bias), temperature)
        return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), components)

    def mean(self, params):
        """See `Head.mean`."""
        logits, raw = self._split(params)
        loc, _, _ = self._gaussians.split(raw)
        return tf.reduce_sum(tf.nn.softmax(logits)[..., tf.newaxis, :] * loc, axis=-1)

    def get_config(self):
        """See `Head.get_config`."""
        return {
            "num_dims": self.num_dims,
            "num_components": self.num_components,
            "covariance": self.covariance,
        }

    def _split(self, params):
        """Logits `[..., M]`, and what the components have beside."""
        size = self.num_components
        return tf.split(tf.cast(params, tf.float32), [size, self.params_size - size], axis=-1)


def chosen_component(raw: tf.Tensor, component: tf.Tensor, num_components: int) -> tf.Tensor:
    """One component's raw parameters `[B, R]`, of those of all, `[B, R * M]`."""
    shape = [tf.shape(raw)[0], raw.shape[-1] // num_components, num_components]
    return tf.gather(tf.reshape(raw, shape), component, axis=2, batch_dims=1)


def gaussian_distribution(gaussians: Gaussians, raw, bias, temperature) -> Any:
    """The components as a `tfd.Distribution` of batch `[..., M]` and event `[D]`.

    Args:
        gaussians: their form.
        raw: their parameters, `[..., R]`.
        bias: of a shape that broadcasts with `[..., 1]`, and so is the temperature.
        temperature: above 0.
    """
    import tensorflow_probability as tfp

    tfd = tfp.distributions
    loc, log_scale, couplings = gaussians.split(raw)
    log_scale += (0.5 * tf.math.log(temperature) - bias)[..., tf.newaxis]
    loc, log_scale = tf.linalg.matrix_transpose(loc), tf.linalg.matrix_transpose(log_scale)
    if not gaussians.num_couplings:
        return tfd.MultivariateNormalDiag(loc, tf.exp(log_scale))
    if gaussians.num_dims == 2:
        from hachi_tf.layers.heads.bivariate_gaussian import BivariateGaussian

        return BivariateGaussian(loc, log_scale, couplings[..., 0, :])
    factor = gaussians.factor(tf.linalg.matrix_transpose(couplings))
    return tfd.MultivariateNormalTriL(loc, tf.exp(log_scale)[..., tf.newaxis] * factor)
