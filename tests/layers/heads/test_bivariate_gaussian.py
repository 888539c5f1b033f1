"""The bivariate case: the textbook formula with 60 digits, and the distribution in closed form."""

import mpmath
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from hachi_tf.layers.heads import BivariateGaussian, GaussianMixture

tfd = tfp.distributions


def textbook_bivariate(params, event):
    """Log density of Graves (2013), eq. 23-25, with 60 digits; the clamps are the head's."""
    pi, mu1, mu2, log_sigma1, log_sigma2, rho_hat = (list(row) for row in params)
    clamp = lambda x, limit: min(max(x, -limit), limit)  # noqa: E731
    density = mpmath.mpf(0)
    for m in range(len(pi)):
        sigma1 = mpmath.exp(clamp(log_sigma1[m], 7))
        sigma2 = mpmath.exp(clamp(log_sigma2[m], 7))
        rho = mpmath.tanh(clamp(rho_hat[m], 15))
        z1, z2 = (event[0] - mu1[m]) / sigma1, (event[1] - mu2[m]) / sigma2
        z = z1**2 + z2**2 - 2 * rho * z1 * z2
        normal = mpmath.exp(-z / (2 * (1 - rho**2)))
        normal /= 2 * mpmath.pi * sigma1 * sigma2 * mpmath.sqrt(1 - rho**2)
        density += mpmath.exp(pi[m]) * normal
    return mpmath.log(density / sum(mpmath.exp(x) for x in pi))


def textbook_with_gradient(params, event):
    """The log density of params `[6 M]`, and its gradient by central differences."""
    digits = [mpmath.mpf(float(x)) for x in params]
    event = [mpmath.mpf(float(x)) for x in event]
    size, step = len(digits) // 6, mpmath.mpf("1e-20")

    def value(flat):
        return textbook_bivariate([flat[i * size : (i + 1) * size] for i in range(6)], event)

    gradient = []
    for index in range(len(digits)):
        ends = [digits.copy(), digits.copy()]
        ends[0][index] += step
        ends[1][index] -= step
        gradient.append(float((value(ends[0]) - value(ends[1])) / (2 * step)))
    return float(value(digits)), gradient


BIVARIATE_CASES = {
    # logits, mu1, mu2, log sigma1, log sigma2, rho_hat, each of two components; the event
    "plain": ([0.3, -0.2, 0.5, -1, 0.1, 0.4, -0.5, 0.2, 0.3, -0.1, 0.7, -0.4], [0.4, -0.3]),
    "strong correlation": ([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 9, -9.5], [0.25, 0.25]),
    "correlation that rounds to 1": ([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 14, -14], [0.5, 0.5]),
    "correlation past the clamp": ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40, -40], [1, 1]),
    "small scales": ([0, 0, 0, 1, 0, 1, -6.5, -6.9, -6.8, -6.5, 0.5, -0.5], [0.001, -0.002]),
    "scales past the clamp": ([0, 0, 0, 1, 0, 1, -90, 90, -90, 90, 0.5, 0], [0.0005, 0.0005]),
    "distant logits": ([1e4, -1e4, 0, 1, 0, 1, 0, 0, 0, 0, 0.5, -0.5], [1.0, 1.5]),
    "a distant event": ([0, 0.1, 0, 1, 0, 1, 0, 1, 0, 1, 0.5, -0.5], [1e4, -1e4]),
}


@pytest.mark.parametrize("case", BIVARIATE_CASES)
def test_bivariate_value_and_gradient_are_the_textbook_ones(case):
    params, event = (np.array(numbers, np.float32) for numbers in BIVARIATE_CASES[case])
    with mpmath.workdps(60):
        value, gradient = textbook_with_gradient(params, event)
    variables = tf.constant(params[None]), tf.constant(event[None])
    with tf.GradientTape() as tape:
        tape.watch(variables)
        log_prob = GaussianMixture(2, 2).log_prob(*variables)
    d_params, d_event = (part.numpy()[0] for part in tape.gradient(log_prob, variables))
    np.testing.assert_allclose(log_prob[0], value, rtol=1e-5, atol=1e-5)
    scale = np.abs(gradient).max()
    np.testing.assert_allclose(d_params, gradient, rtol=2e-4, atol=2e-6 * scale)
    d_loc = np.reshape(gradient, [6, 2])[1:3].sum(axis=1)
    np.testing.assert_allclose(d_event, -d_loc, rtol=2e-4, atol=2e-6 * scale)


def test_bivariate_gaussian_is_a_distribution():
    loc, log_scale = tf.constant([[1.0, -2.0], [0.0, 3.0]]), tf.constant([[0.3, -0.5], [0.0, 1.0]])
    ours = BivariateGaussian(loc, log_scale, [0.8, -0.2])
    covariance = ours.covariance().numpy()
    theirs = tfd.MultivariateNormalTriL(loc, tf.linalg.cholesky(covariance))
    assert ours.batch_shape == (2,) and ours.event_shape == (2,)
    sample = ours.sample(100_000, seed=(1, 2))
    assert sample.shape == (100_000, 2, 2)
    np.testing.assert_allclose(ours.log_prob(sample), theirs.log_prob(sample), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.mean(sample, 0), ours.mean(), atol=0.03)
    np.testing.assert_allclose(np.std(sample, 0), ours.stddev(), rtol=0.02)
    for row in range(2):
        np.testing.assert_allclose(np.cov(sample[:, row].numpy().T), covariance[row], atol=0.1)
    np.testing.assert_array_equal(ours.mode(), loc)
    np.testing.assert_allclose(ours.variance(), np.exp(2 * log_scale), rtol=1e-6)
    again = ours.copy(loc=loc + 1.0)
    np.testing.assert_allclose(again.log_prob(sample + 1.0), ours.log_prob(sample), rtol=1e-4)
    assert ours[1].batch_shape == () and "BivariateGaussian" in str(ours)
