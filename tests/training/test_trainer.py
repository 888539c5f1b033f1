"""One training step against NumPy and Keras; noise, clipping, skipping, schedules."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.schema import Feature, Schema
from hachi_tf.training.optimizers import learning_rate_at, make_optimizer
from hachi_tf.training.replicas import Replicas
from hachi_tf.training.trainer import MAX_SKIPPED_IN_A_ROW, Schedule, Trainer
from hachi_tf.training.weight_noise import WeightNoise
from hachi_tf.transforms import Standardize

SCHEMA = Schema((Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary")), True)
TRANSFORM = Standardize([0, 1], [2.0, -1.0], [4.0, 5.0])


def make_network(seed=0, **kwargs):
    keras.utils.set_random_seed(seed)
    network = PredictionNetwork(SCHEMA, make_head(SCHEMA, None, 2), 2, 6, **kwargs)
    network.build()
    return network


def make_batch(rows=4, steps=7, seed=0):
    random = np.random.default_rng(seed)
    lengths = random.integers(2, steps + 1, rows).astype(np.int32)
    lengths[0] = steps
    events = random.normal(size=(rows, steps, 3)).astype(np.float32) * [4.0, 5.0, 0.0]
    events[..., 2] = random.random((rows, steps)) < 0.3
    events *= np.arange(steps)[None, :, None] < lengths[:, None, None]
    return {
        "events": tf.constant(events, tf.float32),
        "lengths": tf.constant(lengths),
        "text": tf.constant([""] * rows),
        "ends": tf.constant([True] * (rows - 1) + [False]),
        "index": tf.range(rows),
        "sequence": tf.range(rows),
        "offset": tf.zeros([rows], tf.int32),
        "begins": tf.fill([rows], True),
        "previous": tf.zeros([rows, 3]),
        "skip": tf.zeros([rows], tf.int32),
    }


def make_trainer(network, optimizer=None, noise=None, **kwargs):
    optimizer = optimizer or make_optimizer("sgd", 0.1)
    return Trainer(
        network, TRANSFORM, optimizer, Schedule(0.1, 0, 100, "constant"), weight_noise=noise,
        **kwargs,
    )  # fmt: skip


def loss_by_rows(network, batch):
    """The loss computed a row at a time, without padding, from the definition."""
    total, count = 0.0, 0
    for row, length in enumerate(batch["lengths"].numpy()):
        events = TRANSFORM.forward(batch["events"].numpy()[row, :length])
        inputs = np.concatenate([np.zeros((1, 3)), events[:-1]]).astype(np.float32)
        end = np.zeros((length, 1))
        end[-1] = batch["ends"].numpy()[row]
        params, _ = network(inputs[None])
        targets = np.concatenate([events, end], -1)[None].astype(np.float32)
        total -= tf.reduce_sum(network.head.log_prob(params, targets))
        count += length
    return total / float(count)


def test_loss_is_the_mean_over_all_valid_steps_of_the_batch():
    network, batch = make_network(), make_batch()
    expected = float(loss_by_rows(network, batch))
    assert make_trainer(network).train_step(batch)["nats_per_step"] == pytest.approx(expected, 1e-5)


def test_sgd_step_follows_the_gradient_of_that_loss_clipped_by_global_norm():
    network, batch = make_network(), make_batch()
    with tf.GradientTape() as tape:
        loss = loss_by_rows(network, batch)
    variables = [v.value for v in network.trainable_variables]
    gradients = tape.gradient(loss, variables)
    norm = float(tf.linalg.global_norm(gradients))
    expected = [v - 0.1 * g * (0.01 / norm) for v, g in zip(variables, gradients, strict=True)]
    result = make_trainer(network, clip_norm=0.01).train_step(batch)
    assert norm > 0.01 and result["gradient_norm"] == pytest.approx(norm, 1e-4)
    for value, want in zip(network.trainable_variables, expected, strict=True):
        np.testing.assert_allclose(value.value, want, atol=1e-6)


def test_gradient_by_the_sequence_is_larger_by_the_mean_length():
    batch, moved = make_batch(), []
    for per_sequence in (False, True):
        network = make_network()
        start = network.weights[0].numpy()
        make_trainer(network, per_sequence=per_sequence).train_step(batch)
        moved.append(network.weights[0].numpy() - start)
    mean_length = batch["lengths"].numpy().mean()
    np.testing.assert_allclose(moved[1], moved[0] * mean_length, rtol=1e-3, atol=1e-5)


def test_graves_rmsprop_is_equations_38_to_45():
    variable = keras.Variable([1.0, -2.0, 3.0])
    optimizer = make_optimizer("graves_rmsprop", 1e-4)
    n = m = delta = np.zeros(3)
    w = np.float64([1.0, -2.0, 3.0])
    random = np.random.default_rng(1)
    for _ in range(20):
        g = random.normal(size=3)
        optimizer.apply([tf.constant(g, tf.float32)], [variable])
        n = 0.95 * n + 0.05 * g**2
        m = 0.95 * m + 0.05 * g
        delta = 0.9 * delta - 1e-4 * g / np.sqrt(n - m**2 + 1e-4)
        w = w + delta
    np.testing.assert_allclose(variable.numpy(), w, rtol=2e-6)


def test_non_finite_step_changes_nothing_and_is_counted_until_it_goes_on_too_long():
    network, batch = make_network(), make_batch()
    trainer = make_trainer(network, make_optimizer("adam", 0.1))
    trainer.train_step(batch)
    before = {name: value.copy() for name, value in trainer.arrays().items()}
    bad = {**batch, "events": tf.fill(tf.shape(batch["events"]), np.inf)}
    trainer.train_step(bad)
    assert (trainer.step, trainer.skipped) == (2, 1)
    for name, value in trainer.arrays().items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)
    with pytest.raises(UserError, match="a finite loss"):
        for _ in range(MAX_SKIPPED_IN_A_ROW):
            trainer.train_step(bad)


def test_fixed_weight_noise_takes_the_gradient_at_noisy_weights_and_moves_the_clean_ones():
    network, batch = make_network(), make_batch()
    noise = WeightNoise(network.trainable_variables, 0.05, False, 100)
    start = [v.value.numpy().copy() for v in network.trainable_variables]
    trainer = make_trainer(network, noise=noise, seed=3)
    trainer.train_step(batch)
    got = [v.value.numpy() for v in network.trainable_variables]
    seed = tf.random.experimental.stateless_fold_in(tf.constant([3, 0], tf.int32), 1)
    twin = make_network()
    noisy = [w + 0.05 * d for w, d in zip(start, noise.draw(seed), strict=True)]
    for variable, value in zip(twin.trainable_variables, noisy, strict=True):
        variable.assign(value)
    with tf.GradientTape() as tape:
        loss = loss_by_rows(twin, batch)
    gradients = tape.gradient(loss, [v.value for v in twin.trainable_variables])
    for value, was, gradient in zip(got, start, gradients, strict=True):
        np.testing.assert_allclose(value, was - 0.1 * gradient, atol=1e-5)


def description_length(variables, log_deviations):
    """KL(posterior || prior) in nats, the prior the best Gaussian for all weights together."""
    weights = tf.concat([tf.reshape(v.value, [-1]) for v in variables], 0)
    logs = tf.concat([tf.reshape(each, [-1]) for each in log_deviations], 0)
    squares = (weights - tf.reduce_mean(weights)) ** 2 + tf.exp(2.0 * logs)
    variance = tf.reduce_mean(squares)
    return 0.5 * tf.reduce_sum(tf.math.log(variance) - 2.0 * logs + squares / variance - 1.0)


def test_adaptive_noise_gradients_are_those_of_loss_plus_description_length():
    network, batch = make_network(), make_batch()
    noise = WeightNoise(network.trainable_variables, 0.05, True, 40)
    draws = noise.draw(tf.constant([1, 2]))
    clean = [tf.identity(v.value) for v in network.trainable_variables]
    logs = [v.value for v in noise.trainable_variables]

    def noisy_gradients():
        with tf.GradientTape() as tape:
            loss = loss_by_rows(network, batch)
        return tape.gradient(loss, [v.value for v in network.trainable_variables])

    def set_weights(values):
        for variable, value in zip(network.trainable_variables, values, strict=True):
            variable.assign(value)

    set_weights([w + tf.exp(s) * d for w, s, d in zip(clean, logs, draws, strict=True)])
    gradients = noisy_gradients()
    set_weights(clean)
    with tf.GradientTape() as tape:
        kl = description_length(network.trainable_variables, logs) / 40.0
    weights = [v.value for v in network.trainable_variables]
    by_weights, by_logs = tape.gradient(kl, [weights, logs])
    got = noise.gradients(gradients, draws)
    rows = zip(gradients, draws, logs, by_weights, by_logs, strict=True)
    for index, (gradient, draw, log, weight_kl, log_kl) in enumerate(rows):
        np.testing.assert_allclose(got[index], gradient + weight_kl, atol=1e-5)
        expected = gradient * draw * tf.exp(log) + log_kl
        np.testing.assert_allclose(got[len(draws) + index], expected, atol=1e-5)


def test_same_seed_and_step_give_the_same_bits_and_another_seed_does_not():
    weights = []
    for seed in (5, 5, 6):
        network = make_network(dropout=0.3)
        trainer = make_trainer(network, seed=seed)
        for step in range(3):
            trainer.train_step(make_batch(seed=step))
        weights.append(np.concatenate([np.ravel(v.value) for v in network.weights]))
    np.testing.assert_array_equal(weights[0], weights[1])
    assert np.abs(weights[0] - weights[2]).max() > 1e-4


def test_strategy_of_one_device_learns_the_same():
    results = []
    for strategy in (None, tf.distribute.OneDeviceStrategy("/cpu:0")):
        replicas = Replicas(strategy)
        with replicas.scope():
            trainer = make_trainer(make_network(), make_optimizer("adam", 0.01), replicas=replicas)
        results.append([trainer.train_step(make_batch(seed=s))["nats_per_step"] for s in range(3)])
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6)


@pytest.mark.parametrize(
    ("step", "decay", "rate"),
    [
        (0, "linear", 0.1), (9, "linear", 1.0), (10, "linear", 1.0), (60, "linear", 0.5),
        (110, "linear", 0.0), (200, "linear", 0.0), (60, "cosine", 0.5), (35, "cosine", 0.853553),
        (500, "constant", 1.0),
    ],
)  # fmt: skip
def test_learning_rate_rises_over_the_warm_up_and_falls_to_zero(step, decay, rate):
    assert learning_rate_at(step, 1.0, 10, 110, decay) == pytest.approx(rate, abs=1e-6)
