"""Tests of hachi_tf.evaluation.metrics."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.evaluation.metrics import paired_bootstrap


def test_the_interval_of_a_normal_mean():
    rng = np.random.default_rng(1)
    b = 100 * rng.normal(size=2000)
    a = b + rng.normal(0.5, 3.0, size=2000)
    difference = a - b
    error = difference.std() / np.sqrt(2000)
    mean, low, high = paired_bootstrap(a, b)
    np.testing.assert_allclose(mean, difference.mean(), rtol=1e-12)
    np.testing.assert_allclose(
        [low, high], mean + 1.96 * error * np.array([-1, 1]), atol=0.1 * error
    )


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(2)
    hits = 0
    for trial in range(300):
        sample = rng.normal(1.0, 2.0, size=100)
        _, low, high = paired_bootstrap(sample, np.zeros(100), seed=trial, num_resamples=500)
        hits += low <= 1.0 <= high
    assert 0.90 <= hits / 300 <= 0.98


def test_weights_are_drawn_with_their_pairs():
    rng = np.random.default_rng(3)
    weights = rng.integers(1, 50, size=1000).astype(float)
    a, b = rng.normal(1.0 + 0.02 * weights, 1.0), rng.normal(size=1000)
    mean, low, high = paired_bootstrap(a, b, weights)
    np.testing.assert_allclose(mean, np.average(a - b, weights=weights), rtol=1e-12)
    # Linearized standard error of a ratio.
    error = np.sqrt(np.sum((weights * (a - b - mean)) ** 2)) / weights.sum()
    np.testing.assert_allclose(
        [low, high], mean + 1.96 * error * np.array([-1, 1]), atol=0.1 * error
    )


def test_seeds_replay_and_order_flips_the_sign():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=[2, 30])
    assert paired_bootstrap(a, b, seed=5) == paired_bootstrap(a, b, seed=5)
    assert paired_bootstrap(a, b, seed=5) != paired_bootstrap(a, b, seed=6)
    forth, back = paired_bootstrap(a, b), paired_bootstrap(b, a)
    np.testing.assert_allclose(forth, [-back.mean, -back.high, -back.low], rtol=1e-9)


def test_equal_figures_differ_by_nothing():
    assert paired_bootstrap(np.arange(5.0), np.arange(5.0)) == (0, 0, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ([1.0, 2.0], [1.0]),
        ([1.0], [1.0]),
        ([1.0, np.nan], [1.0, 2.0]),
        ([1.0, 2.0], [1.0, 2.0], [1.0, 0.0]),
        ([1.0, 2.0], [1.0, 2.0], [1.0]),
    ],
)
def test_bad_figures_are_refused(arguments):
    with pytest.raises(UserError):
        paired_bootstrap(*arguments)
