"""A mixture whose components hold the continuous and the discrete columns of an event together."""

from collections.abc import Sequence
from typing import Any, Literal

import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.heads.bernoulli import Bernoulli
from hachi_tf.layers.heads.categorical import Categorical
from hachi_tf.layers.heads.gaussian_mixture import chosen_component, gaussian_distribution
from hachi_tf.layers.heads.gaussians import Gaussians, posterior, sharpened
from hachi_tf.layers.heads.head import (
    SMALLEST_TEMPERATURE,
    Head,
    choose,
    column,
    given,
    tempered,
)


class EventMixture(Head):
    """A mixture of M components over D numbers, I binary and J categorical columns.

        p(x, b, c) = sum_k pi_k N(x | k) prod_i Bernoulli(b_i | k) prod_j Categorical(c_j | k)

    Within a component the columns are independent, but for the Gaussian's covariance; so whatever
    ties a class to a number, or to another class, is said by the components.

    The raw parameters are, each `[M]`: the components' logits, the Gaussians' as in
    `GaussianMixture`, a logit for each binary column, and for each categorical one a logit for
    each class. A sample takes a number for the component, one for each continuous, then one for
    each binary and each categorical column. The bias acts on the components' weights and the
    Gaussians, the temperature also on the discrete columns within a component.

    A NaN in an event is a missing value, and so is a class that does not exist: `log_prob` is the
    exact marginal without a discrete column that is missing, and without all the continuous ones
    if one of them is.

    Args:
        num_dims: D, at least 0.
        classes: the number of classes of each categorical column.
        num_binary: I, at least 0.
        num_components: M, at least 1.
        covariance: as for `GaussianMixture`.

    Raises:
        UserError: for a number out of range, or no column at all.
    """

    kind = "mixed"
    handles_missing = True

    def __init__(
        self,
        num_dims: int = 2,
        classes: Sequence[int] = (3,),
        num_binary: int = 1,
        num_components: int = 20,
        covariance: Literal["auto", "full", "diag"] = "auto",
    ):
        self.num_dims, self.classes, self.num_binary = num_dims, tuple(classes), num_binary
        self.num_components, self.covariance = num_components, covariance
        self.event_size = num_dims + num_binary + len(self.classes)
        if min(num_dims, num_binary, num_components - 1, *[k - 1 for k in self.classes], 0) < 0:
            raise UserError(
                "num_dims and num_binary of at least 0, num_components and classes of at least 1",
                f"{num_dims}, {num_binary}, {num_components} and {list(self.classes)}",
            )
        if not self.event_size:
            raise UserError("at least one column", "none")
        self._gaussians = Gaussians(num_dims, num_components, covariance)
        sizes = [1, self._gaussians.size, num_binary, *self.classes]
        self._sizes = [size * num_components for size in sizes]
        self.params_size = sum(self._sizes)
        self.noise_size = 1 + self.event_size

    def log_prob(self, params, events):
        """See `Head.log_prob`, and above what becomes of missing values."""
        events = tf.cast(events, tf.float32)
        logits, raw, binary, *classes = self._split(params)
        x, *discrete = tf.split(events, [self.num_dims] + [1] * self._num_discrete, axis=-1)
        total, known = tf.nn.log_softmax(logits), []
        if self.num_dims:
            known.append(tf.reduce_all(tf.math.is_finite(x), axis=-1, keepdims=True))
            # NaN must not even reach what is left out, or its gradient.
            part = self._gaussians.log_prob(raw, tf.where(known[-1], x, 0.0))
            total += tf.where(known[-1], part - self._gaussians.constant, 0.0)
        for value, own in zip(discrete, self._by_binary(binary), strict=False):
            known.append(tf.math.is_finite(value))
            sign = 1.0 - 2.0 * tf.where(known[-1], value, 0.0)
            total -= tf.where(known[-1], tf.math.softplus(sign * own), 0.0)
        pairs = zip(discrete[self.num_binary :], classes, self.classes, strict=True)
        for value, own, num_classes in pairs:
            index = _class(value, num_classes)
            known.append(index >= 0)
            shifted = self._by_class(own)  # [..., K, M]
            shifted -= tf.stop_gradient(tf.reduce_max(shifted, axis=-2, keepdims=True))
            one_hot = tf.one_hot(index[..., 0], num_classes)[..., tf.newaxis]  # zeros if missing
            part = tf.reduce_sum(one_hot * shifted, axis=-2)
            part -= tf.math.log(tf.reduce_sum(tf.exp(shifted), axis=-2))
            total += tf.where(known[-1], part, 0.0)
        anything = tf.reduce_any(tf.concat(known, axis=-1), axis=-1)
        return tf.where(anything, tf.reduce_logsumexp(total, axis=-1), 0.0)

    def sample(self, params, noise, bias=0.0, temperature=1.0, fixed=None):
        """See `Head.sample`: the first number of the noise chooses the component."""
        logits, *rest = self._split(params)
        sizes = [1, self.num_dims, self.num_binary] + [1] * len(self.classes)
        first, normal, uniform, *uniforms = tf.split(noise, sizes, axis=-1)
        z, settings = tf.math.ndtri(normal), (column(bias), column(temperature))

        def draw(logits, conditional=None):
            component = choose(logits, first, settings[1])
            raw, binary, *classes = (
                chosen_component(part, component, self.num_components) for part in rest
            )
            if conditional is None or conditional.mean is None:
                parts = [self._gaussians.draw(raw, z, *settings)]
            else:
                parts = [self._gaussians.draw_given(raw, conditional, component, z, *settings)]
            parts.append(Bernoulli().sample(binary, uniform, temperature=temperature))
            for own, number, num_classes in zip(classes, uniforms, self.classes, strict=True):
                parts.append(Categorical(num_classes).sample(own, number, temperature=temperature))
            return tf.concat(parts, axis=-1)

        def draw_given():
            energy, log_weight, conditional = self._evidence(rest, fixed, bias, settings[1])
            return draw(posterior(logits, energy, log_weight, bias, temperature), conditional)

        return given(fixed, draw(logits * (1.0 + settings[0])), draw_given)

    def distribution(self, params, bias=0.0, temperature=1.0) -> Any:
        """See `Head.distribution`; it knows no missing values."""
        import tensorflow_probability as tfp

        tfd = tfp.distributions
        bias = column(bias)
        temperature = tf.maximum(column(temperature), SMALLEST_TEMPERATURE)
        logits, raw, binary, *classes = self._split(params)
        warmth, parts = temperature[..., tf.newaxis], []
        if self.num_dims:
            parts.append(gaussian_distribution(self._gaussians, raw, bias, temperature))
        if self.num_binary:
            own = tf.linalg.matrix_transpose(tf.stack(self._by_binary(binary), axis=-2))
            bernoulli = tfd.Bernoulli(logits=own / warmth, dtype=tf.float32)
            parts.append(tfd.Independent(bernoulli, reinterpreted_batch_ndims=1))
        for own in classes:
            own = tempered(tf.linalg.matrix_transpose(self._by_class(own)), warmth)
            categorical = tfd.Categorical(logits=own[..., tf.newaxis, :], dtype=tf.float32)
            parts.append(tfd.Independent(categorical, reinterpreted_batch_ndims=1))
        logits = tempered(logits * (1.0 + bias), temperature)
        return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), tfd.Blockwise(parts))

    def mean(self, params):
        """The expected numbers, the probabilities of 1, the likeliest classes, `[..., E]`."""
        logits, raw, binary, *classes = self._split(params)
        weights = tf.nn.softmax(logits)
        loc, _, _ = self._gaussians.split(raw)
        means = [tf.reduce_sum(weights[..., tf.newaxis, :] * loc, axis=-1)]
        for own in self._by_binary(binary):
            means.append(tf.reduce_sum(weights * tf.sigmoid(own), axis=-1, keepdims=True))
        for own in classes:
            chances = tf.nn.softmax(self._by_class(own), axis=-2)
            likeliest = tf.argmax(tf.linalg.matvec(chances, weights), axis=-1)
            means.append(tf.cast(likeliest, tf.float32)[..., tf.newaxis])
        return tf.concat(means, axis=-1)

    def get_config(self):
        """See `Head.get_config`."""
        return {
            "num_dims": self.num_dims,
            "classes": list(self.classes),
            "num_binary": self.num_binary,
            "num_components": self.num_components,
            "covariance": self.covariance,
        }

    @property
    def _num_discrete(self) -> int:
        return self.num_binary + len(self.classes)

    def _split(self, params):
        """The components' logits, then the parameters of each kind of column, `[..., R * M]`."""
        return tf.split(tf.cast(params, tf.float32), self._sizes, axis=-1)

    def _by_binary(self, binary):
        return tf.split(binary, self.num_binary, axis=-1) if self.num_binary else []

    def _by_class(self, classes):
        """`[..., K * M]` -> `[..., K, M]`."""
        sizes = [classes.shape[-1] // self.num_components, self.num_components]
        return tf.reshape(classes, tf.concat([tf.shape(classes)[:-1], sizes], axis=0))

    def _evidence(self, rest, fixed, bias, temperature):
        """What fixed columns `[B, E]` say of the components: see `posterior`."""
        raw, binary, *classes = rest
        x, *values = tf.split(fixed, [self.num_dims] + [1] * self._num_discrete, axis=-1)
        warmth = tf.cast(tf.where(temperature > 0.0, temperature, 1.0), tf.float64)  # [B, 1]
        conditional = self._gaussians.condition(raw, x) if self.num_dims else None
        energy = log_weight = tf.zeros([tf.shape(fixed)[0], self.num_components], tf.float64)
        if conditional is not None:
            energy = sharpened(conditional.distance, bias)
            log_weight = conditional.log_scale
        for value, own in zip(values, self._by_binary(binary), strict=False):
            known = tf.math.is_finite(value)
            agreed = tf.cast(own * (2.0 * tf.where(known, value, 0.0) - 1.0), tf.float64)
            energy += tf.where(known, tf.minimum(agreed, 0.0), 0.0)
            log_weight -= tf.where(known, tf.math.log1p(tf.exp(-tf.abs(agreed) / warmth)), 0.0)
        pairs = zip(values[self.num_binary :], classes, self.classes, strict=True)
        for value, own, num_classes in pairs:
            index = _class(value, num_classes)
            shifted = tf.cast(self._by_class(own), tf.float64)
            shifted -= tf.reduce_max(shifted, axis=-2, keepdims=True)
            one_hot = tf.one_hot(index[..., 0], num_classes, dtype=tf.float64)[..., tf.newaxis]
            chances = tf.reduce_sum(tf.exp(shifted / warmth[..., tf.newaxis]), axis=-2)
            energy += tf.reduce_sum(one_hot * shifted, axis=-2)
            log_weight -= tf.where(index >= 0, tf.math.log(chances), 0.0)
        return energy, log_weight, conditional


def _class(value: tf.Tensor, num_classes: int) -> tf.Tensor:
    """The index of the class, int32; -1 if it is missing or there is none."""
    value = tf.round(value)
    known = (value >= 0.0) & (value < float(num_classes))  # not of NaN
    return tf.cast(tf.where(known, value, -1.0), tf.int32)
