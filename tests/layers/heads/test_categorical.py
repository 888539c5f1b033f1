"""The categorical head against NumPy in float64 and TensorFlow Probability."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from hachi_tf.errors import UserError
from hachi_tf.layers.heads import Categorical


@pytest.mark.parametrize("scale", [1.0, 100.0, 1e4])
def test_value_and_gradient_equal_float64_at_any_logits(scale):
    rng = np.random.default_rng(0)
    logits = (scale * rng.normal(size=[50, 7])).astype(np.float32)
    classes = rng.integers(7, size=50)
    with tf.GradientTape() as tape:
        variable = tf.constant(logits)
        tape.watch(variable)
        log_prob = Categorical(7).log_prob(variable, classes[:, None].astype(np.float32))
    shifted = np.float64(logits) - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    expected = log_probs[np.arange(50), classes]
    np.testing.assert_allclose(log_prob, expected, rtol=1e-5, atol=1e-6)
    gradient = np.eye(7)[classes] - np.exp(log_probs)
    np.testing.assert_allclose(tape.gradient(log_prob, variable), gradient, rtol=1e-4, atol=1e-6)
    stock = tfp.distributions.Categorical(logits=np.float64(logits)).log_prob(classes)
    np.testing.assert_allclose(log_prob, stock, rtol=1e-5, atol=1e-6)


def test_a_class_that_does_not_exist_counts_as_missing():
    params = tf.random.stateless_normal([4, 3], (1, 2))
    with tf.GradientTape() as tape:
        tape.watch(params)
        log_prob = Categorical(3).log_prob(params, [[-1.0], [3.0], [1e30], [2.0]])
    np.testing.assert_array_equal(log_prob[:3], 0.0)
    assert log_prob[3] < 0.0
    np.testing.assert_array_equal(tape.gradient(log_prob, params)[:3], 0.0)


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_samples_have_the_tempered_frequencies_and_ignore_the_bias(temperature):
    uniform = ((np.arange(20_000) + 0.5) / 20_000).astype(np.float32)[:, None]
    logits = np.array([0.3, -1.0, 1.2, 0.0], np.float32)
    repeated = tf.broadcast_to(logits, [20_000, 4])
    events = Categorical(4).sample(repeated, uniform, 9.0, temperature).numpy()[:, 0]
    expected = np.exp(logits / temperature) / np.exp(logits / temperature).sum()
    frequencies = np.bincount(events.astype(int), minlength=4) / 20_000
    np.testing.assert_allclose(frequencies, expected, atol=1e-4)
    distribution = Categorical(4).distribution(logits, 9.0, temperature)
    log_probs = distribution.log_prob(np.arange(4, dtype=np.float32)[:, None])
    np.testing.assert_allclose(np.exp(log_probs), expected, rtol=1e-5)


def test_temperature_zero_gives_the_likeliest_class():
    logits = np.random.default_rng(0).normal(size=[40, 9]).astype(np.float32)
    events = Categorical(9).sample(logits, np.full([40, 1], 0.999, np.float32), 0.0, 0.0)
    np.testing.assert_array_equal(events[:, 0], logits.argmax(axis=1))
    np.testing.assert_array_equal(Categorical(9).mean(logits), events)


def test_ten_thousand_classes_sample_the_last_one_too():
    logits = tf.fill([2, 10_000], 0.0)
    events = Categorical(10_000).sample(logits, [[2.0**-24], [1 - 2.0**-24]])
    np.testing.assert_array_equal(events[:, 0], [0, 9999])


def test_bad_settings_are_refused():
    with pytest.raises(UserError):
        Categorical(0)


def kept_classes(logits, temperature, top_k, top_p):
    """Which classes may be drawn, in NumPy, float64."""
    order = np.argsort(-np.float64(logits), kind="stable")
    order = order[:top_k] if top_k > 0 else order
    weights = np.exp((np.float64(logits[order]) - logits.max()) / (temperature or 1.0))
    before = np.cumsum(weights) - weights
    kept = (before < top_p * weights.sum() * (1 - 1e-9)) | (np.arange(len(order)) == 0)
    return sorted(order if top_p >= 1 else order[kept])


def drawn_classes(logits, temperature, top_k, top_p, count=4000):
    """How often each class is drawn over a grid of noise."""
    noise = ((np.arange(count) + 0.5) / count).astype(np.float32)[:, None]
    rows = tf.broadcast_to(np.float32(logits), [count, len(logits)])
    events = Categorical(len(logits)).sample(
        rows, noise, 0.0, tf.fill([count], temperature), None,
        tf.fill([count], top_k), tf.fill([count], top_p),
    )  # fmt: skip
    return np.bincount(events.numpy()[:, 0].astype(int), minlength=len(logits)) / count


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
@pytest.mark.parametrize(
    "top_k, top_p", [(0, 1.0), (3, 1.0), (1, 1.0), (99, 1.0), (-5, 1.0), (0, 0.5), (0, 0.9),
                     (0, 1e-6), (4, 0.7), (0, 0.9999)]
)  # fmt: skip
def test_top_k_and_the_nucleus_leave_the_likeliest_classes(temperature, top_k, top_p):
    logits = np.random.default_rng(3).normal(size=9, scale=1.5).astype(np.float32)
    kept = kept_classes(logits, temperature, top_k, top_p)
    weights = np.zeros(9)
    weights[kept] = np.exp((np.float64(logits[kept]) - logits.max()) / temperature)
    frequencies = drawn_classes(logits, temperature, top_k, top_p)
    np.testing.assert_allclose(frequencies, weights / weights.sum(), atol=1e-3)


def test_of_equally_likely_classes_the_first_ones_stay():
    assert np.flatnonzero(drawn_classes(np.zeros(6), 1.0, 2, 1.0)).tolist() == [0, 1]
    assert np.flatnonzero(drawn_classes(np.zeros(4), 1.0, 0, 0.5)).tolist() == [0, 1]


def test_without_truncation_nothing_changes_by_a_bit():
    rng = np.random.default_rng(0)
    logits = (30 * rng.normal(size=[3000, 65])).astype(np.float32)
    noise = rng.uniform(size=[3000, 1]).astype(np.float32)
    temperature = rng.choice(np.float32([0, 0.1, 0.5, 1, 3, 1e30]), size=3000)
    head = Categorical(65)
    plain = head.sample(logits, noise, 0.0, temperature)
    # One row that leaves classes out makes the others go the long way.
    top_k, top_p = np.zeros(3000, np.int32), np.ones(3000, np.float32)
    np.testing.assert_array_equal(head.sample(logits, noise, 0.0, temperature, None, top_k, top_p),
                                  plain)  # fmt: skip
    top_k[0] = 2
    truncated = head.sample(logits, noise, 0.0, temperature, None, top_k, top_p)
    np.testing.assert_array_equal(truncated[1:], plain[1:])


def test_truncation_is_finite_for_any_numbers():
    logits = np.float32(
        [[np.nan] * 4, [np.inf, 0, 0, 0], [-np.inf, -np.inf, 1, 0], [3e38, -3e38, 0, 1]]
    )
    settings = [np.float32([1, 1, 1, 1e30]), None, np.int32([2, 2, 2, 1]), np.float32([0.5] * 4)]
    events = Categorical(4).sample(logits, np.full([4, 1], 0.7, np.float32), 0.0, *settings)
    assert np.isin(events, [0, 1, 2, 3]).all() and events[3, 0] == 0
    greedy = Categorical(4).sample(logits[2:], [[0.9]] * 2, 0.0, np.float32([0, 0]), None,
                                   np.int32([3, 0]), np.float32([1, 0.1]))  # fmt: skip
    np.testing.assert_array_equal(greedy[:, 0], [2, 0])
