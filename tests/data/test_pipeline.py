"""Batches: each sequence once an epoch, a pure function of seed and step, cut and padded right."""

import numpy as np
import pytest

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.pipeline import BUCKET_BATCHES, Pipeline
from hachi_tf.data.sources.source import Sequence
from hachi_tf.errors import UserError


def make_dataset(lengths):
    """Sequence i, event t is (i, t, 1)."""
    rows = [np.stack([np.full(n, i), np.arange(n), np.ones(n)], -1) for i, n in enumerate(lengths)]
    sequences = [Sequence(events=r, text=None, id=str(i)) for i, r in enumerate(rows)]
    return Dataset.from_sequences(sequences, 3)


LENGTHS = [5, 3, 9, 1, 7, 12, 4, 4, 2, 8, 6]


def test_every_event_comes_once_an_epoch_in_place_with_zeros_after_it():
    pipeline, seen = Pipeline(make_dataset(LENGTHS), 4), []
    for step in range(pipeline.steps_per_epoch):
        batch = pipeline.batch(step)
        for row, length in enumerate(batch["lengths"]):
            events = batch["events"][row]
            assert batch["ends"][row] and not events[length:].any()
            np.testing.assert_array_equal(events[:length, 1], np.arange(length))
            assert (events[:length, 0] == batch["sequence"][row]).all()
            assert length == LENGTHS[batch["sequence"][row]]
            seen.append(batch["sequence"][row])
    assert sorted(seen) == list(range(len(LENGTHS)))
    assert pipeline.num_events == sum(LENGTHS)


def test_long_sequences_are_cut_and_only_the_last_piece_ends():
    pipeline = Pipeline(make_dataset([10, 3, 4]), 8, sequence_length=4)
    batch = pipeline.batch(0)
    rows = sorted(
        (int(s), int(e[0, 1]), int(n), bool(end))
        for s, e, n, end in zip(
            batch["sequence"], batch["events"], batch["lengths"], batch["ends"], strict=True
        )
    )
    assert rows == [
        (0, 0, 4, False), (0, 4, 4, False), (0, 8, 2, True), (1, 0, 3, True), (2, 0, 4, True),
    ]  # fmt: skip
    assert sorted(batch["index"]) == [0, 1, 2, 3, 4]


def test_batch_is_a_pure_function_of_seed_and_step():
    dataset = make_dataset(np.random.default_rng(0).integers(1, 50, 200))
    one, other = Pipeline(dataset, 8, seed=3), Pipeline(dataset, 8, seed=3)
    steps = one.steps_per_epoch
    forwards = [one.batch(step)["sequence"] for step in range(2 * steps)]
    for step in reversed(range(2 * steps)):
        np.testing.assert_array_equal(other.batch(step)["sequence"], forwards[step])
    assert any((forwards[i] != forwards[i + steps]).any() for i in range(steps - 1))
    different = Pipeline(dataset, 8, seed=4).batch(0)["sequence"]
    assert (different != forwards[0]).any()


def test_buckets_keep_padding_small():
    lengths = np.random.default_rng(0).integers(1, 1000, 32 * BUCKET_BATCHES * 4)
    pipeline = Pipeline(make_dataset(lengths), 32)
    padded = sum(pipeline.batch(s)["events"][..., 0].size for s in range(pipeline.steps_per_epoch))
    assert padded < 1.1 * lengths.sum()


def test_without_shuffling_the_order_is_by_length_and_the_same_in_each_epoch():
    pipeline = Pipeline(make_dataset(LENGTHS), 4, shuffle=False)
    lengths = np.concatenate([pipeline.batch(s)["lengths"] for s in range(3)])
    np.testing.assert_array_equal(lengths, sorted(LENGTHS))
    np.testing.assert_array_equal(pipeline.batch(0)["lengths"], pipeline.batch(3)["lengths"])


def test_tf_data_yields_the_same_batches_from_any_step():
    pipeline = Pipeline(make_dataset(LENGTHS), 4, seed=1)
    batches = list(pipeline.batches(2, 3))
    assert len(batches) == 3
    for step, batch in enumerate(batches, start=2):
        for name, value in pipeline.batch(step).items():
            np.testing.assert_array_equal(batch[name], value)


def test_empty_split_is_refused():
    with pytest.raises(UserError, match="at least one event"):
        Pipeline(make_dataset([]), 4)
