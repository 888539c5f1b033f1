import numpy as np
import pytest
from scipy import stats

from hachi_tf.forecasting import scores


def test_crps_of_a_gaussian_is_that_of_the_closed_form():
    """Gneiting and Raftery 2007, eq. 20."""
    samples = np.random.default_rng(0).normal(2.0, 3.0, [100_000, 1])
    values = np.array([2.0, 5.0, -10.0])
    z = (values - 2.0) / 3.0
    expected = 3.0 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    np.testing.assert_allclose(scores.crps(samples, values), expected, rtol=0.02)


def test_crps_of_few_samples_is_without_bias():
    generator = np.random.default_rng(1)
    truth = generator.normal(size=20_000)
    few = scores.crps(generator.normal(size=[3, 20_000]), truth).mean()
    many = scores.crps(generator.normal(size=[300, 20_000]), truth).mean()
    assert abs(few - many) < 0.02 and abs(many - 1 / np.sqrt(np.pi)) < 0.02


def test_crps_of_a_sure_value_is_the_absolute_error():
    np.testing.assert_allclose(scores.crps(np.full([5, 2], 3.0), np.array([1.0, 4.5])), [2.0, 1.5])
    assert np.isnan(scores.crps(np.ones([5, 1]), np.array([np.nan])))[0]


def test_quantile_loss_is_the_mean_over_the_levels_and_near_crps():
    generator = np.random.default_rng(2)
    samples, values = generator.normal(size=[2000, 500]), generator.normal(size=500)
    levels = np.arange(0.005, 1.0, 0.01)
    loss = scores.quantile_loss(samples, values, levels).mean()
    np.testing.assert_allclose(loss, scores.crps(samples, values).mean(), rtol=0.02)
    # By hand: a median of 3, and 5 came: twice half of 2.
    assert scores.quantile_loss(np.full([9, 1], 3.0), np.array([5.0]), [0.5])[0] == 2.0
    np.testing.assert_allclose(
        scores.quantile_loss(np.full([9, 1], 3.0), np.array([5.0]), [0.9])[0], 3.6
    )
    assert np.isnan(scores.quantile_loss(samples[:, :1], np.array([np.nan])))[0]


@pytest.mark.parametrize("share", scores.INTERVALS)
@pytest.mark.parametrize("count", [19, 100, 200])
def test_intervals_cover_what_they_say(share, count):
    generator = np.random.default_rng(3)
    samples, values = generator.normal(size=[count, 50_000]), generator.normal(size=50_000)
    assert abs(scores.covered(samples, values, share).mean() - share) < 0.01
    assert np.isnan(scores.covered(samples[:, :1], np.array([np.nan]), share))[0]
