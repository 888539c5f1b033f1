"""Parts side by side have the figures that they have one after the other."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.evaluation import parts, scoring
from hachi_tf.transforms import Chain
from tests.evaluation import texts


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(parts, "CHUNK", 7)
    monkeypatch.setattr(parts, "WARM_UP", 10)


def numbers(lengths, seed=0):
    schema = texts.char_schema("abcd")
    random = np.random.default_rng(seed)
    return texts.text_dataset(["".join(random.choice(list("abcd"), n)) for n in lengths], schema)


def follower(decay, log=None):
    """A `run` whose state is a decaying sum, and whose figures are the sums of the states."""

    def run(batch, state):
        if log is not None:
            log.append((int(batch["lengths"].sum()), len(batch["lengths"])))
        (state,), total = state, 0.0
        for step, events in enumerate(batch["events"].transpose(1, 0, 2)):
            there = (step < batch["lengths"])[:, None]
            state = np.where(there, decay * state + events + 1.0, state)
            total = total + np.where(there, state, 0.0)[:, 0]
        return (total, 2.0 * total), [state]

    return run


def one_after_the_other(decay, dataset, limit):
    sums = []
    for events in dataset:
        state, found = 0.0, []
        for event in events[:, 0]:
            state = decay * state + event + 1.0
            found.append(state)
        sums += [sum(found[i : i + limit]) for i in range(0, len(found), limit)]
    return np.array(sums)


@pytest.mark.parametrize("rows", [2, 5, 64])
def test_what_is_forgotten_is_not_read_again(rows):
    dataset, log = numbers([61, 40, 3, 20]), []
    found = parts.score_parts(follower(0.2, log), dataset, 20, rows, [1])
    want = one_after_the_other(0.2, dataset, 20)
    np.testing.assert_allclose(found.sums, np.stack([want, 2 * want], 1), rtol=1e-5)
    assert found.num_read == 124 + 4 * 10 == sum(events for events, _ in log)
    assert max(count for _, count in log) == min(rows, 8)
    np.testing.assert_array_equal(found.pieces.start, [0, 20, 40, 60, 0, 20, 0, 0])


def test_what_is_remembered_for_long_is_read_again():
    dataset = numbers([61, 40, 3, 20])
    found = parts.score_parts(follower(0.8), dataset, 20, 64, [1])
    np.testing.assert_allclose(found.sums[:, 0], one_after_the_other(0.8, dataset, 20), rtol=1e-4)
    assert 164 < found.num_read < 300


def test_what_is_never_forgotten_is_read_in_order():
    dataset = numbers([200, 45])
    found = parts.score_parts(follower(1.0), dataset, 10, 64, [1])
    np.testing.assert_allclose(found.sums[:, 0], one_after_the_other(1.0, dataset, 10), rtol=1e-6)
    # All parts a few times, then one part of a sequence after the other.
    assert found.num_read < (parts.MAX_ROUNDS + 2) * 245


def test_a_state_that_is_not_a_number_comes_to_an_end():
    def run(batch, state):
        return (np.full(len(batch["lengths"]), np.nan),), [np.full_like(state[0], np.nan)]

    found = parts.score_parts(run, numbers([50]), 10, 64, [1])
    assert np.isnan(found.sums).all() and found.num_read < 200


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["lstm", "gru", "peephole_lstm"])
def test_a_text_in_parts_scores_as_in_one_piece(cell, monkeypatch):
    dataset = numbers([301, 50, 150])
    schema = texts.char_schema("abcd")
    network = texts.text_network(schema, 2, 8, cell, scale=1.0)
    monkeypatch.setattr(scoring, "PART_LENGTH", 40)
    scorer = scoring.Scorer(network, Chain())
    scores, (by_part, pieces) = scorer(dataset, 64), scorer.by_part(dataset, 64)
    assert list(pieces.start[:3]) == [0, 40, 80] and len(pieces.start) == 14
    for index, events in enumerate(dataset):
        inputs = np.concatenate([np.zeros((1, 1), np.float32), events[:-1]])
        params, _ = network(inputs[None])
        nats = -network.head.log_prob(params, tf.constant(events[None])).numpy()[0]
        assert scores.nats[index] == pytest.approx(nats.sum(), rel=1e-5)
        for part in np.flatnonzero(pieces.sequence == index):
            begin = pieces.start[part]
            want = nats[begin : begin + pieces.length[part]].sum()
            assert by_part.nats[part] == pytest.approx(want, rel=1e-5)


def test_the_real_size_of_parts_follows_from_the_text_and_the_rows():
    dataset = numbers([5000])
    network = texts.text_network(texts.char_schema("abcd"), 1, 2)
    scorer = scoring.Scorer(network, Chain())
    assert list(scorer.by_part(dataset, 2)[1].length) == [2500] * 2
    assert list(scorer.by_part(dataset, 64)[1].length) == [2048, 2048, 904]
