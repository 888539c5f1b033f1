"""Writing texts: where a row stops, when it is complete, primes and styles against single steps."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.layers.heads import make_head
from hachi_tf.models.synthesis_network import SynthesisNetwork
from hachi_tf.samplers import noise
from hachi_tf.samplers.reading import Style
from hachi_tf.samplers.sampler import Sampler
from hachi_tf.samplers.state import SamplerState
from hachi_tf.schema import Feature, Schema
from hachi_tf.transforms import Standardize

COLUMNS = (Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary"))
TRANSFORMS = Standardize([0, 1], [1.0, -0.5], [3.0, 4.0])
ALPHABET = " abcdefgh"
PACE = 0.28  # never halfway between two characters


def toy_network(pace=PACE, end_logit=None):
    """A network whose window has moved by `pace` t after t steps, whatever the events are."""
    schema = Schema(COLUMNS, end_of_sequence=end_logit is not None)
    network = SynthesisNetwork(
        schema, make_head(schema, None, 1), ALPHABET, 1, 2.0, num_layers=2, hidden_size=4
    )
    network.build()
    for weight in network.weights:
        weight.assign(tf.zeros_like(weight))
    network.reader.window.bias.assign([0.0, 2.0, np.log(pace)])
    if end_logit is not None:
        network.output_layer.bias.assign([*[0.0] * (network.head.params_size - 1), end_logit])
    return network


def random_network(seed=0, pace=-1.5):
    """A network that writes about `exp(-pace)` events a character."""
    schema = Schema(COLUMNS)
    network = SynthesisNetwork(
        schema, make_head(schema, None, 3), ALPHABET, 2, 5.0, num_layers=2, hidden_size=5
    )
    network.build()
    random = np.random.default_rng(seed)
    network.set_weights([0.4 * random.normal(size=w.shape) for w in network.get_weights()])
    network.reader.window.bias.assign([0.0, 0.0, 0.5, 0.5, pace, pace])
    return network


def make_sampler(network, max_steps=200, styles=()):
    return Sampler(network, TRANSFORMS, network.schema, max_steps, styles)


def settings(rows, num_steps=200, seed=7):
    return {
        "seed": tf.constant([[seed, row] for row in range(rows)]),
        "num_steps": tf.fill([rows], num_steps),
        "bias": tf.zeros([rows]),
        "temperature": tf.ones([rows]),
    }


def write(sampler, texts, num_steps=200, **more):
    """A sample of texts, as arrays."""
    inputs = settings(len(texts), num_steps) | {"text": tf.constant(texts)} | more
    return tf.nest.map_structure(lambda each: each.numpy(), tf.function(sampler.sample)(**inputs))


def first_past(place):
    """The first step at which the toy window is past a place."""
    return next(t for t in range(1, 1000) if PACE * t > place)


def test_a_row_ends_before_the_step_at_which_the_window_has_left_its_text():
    texts = ["abc", "a", "abcdefgh", "a b c"]
    out = write(make_sampler(toy_network()), texts)
    assert out.lengths.tolist() == [first_past(len(text) + 0.5) - 1 for text in texts]
    assert out.ended.all() and out.complete.all() and not out.num_unknown.any()
    for row, length in enumerate(out.lengths):
        assert not out.events[row, length:].any() and not out.position[row, length:].any()
        assert out.position[row, length - 1] == pytest.approx(PACE * length, abs=0.35)
        assert (np.diff(out.position[row, :length]) > 0).all()


@pytest.mark.parametrize(
    ("text", "complete"), [("abcd", False), (" a b", True), (" a b ", True), ("a b ", False)]
)
def test_a_row_that_jumped_a_character_with_ink_is_not_complete(text, complete):
    out = write(make_sampler(toy_network(2.0)), [text])
    assert out.lengths[0] == 2 and out.ended[0] and out.complete[0] == complete


def test_a_learned_end_counts_once_all_characters_are_reached():
    texts = ["abc", "a", "ab  ", "a b"]
    out = write(make_sampler(toy_network(end_logit=30.0)), texts)
    assert out.lengths.tolist() == [first_past(len(t.rstrip()) - 0.5) for t in texts]
    assert out.ended.all() and out.complete.all()
    out = write(make_sampler(toy_network(end_logit=-30.0)), texts)
    assert out.lengths.tolist() == [first_past(len(t) + 0.5) - 1 for t in texts]
    assert out.ended.all() and out.complete.all()


def test_a_window_that_hardly_moves_is_stopped_by_the_limit_of_its_text():
    sampler = make_sampler(toy_network(0.001), max_steps=130)
    out = write(sampler, ["a", "abc", "abcdefgh", "abcdefgh", ""])
    assert out.lengths.tolist() == [105, 115, 130, 130, 0]
    assert out.ended.tolist() == [False] * 4 + [True]
    assert out.complete.tolist() == [False] * 4 + [True]
    # The limit is one of the whole sequence, not of a chunk.
    more = write(sampler, ["a", "abc", "abcdefgh", "abcdefgh", ""], state=tf.constant(out.state))
    assert more.lengths.tolist() == [0, 0, 10, 10, 0]


@pytest.mark.parametrize("text", ["", "?!", "\N{GRINNING FACE}"])
def test_a_row_without_text_ends_at_once(text):
    out = write(make_sampler(toy_network()), [text, "ab"])
    alone = write(make_sampler(toy_network()), [text])
    for each in (out, alone):
        assert each.lengths[0] == 0 and each.ended[0] and each.complete[0]
        assert each.num_unknown[0] == len(text) and not each.state[0, 2:].any()
    assert out.lengths[1] > 0


def test_rows_may_have_settings_that_are_none():
    sampler = make_sampler(random_network())
    texts = ["abc", "bad", "ha", "e f"]
    want = write(sampler, texts)
    out = write(sampler, texts, bias=tf.constant([0, np.nan, 0, 0.0]))
    assert out.lengths[1] == 0 and not out.ended[1] and not out.complete[1]
    for row in (0, 2, 3):
        np.testing.assert_array_equal(out.events[row], want.events[row])


def by_hand(sampler, prime, prime_text, text, num_steps, seed=7, follow=True):
    """Events `[T, F]` after a prime `[P, F]`, and the states before and after them.

    The network is clamped to the prime step by step, then draws from the same noise.
    """
    network = sampler.network
    context = network.encode([prime_text + text])
    state, inputs = network.initial_state(1), tf.zeros([1, 3])
    for event in prime[:-1]:
        _, state = network.step(inputs, state, context)
        inputs = TRANSFORMS.forward(tf.constant(event[None]))
    _, state = network.step(inputs, state, context)
    last, events, primed = tf.constant(prime[-1:]), [], state
    uniforms = noise.uniforms_numpy(np.array([[seed, 0]]), np.array([len(prime)]), num_steps,
                                    network.head.noise_size)  # fmt: skip
    for t in range(num_steps):
        params, state = network.step(TRANSFORMS.forward(last), state, context)
        if network.path(state).passed > 0.5:
            break
        drawn = network.head.sample(params, uniforms[:, t], tf.zeros([1]), tf.ones([1]))
        last = TRANSFORMS.inverse(drawn)
        events.append(last[0].numpy())
    return np.reshape(events, [-1, 3]), primed, state


@pytest.fixture(scope="module")
def sampler():
    prime = write(make_sampler(random_network()), ["dad "], 9).events[0]
    styles = [Style("neat", "dad ", prime), Style("wild", "h", prime[:4] * 2)]
    return make_sampler(random_network(), styles=styles)


@pytest.mark.parametrize(
    ("prime_text", "text"), [("dad ", "beg"), ("ab", ""), ("", "cab"), ("", "")]
)
def test_a_prime_is_the_network_clamped_to_its_events(sampler, prime_text, text):
    prime = sampler.styles[0].events
    want, primed, _ = by_hand(sampler, prime, prime_text, text, 40)
    out = tf.function(sampler.sample_primed)(
        prime=tf.constant(prime[None]),
        prime_lengths=tf.constant([len(prime)]),
        **settings(1, 40),
        text=tf.constant([text]),
        prime_text=tf.constant([prime_text]),
    )
    length = int(out.lengths[0])
    if not prime_text + text:
        assert length == 0 and bool(out.ended[0])
        return
    assert length == len(want)
    np.testing.assert_allclose(out.events[0, :length], want, atol=1e-3)
    # The state after the prime, but for the path: given events are not judged.
    zeros = sampler.layout.zeros(1)
    after = sampler.log_prob(
        tf.constant(prime[None]), tf.constant([len(prime)]), zeros, tf.constant([False]),
        tf.constant([prime_text + text]), tf.constant([prime_text]),
    )  # fmt: skip
    after = sampler.layout.unpack(after.state)
    assert int(after.step_count[0]) == len(prime)
    np.testing.assert_array_equal(after.last_event[0], prime[-1])
    for got, expected in zip(after.network[:-1], primed[:-1], strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_positions_are_counted_from_the_wanted_text(sampler):
    prime = sampler.styles[0].events
    inputs = {"prime": tf.constant(prime[None]), "prime_lengths": tf.constant([len(prime)])}
    inputs |= settings(1, 60) | {"text": tf.constant(["hghg"])}
    out = tf.function(sampler.sample_primed)(**inputs, prime_text=tf.constant(["d?d "]))
    length = int(out.lengths[0])
    _, _, state = by_hand(sampler, prime, "d?d ", "hghg", length)
    want = sampler.network.path(state).position - 3  # three characters that the network knows
    np.testing.assert_allclose(out.position[0, length - 1], want[0], atol=1e-3)
    assert out.num_unknown.numpy().tolist() == [1]


def test_a_style_is_the_state_after_its_line(sampler):
    texts = ["cab", "cab", "cab", "", "h?"]
    names = ["neat", "wild", "", "neat", "wild"]
    out = write(sampler, texts, 60, style=tf.constant(names))
    for row, name in enumerate(names):
        more = {"seed": settings(5)["seed"][row : row + 1]}
        if name:
            style = next(each for each in sampler.styles if each.name == name)
            scored = sampler.log_prob(
                tf.constant(style.events[None]), tf.constant([len(style.events)]),
                sampler.layout.zeros(1), tf.constant([False]), tf.constant([style.text]),
            )  # fmt: skip
            more |= {"state": scored.state, "prime_text": tf.constant([style.text])}
        one = write(sampler, texts[row : row + 1], 60, **more)
        length = one.lengths[0]
        assert out.lengths[row] == length
        np.testing.assert_allclose(out.events[row, :length], one.events[0, :length], atol=1e-3)
        np.testing.assert_allclose(out.position[row, :length], one.position[0, :length], atol=1e-3)
        for field in ("ended", "complete", "num_unknown"):
            assert getattr(out, field)[row] == getattr(one, field)[0], field
    assert (out.events[0, :5] != out.events[1, :5]).any()
    assert (out.events[0, :5] != out.events[2, :5]).any()


def test_a_style_that_is_none_draws_nothing(sampler):
    out = write(sampler, ["cab", "cab"], 60, style=tf.constant(["ugly", ""]))
    plain = write(sampler, ["cab", "cab"], 60)
    assert out.lengths[0] == 0 and not out.ended[0] and not out.complete[0]
    np.testing.assert_array_equal(out.events[1], plain.events[1])
    without = write(make_sampler(random_network()), ["cab"] * 2, 60, style=tf.constant(["", "x"]))
    np.testing.assert_array_equal(without.events[0], plain.events[0])
    assert without.lengths[1] == 0


def test_chunks_in_a_style_equal_one_sample(sampler):
    inputs = {"style": tf.constant(["neat", "", "wild"])}
    texts = ["cab", "hhh", "a"]
    whole = write(sampler, texts, 60, **inputs)
    out = write(sampler, texts, 7, **inputs)
    parts, positions = [out.events], [out.position]
    for _ in range(10):
        out = write(sampler, texts, 7, state=tf.constant(out.state), **inputs)
        parts.append(out.events)
        positions.append(out.position)
    for row, length in enumerate(whole.lengths):
        joined = np.concatenate([part[row] for part in parts])
        np.testing.assert_array_equal(joined[:length], whole.events[row, :length])
        joined = np.concatenate([position[row] for position in positions])
        np.testing.assert_array_equal(joined[:length], whole.position[row, :length])
    np.testing.assert_array_equal(out.state, whole.state)
    np.testing.assert_array_equal(out.complete, whole.complete)


def test_state_layout_holds_the_path(sampler):
    state = sampler.layout.unpack(tf.zeros([2, sampler.layout.size]))
    assert isinstance(state, SamplerState)
    assert [each.shape[1] for each in state.network] == [5, 5, 2, 9, 5, 5, 4]
