"""Primes and styles against a network that is clamped to their events step by step."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.samplers import noise
from hachi_tf.samplers.reading import Style
from hachi_tf.samplers.state import SamplerState
from tests.samplers.writers import (
    TRANSFORMS,
    call,
    make_sampler,
    random_network,
    settings,
    write,
)


def after(sampler, events, text, written_text):
    """The packed state `[1, S]` after events `[P, F]`."""
    return call(
        sampler, "log_prob", events=events[None], lengths=[len(events)],
        state=tf.zeros([1, sampler.layout.size]), text=[text], written_text=[written_text],
    ).state  # fmt: skip


def by_hand(sampler, prime, prime_text, text, num_steps, seed=7):
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
        drawn = network.head.sample(params, uniforms[:, t], tf.zeros([1]), tf.ones([1]))
        before, last = last, TRANSFORMS.inverse(drawn)
        passed = network.path(state).passed  # Graves's rule; a begun stroke is finished
        if passed > 0.5 and (before[0, 2] > 0.5 or passed > 0.5 * network.events_per_character):
            break
        events.append(last[0].numpy())
        if passed > 0.5 and last[0, 2] > 0.5:
            break
    return np.reshape(events, [-1, 3]), primed, state


@pytest.fixture(scope="module")
def sampler():
    prime = write(make_sampler(random_network()), ["dad "], 9).events[0]
    styles = [Style("neat", "dad ", prime), Style("wild", "h", prime[:4] * 2)]
    return make_sampler(random_network(), styles=styles)


@pytest.mark.parametrize(
    ("prime_text", "text"), [("dad ", "beg"), ("ab", " a "), ("", "cab"), ("ab", " "), ("", "")]
)
def test_a_prime_is_the_network_clamped_to_its_events(sampler, prime_text, text):
    prime = sampler.styles[0].events
    want, primed, _ = by_hand(sampler, prime, prime_text, text, 40)
    out = call(
        sampler,
        "sample_primed",
        prime=prime[None],
        prime_lengths=[len(prime)],
        **settings(1, 40),
        text=[text],
        prime_text=[prime_text],
    )
    length = out.lengths[0]
    if text.strip():
        assert length == len(want) > 0 and out.complete.shape == (1,)
        np.testing.assert_allclose(out.events[0, :length], want, atol=1e-3)
    else:
        assert length == 0 and out.ended[0] and out.complete[0]
    # The state after the prime, but for the path: given events are not judged.
    found = sampler.layout.unpack(after(sampler, prime, prime_text + text, prime_text))
    assert int(found.step_count[0]) == len(prime)
    np.testing.assert_array_equal(found.last_event[0], prime[-1])
    for got, expected in zip(found.network[:-1], primed[:-1], strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_positions_are_counted_from_the_wanted_text(sampler):
    prime = sampler.styles[0].events
    inputs = {"prime": prime[None], "prime_lengths": [len(prime)], **settings(1, 60)}
    out = call(sampler, "sample_primed", **inputs, text=["hghg"], prime_text=["d?d "])
    length = out.lengths[0]
    _, _, state = by_hand(sampler, prime, "d?d ", "hghg", length)
    want = sampler.network.path(state).position - 3  # three characters that the network knows
    np.testing.assert_allclose(out.position[0, length - 1], want[0], atol=1e-3)
    assert out.num_unknown.tolist() == [1]


def test_a_style_is_the_state_after_its_line(sampler):
    texts = ["cab", "cab", "cab", "", "h?"]
    names = ["neat", "wild", "", "neat", "wild"]
    out = write(sampler, texts, 60, style=tf.constant(names))
    for row, name in enumerate(names):
        more = {"seed": settings(5)["seed"][row : row + 1]}
        if name:
            style = next(each for each in sampler.styles if each.name == name)
            state = after(sampler, style.events, style.text, style.text)
            more |= {"state": state, "prime_text": [style.text]}
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
