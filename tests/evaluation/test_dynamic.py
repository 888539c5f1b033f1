"""Dynamic evaluation beside the same by hand, in float64."""

import math

import numpy as np
import pytest

from hachi_tf.evaluation import dynamic
from hachi_tf.evaluation.scoring import Scorer
from hachi_tf.transforms import Chain
from tests.evaluation import texts

SCHEMA = texts.char_schema("abc")
RATE, WINDOW = 0.7, 5


def by_hand(weights, sequences, rate, clip):
    """Nats of each sequence: a tanh network of Elman's, unrolled over each window.

    Args:
        weights: kernel `[K, H]`, recurrent kernel, bias, output kernel `[H, K]`, output bias.
        sequences: lists of classes.
        rate: of gradient descent on a window's mean nats.
        clip: the largest norm of the gradient.
    """
    kernel, recurrent, bias, output, output_bias = (w.astype(np.float64) for w in weights)
    nats = []
    for classes in sequences:
        h, total, before = np.zeros(len(bias)), 0.0, 0  # zeros stand before the first event
        for begin in range(0, len(classes), WINDOW):
            window = classes[begin : begin + WINDOW]
            hs, inputs, errors = [h], [], []
            for target in window:
                h = np.tanh(kernel[before] + recurrent.T @ h + bias)
                logits = output.T @ h + output_bias
                shares = np.exp(logits) / np.exp(logits).sum()
                total -= np.log(shares[target])
                hs.append(h)
                inputs.append(before)
                errors.append(shares - np.eye(3)[target])
                before = target
            grads = [np.zeros_like(w) for w in (kernel, recurrent, bias, output, output_bias)]
            d_h = np.zeros(len(bias))
            for t in reversed(range(len(window))):
                grads[3] += np.outer(hs[t + 1], errors[t])
                grads[4] += errors[t]
                d_a = (output @ errors[t] + d_h) * (1 - hs[t + 1] ** 2)
                grads[0][inputs[t]] += d_a
                grads[1] += np.outer(hs[t], d_a)
                grads[2] += d_a
                d_h = recurrent @ d_a
            grads = [g / len(window) for g in grads]
            norm = math.sqrt(sum((g**2).sum() for g in grads))
            step = rate * min(1.0, clip / norm)
            kernel, recurrent, bias, output, output_bias = (
                w - step * g
                for w, g in zip((kernel, recurrent, bias, output, output_bias), grads, strict=True)
            )
        nats.append(total)
    return nats


@pytest.fixture(scope="module")
def network():
    return texts.text_network(SCHEMA, 1, 2, "rnn", scale=0.8)


@pytest.mark.parametrize("clip", [1.0, 0.05])
def test_equals_the_same_by_hand(network, clip, monkeypatch):
    monkeypatch.setattr(dynamic, "CLIP_NORM", clip)
    sequences = ["abcabcaabbcabcabcabca", "bbbbcbbbb", "cab"]
    dataset = texts.text_dataset(sequences, SCHEMA)
    scores = dynamic.DynamicScorer(network, Chain(), RATE, WINDOW)(dataset)
    classes = [["abc".index(each) for each in text] for text in sequences]
    want = by_hand(network.get_weights(), classes, RATE, clip)
    np.testing.assert_allclose(scores.nats, want, rtol=1e-5)
    np.testing.assert_allclose(scores.nats_data_units, want, rtol=1e-5)
    static = Scorer(network, Chain())(dataset, 64)
    assert abs(static.nats - scores.nats).max() > 0.01  # it did learn


def test_a_rate_of_0_is_static_evaluation():
    network = texts.text_network(SCHEMA, 2, 6)
    dataset = texts.text_dataset(["abc" * 100, "bca" * 21], SCHEMA)
    scores = dynamic.DynamicScorer(network, Chain(), 0.0, 20)(dataset)
    static = Scorer(network, Chain())(dataset, 64)
    for one, other in zip(scores, static, strict=True):
        np.testing.assert_allclose(one / dataset.lengths, other / dataset.lengths, atol=1e-6)


def test_the_given_network_stays_as_it_is_and_learning_starts_from_it_each_time():
    network = texts.text_network(SCHEMA, 1, 6)
    before = [weight.copy() for weight in network.get_weights()]
    dataset = texts.text_dataset(["abc" * 60], SCHEMA)
    scorer = dynamic.DynamicScorer(network, Chain(), 0.5, 20)
    first, second = scorer(dataset), scorer(dataset)
    for weight, old in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)
    np.testing.assert_array_equal(first.nats, second.nats)
    static = Scorer(network, Chain())(dataset, 64)
    assert first.nats[0] < 0.95 * static.nats[0]


def test_what_was_learned_goes_on_through_the_sequences():
    network = texts.text_network(SCHEMA, 1, 6)
    scorer = dynamic.DynamicScorer(network, Chain(), 0.5, 20)
    one = scorer(texts.text_dataset(["abc" * 60], SCHEMA)).nats
    three = scorer(texts.text_dataset(["abc" * 60] * 3, SCHEMA)).nats
    assert three[0] == one[0] and three[2] < three[1] < 0.95 * three[0]


def test_a_window_that_is_not_finite_teaches_nothing(monkeypatch):
    network = texts.text_network(SCHEMA, 1, 6)
    network.output_layer.bias.assign([1e38, -1e38, 0.0])
    scores = dynamic.DynamicScorer(network, Chain(), 1e30, 20)
    scores(texts.text_dataset(["abc" * 20], SCHEMA))
    assert all(np.isfinite(weight).all() for weight in scores._network.get_weights())


def test_figures_stand_beside_the_static_ones():
    static = {"num_events": 50, "num_sequences": 2, "num_characters": 49, "num_bytes": 70}
    scores = dynamic.Scores(*np.array([[20.0, 15.0]] * 3), np.array([30, 20]))
    figures = dynamic.dynamic_figures(scores, static)
    assert figures["dynamic_nats_per_step"] == pytest.approx(0.7)
    assert figures["dynamic_nats_per_sequence"] == pytest.approx(17.5)
    assert figures["dynamic_bits_per_character"] == pytest.approx(35 / math.log(2) / 49)
    assert figures["dynamic_bits_per_byte"] == pytest.approx(35 / math.log(2) / 70)
    others = dynamic.dynamic_figures(scores, {"num_events": 50, "num_sequences": 2})
    assert "dynamic_bits_per_byte" not in others
