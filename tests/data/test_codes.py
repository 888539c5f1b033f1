"""Sequences of whole numbers: the same events whether in memory, in a file or in a cache."""

import os
import subprocess
import sys

import numpy as np
import pytest

from hachi_tf.data import Dataset, Sequence, Source, codes, load_datasets
from hachi_tf.data.codes import load_codes
from hachi_tf.data.sources.source import Coded, Part
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema

VALUES = np.array([[2.0], [np.nan], [0.0], [1.0]], np.float32)
LENGTHS = [7, 1, 12, 3]


class Letters(Source):
    """Four sequences of four numbers, given in parts of at most five events."""

    name = "letters"
    independent = False
    schema = Schema((Feature("letter", "categorical", classes=("a", "b", "c")),))

    def __init__(self, independent=False, values=VALUES):
        super().__init__()
        self.independent, self.values, self.reads = independent, values, 0
        random = np.random.default_rng(0)
        self.numbers = [random.integers(0, 4, length).astype(np.uint8) for length in LENGTHS]

    def read(self):
        for index, numbers in enumerate(self.numbers):
            yield Sequence(self.values[numbers], None, f"letters/{index}")

    def parts(self):
        self.reads += 1
        for index, numbers in enumerate(self.numbers):
            for start in range(0, len(numbers), 5):
                yield Part(numbers[start : start + 5], f"letters/{index}")

    def coded(self):
        return Coded(sum(LENGTHS), self.values, self.parts)

    def _digest_inputs(self, digest):
        pass


@pytest.fixture
def in_files(monkeypatch):
    monkeypatch.setattr(codes, "IN_MEMORY", 0)


def plain():
    return Dataset.from_sequences(Letters().read(), 1)


def load(source, cache_dir=None):
    return load_datasets(source, 0.0, cache_dir)["train"]


def assert_same(dataset, other):
    assert dataset.ids == other.ids and dataset.texts == other.texts
    np.testing.assert_array_equal(dataset.lengths, other.lengths)
    np.testing.assert_array_equal(dataset.offsets, other.offsets)
    np.testing.assert_array_equal(dataset.events, other.events)
    for one, two in zip(dataset, other, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "change",
    [
        lambda dataset: dataset,
        lambda dataset: dataset.subset([2, 0, 2]),
        lambda dataset: dataset.subset([]),
        lambda dataset: dataset.cut(5),
        lambda dataset: dataset.cut(5).subset(range(0, 7, 2)).cut(2),
        lambda dataset: dataset.between(np.array([1, 0, 3, 3]), np.array([7, 1, 5, 3])),
    ],
)
def test_codes_stand_for_events(change):
    assert_same(change(load(Letters())), change(plain()))


@pytest.mark.parametrize("size", [1, 4, 5, 23, 100])
def test_chunks_are_all_events_in_order(size):
    for dataset in (load(Letters()), load(Letters()).subset([3, 1, 2]), load(Letters()).cut(4)):
        chunks = list(dataset.chunks(size))
        assert all(len(events) <= size for events, _ in chunks)
        np.testing.assert_array_equal(np.concatenate([e for e, _ in chunks]), dataset.events)
        ends = np.flatnonzero(np.concatenate([marks for _, marks in chunks]))
        np.testing.assert_array_equal(ends, dataset.offsets[1:] - 1)


def test_windows_are_cut_at_the_sequences_end():
    dataset = load(Letters())
    np.testing.assert_array_equal(dataset.window(2, 9, 20), plain()[2][9:])
    np.testing.assert_array_equal(dataset.window(2, 3, 5), plain()[2][3:5])
    assert dataset.num_features == 1 and len(dataset.window(1, 1, 4)) == 0


def test_little_is_kept_in_memory(tmp_path):
    assert_same(load(Letters(), tmp_path), plain())
    assert os.listdir(tmp_path) == []


def test_much_is_kept_in_a_file_that_is_mapped(tmp_path, in_files):
    first, second = Letters(), Letters()
    assert_same(load(first, tmp_path), plain())
    name = first.fingerprint()
    assert sorted(os.listdir(tmp_path)) == [f"{name}.npy", f"{name}.npz"]
    assert np.load(tmp_path / f"{name}.npy").dtype == np.uint8
    dataset = load(second, tmp_path)
    assert_same(dataset, plain())
    assert (first.reads, second.reads) == (1, 0)
    assert isinstance(load_codes(second.coded(), tmp_path / name).events, np.memmap)
    shared = dataset.cut(3).subset([1, 4])
    assert np.shares_memory(shared._store, dataset._store)


def test_the_cache_serves_models_of_other_classes(tmp_path, in_files):
    load(Letters(), tmp_path)
    values = VALUES[::-1]
    other = Letters(values=values)
    assert_same(load(other, tmp_path), Dataset.from_sequences(other.read(), 1))
    assert other.reads == 0


def test_a_damaged_cache_is_read_anew_and_mended(tmp_path, in_files):
    load(Letters(), tmp_path)
    for path in tmp_path.iterdir():
        whole = path.read_bytes()
        damages = [whole[:length] for length in range(0, len(whole), 97)]
        for at in range(0, len(whole), 61):
            damages.append(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        for damaged in damages:
            path.write_bytes(damaged)
            assert_same(load(Letters(), tmp_path), plain())
        path.write_bytes(damages[3])
        load(Letters(), tmp_path)
        source = Letters()
        assert_same(load(source, tmp_path), plain())
        assert source.reads == 0


def test_without_a_cache_the_file_vanishes(in_files, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert_same(load(Letters()), plain())
    assert os.listdir(tmp_path) == [] or os.name != "posix"
    (tmp_path / "file").touch()
    assert_same(load(Letters(), tmp_path / "file" / "cache"), plain())
    assert "not cached" in caplog.text


@pytest.mark.parametrize("lengths", [[7, 1, 12, 2], [7, 1, 12, 4]])
@pytest.mark.parametrize("limit", [0, 1 << 24])
def test_files_that_change_while_they_are_read_are_refused(lengths, limit, monkeypatch):
    monkeypatch.setattr(codes, "IN_MEMORY", limit)
    source = Letters()
    source.numbers = [np.zeros(length, np.uint8) for length in lengths]
    with pytest.raises(UserError, match="stay as they are"):
        load(source)


def test_more_numbers_take_more_bytes(in_files):
    for count, dtype in ((256, np.uint8), (257, np.uint16), (65537, np.uint32)):
        numbers = np.arange(count, dtype=np.uint32)
        coded = Coded(count, numbers[:, None].astype(np.float32), lambda n=numbers: [Part(n, "a")])
        parsed = load_codes(coded, None)
        assert parsed.events.dtype == dtype
        np.testing.assert_array_equal(parsed.events, numbers)


MEMORY = """
import resource, sys
from hachi_tf.data import load_datasets, make_source
from hachi_tf.data.pipeline import Pipeline

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**10 if sys.platform == "linux" else 2**20)

def read(path):
    splits = load_datasets(make_source("text", path), 0.05, sys.argv[3])
    pipeline = Pipeline(splits["train"], 50, 100, carry=True)
    for step in (0, 1, pipeline.steps_per_epoch - 1, pipeline.steps_per_epoch + 7):
        pipeline.batch(step)
    held_out = splits["validation"].cut(5000).subset(range(0, 10, 3))
    return len(held_out.events), sum(len(events) for events, _ in splits["validation"].chunks())

read(sys.argv[1])
before = peak()
print(*read(sys.argv[2]), peak() - before)
"""  # noqa: E501


def test_a_large_text_takes_little_memory(tmp_path):
    """60 MB: 60 MB as bytes, 240 MB as float32, 480 MB as code points and their numbers."""
    pytest.importorskip("resource")
    line = "It was a bright cold day in April \u2014 and the clocks were striking 13.\n"
    block = line * 999 + "e\u0301" * (len(line) - 1) + "\n"
    for name, count in (("small", 20), ("large", 850)):
        with open(tmp_path / f"{name}.txt", "w", encoding="utf-8") as file:
            for _ in range(count):
                file.write(block)
    size = os.path.getsize(tmp_path / "large.txt")
    paths = [tmp_path / "small.txt", tmp_path / "large.txt", tmp_path / "cache"]
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, *map(str, paths)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    few, held_out, grown = map(float, done.stdout.split())
    assert size > 58e6 and few < 20_100
    assert held_out == pytest.approx(0.05 * 850 * 1000 * len(line), abs=1)
    assert grown < 24  # MiB
