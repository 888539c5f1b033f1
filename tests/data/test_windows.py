"""Windows of which only the last events count."""

import numpy as np
import pytest

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.pipeline import Pipeline
from hachi_tf.data.sources.source import Sequence
from hachi_tf.data.windows import Windows
from hachi_tf.errors import UserError


def numbers(*lengths):
    """Sequences whose events are 100 times the sequence's number, plus their place."""
    parts = [
        Sequence(100.0 * index + np.arange(length, dtype=float)[:, None], None, f"s{index}")
        for index, length in enumerate(lengths)
    ]
    return Dataset.from_sequences(parts, 1)


def shown(dataset):
    """Each window's events before and after those that lead it."""
    return [
        (window[:lead, 0].tolist(), window[lead:, 0].tolist())
        for window, lead in zip(dataset, dataset.leads, strict=True)
    ]


def test_each_event_counts_after_its_context():
    windows = Windows(3, 1).cut(numbers(6, 5))
    assert shown(windows) == [
        ([0, 1, 2], [3]),
        ([1, 2, 3], [4]),
        ([2, 3, 4], [5]),
        ([100, 101, 102], [103]),
        ([101, 102, 103], [104]),
    ]
    assert windows.ids == ["s0"] * 3 + ["s1"] * 2 and windows.counted.tolist() == [1] * 5


def test_horizon_and_stride():
    assert shown(Windows(2, 2, 3).cut(numbers(9))) == [([0, 1], [2, 3]), ([3, 4], [5, 6])]
    assert shown(Windows(2, 2, 3).cut(numbers(9), phase=2)) == [([2, 3], [4, 5]), ([5, 6], [7, 8])]


def test_a_short_sequence_gives_what_it_has():
    assert shown(Windows(5, 2).cut(numbers(4, 2, 7))) == [
        ([0, 1], [2, 3]),
        ([200, 201, 202, 203, 204], [205, 206]),
    ]
    with pytest.raises(UserError, match="horizon=2"):
        Windows(5, 2).cut(numbers(2, 1))


def test_of_what_is_held_out_each_event_counts_once_and_reads_what_came_before():
    held_out = numbers(10, 8).between(np.array([7, 3]), np.array([10, 8]), lead=4)
    assert held_out.leads.tolist() == [4, 3] and held_out.counted.tolist() == [3, 5]
    assert shown(Windows(2, 1).cut(held_out)) == [
        ([5, 6], [7]),
        ([6, 7], [8]),
        ([7, 8], [9]),
        ([101, 102], [103]),
        ([102, 103], [104]),
        ([103, 104], [105]),
        ([104, 105], [106]),
        ([105, 106], [107]),
    ]
    assert shown(Windows(6, 2, 2).cut(held_out))[0] == ([3, 4, 5, 6], [7, 8])


def test_what_leads_a_part_stays_with_it():
    held_out = numbers(20).between(np.array([10]), np.array([20]), lead=4)
    assert shown(held_out.cut(4)) == [
        ([6, 7, 8, 9], [10, 11, 12]),
        ([9, 10, 11, 12], [13, 14, 15]),
        ([12, 13, 14, 15], [16, 17, 18, 19]),
    ]
    assert shown(held_out.subset([0])) == shown(held_out)


def test_epochs_differ_and_are_equally_long():
    windows, dataset = Windows(3, 1, 4), numbers(50, 31)
    epochs = [windows.epoch(dataset, 1, epoch) for epoch in range(8)]
    assert len({len(each) for each in epochs}) == 1
    seen = {value for each in epochs for window in shown(each) for value in window[1]}
    assert len(seen) > 0.8 * (47 + 28)
    np.testing.assert_array_equal(windows.epoch(dataset, 1, 3).events, epochs[3].events)
    assert shown(windows.epoch(dataset, 2, 3)) != shown(epochs[3])


def test_a_batch_says_what_does_not_count():
    pipeline = Pipeline(Windows(3, 2).cut(numbers(7, 6)), 4, shuffle=False)
    batch = pipeline.batch(0)
    assert batch["events"].shape == (4, 5, 1) and batch["skip"].tolist() == [3] * 4
    assert batch["begins"].all() and pipeline.num_events == 10
    plain = Pipeline(numbers(7, 6), 4).batch(0)
    assert plain["skip"].tolist() == [0, 0]
    carried = numbers(30).between(np.array([10]), np.array([30]), lead=6)
    pipeline = Pipeline(carried, 1, sequence_length=4, shuffle=False, carry=True)
    skips = [pipeline.batch(step)["skip"].tolist() for step in range(3)]
    assert skips == [[4], [2], [0]]
