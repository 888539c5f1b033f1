import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.transforms import Decorrelate

MIX = np.array([[2.0, 0.0, 0.0], [1.5, 0.5, 0.0], [-1.0, 0.3, 0.2]])


def walk(count=20_000, seed=0):
    """Three columns: mixed ones of processes that change at different speeds."""
    random = np.random.default_rng(seed)
    own = np.zeros((count, 3))
    share = np.array([0.99, 0.9, 0.2])
    for t in range(1, count):
        own[t] = share * own[t - 1] + np.sqrt(1 - share**2) * random.normal(size=3)
    return own @ MIX.T + [5.0, -3.0, 100.0]


def test_results_and_their_changes_are_uncorrelated():
    events = walk()
    transform = Decorrelate([0, 1, 2]).fit([events])
    z = transform.forward(events)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(z.T), np.eye(3), atol=1e-3)
    changes = np.cov(np.diff(z, axis=0).T)
    np.testing.assert_allclose(changes - np.diag(np.diag(changes)), 0, atol=1e-3)
    # The processes themselves, the slowest first: 2 (1 - share).
    np.testing.assert_allclose(np.diag(changes), [0.02, 0.2, 1.6], rtol=0.2)


def test_a_diagonal_gaussian_says_as_much_as_a_full_one_did():
    events = walk()
    transform = Decorrelate([0, 1, 2]).fit([events])
    z = np.diff(transform.forward(events).astype(np.float64), axis=0)
    diagonal = 0.5 * np.log(z.var(0)).sum() - transform.log_det(events[:1])[0]
    full = 0.5 * np.linalg.slogdet(np.cov(np.diff(events, axis=0).T))[1]
    assert diagonal == pytest.approx(full, abs=1e-3)


def test_several_sequences_have_no_change_between_them():
    events = walk(4000)
    parts = [events[:1000], events[1000:1001], events[1001:]]
    apart = Decorrelate([0, 1, 2]).fit(parts)
    whole = Decorrelate([0, 1, 2]).fit([events])
    np.testing.assert_allclose(apart.loc, whole.loc, atol=1e-9)
    np.testing.assert_allclose(np.abs(apart.matrix), np.abs(whole.matrix), rtol=0.05, atol=0.05)
    jump = [events[:2000], events[2000:] + 1000.0]
    joined = Decorrelate([0, 1, 2]).fit([np.concatenate(jump)])
    assert not np.allclose(joined.matrix, Decorrelate([0, 1, 2]).fit(jump).matrix, rtol=0.05)


def test_other_columns_pass_through():
    events = np.column_stack([walk(500)[:, 0], np.arange(500.0), walk(500)[:, 1]])
    transform = Decorrelate([2, 0]).fit([events])
    z = transform.forward(events)
    np.testing.assert_array_equal(z[:, 1], events[:, 1].astype(np.float32))
    np.testing.assert_allclose(np.cov(z[:, [0, 2]].T), np.eye(2), atol=0.01)
    np.testing.assert_allclose(transform.inverse(z), events, atol=1e-3)


def test_the_noise_of_the_grid_counts_as_the_columns_own():
    events = np.round(walk()) + 0.5
    transform = Decorrelate([0, 1, 2], quantum=1.0).fit([events])
    noisy = events - 0.5 + np.random.default_rng(1).random(events.shape)
    np.testing.assert_allclose(np.cov(transform.forward(noisy).T), np.eye(3), atol=0.02)


def test_columns_that_stand_still_move_together_or_are_missing_do_no_harm():
    events = walk(1000)
    events[:, 1] = 7.0
    events = np.column_stack([events, events[:, 0]])
    events[10] = np.nan
    transform = Decorrelate(range(4)).fit([events, np.full((3, 4), np.nan)])
    z = transform.forward(events)
    kept = np.delete(np.arange(1000), 10)
    assert np.isnan(z[10]).all() and np.abs(z[kept]).max() < 10
    np.testing.assert_allclose(transform.inverse(z)[kept], events[kept], atol=0.01)
    for few in ([], [np.zeros((0, 4))], [np.ones((1, 4))], [np.full((5, 4), 3.0)]):
        transform = Decorrelate(range(4), 1.0).fit(few)
        assert np.isfinite(transform.forward(np.ones((2, 4)))).all()


def test_what_comes_back_is_within_the_range_of_what_was_fitted_on():
    events = np.floor(walk(2000)) + 0.5  # the middles of cells
    transform = Decorrelate([0, 1, 2], quantum=1.0).fit([events])
    wild = 30 * np.random.default_rng(2).normal(size=(500, 3))
    back = np.floor(transform.inverse(wild))
    np.testing.assert_array_equal(back.min(0), np.floor(events.min(0)))
    np.testing.assert_array_equal(back.max(0), np.floor(events.max(0)))
    noisy = np.floor(events) + np.random.default_rng(1).random(events.shape).clip(0.01, 0.99)
    np.testing.assert_allclose(transform.inverse(transform.forward(noisy)), noisy, atol=1e-3)


@pytest.mark.parametrize(
    "arguments",
    [
        {"columns": [0, 0]},
        {"columns": [0], "quantum": -1.0},
        {"columns": [0], "loc": [0.0]},
        {"columns": [0, 1], "loc": [0.0], "matrix": [[1.0]]},
        {"columns": [0], "loc": [0.0], "matrix": [[0.0]]},
        {"columns": [0], "loc": [np.nan], "matrix": [[1.0]]},
        {"columns": [0], "low": [0.0]},
        {"columns": [0, 1], "low": [0.0], "high": [1.0]},
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments):
    with pytest.raises(UserError):
        Decorrelate(**arguments)


def test_it_is_fitted_first_and_to_finite_numbers():
    with pytest.raises(ValueError, match="not fitted"):
        Decorrelate([0]).forward(np.zeros((1, 1)))
    with pytest.raises(UserError, match="infinity"):
        Decorrelate([0]).fit([np.array([[np.inf]])])
    with pytest.raises(UserError, match="more than 2 columns"):
        Decorrelate([2], 0.0, [0.0], [[1.0]]).forward(np.zeros((1, 2)))
