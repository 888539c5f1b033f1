"""A head alone learns a density of mixed columns whose entropy is known."""

import numpy as np
import tensorflow as tf

from hachi_tf.layers.heads import make_head
from hachi_tf.schema import Feature, Schema

SCHEMA = Schema(
    (
        Feature("x"),
        Feature("y"),
        Feature("accent", "binary"),
        Feature("voice", "categorical", classes=("a", "b", "c")),
    )
)
# Given the voice, (x, y) is one Gaussian, so that the entropy is a sum.
VOICE = np.array([0.5, 0.3, 0.2])
ACCENT = np.array([0.9, 0.2, 0.5])
LOC = np.array([[1.0, 0.5], [-1.0, 0.5], [0.0, -1.0]])
FACTOR = np.array([[[0.5, 0.0], [0.4, 0.2]], [[0.3, 0.0], [-0.3, 0.3]], [[0.2, 0.0], [0.1, 0.6]]])


def entropy():
    """Nats an event."""
    own = 1 + np.log(2 * np.pi) + np.log(FACTOR[:, 0, 0] * FACTOR[:, 1, 1])
    own -= ACCENT * np.log(ACCENT) + (1 - ACCENT) * np.log(1 - ACCENT)
    return VOICE @ (own - np.log(VOICE))


def draw(count, seed):
    rng = np.random.default_rng(seed)
    voice = rng.choice(3, count, p=VOICE)
    points = LOC[voice] + np.einsum("nij,nj->ni", FACTOR[voice], rng.normal(size=(count, 2)))
    accent = rng.random(count) < ACCENT[voice]
    return np.column_stack([points, accent, voice]).astype(np.float32)


def learned(options, steps=500):
    """Nats an event on fresh data, after Adam on the head's parameters alone."""
    head, rng = make_head(SCHEMA, options), np.random.default_rng(0)
    params = tf.Variable(rng.normal(0, 0.5, head.params_size).astype(np.float32))
    moments = [tf.Variable(tf.zeros_like(params)) for _ in range(2)]

    def loss(events):
        own = tf.broadcast_to(params, [tf.shape(events)[0], head.params_size])
        return -tf.reduce_mean(head.log_prob(own, events))

    @tf.function(autograph=False)
    def fit(events, rate, count):
        with tf.GradientTape() as tape:
            value = loss(events)
        gradient = tape.gradient(value, params)
        moments[0].assign(0.9 * moments[0] + 0.1 * gradient)
        moments[1].assign(0.99 * moments[1] + 0.01 * gradient**2)
        scale = tf.sqrt(moments[1] / (1.0 - 0.99**count)) + 1e-8
        params.assign_sub(rate * moments[0] / (1.0 - 0.9**count) / scale)

    data = draw(20_000, 1)
    for step in range(steps):
        rate = 0.05 * (1 - step / steps)
        batch = data[rng.integers(len(data), size=1000)]
        fit(batch, tf.constant(rate, tf.float32), tf.constant(step + 1.0))
    return float(loss(draw(50_000, 2)))


def test_the_true_loss_is_reached_by_coupling_and_only_by_it():
    true = entropy()
    assert abs(true - 2.0211) < 1e-4
    coupled = learned("gaussian_mixture(num_components=6, covariance='full', coupling='mixture')")
    assert abs(coupled - true) < 0.02
    apart = learned("gaussian_mixture(num_components=6, covariance='full')")
    assert apart > true + 0.5
