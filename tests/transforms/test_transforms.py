import functools
import json
import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from hachi_tf.errors import UserError
from hachi_tf.transforms import (
    Bounded,
    Chain,
    Delay,
    Standardize,
    transform_from_dict,
    transform_to_dict,
)


def sequences(seed=0, num=7):
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, 40, num)
    return [generator.normal([3, -200, 0.5], [0.1, 60, 1], (length, 3)) for length in lengths]


def test_fit_gives_the_mean_and_standard_deviation_over_all_steps():
    data = sequences()
    fitted = Standardize([1, 0]).fit(iter(data))
    joined = np.concatenate(data)
    np.testing.assert_allclose(fitted.loc, joined.mean(0)[[1, 0]], rtol=1e-13)
    np.testing.assert_allclose(fitted.scale, joined.std(0)[[1, 0]], rtol=1e-12)


def test_fit_is_accurate_far_from_zero():
    data = [np.array([[1e9], [1e9 + 1]]), np.array([[1e9 + 2], [1e9 + 3]])]
    fitted = Standardize([0]).fit([part - 1e9 + 1e6 for part in data])
    assert fitted.loc == (1e6 + 1.5,)
    np.testing.assert_allclose(fitted.scale, np.std([0, 1, 2, 3]), rtol=1e-12)


def test_fit_ignores_missing_values():
    data = [np.array([[1.0, np.nan], [np.nan, np.nan], [3.0, np.nan]])]
    fitted = Standardize([0, 1]).fit(data)
    assert fitted.loc == (2.0, 0.0)
    assert fitted.scale == (1.0, 1.0)


@pytest.mark.parametrize("constant", [0.0, 0.1, -7e5])
def test_a_constant_column_gets_scale_one(constant):
    fitted = Standardize([0]).fit([np.full((9, 1), constant), np.full((4, 1), constant)])
    np.testing.assert_allclose(fitted.loc, [constant], rtol=1e-15)
    assert fitted.scale == (1.0,)


def test_fit_leaves_the_unfitted_transform_alone():
    unfitted = Standardize([0])
    unfitted.fit(sequences())
    assert unfitted.loc is None
    with pytest.raises(ValueError, match="not fitted"):
        unfitted.forward(np.zeros((1, 3)))


def test_infinities_are_refused():
    with pytest.raises(UserError, match="infinity"):
        Standardize([0]).fit([np.array([[np.inf]])])


@pytest.mark.parametrize(
    "arguments",
    [
        ([0, 0],),
        ([-1],),
        ([0], [0.0], [0.0]),
        ([0], [0.0], [-1.0]),
        ([0], [0.0], [1e-42]),
        ([0], [float("nan")], [1.0]),
        ([0], [0.0], [1e39]),
        ([0], [0.0, 1.0], [1.0]),
        ([0], [0.0]),
    ],
)
def test_bad_arguments_are_refused(arguments):
    with pytest.raises(UserError):
        Standardize(*arguments)


def test_columns_beyond_the_events_are_refused():
    with pytest.raises(UserError, match="columns"):
        Standardize([3], [0.0], [1.0]).forward(np.zeros((2, 3)))


def test_forward_standardizes_and_leaves_other_columns_bit_for_bit():
    data = sequences()
    fitted = Standardize([0, 1]).fit(data)
    forward = fitted.forward(np.concatenate(data))
    assert forward.dtype == np.float32
    np.testing.assert_allclose(forward[:, :2].mean(0), 0, atol=2e-5)
    np.testing.assert_allclose(forward[:, :2].std(0), 1, atol=2e-5)
    np.testing.assert_array_equal(forward[:, 2], np.concatenate(data)[:, 2].astype(np.float32))


@settings(max_examples=50, deadline=None)
@given(
    loc=st.floats(-1e4, 1e4),
    scale=st.floats(1e-3, 1e4),
    value=st.floats(-100, 100),
)
def test_inverse_inverts(loc, scale, value):
    transform = Standardize([1], [loc], [scale])
    events = np.array([[1.0, loc + value * scale]])
    tolerance = 1e-6 * (abs(loc) + abs(events[0, 1]) + scale)
    np.testing.assert_allclose(
        transform.inverse(transform.forward(events)), events, atol=tolerance, rtol=1e-6
    )


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("method", ["forward", "inverse", "log_det"])
def test_tensorflow_and_numpy_agree_bit_for_bit(method, graph):
    transform = Chain([Standardize([0, 1]), Standardize([2, 1])]).fit(sequences())
    events = np.stack([each[:1] for each in sequences(1)]).astype(np.float32)
    events[0, 0, 1] = np.nan
    function = getattr(transform, method)
    call = tf.function(function) if graph else function
    np.testing.assert_array_equal(call(tf.constant(events)).numpy(), function(events))


def test_log_det_is_that_of_the_jacobian():
    transform = Chain([Standardize([0, 1]), Standardize([1])]).fit(sequences())
    events = np.float32(sequences(2)[0][:1])
    with tf.GradientTape() as tape:
        point = tf.constant(events[0])
        tape.watch(point)
        value = transform.forward(point)
    jacobian = tape.jacobian(value, point)
    expected = np.log(np.abs(np.linalg.det(jacobian.numpy().astype(np.float64))))
    assert transform.log_det(events).shape == (1,)
    np.testing.assert_allclose(transform.log_det(events)[0], expected, rtol=1e-5)


def test_log_det_has_one_number_a_step_even_where_a_value_is_missing():
    transform = Standardize([0], [1.0], [4.0])
    log_det = transform.log_det(np.full((2, 5, 3), np.nan))
    np.testing.assert_array_equal(log_det, np.full((2, 5), -np.log(4.0), np.float32))


def test_a_chain_fits_each_part_on_what_the_ones_before_give():
    fitted = Chain([Standardize([0]), Standardize([0])]).fit(iter(sequences()))
    np.testing.assert_allclose(fitted.transforms[1].loc, 0, atol=1e-5)
    np.testing.assert_allclose(fitted.transforms[1].scale, 1, atol=1e-5)


def test_json_round_trip_is_exact():
    transform = Chain([Standardize([0, 2]).fit(sequences()), Chain(), Standardize([1])])
    text = json.dumps(transform_to_dict(transform), allow_nan=False)
    again = transform_from_dict(json.loads(text))
    assert again.transforms[0].loc == transform.transforms[0].loc
    assert again.transforms[0].scale == transform.transforms[0].scale
    assert transform_to_dict(again) == transform_to_dict(transform)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"name": "whiten", "config": {}},
        {"name": "standardize", "config": {}},
        {"name": "standardize", "config": {"columns": [0], "power": 2}},
        {"name": "chain", "config": {"transforms": 3}},
        {"name": "standardize", "config": {"columns": [float("inf")]}},
        {"name": "standardize", "config": {"columns": [0], "loc": [10**400], "scale": [1]}},
        functools.reduce(
            lambda inner, _: {"name": "chain", "config": {"transforms": [inner]}}, range(2000), {}
        ),
        [],
    ],
    ids=range(9),
)
def test_a_foreign_dictionary_is_refused(value):
    with pytest.raises(UserError, match="transform"):
        transform_from_dict(value)


def test_ranges_are_those_of_columns_that_nothing_changed_before():
    bounded, delay = Bounded([1], [0], [127], 1.0), Delay([0, 3])
    whole = Chain([delay, bounded, Standardize([0, 1, 2, 3])])
    assert whole.ranges() == {0: (0.0, math.inf), 3: (0.0, math.inf), 1: (0.0, 127.0)}
    assert Chain([Standardize([1]), bounded]).ranges() == {}
    assert Chain([Chain([Standardize([1])]), Chain([delay, bounded])]).ranges().keys() == {0, 3}
    assert Standardize([0]).ranges() == Chain().ranges() == {}
