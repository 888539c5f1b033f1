"""Columns held fixed: conditioning in closed form, against float64 and against rejection."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.special import log_expit, log_softmax, logsumexp

from hachi_tf.layers.heads import EventMixture, GaussianMixture, JointHead, make_head
from hachi_tf.layers.heads.gaussians import Gaussians
from hachi_tf.schema import Feature, Schema
from tests.layers.heads.test_gaussian_mixture import noise, stock_mixture

GAUSSIANS = {
    "2 full": (2, "full"), "3 full": (3, "full"), "4 full": (4, "full"),
    "7 full": (7, "full"), "3 diag": (3, "diag"), "1": (1, "auto"),
}  # fmt: skip


def moments(head, params, bias=0.0, temperature=1.0):
    """Weights' logits [B, M], means [B, M, D] and covariances [B, M, D, D], float64."""
    stock = stock_mixture(head, params).components_distribution
    logits = np.float64(params)[:, : head.num_components] * (1 + bias) / temperature
    covariance = stock.covariance().numpy() * np.exp(-2 * bias) * temperature
    return logits, stock.mean().numpy(), covariance


def conditional(loc, covariance, fixed):
    """Log density of the fixed columns, mean and covariance of all given them."""
    known = ~np.isnan(fixed)
    gain = covariance[:, known] @ np.linalg.inv(covariance[np.ix_(known, known)])
    evidence = stats.multivariate_normal(loc[known], covariance[np.ix_(known, known)])
    mean = loc + gain @ (fixed[known] - loc[known])
    return evidence.logpdf(fixed[known]), mean, covariance - gain @ covariance[known]


@pytest.mark.parametrize("name", GAUSSIANS)
def test_conditional_gaussians_equal_linear_algebra_in_float64(name):
    dims, covariance = GAUSSIANS[name]
    head, gaussians = GaussianMixture(dims, 3, covariance), Gaussians(dims, 3, covariance)
    masks = list(itertools.product([False, True], repeat=dims))[1:]
    rng = np.random.default_rng(0)
    params = rng.normal(0, 0.8, [len(masks), head.params_size]).astype(np.float32)
    fixed = np.where(masks, rng.normal(0, 2, [len(masks), dims]), np.nan).astype(np.float32)
    found = gaussians.condition(params[:, 3:], tf.constant(fixed))
    _, loc, covariances = moments(head, params)
    scale = np.exp(np.float64(params)).reshape(len(masks), -1, 3)[:, 1 + dims : 1 + 2 * dims]
    for row, component in itertools.product(range(len(masks)), range(3)):
        log_density, mean, left = conditional(
            loc[row, component], covariances[row, component], fixed[row].astype(np.float64)
        )
        constant = 0.5 * np.sum(masks[row]) * np.log(2 * np.pi)
        ours = found.log_scale[row, component] - found.distance[row, component] - constant
        np.testing.assert_allclose(ours, log_density, rtol=1e-6, atol=1e-6)
        if found.mean is None:
            continue
        own = scale[row, :, component]
        ours = loc[row, component] + own * found.mean[row, component]
        np.testing.assert_allclose(ours, mean, rtol=1e-5, atol=1e-6)
        factor = own[:, None] * found.factor[row, component].numpy()
        np.testing.assert_allclose(factor @ factor.T, left, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("bias", "temperature"), [(0.0, 1.0), (0.4, 0.7)])
@pytest.mark.parametrize("name", ["2 full", "4 full", "3 diag"])
def test_samples_given_a_number_have_the_mixtures_moments(name, bias, temperature):
    dims, covariance = GAUSSIANS[name]
    head, rows = GaussianMixture(dims, 3, covariance), 100_000
    params = np.random.default_rng(2).normal(0, 0.6, [1, head.params_size]).astype(np.float32)
    fixed = np.full([1, dims], np.nan, np.float32)
    fixed[0, 1] = 0.7
    repeated = [np.tile(each, [rows, 1]) for each in (params, fixed)]
    drawn = head.sample(
        repeated[0], noise(rows, head.noise_size), bias, temperature, fixed=repeated[1]
    ).numpy()
    drawn = np.float64(drawn)
    logits, loc, covariances = moments(head, params, bias, temperature)
    found = [conditional(loc[0, k], covariances[0, k], np.float64(fixed[0])) for k in range(3)]
    weights = np.exp(log_softmax(logits[0] + [each[0] for each in found]))
    means = np.array([each[1] for each in found])
    mean = weights @ means
    second = [left + np.outer(own, own) for _, own, left in found]
    expected = np.einsum("k,kij->ij", weights, second) - np.outer(mean, mean)
    spread = np.sqrt(np.diag(expected).clip(1e-9))
    assert (np.abs(drawn.mean(axis=0) - mean) < 4.5 * spread / np.sqrt(rows) + 1e-5).all()
    np.testing.assert_allclose(np.cov(drawn.T), expected, atol=0.02 * spread.max() ** 2)
    assert (drawn[:, 1] == np.float32(0.7)).all()


def rejected(head, params, columns, accept, rows=400_000):
    """Samples without anything fixed that have what is to be fixed."""
    drawn = head.sample(np.tile(params, [rows, 1]), noise(rows, head.noise_size, seed=5)).numpy()
    return drawn[np.all([accept(drawn[:, c]) for c in columns], axis=0)]


def assert_alike(ours, theirs, discrete):
    """No column tells the two apart."""
    for column in range(ours.shape[1]):
        values = ours[:, column], theirs[:, column]
        if column in discrete:
            classes = np.unique(np.concatenate(values))
            table = [[(side == value).sum() for value in classes] for side in values]
            assert len(classes) == 1 or stats.chi2_contingency(table).pvalue > 1e-3, column
        else:
            assert stats.ks_2samp(*values).pvalue > 1e-3, column


def test_samples_given_a_class_are_those_that_have_it():
    head = EventMixture(2, (4,), 1, 4)
    params = np.random.default_rng(3).normal(0, 1, head.params_size).astype(np.float32)
    theirs = rejected(head, params, [3], lambda column: column == 2.0)
    fixed = np.tile(np.float32([np.nan, np.nan, np.nan, 2.0]), [50_000, 1])
    ours = head.sample(np.tile(params, [50_000, 1]), noise(50_000, 5), fixed=fixed).numpy()
    assert len(theirs) > 10_000
    assert_alike(ours, theirs, discrete=(2, 3))
    free = head.sample(np.tile(params, [50_000, 1]), noise(50_000, 5)).numpy()
    assert stats.ks_2samp(ours[:, 0], free[:, 0]).pvalue < 1e-6  # overwriting would not do


def test_samples_given_a_number_are_those_near_it():
    head = EventMixture(2, (4,), 1, 4)
    params = np.random.default_rng(4).normal(0, 1, head.params_size).astype(np.float32)
    params[12:20] = np.random.default_rng(5).normal(-0.5, 0.2, 8)  # log scales
    theirs = rejected(head, params, [0], lambda column: np.abs(column - 0.3) < 0.02)
    fixed = np.tile(np.float32([0.3, np.nan, np.nan, np.nan]), [50_000, 1])
    ours = head.sample(np.tile(params, [50_000, 1]), noise(50_000, 5), fixed=fixed).numpy()
    assert len(theirs) > 2_000
    assert_alike(ours[:, 1:], theirs[:, 1:], discrete=(1, 2))


def log_weights(head, params, event):
    """Of components given one event, NaN where free, [B, M]; for D = 2 and one of each kind."""
    size = head.num_components
    raw = np.float64(params).reshape(len(params), -1, size)
    total = log_softmax(raw[:, 0], axis=1)
    gaussian = GaussianMixture(2, size)
    _, loc, covariances = moments(gaussian, params[:, : gaussian.params_size])
    for row, k in itertools.product(range(len(params)), range(size)):
        if not np.isnan(event[row, :2]).all():
            total[row, k] += conditional(loc[row, k], covariances[row, k], event[row, :2])[0]
    known = ~np.isnan(event[:, 2])
    agreed = raw[known, 6] * (2 * event[known, 2, None] - 1)
    total[known] += log_expit(agreed)
    known = ~np.isnan(event[:, 3])
    chances = log_softmax(raw[known, 7:], axis=1)
    total[known] += chances[np.arange(known.sum()), event[known, 3].astype(int)]
    return total


def test_the_component_is_chosen_by_weight_times_likelihood():
    """Components whose mean of the second number gives them away."""
    head, rows = EventMixture(2, (3,), 1, 4), 300
    rng = np.random.default_rng(6)
    params = rng.normal(0, 0.7, [rows, head.params_size]).astype(np.float32)
    params = params.reshape(rows, -1, 4)
    params[:, 2], params[:, 4], params[:, 5] = [0, 100, 200, 300], -3, 0
    params = params.reshape(rows, -1)
    event = np.float64(head.sample(params, noise(rows, 5, seed=8)).numpy())
    event[:, 1] = np.nan
    event[:, [0, 2, 3]] = np.where(rng.random([rows, 3]) < 0.7, event[:, [0, 2, 3]], np.nan)
    weights = log_weights(head, params, event)
    expected = np.exp(weights - logsumexp(weights, axis=1, keepdims=True))
    counts, index = np.zeros_like(expected), np.repeat(np.arange(rows), 200)
    drawn = head.sample(params[index], noise(len(index), 5, seed=3), fixed=np.float32(event[index]))
    np.add.at(counts, (index, np.round(drawn[:, 1] / 100).astype(int)), 1)
    error = np.sqrt(expected * (1 - expected) / 200) + 1e-3
    z = (counts / 200 - expected) / error
    assert np.abs(z).max() < 6.0 and abs(z.std() - 1.0) < 0.15


def test_temperature_zero_is_the_limit_and_the_conditional_mean():
    head, rows = GaussianMixture(3, 4, "full"), 60
    rng = np.random.default_rng(7)
    params = rng.normal(0, 1, [rows, head.params_size]).astype(np.float32)
    fixed = np.full([rows, 3], np.nan, np.float32)
    fixed[:, 2] = rng.normal(size=rows)
    drawn = head.sample(params, noise(rows, 4), 0.5, 0.0, fixed=fixed).numpy()
    logits, loc, covariances = moments(head, params, bias=0.5)
    for row in range(rows):
        found = [conditional(loc[row, k], covariances[row, k], fixed[row]) for k in range(4)]
        distance = [(fixed[row, 2] - loc[row, k, 2]) ** 2 / covariances[row, k, 2, 2] / 2
                    for k in range(4)]  # fmt: skip
        best = np.argmax(logits[row] - distance)
        np.testing.assert_allclose(drawn[row], found[best][1], rtol=1e-4, atol=1e-4)
    near = head.sample(params, noise(rows, 4), 0.5, 1e-9, fixed=fixed)
    np.testing.assert_allclose(near, drawn, atol=1e-2)


EXTREMES = np.float32([-1e30, -1e4, -90, -40, 0, 40, 90, 1e4, 1e30])


@pytest.mark.parametrize(
    "head",
    [EventMixture(2, (3,), 1, 3), EventMixture(12, (3,), 1, 3, "full"), EventMixture(3, (), 1, 2)],
)
def test_nothing_is_nan_at_extremes(head):
    rng, rows = np.random.default_rng(8), 300
    params = rng.choice(EXTREMES[1:-1], [rows, head.params_size])
    fixed = rng.choice(EXTREMES, [rows, head.event_size])
    fixed = np.where(rng.random(fixed.shape) < 0.5, fixed, np.nan).astype(np.float32)
    for bias, temperature in [(0.0, 1.0), (5.0, 1e-30), (0.0, 0.0), (100.0, 1e4), (-50.0, 3e38)]:
        drawn = head.sample(params, noise(rows, head.noise_size), bias, temperature, fixed=fixed)
        assert not np.isnan(drawn).any()
        held = ~np.isnan(fixed)
        np.testing.assert_array_equal(drawn.numpy()[held], fixed[held])


def test_blocks_are_conditioned_apart_and_the_end_stays_free():
    columns = (Feature("x"), Feature("c", "categorical", classes=("a", "b")), Feature("y"))
    head = make_head(Schema(columns, end_of_sequence=True), num_components=3)
    assert isinstance(head, JointHead)
    params = np.random.default_rng(9).normal(size=[50, head.params_size]).astype(np.float32)
    fixed = np.full([50, 4], np.nan, np.float32)
    fixed[:, 0], fixed[:25, 1] = 0.5, 1.0
    uniform = noise(50, head.noise_size)
    drawn, free = head.sample(params, uniform, fixed=fixed), head.sample(params, uniform)
    gaussians = head.blocks[0][1]
    own = gaussians.sample(
        params[:, : gaussians.params_size], uniform[:, :3], fixed=fixed[:, [0, 2]]
    )
    np.testing.assert_array_equal(drawn.numpy()[:, [0, 2]], own)
    np.testing.assert_array_equal(drawn[:, 3], free[:, 3])
    np.testing.assert_array_equal(drawn[25:, 1], free[25:, 1])
    assert (drawn.numpy()[:25, 1] == 1.0).all()


def test_a_graph_gives_the_same_for_any_number_of_rows():
    head = EventMixture(3, (4,), 1, 4)
    params = np.random.default_rng(10).normal(size=[9, head.params_size]).astype(np.float32)
    fixed = np.full([9, 5], np.nan, np.float32)
    fixed[::2, 1], fixed[::3, 4] = 0.2, 3.0
    spec = [tf.TensorSpec([None, size]) for size in (head.params_size, head.noise_size, 5)]
    graph = tf.function(lambda p, u, f: head.sample(p, u, fixed=f), input_signature=spec)
    uniform = noise(9, head.noise_size)
    together = head.sample(params, uniform, fixed=fixed)
    np.testing.assert_allclose(graph(params, uniform, fixed), together, rtol=1e-5, atol=1e-6)
    assert graph(params[:0], uniform[:0], fixed[:0]).shape == (0, 5)
    for row in range(3):
        own = slice(row, row + 1)
        alone = graph(params[own], uniform[own], fixed[own])
        np.testing.assert_allclose(alone, together[own], rtol=1e-5, atol=1e-6)
