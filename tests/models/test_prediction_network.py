"""The prediction network: call and step, padding, Keras's own training, configuration."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.heads import make_head
from hachi_tf.models import network_from_dict, network_to_dict
from hachi_tf.models.event_encoder import EventEncoder
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.schema import Feature, Schema

STROKES = Schema((Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary")))
CELLS = ("lstm", "peephole_lstm", "gru", "rnn")


def make_network(cell="lstm", schema=STROKES, **kwargs):
    network = PredictionNetwork(
        schema, make_head(schema, None, 3), num_layers=2, hidden_size=5, cell=cell, **kwargs
    )
    network.build()
    return network


def random_events(*shape):
    return tf.random.stateless_normal(shape, [1, 2])


def test_graves_network_has_121_outputs_and_3_4_million_weights():
    network = PredictionNetwork(STROKES, make_head(STROKES, None, 20), 3, 400)
    network.build()
    assert network.head.params_size == 121
    weights = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
    lstm = sum(4 * 400 * (inputs + 400 + 1) for inputs in (3, 403, 403))
    assert weights == lstm + (1200 + 1) * 121 == 3_364_521


@pytest.mark.parametrize("cell", CELLS)
def test_call_equals_iterated_step(cell):
    network, events = make_network(cell), random_events(3, 7, 3)
    params, state = network(events)
    step_state, step_params = network.initial_state(3), []
    for t in range(7):
        out, step_state = network.step(events[:, t], step_state)
        step_params.append(out)
    np.testing.assert_allclose(params, tf.stack(step_params, 1), atol=1e-5)
    for one, other in zip(state, step_state, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_sequence_in_two_parts_equals_one(cell):
    network, events = make_network(cell), random_events(2, 8, 3)
    whole, _ = network(events)
    first, state = network(events[:, :3])
    second, _ = network(events[:, 3:], initial_state=state)
    np.testing.assert_allclose(whole, tf.concat([first, second], 1), atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_nan_past_lengths_reaches_neither_values_nor_gradients(cell):
    network, events = make_network(cell), random_events(3, 6, 3)
    lengths = tf.constant([6, 2, 4])
    mask = tf.sequence_mask(lengths, 6)

    def loss_and_gradients(inputs):
        with tf.GradientTape() as tape:
            params, state = network(inputs, lengths=lengths)
            nats = -network.head.log_prob(params, events)
            loss = tf.reduce_sum(tf.where(mask, nats, 0.0))
        variables = [v.value for v in network.trainable_variables]
        return [loss, *state, *tape.gradient(loss, variables)]

    clean = loss_and_gradients(tf.where(mask[..., None], events, 0.0))
    dirty = loss_and_gradients(tf.where(mask[..., None], events, np.nan))
    for one, other in zip(clean, dirty, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(one, other)


def test_state_of_a_short_row_is_that_of_its_length():
    network, events = make_network(), random_events(2, 6, 3)
    _, state = network(events, lengths=tf.constant([6, 2]))
    _, short = network(events[1:, :2])
    for one, other in zip(state, short, strict=True):
        np.testing.assert_allclose(one[1:], other, atol=1e-6)


def test_output_derivatives_are_clipped_elementwise():
    network = make_network(clip_derivatives=(1e9, 0.01))
    plain = make_network()
    plain.set_weights(network.get_weights())
    events = random_events(4, 5, 3)
    gradients = []
    for each in (network, plain):
        with tf.GradientTape() as tape:
            params, _ = each(events)
            loss = -tf.reduce_sum(each.head.log_prob(params, events * 3.0))
        gradients.append(tape.gradient(loss, each.output_layer.bias.value))
    with tf.GradientTape() as tape:
        params, _ = plain(events)
        tape.watch(params)
        loss = -tf.reduce_sum(plain.head.log_prob(params, events * 3.0))
    by_hand = np.clip(tape.gradient(loss, params).numpy(), -0.01, 0.01).sum((0, 1))
    np.testing.assert_allclose(gradients[0], by_hand, atol=1e-5)
    assert np.abs(gradients[0] - gradients[1]).max() > 0.01


def test_mixed_bfloat16_keeps_weights_state_and_parameters_float32():
    network = make_network(precision="mixed_bfloat16")
    params, state = network(random_events(2, 4, 3))
    assert params.dtype == tf.float32 and {s.dtype for s in state} == {tf.float32}
    assert {keras.backend.standardize_dtype(v.dtype) for v in network.weights} == {"float32"}
    plain = make_network()
    plain.set_weights(network.get_weights())
    np.testing.assert_allclose(params, plain(random_events(2, 4, 3))[0], atol=0.05)


def test_plain_fit_learns_and_ignores_steps_of_weight_zero():
    network = make_network(dropout=0.1)
    network.compile(keras.optimizers.Adam(0.02))
    events = np.tile(np.float32([[1.0, -1.0, 0.0]]), (16, 6, 1))
    mask = np.tile(np.float32([1, 1, 1, 1, 0, 0]), (16, 1))
    targets = np.where(mask[..., None] > 0, events, np.nan).astype(np.float32)
    targets = np.where(np.isnan(targets), 1e3, targets)
    history = network.fit(events, targets, sample_weight=mask, epochs=30, verbose=0)
    losses = history.history["loss"]
    assert np.isfinite(losses).all() and losses[-1] < losses[0] - 2.0


def test_configuration_round_trip_through_json_and_keras_file(tmp_path):
    import json

    network = make_network("gru", dropout=0.25)
    again = network_from_dict(json.loads(json.dumps(network_to_dict(network))))
    again.build()
    again.set_weights(network.get_weights())
    events = random_events(2, 3, 3)
    np.testing.assert_array_equal(network(events)[0], again(events)[0])
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(network(events)[0], loaded(events)[0])


def test_foreign_configuration_is_refused():
    with pytest.raises(UserError, match="a network of prediction"):
        network_from_dict({"network": "transformer", "config": {}})
    with pytest.raises(UserError, match="a network configuration"):
        network_from_dict({"network": "prediction", "config": {"colour": 1}})
    config = {"schema": STROKES.to_dict(), "head": 5}
    with pytest.raises(UserError, match="a network configuration"):
        network_from_dict({"network": "prediction", "config": config})


def test_encoder_makes_classes_one_hot_and_leaves_targets_out():
    schema = Schema(
        (
            Feature("time"),
            Feature("channel", "categorical", classes=("a", "b", "c")),
            Feature("duration", role="target"),
        )
    )
    encoder = EventEncoder(schema)
    events = tf.constant([[0.5, 2.0, 9.0], [1.5, -1.0, 9.0], [2.5, 7.0, 9.0], [0.0, np.nan, 9.0]])
    expected = [[0.5, 0, 0, 1], [1.5, 0, 0, 0], [2.5, 0, 0, 0], [0, 0, 0, 0]]
    assert encoder.size == 4
    np.testing.assert_array_equal(encoder(events), expected)
