"""A network of text that learns new characters scores the old ones as before."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.heads import make_head
from hachi_tf.models.growth import is_grown
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.schema import Feature, Schema

CELLS = ("lstm", "peephole_lstm", "gru", "rnn")


def make_schema(characters, ends=False):
    return Schema((Feature("character", "categorical", classes=tuple(characters)),), ends)


def make_network(characters, cell="lstm", ends=False, scale=1.0, seed=1):
    schema = make_schema(characters, ends)
    network = PredictionNetwork(schema, make_head(schema), num_layers=2, hidden_size=7, cell=cell)
    network.build()
    random = np.random.default_rng(seed)
    network.set_weights([scale * random.normal(size=w.shape) for w in network.get_weights()])
    return network


def score(network, text):
    """Nats of each character `[T]`, and the end's logit after each."""
    classes = network.schema.features[0].classes
    codes = tf.constant([[[float(classes.index(character))] for character in text]])
    inputs = tf.concat([tf.fill([1, 1, 1], np.nan), codes[:, :-1]], 1)
    params, _ = network(inputs)
    head = make_head(make_schema(classes))
    return -head.log_prob(params[..., : len(classes)], codes)[0].numpy(), params[0, :, -1].numpy()


TEXT = "ein bad in der nadine, bei bernd" * 3


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_a_grown_network_scores_old_text_as_before(cell, scale):
    old = make_network(sorted(set(TEXT)), cell, scale=scale)
    new = make_network(sorted({*TEXT, *"AZÄßω文"}), cell, scale=scale, seed=2)
    new.adopt(old)
    before, after = score(old, TEXT)[0], score(new, TEXT)[0]
    assert (after >= before - 1e-4).all() and np.abs(after - before).max() < 1e-3
    assert np.isfinite(score(new, "Z文ein")[0]).all()


def test_new_characters_together_are_improbable_whatever_came_before():
    old = make_network("abc", scale=2.0)
    new = make_network([*"abc", *map(chr, range(200, 900))], seed=2)
    new.adopt(old)
    codes = tf.constant(np.random.default_rng(0).integers(0, 3, [4, 50, 1]), tf.float32)
    probabilities = tf.nn.softmax(new(codes)[0])
    assert 0 < float(tf.reduce_max(tf.reduce_sum(probabilities[..., 3:], -1))) < 5.1e-4


def test_the_same_characters_take_the_weights_as_they_are():
    old, new = make_network("abc"), make_network("abc", seed=2)
    new.adopt(old)
    for one, other in zip(old.get_weights(), new.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("old_ends, new_ends", [(True, True), (True, False), (False, True)])
def test_an_end_is_kept_left_out_or_new(old_ends, new_ends):
    old, new = make_network("abc", ends=old_ends), make_network("abcd", ends=new_ends, seed=2)
    own = new.output_layer.get_weights()
    new.adopt(old)
    (before, end_before), (after, end_after) = score(old, "abcab"), score(new, "abcab")
    np.testing.assert_allclose(after, before, atol=1e-3)
    if old_ends and new_ends:
        np.testing.assert_allclose(end_after, end_before, atol=1e-5)
    elif new_ends:
        for mine, first in zip(new.output_layer.get_weights(), own, strict=True):
            np.testing.assert_array_equal(mine[..., -1], first[..., -1])


def test_a_network_that_would_forget_characters_is_refused():
    with pytest.raises(UserError, match="one that lacks some"):
        make_network("abd").adopt(make_network("abc"))
    assert not is_grown(make_schema("abd"), make_schema("abc"))
    strokes = Schema((Feature("dx"), Feature("dy")))
    assert not is_grown(strokes, strokes)
    byte = Schema((Feature("byte", "categorical", classes=("61", "62")),))
    assert not is_grown(byte, make_schema("a")) and is_grown(byte, byte)
