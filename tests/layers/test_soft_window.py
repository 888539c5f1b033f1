"""The soft window against NumPy in float64: values, gradients, the places where it underflows."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hachi_tf.errors import UserError
from hachi_tf.layers.soft_window import (
    Characters,
    SoftWindow,
    TextContext,
    log_weights,
    moves,
    window_backward,
    window_of,
    window_weights,
)

B, K, U, A, H = 3, 4, 6, 5, 7


def arguments(seed=0):
    """Random pre-activations `[B, 3 K]`, positions `[B, K]` and characters, float64."""
    random = np.random.default_rng(seed)
    params = random.normal(size=(B, 3 * K))
    kappa = random.uniform(0.0, U + 1.0, size=(B, K))
    one_hot = np.eye(A)[random.integers(0, A, (B, U))]
    one_hot[1, 4:] = 0.0  # a shorter text
    return params, kappa, one_hot


def numpy_step(params, kappa, one_hot):
    """Equations 46 to 51 as they stand in the paper: w, kappa after the step, phi."""
    alpha, beta, pace = np.exp(params[:, :K]), np.exp(params[:, K : 2 * K]), params[:, 2 * K :]
    kappa = kappa + np.exp(pace)
    phi = np.zeros(one_hot.shape[:2])
    for u in range(1, one_hot.shape[1] + 1):
        phi[:, u - 1] = (alpha * np.exp(-beta * (kappa - u) ** 2)).sum(1)
    return np.einsum("bu,bua->ba", phi, one_hot), kappa, phi


def characters(one_hot):
    """`Characters` of a one-hot array `[B, U, A]`."""
    one_hot = np.asarray(one_hot)
    index = np.where(one_hot.any(-1), one_hot.argmax(-1), -1)
    return Characters.at(tf.constant(index, tf.int32), one_hot.shape[-1])


def context(one_hot):
    """A `TextContext`, of which the window reads the characters only."""
    return TextContext(characters(one_hot), None, None, None)


def finite(limit):
    return st.floats(-limit, limit, width=32, allow_subnormal=False)


def relative(got, want):
    return np.abs(got - want).max() / np.abs(want).max()


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-13), ("float32", 2e-6)])
def test_weights_and_window_equal_numpy(dtype, tolerance):
    params, kappa, one_hot = arguments()
    w, after, phi = numpy_step(params, kappa, one_hot)
    params, kappa, one_hot = (tf.constant(each, dtype) for each in (params, kappa, one_hot))
    kappa += moves(params)
    parts, total = window_weights(params, kappa, U)
    assert parts.shape == (B, K, U)
    for got, want in (
        (kappa, after),
        (total, phi),
        (window_of(total, characters(one_hot), A), w),
        (tf.exp(log_weights(params, kappa, U)), phi),
    ):
        assert relative(np.double(got), want) < tolerance


def test_step_of_the_layer_equals_numpy_from_its_own_weights():
    layer = SoftWindow(K, 2.0)
    layer.build((None, H))
    random = np.random.default_rng(1)
    kernel, bias = random.normal(size=(H, 3 * K)), random.normal(size=3 * K)
    layer.set_weights([kernel, bias])
    h = random.normal(size=(B, H))
    _, kappa, one_hot = arguments()
    want_w, want_kappa, _ = numpy_step(h @ kernel + bias, kappa, one_hot)
    w, after, params = layer.step(np.float32(h), np.float32(kappa), context(np.float32(one_hot)), A)
    assert relative(np.double(w), want_w) < 1e-5
    assert relative(np.double(after), want_kappa) < 1e-5
    assert relative(np.double(params), h @ kernel + bias) < 1e-5


def test_way_back_equals_finite_differences():
    params, kappa, one_hot = arguments()
    random = np.random.default_rng(2)
    d_w, d_after = random.normal(size=(B, A)), random.normal(size=(B, K))
    _, after, _ = numpy_step(params, kappa, one_hot)
    d_params, d_kappa = window_backward(
        *map(tf.constant, (params, after)),
        characters(one_hot),
        *map(tf.constant, (np.ones((B, 1)), d_w, d_after)),
    )

    def loss(params, kappa):
        w, after, _ = numpy_step(params, kappa, one_hot)
        return (w * d_w).sum() + (after * d_after).sum()

    for gradient, index in ((d_params, 0), (d_kappa, 1)):
        for position in np.ndindex(*gradient.shape):
            change = np.zeros(gradient.shape)
            change[position] = 1e-6
            low, high = [params, kappa], [params, kappa]
            low[index], high[index] = low[index] - change, high[index] + change
            slope = (loss(*high) - loss(*low)) / 2e-6
            assert float(gradient[position]) == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_way_back_equals_that_of_tensorflow_and_is_shut_where_the_window_stands_still():
    params, kappa, one_hot = map(tf.constant, arguments())
    moving = tf.constant([[1.0], [0.0], [1.0]], tf.float64)
    random = np.random.default_rng(3)
    d_w, d_after = random.normal(size=(B, A)), random.normal(size=(B, K))
    with tf.GradientTape() as tape:
        tape.watch([params, kappa])
        after = kappa + moves(params) * moving
        w = window_of(window_weights(params, after, U)[1], characters(one_hot), A)
        loss = tf.reduce_sum(w * d_w) + tf.reduce_sum(after * d_after)
    want = tape.gradient(loss, [params, kappa])
    got = window_backward(
        params, after, characters(one_hot), moving, tf.constant(d_w), tf.constant(d_after)
    )
    for mine, theirs in zip(got, want, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-14)
    assert not np.any(got[0][1, 2 * K :]) and np.any(got[0][0, 2 * K :])


def test_logarithms_tell_characters_apart_where_the_weights_underflow():
    params = tf.constant([[0.5, 9.0, 0.0]])  # beta = exp(9) = 8103
    kappa = tf.constant([[3.25]])
    _, phi = window_weights(params, kappa, 5)
    assert not phi.numpy().any()
    logs = log_weights(params, kappa, 5).numpy()[0]
    np.testing.assert_allclose(logs, 0.5 - np.exp(9.0) * (3.25 - np.arange(1, 6)) ** 2, rtol=1e-6)
    assert np.argmax(logs) + 1 == 3


@settings(max_examples=30, deadline=None)
@given(
    arrays(np.float32, (4, B, 3 * K), elements=st.one_of(finite(2.0**100), finite(16.0))),
    st.floats(0.0, 8192.0, width=32, allow_subnormal=False),
)
def test_window_never_goes_back_and_never_overflows(params, start):
    kappa = tf.fill([B, K], tf.constant(start, tf.float32))
    one_hot = tf.constant(arguments()[2], tf.float32)
    for each in map(tf.constant, params):
        after = kappa + moves(each)
        assert (after >= kappa).numpy().all()
        _, phi = window_weights(each, after, U)
        gradients = window_backward(
            each, after, characters(one_hot), tf.ones([B, 1]), tf.ones([B, A]), tf.ones([B, K])
        )
        for value in (
            after,
            phi,
            window_of(phi, characters(one_hot), A),
            log_weights(each, after, U),
            *gradients,
        ):
            assert np.isfinite(value).all()
        assert (phi >= 0).numpy().all()
        kappa = after


def test_untrained_window_moves_at_the_given_pace_with_a_weight_of_one():
    layer = SoftWindow(10, 12.5)
    layer.build((None, H))
    params = layer.params(tf.zeros([1, H]))
    np.testing.assert_allclose(moves(params), np.full((1, 10), 1 / 12.5), rtol=1e-6)
    _, phi = window_weights(params, tf.fill([1, 10], 3.0), 5)
    np.testing.assert_allclose(phi[0], np.exp(-((np.arange(1, 6) - 3.0) ** 2)), rtol=1e-5)


def test_derivatives_are_those_of_the_bounded_pre_activations():
    params = tf.constant([[12.0, 0.0, -1.0]], tf.float64)  # alpha is exp(10)
    kappa, one_hot = tf.constant([[1.5]], tf.float64), tf.one_hot([[0, 1]], 2, dtype=tf.float64)
    parts, _ = window_weights(params, kappa, 2)
    np.testing.assert_allclose(parts[0, 0], np.exp(10 - 0.25) * np.ones(2), rtol=1e-12)
    one = tf.ones([1, 1], tf.float64)
    d_params, _ = window_backward(
        params, kappa, characters(one_hot), one, tf.constant([[1.0, 0.5]], tf.float64), one
    )
    assert d_params[0, 0] == 0.0 and np.all(d_params[0, 1:] != 0.0)


@pytest.mark.parametrize(
    "options",
    [
        {"num_components": 0},
        {"num_components": 2.5},
        {"events_per_character": 0.0},
        {"events_per_character": float("nan")},
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(UserError):
        SoftWindow(**options)


def test_configuration_round_trip():
    layer = SoftWindow.from_config(SoftWindow(3, 7.0, name="window").get_config())
    assert (layer.num_components, layer.events_per_character, layer.name) == (3, 7.0, "window")
