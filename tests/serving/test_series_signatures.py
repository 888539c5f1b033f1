"""Exports of series: the memory travels in the state, known columns come with each call."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving.event_chunks import event_chunks
from hachi_tf.serving.saved_model import export, in_memory, load
from tests.samplers.test_series_sampler import CASES, series


@pytest.fixture(
    scope="module", params=["known, scale", pytest.param("returns", marks=pytest.mark.slow)]
)
def sampler(request):
    return CASES[request.param]()


@pytest.fixture(scope="module")
def model(sampler, tmp_path_factory):
    path = tmp_path_factory.mktemp("series")
    export(sampler.network, sampler.transforms, sampler.schema, path, 40)
    return load(path)


def known(model, steps, seed=0):
    return {"known": series(steps, seed)[:, [0, 2]]} if model.schema.known else {}


def past(model, length=50):
    return series(length, 4)[:, [1] if len(model.schema) == 1 else slice(None)]


def test_an_export_forecasts_as_the_network_in_memory_does(sampler, model):
    prime, settings = past(model), {"num_samples": 3, "num_steps": 12, "seed": 5}
    local = in_memory(sampler.network, sampler.transforms, sampler.schema, 40)
    drawn = [each.sample(prime=prime, **settings, **known(model, 12)) for each in (model, local)]
    for ours, theirs in zip(drawn[0].events, drawn[1].events, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)
        assert np.isfinite(ours).all() and ours.shape == (12, len(model.schema))
    assert not np.allclose(drawn[0].events[0], drawn[0].events[1])


def test_scoring_and_going_on_is_sampling_with_a_prime(model):
    prime = past(model)
    state = model.log_prob([prime], ended=False).state
    assert state.shape == (1, model.state_size)
    chunks = []
    for start in (0, 5):
        rows = {name: value[start:] for name, value in known(model, 12).items()}
        drawn = model.continue_(state, 5 if start == 0 else 7, seed=1, **rows)
        state = drawn.state
        chunks.append(drawn.events[0])
    whole = model.sample(1, 12, seed=1, prime=prime, **known(model, 12))
    np.testing.assert_allclose(np.concatenate(chunks), whole.events[0], rtol=1e-4)


@pytest.mark.parametrize("chunk", [5, 12])
def test_chunks_get_the_known_columns_of_their_own_events(model, chunk):
    whole = model.sample(2, 12, seed=1, prime=past(model), **known(model, 12))
    both = {name: [value, value] for name, value in known(model, 12).items()}
    for rows in (known(model, 12), both):
        steps = None if rows else 12
        settings = {"num_samples": 2, "seed": 1, "prime": past(model)}
        chunks = list(event_chunks(model, steps, chunk, **settings, **rows))
        for row in range(2):
            joined = np.concatenate([each.events[row] for each in chunks])
            np.testing.assert_allclose(joined, whole.events[row], rtol=1e-4)
    if model.schema.known:
        with pytest.raises(UserError, match="of 20 events to draw; got of 12"):
            event_chunks(model, 20, chunk, **known(model, 12))


def test_a_client_that_sends_prices_drives_the_same_network(model):
    whole = model.sample(1, 8, seed=2, **known(model, 8))
    state, event = None, None
    for t in range(8):
        rows = {name: value[t : t + 1] for name, value in known(model, 8).items()}
        stepped = model.step(state, event, seed=2, **rows)
        state, event = stepped.state, stepped.event
        np.testing.assert_allclose(event[0], whole.events[0][t], rtol=1e-4)


def test_known_columns_that_are_missing_or_not_wanted_are_named(model):
    if not model.schema.known:
        with pytest.raises(UserError, match="no known columns"):
            model.sample(1, 5, known=np.zeros([5, 1]))
        return
    for wrong, message in [
        ({}, "known=..., of the events to draw: promo, day"),
        ({"known": np.zeros([4, 2])}, "of 5 events to draw.*of 4"),
        ({"known": np.zeros([5, 3])}, "shape"),
        ({"known": [np.zeros([5, 2])] * 3}, "one for each of 1"),
    ]:
        with pytest.raises(UserError, match=message):
            model.sample(1, 5, **wrong)
    with pytest.raises(UserError, match="known"):
        model.step(None)
    own = [series(5, 0)[:, [0, 2]], series(9, 1)[:, [0, 2]]]
    drawn = model.sample(2, [5, 9], seed=3, known=own)
    assert [len(each) for each in drawn.events] == [5, 9]
    np.testing.assert_array_equal(drawn.events[1][:, [0, 2]], own[1])
