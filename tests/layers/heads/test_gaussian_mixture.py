"""Mixtures of Gaussians against textbook formulas, TensorFlow Probability and their own samples."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats

from hachi_tf.errors import UserError
from hachi_tf.layers.heads import GaussianMixture
from hachi_tf.samplers.noise import uniforms_numpy

tfd = tfp.distributions


def noise(rows, size, seed=1):
    seeds = np.stack([np.full(rows, seed), np.arange(rows)], axis=1)
    return tf.constant(uniforms_numpy(seeds, np.zeros(rows), 1, size)[:, 0])


def stock_mixture(head, params, dtype=np.float64):
    """TFP's own classes, in float64, by the definition of the raw parameters."""
    dims, size = head.num_dims, head.num_components
    raw = np.asarray(params, dtype).reshape(-1, head.params_size // size, size)
    loc = raw[:, 1 : 1 + dims].swapaxes(1, 2)  # [B, M, D]
    scale = np.exp(raw[:, 1 + dims : 1 + 2 * dims]).swapaxes(1, 2)
    precision = np.broadcast_to(np.eye(dims), (*scale.shape, dims)).copy()
    below = [(d, k) for d in range(dims) for k in range(d)]
    couplings = raw[:, 1 + 2 * dims :].swapaxes(1, 2)
    if couplings.shape[-1]:
        for index, (d, k) in enumerate(below):
            precision[..., d, k] = couplings[..., index]
    if dims == 2 and couplings.shape[-1]:
        rho = np.tanh(couplings[..., 0])
        zero, one = np.zeros_like(rho), np.ones_like(rho)
        rows = [[one, zero], [rho, np.sqrt(1 - rho**2)]]
        factor = np.stack([np.stack(row, -1) for row in rows], -2)
    else:
        factor = np.linalg.inv(precision)
    components = tfd.MultivariateNormalTriL(loc, scale[..., None] * factor)
    return tfd.MixtureSameFamily(tfd.Categorical(logits=raw[:, 0]), components)


HEADS = {
    "1 dim": GaussianMixture(1, 4),
    "2 dims": GaussianMixture(2, 20),
    "2 dims, diag": GaussianMixture(2, 3, "diag"),
    "3 dims": GaussianMixture(3, 4),
    "6 dims": GaussianMixture(6, 3),
    "7 dims": GaussianMixture(7, 3),
    "7 dims, full": GaussianMixture(7, 2, "full"),
}


@pytest.mark.parametrize("name", HEADS)
def test_log_prob_and_gradient_equal_tfp_in_float64(name):
    head = HEADS[name]
    rng = np.random.default_rng(0)
    params = rng.normal(0, 0.8, [300, head.params_size]).astype(np.float32)
    events = rng.normal(0, 2, [300, head.num_dims]).astype(np.float32)
    with tf.GradientTape() as tape:
        variable = tf.constant(params)
        tape.watch(variable)
        ours = head.log_prob(variable, events)
    theirs = stock_mixture(head, params).log_prob(events.astype(np.float64))
    np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-4)
    gradient = tape.gradient(ours, variable).numpy()
    for column in rng.choice(head.params_size, 12):
        step = np.zeros(head.params_size)
        step[column] = 1e-5
        up, down = (stock_mixture(head, params + sign * step) for sign in (1, -1))
        slope = (up.log_prob(events * 1.0) - down.log_prob(events * 1.0)) / 2e-5
        np.testing.assert_allclose(gradient[:, column], slope, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", HEADS)
def test_params_size(name):
    head = HEADS[name]
    dims, full = head.num_dims, "diag" not in name and name != "7 dims"
    couplings = dims * (dims - 1) // 2 if full else 0
    assert head.params_size == head.num_components * (1 + 2 * dims + couplings)
    assert head.noise_size == dims + 1


def test_graves_network_has_120_parameters():
    assert GaussianMixture(2, 20).params_size == 120


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize(("bias", "temperature"), [(0.0, 1.0), (0.5, 0.6)])
def test_samples_have_the_moments_of_the_distribution(name, bias, temperature):
    head, rows = HEADS[name], 200_000
    params = np.random.default_rng(1).normal(0, 0.5, head.params_size).astype(np.float32)
    repeated = tf.broadcast_to(params, [rows, head.params_size])
    events = head.sample(repeated, noise(rows, head.noise_size), bias, temperature).numpy()
    distribution = head.distribution(params, bias, temperature)
    mean, covariance = np.mean(events, axis=0), np.atleast_2d(np.cov(events.T))
    components = distribution.components_distribution
    weight = tf.nn.softmax(distribution.mixture_distribution.logits).numpy()
    loc = np.asarray(components.mean())
    expected_mean = distribution.mean().numpy()
    np.testing.assert_allclose(weight @ loc, expected_mean, atol=1e-5)
    second = np.asarray(components.covariance()) + loc[:, :, None] * loc[:, None, :]
    expected = np.einsum("m,mij->ij", weight, second)
    expected -= np.outer(expected_mean, expected_mean)
    deviation = np.sqrt(np.diag(expected))
    assert (abs(mean - expected_mean) < 4.5 * deviation / np.sqrt(rows)).all()
    np.testing.assert_allclose(
        covariance / np.outer(deviation, deviation),
        expected / np.outer(deviation, deviation),
        atol=0.03,
    )
    if (bias, temperature) == (0.0, 1.0):
        np.testing.assert_allclose(head.mean(params), expected_mean, atol=1e-5)


def test_one_dimensional_samples_follow_the_density():
    head, rows = GaussianMixture(1, 3), 200_000
    params = np.array([0, 1, -1, -1, 0, 2, -1, -0.5, 0.2], np.float32)
    repeated = tf.broadcast_to(params, [rows, 9])
    events = head.sample(repeated, noise(rows, 2)).numpy()[:, 0].astype(np.float64)
    weight = np.exp(params[:3]) / np.exp(params[:3]).sum()

    def cumulative(x):
        parts = stats.norm.cdf(x[:, None], params[3:6], np.exp(params[6:]))
        return parts @ weight

    assert stats.kstest(events, cumulative).pvalue > 1e-3


def test_bivariate_samples_follow_exp_of_log_prob_on_a_grid():
    head, rows = GaussianMixture(2, 3), 200_000
    params = np.array(
        [0, 0.5, -0.5, -1, 0, 1, 1, 0, -1, -0.7, 0, -0.3, 0, -0.5, -0.2, 1, -1.2, 0.3], np.float32
    )
    repeated = tf.broadcast_to(params, [rows, 18])
    events = head.sample(repeated, noise(rows, 3)).numpy()
    edges, fine = np.linspace(-4, 4, 25), 10
    width = (edges[1] - edges[0]) / fine
    centres = edges[0] + width * (np.arange(24 * fine) + 0.5)
    grid = np.stack(np.meshgrid(centres, centres, indexing="ij"), -1).reshape(-1, 2)
    density = np.exp(
        head.log_prob(tf.broadcast_to(params, [len(grid), 18]), grid).numpy().astype(np.float64)
    )
    expected = density.reshape(24, fine, 24, fine).sum(axis=(1, 3)) * width**2 * rows
    counts = np.histogram2d(*events.T, bins=[edges, edges])[0]
    enough = expected > 10
    observed = np.append(counts[enough], rows - counts[enough].sum())
    theory = np.append(expected[enough], rows - expected[enough].sum())
    assert enough.sum() > 150 and stats.chisquare(observed, theory).pvalue > 1e-3


def test_the_bias_is_that_of_graves():
    """Eq. 61-62: sigma = exp(sigma_hat - b), pi = softmax(pi_hat (1 + b))."""
    head = GaussianMixture(2, 2)
    params = np.array([0.5, -0.5, 1, 2, 3, 4, -1, -2, 0.5, 0, 0.6, -0.3], np.float32)
    distribution = head.distribution(params, bias=1.5)
    np.testing.assert_allclose(
        tf.nn.softmax(distribution.mixture_distribution.logits), tf.nn.softmax([1.25, -1.25])
    )
    np.testing.assert_allclose(
        distribution.components_distribution.stddev(),
        np.exp([[-2.5, -1.0], [-3.5, -1.5]]),
        rtol=1e-6,
    )
    rows = 100_000
    uniform = noise(rows, 3).numpy()
    repeated = tf.broadcast_to(params, [rows, 12])
    biased = head.sample(repeated, uniform, bias=1.5).numpy()
    assert abs((biased[:, 0] < 1.5).mean() - 1 / (1 + np.exp(-2.5))) < 0.005
    one = biased[biased[:, 0] < 1.5]
    np.testing.assert_allclose(one.std(axis=0), np.exp([-2.5, -1.0]), rtol=0.02)
    np.testing.assert_allclose(np.corrcoef(one.T)[0, 1], np.tanh(0.6), atol=0.01)


def test_temperature_divides_logits_and_variance():
    head = GaussianMixture(1, 2)
    params = np.array([0.5, -0.5, -50, 50, 0, 1], np.float32)
    rows = 100_000
    events = head.sample(tf.broadcast_to(params, [rows, 6]), noise(rows, 2), temperature=0.25)
    left = events.numpy()[events.numpy() < 0]
    assert abs(len(left) / rows - 1 / (1 + np.exp(-4))) < 0.003
    np.testing.assert_allclose(left.var(), 0.25, rtol=0.03)


@pytest.mark.parametrize("name", HEADS)
def test_temperature_zero_gives_the_mean_of_the_likeliest_component(name):
    head = HEADS[name]
    params = np.random.default_rng(4).normal(0, 3, [30, head.params_size]).astype(np.float32)
    raw = params.reshape(30, -1, head.num_components)
    best = raw[:, 0].argmax(axis=-1)
    expected = raw[np.arange(30), 1 : 1 + head.num_dims, best]
    events = head.sample(params, noise(30, head.noise_size), bias=2.0, temperature=0.0)
    np.testing.assert_array_equal(events, expected)


def test_the_component_is_chosen_by_the_first_uniform_number():
    head = GaussianMixture(1, 4)
    logits = np.log([0.1, 0.2, 1e-30, 0.7]).astype(np.float32)
    params = np.concatenate([logits, [1, 2, 3, 4], np.full(4, -7)]).astype(np.float32)
    first = np.array([2.0**-24, 0.0999, 0.1001, 0.2999, 0.3001, 1 - 2.0**-24], np.float32)
    uniform = np.stack([first, np.full(6, 0.5, np.float32)], axis=1)
    events = head.sample(tf.broadcast_to(params, [6, 12]), uniform)
    np.testing.assert_allclose(events[:, 0], [1, 1, 2, 2, 4, 4], atol=1e-5)


def test_no_component_far_away_spoils_the_gradient():
    """A component that TFP's classes turn into NaN leaves the others as they are."""
    params = np.zeros([1, 12], np.float32)
    params[0, 9], params[0, 11] = -90.0, 12.0  # log sigma2 and rho_hat of the second component
    params[0, 0] = 3.0
    events = np.array([[0.5, -0.5]], np.float32)
    with tf.GradientTape() as tape:
        variable = tf.constant(params)
        tape.watch(variable)
        log_prob = GaussianMixture(2, 2).log_prob(variable, events)
    gradient = tape.gradient(log_prob, variable).numpy()[0]
    expected = -np.log(2 * np.pi) - 0.25 - np.log1p(np.exp(-3.0))
    np.testing.assert_allclose(log_prob[0], expected, rtol=1e-5)
    np.testing.assert_allclose(gradient[2:12:2], [0.5, -0.5, -0.75, -0.75, -0.25], rtol=1e-5)
    np.testing.assert_allclose(gradient[3::2], 0.0, atol=1e-20)


@pytest.mark.parametrize(
    "config",
    [
        {"num_dims": 0},
        {"num_components": 0},
        {"covariance": "spherical"},
        {"num_dims": 13, "covariance": "full"},
    ],
)
def test_bad_settings_are_refused(config):
    with pytest.raises(UserError):
        GaussianMixture(**config)
