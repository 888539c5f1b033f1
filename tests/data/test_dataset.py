import os
import subprocess
import sys

import numpy as np
import pytest

from hachi_tf.data import Dataset, Sequence, Source, load_datasets
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema


class Numbers(Source):
    """Sequences of one column, of lengths 0, 1, 2, ..."""

    name = "numbers"

    def __init__(self, data=None, count=30, official=False, groups=None):
        super().__init__(data, count=count, official=official, groups=groups)
        self.reads = 0

    @property
    def schema(self):
        return Schema((Feature("x"),))

    @property
    def splits(self):
        return ("train", "dev", "test") if self.options["official"] else ()

    def read(self):
        self.reads += 1
        for index in reversed(range(self.options["count"])):
            events = np.full((index, 1), index + 0.1)
            text = [None, "", "文字 a", "\ud800"][index % 4]
            split = ("train", "dev", "test")[index % 3] if self.options["official"] else ""
            group = str(index % self.options["groups"]) if self.options["groups"] else ""
            yield Sequence(events, text, f"numbers/{index:04d}", split, group)

    def _digest_inputs(self, digest):
        pass


def contents(datasets):
    return {
        name: [
            (id, text, events.tolist())
            for id, text, events in zip(dataset.ids, dataset.texts, dataset, strict=True)
        ]
        for name, dataset in datasets.items()
    }


def test_a_data_set_gives_events_in_float32():
    dataset = load_datasets(Numbers(), 0)["train"]
    assert len(dataset) == 30
    assert dataset.ids == sorted(dataset.ids)
    np.testing.assert_array_equal(dataset.lengths, np.arange(30))
    np.testing.assert_array_equal(dataset[3], np.full((3, 1), 3.1, np.float32))
    np.testing.assert_array_equal(dataset[-1], dataset[29])
    assert dataset[3].dtype == np.float32 and np.shares_memory(dataset[3], dataset.events)
    assert dataset.texts[:4] == [None, "", "文字 a", "\ud800"]
    with pytest.raises(IndexError):
        dataset[30]


def test_a_number_too_large_for_float32_is_named():
    for value in (1e39, np.inf):
        with pytest.raises(UserError, match="at most 3.4e38; got larger ones in a/1"):
            Dataset.from_sequences([Sequence(np.array([[0.0], [-value]]), None, "a/1")], 1)


def test_a_subset_has_its_own_order():
    dataset = load_datasets(Numbers(), 0)["train"].subset([5, 2, 2])
    assert dataset.ids == ["numbers/0005", "numbers/0002", "numbers/0002"]
    np.testing.assert_array_equal(dataset.offsets, [0, 5, 7, 9])
    np.testing.assert_array_equal(dataset[1], np.full((2, 1), 2.1, np.float32))


def test_a_data_set_may_be_empty():
    dataset = Dataset.from_sequences([], 4)
    assert len(dataset) == 0 and dataset.events.shape == (0, 4)
    assert dataset.lengths.shape == (0,)


def test_official_splits_are_used_unless_a_fraction_is_asked_for():
    datasets = load_datasets(Numbers(official=True))
    assert list(datasets) == ["train", "dev", "test"]
    assert datasets["dev"].ids[:2] == ["numbers/0001", "numbers/0004"]
    assert list(load_datasets(Numbers(official=True), 0.2)) == ["train", "validation"]
    assert len(load_datasets(Numbers(official=True), 0.0)["train"]) == 30


def test_the_hashed_split_is_the_same_on_every_machine():
    validation = load_datasets(Numbers(count=60))["validation"]
    # Golden: SHA-256 does not change, so neither does the split of anyone's run.
    held_out = [11, 13, 15, 27, 36, 38, 39]
    assert [int(id[-4:]) for id in validation.ids] == held_out


def test_adding_sequences_moves_no_other_to_another_split():
    few = load_datasets(Numbers(count=60))["validation"].ids
    more = load_datasets(Numbers(count=200))["validation"].ids
    assert set(few) <= set(more)


def test_the_fraction_is_about_kept_and_a_larger_one_holds_the_smaller():
    small = load_datasets(Numbers(count=400), 0.1)["validation"].ids
    large = load_datasets(Numbers(count=400), 0.5)["validation"].ids
    assert set(small) < set(large)
    assert 20 < len(small) < 60 and 160 < len(large) < 240


def test_groups_are_never_split_apart():
    datasets = load_datasets(Numbers(count=100, groups=7), 0.3)
    groups = [{int(id[-4:]) % 7 for id in datasets[name].ids} for name in ("train", "validation")]
    assert not groups[0] & groups[1] and len(groups[0] | groups[1]) == 7


@pytest.mark.parametrize("fraction", [1e-9, 1 - 1e-9])
def test_neither_split_is_empty_if_there_are_two_groups(fraction):
    datasets = load_datasets(Numbers(count=2), fraction)
    assert [len(dataset) for dataset in datasets.values()] == [1, 1]


def test_a_single_sequence_is_trained_on():
    datasets = load_datasets(Numbers(count=1))
    assert [len(dataset) for dataset in datasets.values()] == [1, 0]


class LongNumbers(Numbers):
    """The same as long sequences, event t of each being t."""

    independent = False

    def read(self):
        for sequence in super().read():
            events = np.arange(len(sequence.events), dtype=float)[:, None]
            yield Sequence(events, sequence.text, sequence.id, sequence.split)


@pytest.mark.parametrize(("fraction", "share"), [(None, 0.1), (0.25, 0.25)])
def test_of_long_sequences_the_last_part_of_each_is_held_out(fraction, share):
    datasets = load_datasets(LongNumbers(count=30), fraction)
    held_out = dict(zip(datasets["validation"].ids, datasets["validation"], strict=True))
    assert datasets["train"].ids[0] == "numbers/0001"
    for id, events in zip(datasets["train"].ids, datasets["train"], strict=True):
        length = int(id[-4:])
        rest = held_out.get(id, np.zeros((0, 1)))
        np.testing.assert_array_equal(np.concatenate([events, rest])[:, 0], np.arange(length))
        assert len(rest) == 0 if length == 1 else 0 < len(rest) <= max(1, share * length + 0.5)
        assert len(rest) >= share * length - 0.5 or length == 1


def test_long_sequences_keep_their_official_splits_and_may_be_trained_on_whole():
    assert len(load_datasets(LongNumbers(official=True))["dev"]) == 10
    whole = load_datasets(LongNumbers(count=4), 0.0)
    assert list(whole) == ["train"] and whole["train"].lengths.tolist() == [1, 2, 3]


def test_fraction_zero_trains_on_everything():
    assert list(load_datasets(Numbers(), 0.0)) == ["train"]


@pytest.mark.parametrize("fraction", [-0.1, 1.0, 2.0, float("nan")])
def test_a_fraction_out_of_range_is_refused(fraction):
    with pytest.raises(UserError, match="fraction"):
        load_datasets(Numbers(), fraction)


def test_a_source_without_sequences_is_refused():
    with pytest.raises(UserError, match="at least one"):
        load_datasets(Numbers(count=0))


def test_the_cache_gives_the_same_and_saves_reading(tmp_path):
    first, second = Numbers(), Numbers()
    expected = contents(load_datasets(Numbers()))
    assert contents(load_datasets(first, cache_dir=tmp_path / "cache")) == expected
    assert contents(load_datasets(second, cache_dir=tmp_path / "cache")) == expected
    assert (first.reads, second.reads) == (1, 0)
    assert os.listdir(tmp_path / "cache") == [f"{first.fingerprint()}.npz"]


def test_the_cache_serves_every_split(tmp_path):
    load_datasets(Numbers(official=True, groups=5), cache_dir=tmp_path)
    for fraction in (None, 0.0, 0.4):
        source = Numbers(official=True, groups=5)
        found = contents(load_datasets(source, fraction, tmp_path))
        assert source.reads == 0
        assert found == contents(load_datasets(Numbers(official=True, groups=5), fraction))


def test_other_options_have_a_cache_of_their_own(tmp_path):
    load_datasets(Numbers(), cache_dir=tmp_path)
    source = Numbers(count=31)
    assert len(load_datasets(source, 0, tmp_path)["train"]) == 31 and source.reads == 1


def test_a_damaged_cache_is_read_anew_and_mended(tmp_path):
    expected = contents(load_datasets(Numbers(), cache_dir=tmp_path))
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    damages = [whole[:length] for length in range(0, len(whole), 97)]
    for at in range(0, len(whole), 61):
        damages.append(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    for damaged in damages:
        path.write_bytes(damaged)
        assert contents(load_datasets(Numbers(), cache_dir=tmp_path)) == expected
    path.write_bytes(damages[3])
    load_datasets(Numbers(), cache_dir=tmp_path)
    source = Numbers()
    load_datasets(source, cache_dir=tmp_path)
    assert source.reads == 0


def test_a_cache_of_other_columns_is_not_used(tmp_path):
    class Wide(Numbers):
        @property
        def schema(self):
            return Schema((Feature("x"), Feature("y")))

        def read(self):
            yield Sequence(np.zeros((2, 2)), None, "numbers/0")

    load_datasets(Numbers(), cache_dir=tmp_path)
    assert load_datasets(Wide(), 0, tmp_path)["train"].events.shape == (2, 2)


def test_a_place_that_cannot_be_written_to_costs_only_the_cache(tmp_path, caplog):
    (tmp_path / "file").touch()
    datasets = load_datasets(Numbers(), cache_dir=tmp_path / "file" / "cache")
    assert contents(datasets) == contents(load_datasets(Numbers()))
    assert "not cached" in caplog.text


def test_data_is_read_without_tensorflow():
    code = "import hachi_tf.data, sys; hachi_tf.data.make_source('kanji').fingerprint(); "
    code += "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
