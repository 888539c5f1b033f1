"""Grids, missing values and fixed columns in a sampler, against the head called by hand."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.samplers import noise
from hachi_tf.samplers.sampler import Sampler
from hachi_tf.schema import Feature, Schema
from hachi_tf.transforms import Standardize
from tests.samplers.writers import make_sampler, random_network

SCHEMA = Schema(
    (
        Feature("time", quantum=0.125),
        Feature("pitch", quantum=1.0),
        Feature("channel", "categorical", classes=("1", "2", "3")),
        Feature("bend", missing=True),
    ),
    end_of_sequence=True,
)
TRANSFORMS = Standardize([0, 1, 3], [0.5, 60.0, 0.0], [0.5, 12.0, 2.0])
COUPLINGS = ("independent", "mixture")
FREE = np.full([4, 4], np.nan, np.float32)


@functools.cache
def build(coupling):
    head = make_head(SCHEMA, f"gaussian_mixture(num_components=3, coupling='{coupling}')")
    network = PredictionNetwork(SCHEMA, head, num_layers=1, hidden_size=6)
    network.build()
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.5, w.shape) for w in network.get_weights()]
    weights[-2][:, -1], weights[-1][-1] = 0.0, -2.5  # the end's logit
    network.set_weights(weights)
    return Sampler(network, TRANSFORMS, SCHEMA, 40, fixable=True)


@pytest.fixture(scope="module", params=COUPLINGS)
def sampler(request):
    return build(request.param)


def settings(rows=4, seed=3):
    seeds = tf.constant([[seed, row] for row in range(rows)])
    return {"seed": seeds, "bias": tf.zeros([rows]), "temperature": tf.ones([rows])}


def held(**values):
    fixed = FREE.copy()
    for name, value in values.items():
        fixed[:, SCHEMA.names.index(name)] = value
    return fixed


@functools.cache
def compiled(method):
    """Traced once for all that call it."""
    return tf.function(method)


def sample(sampler, fixed=None, steps=8):
    out = compiled(sampler.sample)(num_steps=tf.fill([4], steps), fixed=fixed, **settings())
    return tf.nest.map_structure(lambda each: each.numpy(), out)


def by_hand(sampler, fixed, steps):
    """One row: events drawn by the head from the network's own step, fed back in data units."""
    network, head = sampler.network, sampler.head
    state, last, events = network.initial_state(1), np.zeros([1, 4], np.float32), []
    uniforms = noise.uniforms(settings()["seed"][:1], tf.constant([0]), steps, head.noise_size)
    middle = np.float32([0.0625, 0.5, 0, 0])
    given = np.pad(TRANSFORMS.forward(fixed[:1] + middle), [(0, 0), (0, 1)], constant_values=np.nan)
    for t in range(steps):
        inputs = TRANSFORMS.forward(last + middle) if t else np.zeros([1, 4], np.float32)
        params, state = network.step(inputs, state)
        drawn = head.sample(params, uniforms[:, t], 0.0, 1.0, fixed=given).numpy()
        event = TRANSFORMS.inverse(drawn[:, :4])
        event[:, 0], event[:, 1] = np.floor(event[:, 0] / 0.125) * 0.125, np.floor(event[:, 1])
        last = np.where(np.isnan(fixed[:1]), event, fixed[:1])
        events.append(last[0])
        if drawn[0, 4] > 0.5:
            break
    return np.array(events)


def test_events_are_those_drawn_by_hand_given_what_is_fixed(sampler):
    for fixed in (FREE, held(channel=2.0), held(pitch=61.0, time=0.25)):
        out, expected = sample(sampler, fixed), by_hand(sampler, fixed, 8)
        assert out.lengths[0] == len(expected)
        np.testing.assert_allclose(out.events[0, : len(expected)], expected, rtol=1e-4, atol=1e-4)


def test_nothing_fixed_is_the_same_as_without(sampler):
    free, without = sample(sampler, FREE), sample(sampler)
    for a, b in zip(free, without, strict=True):
        np.testing.assert_array_equal(a, b)
    one = FREE.copy()
    one[2, 1] = 64.0
    mixed = sample(sampler, one)
    np.testing.assert_array_equal(mixed.events[[0, 1, 3]], free.events[[0, 1, 3]])
    assert (mixed.events[2, : mixed.lengths[2], 1] == 64.0).all()


def test_fixed_columns_come_back_exactly_also_off_their_grid(sampler):
    out = sample(sampler, held(pitch=60.3, time=0.1, bend=-1.7))
    for row, length in enumerate(out.lengths):
        events = out.events[row, :length]
        np.testing.assert_array_equal(
            events[:, [0, 1, 3]], np.tile(np.float32([0.1, 60.3, -1.7]), [length, 1])
        )
        assert set(np.unique(events[:, 2])) <= {0.0, 1.0, 2.0}


def test_a_loop_is_steps_driven_by_a_client(sampler):
    fixed = held(channel=1.0)
    whole, step = sample(sampler, fixed), compiled(sampler.step)
    state, event = sampler.layout.zeros(4), tf.zeros([4, 4])
    for t in range(int(whole.lengths.max())):
        out = step(
            event=event, has_event=tf.fill([4], t > 0), state=state, fixed=fixed, **settings()
        )
        state, event = out.state, out.event
        drawn = whole.lengths > t
        np.testing.assert_array_equal(event.numpy()[drawn], whole.events[drawn, t])
    assert t > 0


def test_chunks_and_primes_take_fixed_columns(sampler):
    fixed = held(pitch=55.0)
    whole = sample(sampler, fixed)
    first = sample(sampler, fixed, steps=3)
    rest = compiled(sampler.sample)(
        num_steps=tf.fill([4], 5), state=first.state, fixed=fixed, **settings()
    )
    both = first.lengths + rest.lengths.numpy()
    np.testing.assert_array_equal(both, whole.lengths)
    np.testing.assert_array_equal(rest.state, whole.state)
    primed = tf.function(sampler.sample_primed)(
        prime=whole.events[:, :2], prime_lengths=tf.fill([4], 2), num_steps=tf.fill([4], 4),
        fixed=fixed, **settings(),
    )  # fmt: skip
    drawn = tf.sequence_mask(primed.lengths, primed.events.shape[1]).numpy()
    assert drawn.any() and (primed.events.numpy()[drawn][:, 1] == 55.0).all()


def test_a_class_changes_what_is_drawn_beside_it_only_if_coupled():
    for coupling, changes in zip(COUPLINGS, (False, True), strict=True):
        sampler = build(coupling)
        plain, fixed = (sample(sampler, each, 1).events for each in (FREE, held(channel=2.0)))
        assert (plain[:, 0, [0, 1, 3]] != fixed[:, 0, [0, 1, 3]]).any() == changes


def test_scores_read_the_middle_of_the_cell_and_skip_what_is_missing(sampler):
    events = np.float32(
        [[[0, 60, 1, 0.5], [0.25, 64, np.nan, -1], [np.nan, 62, 0, np.nan], [0.5, 59, 2, 1]]]
    )
    out = sampler.log_prob(events, tf.constant([4]), sampler.layout.zeros(1), tf.constant([True]))
    middle = TRANSFORMS.forward(events + np.float32([0.0625, 0.5, 0, 0]))
    state, expected = sampler.network.initial_state(1), []
    for t in range(4):
        inputs = middle[:, t - 1] if t else np.zeros([1, 4], np.float32)
        inputs = np.where(np.isnan(inputs) & [True, True, False, False], 0, inputs)
        params, state = sampler.network.step(inputs.astype(np.float32), state)
        target = np.append(middle[:, t], [[t == 3]], axis=1).astype(np.float32)
        value = sampler.head.log_prob(params, target).numpy()[0]
        expected.append(value - (0.0 if t == 2 else np.log(0.5 * 12.0 * 2.0)))
    np.testing.assert_allclose(out.step_log_prob[0], expected, rtol=1e-4, atol=1e-4)
    assert np.isfinite(out.step_log_prob).all()


def test_a_value_that_never_should_be_missing_reads_as_zero():
    schema = Schema((Feature("x", quantum=1.0), Feature("y")))
    transforms = Standardize([0, 1], [3.0, -2.0], [2.0, 4.0])
    network = PredictionNetwork(schema, make_head(schema, None, 2), 1, 5)
    network.build()
    sampler = Sampler(network, transforms, schema, 10)
    events = np.float32([[[1, 2], [np.nan, np.nan], [4, 1]]])
    filled = events.copy()
    filled[0, 1] = 2.5, -2.0  # 0 at the middle of its cell
    seed = {"seed": tf.constant([[1, 2]]), "bias": tf.zeros([1]), "temperature": tf.ones([1])}
    state, scores, drawn = sampler.layout.zeros(1), [], []
    for each in (events, filled):
        scored = sampler.log_prob(each, tf.constant([3]), state)
        assert np.isfinite(scored.state).all()
        scores.append(scored.step_log_prob.numpy())
        first = sampler.step(event=each[:, 1], has_event=tf.constant([True]), state=state, **seed)
        assert np.isfinite(first.state).all()
        drawn.append(first.event.numpy())
    np.testing.assert_allclose(scores[0][0, [0, 2]], scores[1][0, [0, 2]], rtol=1e-5)
    assert scores[0][0, 1] == 0.0
    np.testing.assert_allclose(drawn[0], drawn[1], rtol=1e-5)


def test_a_network_that_reads_a_text_takes_no_fixed_columns():
    with pytest.raises(UserError, match="no fixed columns"):
        Sampler(random_network(), TRANSFORMS, random_network().schema, 10, fixable=True)
    assert not make_sampler(random_network()).fixable
