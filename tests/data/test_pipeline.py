"""Batches: each sequence once an epoch, a pure function of seed and step, cut and padded right."""

import threading

import numpy as np
import pytest

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.operations import parse_operations
from hachi_tf.data.pieces import BUCKET_BATCHES
from hachi_tf.data.pipeline import Pipeline
from hachi_tf.data.sources.source import Sequence
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema


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


def fresh_epoch(number, count=10):
    """Epoch `number`: every event of sequence i is (number, i, 1), its text names both."""
    lengths = np.random.default_rng(number).integers(1, 9, count)
    rows = [np.tile(np.float32([[number, i, 1]]), (n, 1)) for i, n in enumerate(lengths)]
    sequences = [Sequence(r, f"{number}/{i} é", f"{number}-{i}") for i, r in enumerate(rows)]
    return Dataset.from_sequences(sequences, 3)


def test_each_epoch_of_data_without_end_has_its_own_sequences_and_texts():
    pipeline = Pipeline(fresh_epoch(0), 4, seed=2, fresh=fresh_epoch)
    assert pipeline.steps_per_epoch == 3
    for epoch in range(4):
        seen = []
        for step in range(3 * epoch, 3 * epoch + 3):
            batch = pipeline.batch(step)
            for row, length in enumerate(batch["lengths"]):
                events, sequence = batch["events"][row], batch["sequence"][row]
                assert (events[:length] == [epoch, sequence, 1]).all()
                assert not events[length:].any() and batch["ends"][row]
                assert length == fresh_epoch(epoch).lengths[sequence]
                assert batch["text"][row].decode() == f"{epoch}/{sequence} é"
                seen.append(sequence)
        assert sorted(seen) == list(range(10))


def test_batch_of_data_without_end_is_a_pure_function_of_the_step():
    steps = range(12)
    expected = [Pipeline(fresh_epoch(0), 4, fresh=fresh_epoch).batch(step) for step in steps]
    pipeline = Pipeline(fresh_epoch(0), 4, fresh=fresh_epoch)
    for step in (*steps, *reversed(steps), *np.random.default_rng(0).integers(0, 12, 30)):
        batch = pipeline.batch(int(step))
        assert batch.keys() == expected[step].keys()
        for name, value in batch.items():
            np.testing.assert_array_equal(value, expected[step][name])
    resumed = Pipeline(fresh_epoch(0), 4, fresh=fresh_epoch).batches(5, 4)
    for step, batch in enumerate(resumed, start=5):
        for name, value in batch.items():
            np.testing.assert_array_equal(value, expected[step][name])


def test_a_slow_epoch_that_nobody_waits_for_does_not_take_the_place_of_another():
    entered, go_on, slow = threading.Event(), threading.Event(), []

    def fresh(number):
        if number == 2:
            slow.append(threading.current_thread())
            entered.set()
            go_on.wait(10)
        return fresh_epoch(number)

    pipeline = Pipeline(fresh_epoch(0), 10, fresh=fresh)
    pipeline.batch(1)  # from here on, epoch 2 is made in the background
    assert entered.wait(10)
    pipeline.batch(6)  # from here on, epoch 7
    go_on.set()
    slow[0].join(10)
    assert (pipeline.batch(7)["events"][:, 0, 0] == 7).all()


def test_an_epoch_that_fails_fails_where_it_is_read():
    def fresh(number):
        if number == 2:
            raise UserError("a glyph", "none")
        return fresh_epoch(number)

    pipeline = Pipeline(fresh_epoch(0), 10, fresh=fresh)
    assert pipeline.batch(1)["text"][0].startswith(b"1/")
    with pytest.raises(UserError, match="a glyph"):
        pipeline.batch(2)


def test_data_without_end_are_not_cut():
    with pytest.raises(UserError, match="sequence_length=0"):
        Pipeline(fresh_epoch(0), 4, sequence_length=5, fresh=fresh_epoch)


def test_texts_go_with_their_rows_and_are_empty_where_there_are_none():
    rows = [np.full((n, 3), n, np.float32) for n in (3, 5, 2)]
    texts = ["e\u0301 私", None, "\ud800"]
    dataset = Dataset.from_sequences(
        (Sequence(r, t, str(i)) for i, (r, t) in enumerate(zip(rows, texts, strict=True))), 3
    )
    batch = Pipeline(dataset, 3).batch(0)
    found = dict(zip(batch["lengths"].tolist(), batch["text"], strict=True))
    assert found == {3: "é 私".encode(), 5: b"", 2: b"?"}
    pieces = Pipeline(make_dataset([10]), 4, sequence_length=4).batch(0)
    assert pieces["text"].tolist() == [b""] * 3


def windows(pipeline, epoch):
    """The windows of an epoch's lanes: `[lane][step] = (sequence, first, length, begins)`."""
    found = [[] for _ in range(pipeline.rows)]
    for step in range(epoch * pipeline.steps_per_epoch, (epoch + 1) * pipeline.steps_per_epoch):
        batch = pipeline.batch(step)
        for row, lane in enumerate(found):
            length = batch["lengths"][row]
            events = batch["events"][row]
            assert not events[length:].any() and (length or not batch["begins"][row])
            if length:
                np.testing.assert_array_equal(events[:length, 1], events[0, 1] + np.arange(length))
                lane.append((*events[0, :2].astype(int), length, bool(batch["begins"][row])))
                first = [0, 0, 0] if lane[-1][3] else [events[0, 0], events[0, 1] - 1, 1]
                np.testing.assert_array_equal(batch["previous"][row], first)
                assert batch["offset"][row] == events[0, 1]
                last = LONG[lane[-1][0]] == lane[-1][1] + length
                assert batch["ends"][row] == last and batch["sequence"][row] == lane[-1][0]
    return found


LONG = [103, 7, 40]


def test_rows_of_windows_go_on_where_they_stopped():
    pipeline = Pipeline(make_dataset(LONG), 4, sequence_length=10, shuffle=False, carry=True)
    assert (pipeline.rows, pipeline.steps_per_epoch) == (4, 4)  # 11 + 1 + 4 windows
    found = windows(pipeline, 0)
    want = [(0, t, min(10, 103 - t)) for t in range(0, 103, 10)]
    want += [(1, 0, 7), *((2, t, 10) for t in range(0, 40, 10))]
    assert [window[:3] for lane in found for window in lane] == want
    for lane in found:
        assert lane[0][3]
        for (sequence, first, length, _), after in zip(lane, lane[1:], strict=False):
            assert after[3] == (after[0] != sequence)
            assert after[3] or after[1] == first + length


def test_windows_begin_elsewhere_in_each_epoch_and_leave_out_little():
    pipeline, seen = Pipeline(make_dataset(LONG), 3, 10, seed=1, carry=True), set()
    for epoch in range(8):
        found = [window for lane in windows(pipeline, epoch) for window in lane]
        events = [(s, t) for s, first, n, _ in found for t in range(first, first + n)]
        assert len(set(events)) == len(events) >= 150 - 3 * 10
        seen |= {first % 10 for s, first, _, _ in found if s == 0 and first}
    assert len(seen) >= 4
    again = Pipeline(make_dataset(LONG), 3, 10, seed=1, carry=True)
    step = 5 * again.steps_per_epoch + 1
    np.testing.assert_array_equal(again.batch(step)["events"], pipeline.batch(step)["events"])


def test_of_little_data_each_window_is_a_row_of_its_own():
    batch = Pipeline(make_dataset([25]), 32, 10, shuffle=False, carry=True).batch(0)
    assert batch["lengths"].tolist() == [10, 10, 5] and batch["begins"].all()


def test_operations_are_drawn_anew_for_each_row_and_epoch_and_follow_from_the_step():
    schema = Schema((Feature("a"), Feature("b"), Feature("c")))
    shift = parse_operations("addrand(range=(-1, 1), dims=2)", schema)
    pipelines = [Pipeline(make_dataset(LENGTHS), 4, operations=shift) for _ in range(2)]
    steps, shifts = pipelines[0].steps_per_epoch, []
    for step in range(2 * steps):
        batch = pipelines[0].batch(step)
        for row, length in enumerate(batch["lengths"]):
            assert not batch["events"][row, length:].any()
            np.testing.assert_array_equal(batch["events"][row, :length, 1], np.arange(length))
            change = batch["events"][row, :length, 2] - 1.0
            assert np.ptp(change) < 1e-6 and abs(change[0]) <= 1.0
            shifts.append(float(change[0]))
    assert len(set(shifts)) == 2 * len(LENGTHS)
    for step in (2 * steps - 1, 1):
        again = pipelines[1].batch(step)["events"]
        np.testing.assert_array_equal(again, pipelines[0].batch(step)["events"])


def test_operations_change_the_event_before_a_window_as_they_change_the_window():
    schema = Schema((Feature("a"), Feature("b"), Feature("c")))
    shift = parse_operations("addrand(range=(5, 9), dims=2)", schema)
    pipeline = Pipeline(make_dataset(LONG), 4, 10, shuffle=False, carry=True, operations=shift)
    for step in range(pipeline.steps_per_epoch):
        batch = pipeline.batch(step)
        goes_on = (batch["lengths"] > 0) & ~batch["begins"]
        want = batch["events"][goes_on, 0, 2]
        np.testing.assert_array_equal(batch["previous"][goes_on, 2], want)
        assert (want >= 6).all() and not batch["previous"][batch["begins"]].any()


def test_a_reset_starts_all_rows_from_nothing_after_some_windows():
    pipeline = Pipeline(make_dataset([400]), 3, 10, seed=1, carry=True, reset_every=4)
    plain = Pipeline(make_dataset([400]), 3, 10, seed=1, carry=True)
    for step in np.random.default_rng(0).permutation(3 * pipeline.steps_per_epoch):
        batch, other = pipeline.batch(int(step)), plain.batch(int(step))
        there = batch["lengths"] > 0
        is_reset = step % pipeline.steps_per_epoch % 4 == 0
        np.testing.assert_array_equal(batch["begins"], there if is_reset else other["begins"])
        assert not batch["previous"][batch["begins"]].any()
        for name in ("events", "lengths", "offset", "index", "ends"):
            np.testing.assert_array_equal(batch[name], other[name])
