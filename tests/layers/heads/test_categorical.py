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
