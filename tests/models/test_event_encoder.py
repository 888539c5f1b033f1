import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.layers.heads import make_head
from hachi_tf.models.event_encoder import EventEncoder
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.schema import Feature, Schema

NAN = float("nan")
SCHEMA = Schema(
    (
        Feature("time"),
        Feature("pressure", missing=True),
        Feature("channel", "categorical", classes=("a", "b"), missing=True),
        Feature("duration", role="target", missing=True),
    )
)


@pytest.mark.parametrize("call", [lambda method: method, tf.function])
def test_a_column_with_missing_values_has_an_indicator_beside_it(call):
    encoder = EventEncoder(SCHEMA)
    events = tf.constant([[0.5, -1.5, 1.0, NAN], [0.5, NAN, NAN, 2.0], [0.0, 0.0, 7.0, 0.0]])
    expected = [[0.5, -1.5, 0, 0, 1, 0], [0.5, 0, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0]]
    assert encoder.size == 6
    np.testing.assert_array_equal(call(encoder)(events), expected)


def test_no_schema_with_labels_or_missing_values_lets_nan_through():
    schema = Schema((Feature("a"), Feature("b", "categorical", classes=("x", "y"))))
    np.testing.assert_array_equal(EventEncoder(schema)(tf.constant([[NAN, NAN]])), [[0, 0, 0]])


def test_a_plain_schema_stays_as_it_is():
    events = tf.constant([[0.5, 1.0]])
    encoder = EventEncoder(Schema((Feature("a"), Feature("b", "binary"))))
    assert encoder(events) is events and encoder.size == 2


def test_a_network_reads_and_learns_from_missing_values():
    network = PredictionNetwork(SCHEMA, make_head(SCHEMA, None, 2), hidden_size=4)
    network.build()
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(2, 5, 4)).astype(np.float32)
    inputs[..., 2] = generator.integers(0, 2, (2, 5))
    targets = inputs.copy()
    inputs[0, 1, 1:] = inputs[1, 3, 2] = NAN
    targets[0, 1, 1:] = NAN
    with tf.GradientTape() as tape:
        params, _ = network(tf.constant(inputs))
        loss = -tf.reduce_sum(network.head.log_prob(params, tf.constant(targets)))
    gradients = tape.gradient(loss, network.trainable_variables)
    assert np.isfinite(params).all() and np.isfinite(loss)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    zeroed = np.where(np.isnan(inputs), 0, inputs)
    other, _ = network(tf.constant(zeroed))
    assert np.abs(other - params)[0, 1].max() > 1e-4  # the indicator tells 0 and missing apart
    np.testing.assert_array_equal(other[0, 0], params[0, 0])
