"""Sampling of series: sample equals continue equals step, and scores say the same."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.samplers.noise import uniforms_numpy
from hachi_tf.samplers.sampler import Sampler
from hachi_tf.samplers.series_sampler import SeriesSampler
from hachi_tf.samplers.text_sampler import make_sampler
from hachi_tf.schema import Feature, Schema
from hachi_tf.transforms import (
    Chain,
    Changes,
    SeriesScale,
    Standardize,
    StandardizeKnown,
    Transform,
)

KNOWN = Schema(
    (
        Feature("promo", role="known"),
        Feature("price", missing=True),
        Feature("day", "categorical", role="known", classes=("mo", "tu", "we")),
        Feature("volume", missing=True),
    )
)
PLAIN = Schema((Feature("price", missing=True),))


def series(length, seed=0):
    generator = np.random.default_rng(seed)
    walks = np.exp(np.cumsum(generator.normal(0.0, 0.05, [length, 2]), axis=0)) * [20.0, 3.0]
    steps = np.arange(length)
    return np.stack([steps % 4, walks[:, 0], steps % 3, walks[:, 1]], 1).astype(np.float32)


def make(schema, transforms, head="student_t_mixture", seed=1):
    keras.utils.set_random_seed(seed)
    network = PredictionNetwork(schema, make_head(schema, head, 3), hidden_size=9, num_layers=2)
    network.build()
    return make_sampler(network, transforms, schema, 64)


def fit(*chain, columns=slice(None)):
    return Chain(chain).fit([series(200, seed)[:, columns] for seed in (7, 8)])


CASES = {
    "known, returns": lambda: make(
        KNOWN, fit(StandardizeKnown([0]), Changes([1, 3], log=True))
    ),
    "known, scale": lambda: make(
        KNOWN, fit(StandardizeKnown([0]), SeriesScale([1, 3]), Standardize([1, 3])),
        "gaussian_mixture",
    ),
    "known only": lambda: make(KNOWN, fit(StandardizeKnown([0]), Standardize([1, 3]))),
    "returns": lambda: make(PLAIN, fit(Changes([0], log=True), columns=[1])),
    "differences": lambda: make(PLAIN, fit(Changes([0]), columns=[1])),
}  # fmt: skip


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("known only", "returns")]


@pytest.fixture(scope="module", params=["known, returns", "known, scale", "differences", *SLOW])
def sampler(request):
    return CASES[request.param]()


def settings(sampler, rows, steps, seed=3):
    given = {
        "seed": tf.constant([[seed, row] for row in range(rows)], tf.int32),
        "num_steps": tf.fill([rows], steps),
        "bias": tf.zeros([rows]),
        "temperature": tf.ones([rows]),
    }
    if sampler.schema.known:
        known = np.stack([series(steps, row)[:, [0, 2]] for row in range(rows)])
        given["known"] = tf.constant(known)
    return given


def test_chunks_joined_equal_one_sample(sampler):
    whole = sampler.sample(**settings(sampler, 3, 20))
    state, parts = None, []
    for start, stop in ((0, 7), (7, 8), (8, 20)):
        given = settings(sampler, 3, 20) | {"num_steps": tf.fill([3], stop - start)}
        if "known" in given:
            given["known"] = given["known"][:, start:stop]
        drawn = sampler.sample(**given, state=state)
        parts.append(drawn.events[:, : stop - start])
        state = drawn.state
    np.testing.assert_allclose(np.concatenate(parts, 1), whole.events, rtol=2e-5)
    np.testing.assert_allclose(state, whole.state, rtol=2e-4, atol=2e-5)
    assert np.isfinite(whole.events).all() and whole.lengths.numpy().tolist() == [20] * 3


@pytest.mark.parametrize("client_sends", [False, True])
def test_stepping_draws_what_sample_draws(sampler, client_sends):
    given = settings(sampler, 2, 12)
    whole = sampler.sample(**given)
    state = sampler.layout.zeros(2)
    event = tf.zeros([2, len(sampler.schema)])
    own = {name: given[name] for name in ("seed", "bias", "temperature")}
    for t in range(12):
        if "known" in given:
            own["known"] = given["known"][:, t]
        has_event = tf.fill([2], client_sends and t > 0)
        stepped = sampler.step(event=event, has_event=has_event, state=state, **own)
        event, state = stepped.event, stepped.state
        np.testing.assert_allclose(event, whole.events[:, t], rtol=2e-5)
    np.testing.assert_allclose(state, whole.state, rtol=2e-4, atol=2e-5)


def test_a_sample_is_what_the_head_says_of_the_scored_past(sampler):
    """What was drawn is had again from the parameters, the noise and the transforms."""
    given = settings(sampler, 2, 15)
    drawn = sampler.sample(**given)
    uniform = uniforms_numpy(given["seed"], np.zeros(2), 15, sampler.head.noise_size)
    lengths = tf.fill([2], 15)
    memory = tf.zeros([2, sampler.transforms.state_size])
    memory = memory if sampler.transforms.state_size else None
    shifted = sampler.units.shifted(
        drawn.events, tf.fill([2, 15], True), tf.zeros_like(drawn.events[:, 0]),
        tf.fill([2], False), memory,
    )  # fmt: skip
    params, _ = sampler.network(shifted.inputs, lengths=lengths)
    values = sampler.head.sample(
        tf.reshape(params, [30, -1]), uniform.reshape(30, -1), tf.zeros(30), tf.ones(30)
    )
    predicted = sampler.schema.columns(predicted=True)
    wide = np.zeros([30, len(sampler.schema)], np.float32)
    wide[:, predicted] = values
    before = shifted.before()
    flat = None if before is None else tf.reshape(before, [30, -1])
    events = sampler.units.events(tf.constant(wide), flat).numpy().reshape(2, 15, -1)
    expected = drawn.events.numpy()[..., predicted]
    np.testing.assert_allclose(events[..., predicted], expected, rtol=2e-4)


def test_scores_add_up_and_priming_is_scoring_and_going_on(sampler):
    columns = [1] if sampler.schema is PLAIN else [0, 1, 2, 3]
    events = np.stack([series(30, 4), series(30, 5)])[:, :, columns]
    events[0, 11, sampler.schema.columns(predicted=True)[0]] = np.nan
    lengths = tf.constant([30, 22])
    zeros = sampler.layout.zeros(2)
    whole = sampler.log_prob(events, lengths, zeros)
    first = sampler.log_prob(events[:, :13], tf.constant([13, 13]), zeros)
    rest = sampler.log_prob(events[:, 13:], lengths - 13, first.state)
    steps = np.concatenate([first.step_log_prob, rest.step_log_prob], axis=1)
    np.testing.assert_allclose(steps, whole.step_log_prob, rtol=1e-3, atol=2e-4)
    np.testing.assert_allclose(rest.state, whole.state, rtol=2e-4, atol=2e-5)
    given = settings(sampler, 2, 9)
    primed = sampler.sample_primed(prime=tf.constant(events), prime_lengths=lengths, **given)
    went_on = sampler.sample(**given, state=whole.state)
    np.testing.assert_allclose(primed.events, went_on.events, rtol=1e-5)
    spoiled = events.copy()
    spoiled[1, 22:] = np.nan
    again = sampler.log_prob(spoiled, lengths, zeros)
    np.testing.assert_allclose(again.state, whole.state, rtol=1e-6)
    np.testing.assert_allclose(again.log_prob, whole.log_prob, rtol=1e-6)


def test_the_density_integrates_to_one_in_data_units():
    sampler = CASES["returns"]()
    past = series(20, 6)[:, [1]]
    scored = sampler.log_prob(past[None], tf.constant([20]), sampler.layout.zeros(1))
    grid = np.exp(np.linspace(np.log(past[-1, 0]) - 2.5, np.log(past[-1, 0]) + 2.5, 20_001))
    state = tf.repeat(scored.state, len(grid), axis=0)
    next_ = sampler.log_prob(np.float32(grid[:, None, None]), tf.ones(len(grid), tf.int32), state)
    total = np.trapezoid(np.exp(np.float64(next_.log_prob)), grid)
    assert abs(total - 1.0) < 2e-3


def test_known_columns_come_back_and_matter_and_limit_the_steps():
    sampler = CASES["known, returns"]()
    given = settings(sampler, 2, 10)
    drawn = sampler.sample(**given)
    np.testing.assert_array_equal(drawn.events.numpy()[..., [0, 2]], given["known"])
    other = given | {"known": given["known"] + tf.constant([5.0, 0.0])}
    changed = sampler.sample(**other)
    assert (np.abs(changed.events[:, 0, 1] - drawn.events[:, 0, 1]) > 1e-6).any()
    longer = sampler.sample(**given | {"num_steps": tf.fill([2], 40)})
    assert longer.lengths.numpy().tolist() == [10, 10]
    late = given | {"known": tf.concat([given["known"][:, :6], given["known"][:, 6:] + 1], 1)}
    np.testing.assert_array_equal(sampler.sample(**late).events[:, :6, 1], drawn.events[:, :6, 1])


def test_each_row_is_its_own():
    sampler = CASES["known, returns"]()
    given = settings(sampler, 3, 8)
    whole = sampler.sample(**given)
    spoiled = given | {
        "known": tf.tensor_scatter_nd_update(given["known"], [[1]], [np.full([8, 2], np.nan)]),
        "temperature": tf.constant([1.0, np.nan, 1.0]),
    }
    again = sampler.sample(**spoiled)
    np.testing.assert_array_equal(again.events.numpy()[[0, 2]], whole.events.numpy()[[0, 2]])
    assert again.lengths.numpy().tolist() == [8, 0, 8]


def test_plain_samplers_refuse_what_only_this_one_knows():
    sampler = CASES["returns"]()
    with pytest.raises(UserError, match="SeriesSampler"):
        Sampler(sampler.network, sampler.transforms, PLAIN, 5)
    with pytest.raises(UserError, match="SeriesSampler"):
        Sampler(sampler.network, Transform(), KNOWN, 5)
    with pytest.raises(UserError, match="fixed"):
        make_sampler(sampler.network, sampler.transforms, PLAIN, 5, fixable=True)
    assert isinstance(sampler, SeriesSampler) and sampler.in_order
