import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from hachi_tf.errors import UserError
from hachi_tf.transforms import Chain, Delay, Standardize

QUANTUM = 0.001


def test_the_named_columns_become_logarithms_and_no_other():
    events = np.array([[2.0, 2.0, 0.5]])
    forward = Delay([0, 2]).forward(events)
    assert forward.dtype == np.float32
    np.testing.assert_allclose(forward, [[np.log(2), 2, np.log(0.5)]], rtol=1e-6)
    np.testing.assert_allclose(Delay([0, 2]).log_det(events), [-np.log(2) - np.log(0.5)], atol=1e-6)


def test_delays_on_the_grid_come_back_exactly():
    steps = np.concatenate([np.arange(100_000), 10 ** np.arange(6)]).astype(np.float64)
    events = np.stack([steps * QUANTUM, steps], axis=1).astype(np.float32)
    middle = events + np.float32([QUANTUM / 2, 0])
    transform = Chain([Delay([0]), Standardize([0, 1])]).fit([middle])
    for call in (lambda method: method, tf.function):
        inverse = call(transform.inverse)(call(transform.forward)(tf.constant(middle)))
        inverse = np.asarray(inverse)[:, 0]
        np.testing.assert_array_equal(np.floor(inverse.astype(np.float64) / QUANTUM), steps)
    inverse = transform.inverse(transform.forward(middle))[:, 0]
    np.testing.assert_array_equal(np.floor(inverse.astype(np.float64) / QUANTUM), steps)


@settings(max_examples=200, deadline=None)
@given(st.floats(width=32, allow_nan=False))
def test_no_number_gives_a_negative_or_infinite_delay(value):
    delay = Delay([0])
    inverse = delay.inverse(np.float32([[value]]))
    assert 0 <= inverse[0, 0] <= 1.0001e9
    np.testing.assert_allclose(delay.inverse(tf.constant([[value]])), inverse, rtol=3e-7)
    forward = delay.forward(np.float32([[value]]))
    assert np.isfinite(forward).all() or value == np.inf
    assert np.isfinite(delay.log_det(np.float32([[value]]))).all() or value == np.inf


def test_what_is_too_small_is_taken_for_the_smallest():
    forward = Delay([0], smallest=1e-4).forward(np.array([[0.0], [-3.0], [1e-9], [1e-3]]))
    np.testing.assert_allclose(forward[:, 0], np.log([1e-4, 1e-4, 1e-4, 1e-3]), rtol=1e-6)


@pytest.mark.parametrize("arguments", [([0, 0],), ([-1],), ([0], 0.0), ([0], 2.0)])
def test_bad_arguments_are_refused(arguments):
    with pytest.raises(UserError):
        Delay(*arguments)


def test_columns_beyond_the_events_are_refused():
    with pytest.raises(UserError, match="more than 3 columns"):
        Delay([3]).forward(np.zeros((2, 3)))
