"""Tests of hachi_tf.evaluation.baselines."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.evaluation.baselines import trivial_baseline
from hachi_tf.schema import Feature, Schema

SCHEMA = Schema(
    (
        Feature("x"),
        Feature("on", "binary"),
        Feature("y"),
        Feature("note", "categorical", classes=("c", "d", "e")),
        Feature("hour", role="known"),
    )
)
XY = Schema((Feature("x"), Feature("y")))


def _events(count=500, seed=0):
    rng = np.random.default_rng(seed)
    xy = rng.multivariate_normal([3.0, -2.0], [[4.0, 1.5], [1.5, 1.0]], size=count)
    on, note = rng.random(count) < 0.2, rng.choice(3, size=count, p=[0.7, 0.3, 0.0])
    return np.column_stack([xy[:, 0], on, xy[:, 1], note, rng.normal(size=count)])


def _gaussian(values, loc, covariance):
    """Closed form of the multivariate normal log-density."""
    offset = values - loc
    distance = np.einsum("ti,ij,tj->t", offset, np.linalg.inv(covariance), offset)
    return -0.5 * (distance + np.linalg.slogdet(2 * np.pi * covariance)[1])


def test_closed_forms():
    train, test = _events(), _events(50, seed=1)
    xy = train[:, [0, 2]]
    on = (train[:, 1].sum() + 1) / 502
    notes = (np.bincount(train[:, 3].astype(int), minlength=3) + 1) / 503
    expected = (
        _gaussian(test[:, [0, 2]], xy.mean(axis=0), np.cov(xy.T, bias=True))
        + np.log(np.where(test[:, 1] == 1, on, 1 - on))
        + np.log(notes[test[:, 3].astype(int)])
    )
    baseline = trivial_baseline(train, SCHEMA)
    np.testing.assert_allclose(baseline.log_prob(test), expected, rtol=1e-12)


def test_the_gaussian_agrees_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    train = _events()[:, [0, 2]]
    expected = stats.multivariate_normal(train.mean(axis=0), np.cov(train.T, bias=True))
    log_prob = trivial_baseline(train, XY).log_prob(train)
    np.testing.assert_allclose(log_prob, expected.logpdf(train), rtol=1e-10)


def test_on_its_own_data_the_gaussian_has_the_entropy_of_its_covariance():
    train = _events()[:, [0, 2]]
    entropy = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * np.cov(train.T, bias=True))[1]
    np.testing.assert_allclose(-trivial_baseline(train, XY).log_prob(train).mean(), entropy)


def test_the_end_of_sequences():
    schema = Schema(XY.features, end_of_sequence=True)
    train = _events()[:, [0, 2]]
    baseline = trivial_baseline(train, schema, num_sequences=24)
    plain = trivial_baseline(train, XY)
    ends = np.arange(500) % 20 == 19
    expected = plain.log_prob(train) + np.where(ends, np.log(25 / 502), np.log(477 / 502))
    np.testing.assert_allclose(baseline.log_prob(train, ends), expected, rtol=1e-12)
    with pytest.raises(UserError, match="final steps marked"):
        baseline.log_prob(train)
    with pytest.raises(UserError, match="final steps marked"):
        plain.log_prob(train, ends)
    with pytest.raises(UserError, match="500 marks"):
        baseline.log_prob(train, ends[:3])
    with pytest.raises(UserError, match="number of sequences"):
        trivial_baseline(train, schema)


def test_missing_values_are_skipped():
    train = _events()
    gaps = np.concatenate([train, train[:9]])
    gaps[500:503, 0] = np.nan
    gaps[503:506, 2] = np.nan
    gaps[506:509, 0] = np.nan
    gaps[500:, 1] = gaps[500:, 3] = np.nan
    full, gapped = trivial_baseline(train, SCHEMA), trivial_baseline(gaps, SCHEMA)
    log_prob = gapped.log_prob(gaps)
    np.testing.assert_allclose(log_prob[:500], full.log_prob(train), rtol=1e-12)
    np.testing.assert_array_equal(log_prob[500:], 0.0)


def test_float32_far_from_zero_keeps_float64_moments():
    rng = np.random.default_rng(0)
    train = (1e4 + rng.normal(size=[200_000, 2])).astype(np.float32)
    baseline = trivial_baseline(train, XY)
    np.testing.assert_allclose(baseline.loc, train.astype(np.float64).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        baseline.covariance, np.cov(train.astype(np.float64).T, bias=True), rtol=1e-9
    )


def test_constant_columns_stay_finite():
    train = np.column_stack([np.full(100, 2.0), np.arange(100.0)])
    baseline = trivial_baseline(train, XY)
    np.testing.assert_allclose(baseline.covariance[0, 0], np.exp(-14.0), rtol=1e-6)
    assert np.isfinite(baseline.log_prob(train)).all()


def test_no_rows_guess_evenly():
    baseline = trivial_baseline(np.zeros([0, 5]), SCHEMA)
    value = baseline.log_prob(np.zeros([1, 5]))
    np.testing.assert_allclose(value, -np.log(2 * np.pi) - np.log(2) - np.log(3))


def test_foreign_rows_are_refused():
    with pytest.raises(UserError, match="rows of x, y"):
        trivial_baseline(np.zeros([4, 3]), XY)
    events = _events()
    events[7, 3] = 3
    with pytest.raises(UserError, match="classes 0 to 2 in note; got 0 to 3"):
        trivial_baseline(events, SCHEMA)
