import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from hachi_tf.errors import UserError
from hachi_tf.transforms import Bounded, Chain, Standardize

# low, high, quantum: pitch, velocity, a wheel, a share, an offset, a percentage.
RANGES = [(0, 127, 1), (1, 127, 1), (-8192, 8191, 1), (0, 1, 0.01), (1000, 1016, 0.5), (0, 100, 0)]


def test_the_named_columns_become_logits_and_no_other():
    events = np.array([[32.0, 5.0, 0.25]])
    transform = Bounded([0, 2], [0, 0], [127, 1], [1, 0])
    forward = transform.forward(events)
    assert forward.dtype == np.float32
    np.testing.assert_allclose(forward, [[np.log(32 / 96), 5, np.log(1 / 3)]], rtol=1e-6)
    expected = np.log(128 / (32 * 96)) + np.log(1 / (0.25 * 0.75))
    np.testing.assert_allclose(transform.log_det(events), [expected], rtol=1e-6)


@pytest.mark.parametrize("low, high, quantum", [each for each in RANGES if each[2]])
def test_values_on_the_grid_come_back_exactly(low, high, quantum):
    steps = np.arange(round(low / quantum), round(high / quantum) + 1)
    values = (steps * quantum).astype(np.float32)[:, None]
    middle = values + np.float32(quantum / 2)
    transform = Chain([Bounded([0], [low], [high], quantum), Standardize([0])]).fit([middle])
    graph = tf.function(lambda events: transform.inverse(transform.forward(events)))
    for inverse in (transform.inverse(transform.forward(middle)), graph(middle).numpy()):
        np.testing.assert_array_equal(np.floor(inverse[:, 0] / np.float32(quantum)), steps)


@pytest.mark.parametrize("low, high, quantum", RANGES)
@settings(max_examples=60, deadline=None)
@given(value=st.floats(width=32, allow_nan=False) | st.floats(-30, 30, width=32))
def test_no_number_gives_a_value_out_of_range(low, high, quantum, value):
    transform = Bounded([0], [low], [high], quantum)
    events = np.float32([[value]])
    inverse = transform.inverse(events)
    np.testing.assert_allclose(
        transform.inverse(tf.constant(events)), inverse, rtol=3e-7, atol=1e-6 * (high - low)
    )
    assert low <= inverse[0, 0] <= high + quantum
    if quantum:
        on_grid = np.floor(inverse / np.float32(quantum)) * np.float32(quantum)
        assert low - 1e-6 <= on_grid[0, 0] <= high + 1e-6
    assert np.isfinite(transform.forward(events)).all()
    assert np.isfinite(transform.log_det(events)).all()
    assert np.isfinite(transform.forward(inverse)).all()


def test_values_out_of_range_are_taken_for_its_ends():
    transform = Bounded([0], [0], [127], 1)
    forward = transform.forward(np.float32([[-5], [0], [128], [200], [np.inf], [-np.inf]]))[:, 0]
    assert forward[0] == forward[1] == forward[5] and forward[2] == forward[3] == forward[4]
    np.testing.assert_allclose(forward[:3:2], [np.log(1e-6), -np.log(1e-6)], rtol=1e-3)


def test_a_density_in_network_space_is_one_in_data_units():
    transform = Bounded([0], [2], [5], 1)
    values = np.linspace(2, 6, 40_001)[1:-1, None]
    logits = transform.forward(values)[:, 0].astype(np.float64)
    density = np.exp(-0.5 * logits**2) / np.sqrt(2 * np.pi)
    density *= np.exp(transform.log_det(values).astype(np.float64))
    np.testing.assert_allclose(density.sum() * 4 / 40_000, 1.0, atol=1e-4)


@pytest.mark.parametrize(
    "arguments",
    [
        ([0, 0], [0, 0], [1, 1]),
        ([-1], [0], [1]),
        ([0], [1], [1]),
        ([0], [2], [1], 3),
        ([0], [0], [1], -0.1),
        ([0], [0, 1], [1]),
        ([0], [0], [1], [1, 1]),
        ([0], [0], [float("inf")]),
        ([0], [float("nan")], [1]),
        ([0], [0], [1e7], 1),
        ([0], [1e9], [1e9 + 1]),
    ],
)
def test_bad_arguments_are_refused(arguments):
    with pytest.raises(UserError):
        Bounded(*arguments)


def test_columns_beyond_the_events_are_refused():
    with pytest.raises(UserError, match="more than 3 columns"):
        Bounded([3], [0], [1]).forward(np.zeros((2, 3)))
