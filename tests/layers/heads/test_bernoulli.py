"""The Bernoulli head against NumPy in float64 and TensorFlow Probability."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from hachi_tf.layers.heads import Bernoulli

LOGITS = np.array([-1e4, -90, -20, -1, -1e-3, 0, 0.5, 3, 20, 90, 1e4], np.float32)[:, None]


@pytest.mark.parametrize("event", [0.0, 1.0])
def test_value_and_gradient_are_exact_at_any_logit(event):
    events = np.full_like(LOGITS, event)
    with tf.GradientTape() as tape:
        logits = tf.constant(LOGITS)
        tape.watch(logits)
        log_prob = Bernoulli().log_prob(logits, events)
    signed = np.float64(LOGITS[:, 0]) * (1 if event else -1)
    np.testing.assert_allclose(log_prob, -np.logaddexp(0, -signed), rtol=1e-6, atol=1e-30)
    with np.errstate(over="ignore"):
        slope = (1 if event else -1) / (1 + np.exp(signed))
    np.testing.assert_allclose(tape.gradient(log_prob, logits)[:, 0], slope, rtol=1e-5, atol=1e-8)
    stock = tfp.distributions.Bernoulli(logits=np.float64(LOGITS[:, 0])).log_prob(events[:, 0])
    np.testing.assert_allclose(log_prob, stock, rtol=1e-6, atol=1e-30)


def test_samples_have_the_tempered_probability_and_ignore_the_bias():
    uniform = ((np.arange(1000) + 0.5) / 1000).astype(np.float32)[:, None]
    logits = tf.fill([1000, 1], 0.8)
    for temperature in (1.0, 0.4, 3.0):
        events = Bernoulli().sample(logits, uniform, 9.0, temperature).numpy()
        assert abs(events.mean() - 1 / (1 + np.exp(-0.8 / temperature))) <= 1e-3
        mean = Bernoulli().distribution([0.8], 9.0, temperature).mean()
        assert abs(mean[0] - events.mean()) <= 1e-3


def test_temperature_zero_gives_the_likelier_value():
    events = Bernoulli().sample(LOGITS, np.full_like(LOGITS, 0.999), 0.0, 0.0)
    np.testing.assert_array_equal(events, LOGITS > 0)
