import numpy as np
import pytest
from scipy import stats

from hachi_tf.forecasting.naive import METHODS, naive_log_density, naive_samples


def test_the_last_value_and_drift_by_hand():
    history = np.array([1.0, 2.0, np.nan, 5.0, 4.0])
    last = naive_samples("last_value", history, 3)
    assert last.shape == (200, 3)
    np.testing.assert_allclose(last.mean(axis=0), 4.0, atol=1e-9)
    spread = np.sqrt((1 + 9 + 1) / 3)
    np.testing.assert_allclose(last.std(axis=0), spread * np.sqrt([1, 2, 3]), rtol=0.02)
    drift = naive_samples("drift", history, 2)
    np.testing.assert_allclose(drift.mean(axis=0), [5.0, 6.0], atol=1e-9)


def test_the_value_a_season_ago_also_where_it_is_missing():
    history = np.tile([10.0, 20.0, 30.0], 4)
    history[-1] = np.nan
    samples = naive_samples("seasonal", history, 5, season=3)
    np.testing.assert_allclose(np.median(samples, axis=0), [10, 20, 30, 10, 20], atol=1e-9)
    assert naive_samples("seasonal", history[:5], 2, season=3) is None
    assert naive_samples("seasonal", history, 2, season=1) is None


@pytest.mark.parametrize("method", ["last_value", "drift"])
def test_intervals_cover_a_walk(method):
    generator = np.random.default_rng(0)
    inside = []
    for _ in range(400):
        walk = np.cumsum(generator.normal(0.1 if method == "drift" else 0.0, 1.0, 210))
        samples = naive_samples(method, walk[:200], 10)
        low, high = np.quantile(samples, [0.05, 0.95], axis=0)
        inside.append((walk[200:] >= low) & (walk[200:] <= high))
    assert abs(np.mean(inside) - 0.9) < 0.03


def test_prices_stay_above_zero_and_short_histories_have_no_forecast():
    prices = 0.01 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.2, 50)))
    for method in ("last_value", "drift"):
        assert (naive_samples(method, prices, 20, log=True) > 0).all()
        assert naive_samples(method, prices[:2], 20) is None
    assert set(METHODS) == {"last_value", "drift", "seasonal"}


def test_the_density_of_a_walk():
    prices = np.exp(np.cumsum(np.random.default_rng(2).normal(0.01, 0.05, 300)))
    prices[7] = np.nan
    density = naive_log_density(prices, log=True)
    known = prices[~np.isnan(prices)]
    steps = np.diff(np.log(known))
    expected = stats.norm.logpdf(steps, steps.mean(), steps.std()) - np.log(known[1:])
    np.testing.assert_allclose(density[~np.isnan(density)], expected)
    assert np.isnan(density[[0, 7]]).all() and np.isnan(naive_log_density(prices[:2])).all()
