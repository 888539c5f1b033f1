"""The longest copied passage against a search in Python, and the samples that are new."""

import time

import numpy as np
import pytest

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.sources.source import Sequence
from hachi_tf.writing import passages


def coded(text):
    return np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.int64) + 2


def dataset_of(texts, classes):
    places = {name: float(place) for place, name in enumerate(classes)}
    events = [np.float32([[places.get(each, np.nan)] for each in text]) for text in texts]
    sequences = [
        Sequence(each.reshape(-1, 1), None, f"{index:04d}") for index, each in enumerate(events)
    ]
    return Dataset.from_sequences(sequences, 1)


def search(samples, texts):
    """The length of the longest passage, by trying them all."""
    longest = 0
    for sample in samples:
        for begin in range(len(sample)):
            while begin + longest < len(sample) and any(
                sample[begin : begin + longest + 1] in text for text in texts
            ):
                longest += 1
    return longest


def test_the_longest_passage_is_found_in_any_texts():
    random = np.random.default_rng(0)

    def text(most):
        return "".join(random.choice(list("abc"), random.integers(0, most)))

    for _ in range(300):
        training, samples = text(200), [text(30) for _ in range(random.integers(1, 4))]
        parts, begin = [], 0
        while begin < len(training):
            end = begin + int(random.integers(1, 25))
            parts.append(coded(training[begin:end]))
            begin = end
        found = passages.longest_passage([coded(each) for each in samples], parts)
        assert found.length == search(samples, [training])
        sample = samples[found.sample]
        assert sample[found.begin : found.begin + found.length] in training


def test_a_passage_crosses_parts_but_no_sequences(monkeypatch):
    monkeypatch.setattr(passages, "_PART", 7)
    classes, texts = "abcdxyz ", ["abcd abcd", "xyz xyz", "dcba"]
    training = dataset_of(texts, classes)
    for sample, wanted in [("d abcdx", "d abcd"), ("dxyz", "xyz"), ("zdcb", "dcb"), ("", "")]:
        codes = passages.encode(sample, "char", classes)
        found = passages.longest_passage([codes], passages.training_codes(training))
        passage = codes[found.begin : found.begin + found.length]
        assert passages.decode(passage, "char", classes) == wanted
    assert passages.longest_passage([], passages.training_codes(training)).length == 0


def test_unknown_characters_are_equal_to_none():
    training = dataset_of(["a?b"], "ab")  # the middle one is missing
    codes = passages.encode("a?b", "char", "ab")
    assert passages.longest_passage([codes], passages.training_codes(training)).length == 1


def test_bytes_are_those_of_utf_8():
    classes = [f"{byte:02x}" for byte in range(256)]
    codes = passages.encode("né", "byte", classes)
    assert codes.tolist() == [byte + 2 for byte in "né".encode()]
    assert passages.decode(codes, "byte", classes) == "né"
    assert passages.decode(codes[:2], "byte", classes) == "n\ufffd"


def test_samples_are_new_that_are_no_record():
    classes, records = "abc", ["ab", "abc", "ca"]
    training = dataset_of(records, classes)
    samples = ["ab", "abcc", "b", "ca", "ab"]
    codes = [passages.encode(each, "char", classes) for each in samples]
    assert passages.count_new(codes, training) == 2
    assert passages.count_new([], training) == 0


@pytest.mark.parametrize("length", [1000, 20_000])
def test_five_megabytes_take_seconds_at_most(length):
    random = np.random.default_rng(0)
    words = ["".join(random.choice(list("abcdefgh"), 5)) for _ in range(500)]
    text = coded(" ".join(random.choice(words, 850_000)))
    sample = coded(" ".join(random.choice(words, length // 6)))
    parts = np.array_split(text, 20)
    begin = time.process_time()
    found = passages.longest_passage([sample], parts)
    assert time.process_time() - begin < 10.0
    content, passage = text.tobytes(), sample[found.begin : found.begin + found.length]
    assert passage.tobytes() in content and found.length > 12
