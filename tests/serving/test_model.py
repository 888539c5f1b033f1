"""The Python side: arrays in and out, and errors that say what to do."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving.arguments import row_seeds


def test_samples_are_trimmed_and_replayed_from_their_seed(model):
    drawn = model.sample(4, bias=0.5)
    assert [each.shape[1] for each in drawn.events] == [3] * 4
    assert drawn.ended.shape == (4,) and drawn.state.shape == (4, model.state_size)
    again = model.sample(4, bias=0.5, seed=drawn.seed)
    for a, b in zip(drawn.events, again.events, strict=True):
        np.testing.assert_array_equal(a, b)
    other = model.sample(4, bias=0.5)
    assert (other.seed != drawn.seed).any()


def test_each_row_takes_its_own_settings(model):
    whole = model.sample(3, num_steps=[4, 0, 9], seed=1)
    assert len(whole.events[0]) <= 4 and len(whole.events[1]) == 0
    biased = model.sample(3, bias=[0, 1, 2], temperature=[1, 0.5, 0], seed=1)
    np.testing.assert_array_equal(biased.events[0][:4], whole.events[0])


def test_a_sample_continued_is_a_longer_one(model):
    whole = model.sample(1, num_steps=20, seed=5)
    first = model.sample(1, num_steps=6, seed=5)
    rest = model.continue_(first.state, num_steps=14, seed=first.seed)
    np.testing.assert_array_equal(
        np.concatenate([first.events[0], rest.events[0]]), whole.events[0]
    )


def test_a_prime_is_for_all_rows_or_one_a_row(model):
    prime = model.sample(1, num_steps=5, seed=2).events[0]
    one = model.sample(2, num_steps=6, seed=3, prime=prime)
    two = model.sample(2, num_steps=6, seed=3, prime=[prime, prime])
    for a, b in zip(one.events, two.events, strict=True):
        np.testing.assert_array_equal(a, b)
    scored = model.log_prob([prime, prime], ended=False)
    then = model.continue_(scored.state, num_steps=6, seed=3)
    np.testing.assert_array_equal(one.events[1], then.events[1])


def test_steps_are_a_sample(model):
    whole = model.sample(1, num_steps=5, seed=4).events[0]
    state = None
    for event in whole:
        step = model.step(state, seed=4)
        np.testing.assert_array_equal(step.event[0], event)
        state = step.state
    assert not step.ended[0] or len(whole) == state[0, 0]
    played = model.step(event=np.float32([[1, 2, 0], [3, 4, 1]]), seed=4)
    assert played.event.shape == (2, 3) and played.state[:, 0].tolist() == [2, 2]


def test_scores_come_by_sequence(model):
    events = model.sample(3, seed=6).events
    scores = model.log_prob(events)
    assert [len(each) for each in scores.step_log_prob] == [len(each) for each in events]
    sums = [each.sum() for each in scores.step_log_prob]
    np.testing.assert_allclose(scores.log_prob, sums, rtol=1e-5)
    going_on = model.log_prob(events, ended=False)
    ended = model.log_prob(events, ended=[True, False, True])
    np.testing.assert_array_equal(ended.log_prob[1], going_on.log_prob[1])
    np.testing.assert_array_equal(ended.log_prob[2], scores.log_prob[2])
    chunk = model.log_prob(
        [events[0][2:]], state=model.log_prob([events[0][:2]], ended=False).state
    )
    np.testing.assert_allclose(
        chunk.log_prob[0], scores.step_log_prob[0][2:].sum(), rtol=1e-5, atol=1e-5
    )


def test_seeds_of_rows():
    np.testing.assert_array_equal(row_seeds(3, 2), [[3, 0], [3, 1]])
    np.testing.assert_array_equal(row_seeds(2**32 - 1, 1), [[-1, 0]])
    np.testing.assert_array_equal(row_seeds(np.int32([[5, 6]]), 1), [[5, 6]])
    assert row_seeds(None, 3).dtype == np.int32
    for bad in (-1, 2**32, 1.5, "x", np.zeros([3, 2], np.int32), True):
        with pytest.raises(UserError, match="a seed from 0"):
            row_seeds(bad, 2)


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("sample", {"num_samples": 0}),
        ("sample", {"num_samples": 2.5}),
        ("sample", {"num_steps": -1}),
        ("sample", {"num_steps": 65}),
        ("sample", {"num_steps": 1.5}),
        ("sample", {"num_samples": 2, "num_steps": [1, 2, 3]}),
        ("sample", {"bias": np.nan}),
        ("sample", {"bias": "much"}),
        ("sample", {"bias": 10**400}),
        ("sample", {"num_samples": 2, "bias": [1.0]}),
        ("sample", {"temperature": -1.0}),
        ("sample", {"temperature": [np.inf]}),
        ("sample", {"prime": np.zeros([4, 2])}),
        ("sample", {"prime": [np.zeros([4, 3])] * 2}),
        ("continue_", {"state": np.zeros([1, 5])}),
        ("continue_", {"state": np.zeros(5)}),
        ("step", {"event": np.zeros([1, 4])}),
        ("step", {"event": np.zeros([2, 3]), "state": np.zeros([1, 37])}),
        ("log_prob", {"events": [np.zeros([4])]}),
        ("log_prob", {"events": [np.zeros([4, 3])], "state": np.zeros([2, 37])}),
        ("log_prob", {"events": [np.zeros([4, 3])], "ended": [True, False]}),
    ],
)
def test_bad_arguments_are_refused_in_one_line(model, name, arguments):
    with pytest.raises(UserError) as caught:
        getattr(model, name)(**arguments)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_no_sequences_score_nothing(model):
    scores = model.log_prob([])
    assert scores.log_prob.shape == (0,) and scores.step_log_prob == []
