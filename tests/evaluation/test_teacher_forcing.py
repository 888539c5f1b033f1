"""Inputs and targets of a batch."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.evaluation.teacher_forcing import dequantize, row_seeds, teacher_forcing
from hachi_tf.schema import Feature, Schema
from hachi_tf.transforms import Standardize

TRANSFORM = Standardize([0], [10.0], [2.0])
SCHEMA = Schema((Feature("x"), Feature("pen", "binary")), end_of_sequence=True)
EVENTS = np.float32([[[12, 0], [8, 1], [10, 0]], [[14, 1], [np.nan, np.nan], [9, 9]]])


def force(schema=SCHEMA, events=EVENTS, ends=(True, True)):
    seeds = row_seeds(0, 0, tf.constant([0, 1]))
    return teacher_forcing(
        tf.constant(events), tf.constant([3, 1]), tf.constant(ends), schema, TRANSFORM, seeds
    )


def test_inputs_are_the_events_shifted_by_one_and_padding_is_not_read():
    forced = force()
    np.testing.assert_array_equal(
        forced.inputs, [[[0, 0], [1, 0], [-1, 1]], [[0, 0], [2, 1], [0, 0]]]
    )
    np.testing.assert_array_equal(forced.mask, [[True] * 3, [True, False, False]])
    assert np.isfinite(forced.targets).all() and np.isfinite(forced.log_det).all()
    np.testing.assert_allclose(forced.log_det, -np.log(2.0) * np.ones((2, 3)), rtol=1e-6)


def test_targets_end_where_the_sequence_does():
    np.testing.assert_array_equal(force().targets[0], [[1, 0, 0], [-1, 1, 0], [0, 0, 1]])
    np.testing.assert_array_equal(force().targets[1, 0], [2, 1, 1])
    cut = force(ends=(False, True)).targets
    assert not cut[0, :, 2].numpy().any() and cut[1, 0, 2] == 1
    assert force(Schema(SCHEMA.features)).targets.shape == (2, 3, 2)


def test_seeds_follow_from_seed_step_and_index_alone():
    whole = row_seeds(3, 7, tf.range(6)).numpy()
    np.testing.assert_array_equal(whole[[4, 2]], row_seeds(3, 7, tf.constant([4, 2])))
    others = [row_seeds(3, 8, tf.range(6)).numpy(), row_seeds(4, 7, tf.range(6)).numpy()]
    everything = np.concatenate([whole, *others])
    assert len({tuple(row) for row in everything.tolist()}) == 18


def test_quantum_noise_is_uniform_over_one_quantum_and_only_there():
    schema = Schema((Feature("x", quantum=0.5), Feature("y")))
    events = tf.zeros([64, 100, 2])
    noisy = dequantize(events, schema, row_seeds(0, 1, tf.range(64))).numpy()
    assert not noisy[..., 1].any()
    x = noisy[..., 0]
    assert 0 < x.min() < 0.001 and 0.499 < x.max() < 0.5
    assert x.mean() == pytest.approx(0.25, abs=0.005)
    assert x.var() == pytest.approx(0.25 / 12, rel=0.03)
    again = dequantize(events[10:12], schema, row_seeds(0, 1, tf.range(10, 12))).numpy()
    np.testing.assert_array_equal(again, noisy[10:12])


def test_quantum_noise_is_in_the_targets_and_inputs_are_the_middle_of_the_cell():
    schema = Schema((Feature("x", quantum=1.0), Feature("pen", "binary")))
    forced = force(schema)
    np.testing.assert_array_equal(forced.inputs[0], [[0, 0], [1.25, 0], [-0.75, 1]])
    added = forced.targets[0, :, 0].numpy() * 2 + 10 - EVENTS[0, :, 0]
    assert (added > 0).all() and (added < 1).all()


def test_what_is_missing_is_left_out_of_inputs_and_of_the_density():
    events = EVENTS.copy()
    events[0, 1] = np.nan, 1
    forced = force(events=events)
    np.testing.assert_array_equal(forced.inputs[0], [[0, 0], [1, 0], [0, 1]])
    np.testing.assert_array_equal(np.isnan(forced.targets[0]), [[0, 0, 0], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(forced.log_det[0], [-np.log(2.0), 0.0, -np.log(2.0)], rtol=1e-6)
    # A column that may be missing is told to be so by the encoder.
    columns = (Feature("x", missing=True), Feature("pen", "binary"))
    forced = force(Schema(columns), events)
    np.testing.assert_array_equal(np.isnan(forced.inputs[0]), [[0, 0], [0, 0], [1, 0]])
