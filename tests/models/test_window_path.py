"""How far the window has come: Graves's rule, what was skipped, limits, primes."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.layers.heads import make_head
from hachi_tf.layers.soft_window import window_weights
from hachi_tf.models.synthesis_network import SynthesisNetwork
from tests.models.networks import STROKES


def toy(pace, log_beta=0.0, alphabet=" abcdefgh"):
    """A network whose window has moved by `pace` t after t steps."""
    network = SynthesisNetwork(
        STROKES, make_head(STROKES, None, 1), alphabet, 1, 2.0, num_layers=2, hidden_size=4
    )
    network.build()
    for weight in network.weights:
        weight.assign(tf.zeros_like(weight))
    network.reader.window.bias.assign([0.0, log_beta, np.log(pace)])
    return network


def walk(network, texts, steps, start=0.0):
    """The path `[B]` after each step, and whether the rows would be complete."""
    context, state = network.encode(texts), network.initial_state(len(texts))
    state[2] += start
    paths, complete = [], []
    for _ in range(steps):
        _, state = network.step(tf.zeros([len(texts), 3]), state, context)
        paths.append(network.path(state))
        complete.append(network.is_complete(state, context).numpy())
    return paths, complete


@pytest.mark.parametrize("log_beta", [0.0, 5.0, 10.0])
def test_graves_rule_fires_where_the_place_after_the_text_is_nearest(log_beta):
    """phi(t, U + 1) > phi(t, u) for all u once 0.28 t > U + 0.5, however narrow the Gaussians."""
    texts = ("abc", "a", "abcdefgh")
    paths, complete = walk(toy(0.28, log_beta), texts, 35)
    passed = np.array([path.passed.numpy() for path in paths]).T > 0.5
    for row, text in enumerate(texts):
        first = next(t for t in range(1, 36) if 0.28 * t > len(text) + 0.5)
        assert passed[row].tolist() == [t >= first for t in range(1, 36)]
        furthest = [path.furthest.numpy()[row] for path in paths]
        nearest = [min(max(round(0.28 * t), 1), len(text) + 1) for t in range(1, 36)]
        assert furthest == nearest
        centre = [path.position.numpy()[row] for path in paths]
        reached = [t for t in range(1, 36) if centre[t - 1] + 0.1 >= len(text) or t >= first]
        assert reached == list(range(reached[0], 36))
        assert [bool(c[row]) for c in complete] == [t >= reached[0] for t in range(1, 36)]
        assert not any(path.skipped.numpy()[row] for path in paths)


def test_weights_are_compared_by_logarithms_where_all_of_them_are_zero():
    """At beta = exp(10) the weights underflow farther than 0.07 from a character."""
    network, start = toy(1.0, 10.0), 2.25
    context, state = network.encode(["abcde"]), network.initial_state(1)
    state[2] += start
    seen = []
    for _ in range(5):
        _, state = network.step(tf.zeros([1, 3]), state, context)
        _, phi = window_weights(network.reader.window.params(state[0]), state[2], 6)
        assert not phi.numpy().any()
        path = network.path(state)
        seen.append([each.numpy().item() for each in (path.furthest, path.position, path.passed)])
    assert seen == [[3, 3, 0], [4, 4, 0], [5, 5, 0], [6, 6, 1], [6, 6, 2]]


def test_a_tie_is_not_yet_the_end():
    (path,), _ = walk(toy(1.0), ["abc"], 1, start=2.5)
    assert path.passed.numpy() == 0.0 and path.furthest.numpy() == 3.0


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("abcd", False),  # at 2, 4 and 6 when the pace is 2: a and c are jumped
        (" a b", True),
        ("a b ", False),
        (" a b ", True),  # the space at the end is jumped
        (" a bc", False),
        ("  ", True),
        (" ", True),
    ],
)
def test_jumped_characters_count_unless_they_are_spaces(text, complete):
    paths, found = walk(toy(2.0), [text], 4)
    assert paths[-1].passed.numpy() >= 1.0 and found[-1] == complete


@pytest.mark.parametrize(("kappa", "read"), [(2.55, False), (2.6, False), (2.9, True), (3.2, True)])
def test_the_last_character_is_read_once_the_centre_is_near_not_with_the_largest_weight(
    kappa, read
):
    (path,), (complete,) = walk(toy(1e-6, 1.0), ["  c"], 1, start=kappa)
    phi = np.exp(-np.e * (np.arange(1, 5) - kappa) ** 2)
    centre = phi @ np.arange(1, 5) / phi.sum()
    assert path.position.numpy() == pytest.approx(centre, abs=1e-4)
    assert path.furthest.numpy() == 3.0
    assert complete == read and read == (centre + 0.1 >= 3.0)


def test_position_is_the_centre_of_the_window():
    paths, _ = walk(toy(0.25), ["abcdefgh"], 24)
    for t in range(12, 25):  # so far from both ends the Gaussian is whole
        assert paths[t - 1].position.numpy() == pytest.approx(0.25 * t, abs=0.01)


def test_a_mixture_may_look_back_without_having_skipped():
    network = toy(1.0)
    state, context = network.initial_state(1), network.encode(["abc"])
    for before, furthest in ((2.0, 3.0), (0.0, 2.0)):  # the second window is set back by hand
        state[2] = tf.fill([1, 1], before)
        state[-1] = tf.constant([[2.0, 0.0, 2.0, 0.0]])
        _, after = network.step(tf.zeros([1, 3]), state, context)
        path = network.path(after)
        assert path.furthest.numpy() == furthest and path.skipped.numpy() == 0.0


def test_step_limit_grows_with_the_text_and_is_zero_without_one():
    network = toy(1.0)
    limits = network.step_limit(network.encode(["", "a", "a b??", "abcdefgh"])).numpy()
    assert limits.tolist() == [0, 105, 115, 140]


def test_characters_of_a_prime_count_as_written_and_the_path_says_where_the_window_is():
    network, context = toy(1.0), None
    context = network.encode(["abcd", "abcd", "abcd"])
    _, state = network(tf.zeros([3, 2, 3]), context=context, lengths=tf.constant([2, 2, 0]))
    state = network.at_character(state, tf.constant([3, 1, 0]), context)
    path = network.path(state)
    assert path.furthest.numpy().tolist() == [3.0, 2.0, 0.0]
    assert path.skipped.numpy().tolist() == [0.0, 0.0, 0.0]
    assert network.is_complete(state, context).numpy().tolist() == [False] * 3
    rest = [network.step(tf.zeros([3, 3]), state, context)[1]]
    for _ in range(5):
        rest.append(network.step(tf.zeros([3, 3]), rest[-1], context)[1])
    assert network.is_complete(rest[-1], context).numpy().tolist() == [True, True, True]


# A wider alphabet.
