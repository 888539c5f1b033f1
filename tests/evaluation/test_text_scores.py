"""Figures of texts beside those that Python's own strings give."""

import bz2
import gzip
import lzma
import math

import numpy as np
import pytest

from hachi_tf.data.dataset import Dataset
from hachi_tf.evaluation import text_scores
from tests.evaluation import texts

TEXT = "Ein  schöner Tag,\n日本語 \u3000 und\u00a0so\tweiter… 😀\n\nend "


@pytest.fixture(params=[3, 7, 65536])
def chunk_size(request, monkeypatch):
    """Texts are read so many characters at a time."""
    chunks = Dataset.chunks
    monkeypatch.setattr(Dataset, "chunks", lambda self: chunks(self, request.param))


@pytest.mark.parametrize("sequences", [[TEXT], [TEXT, "x", "y z", TEXT]])
def test_counts_of_characters(sequences, chunk_size):
    schema = texts.char_schema(set("".join(sequences)))
    found = text_scores.text_size(texts.text_dataset(sequences, schema), schema)
    assert found.characters == sum(map(len, sequences))
    assert found.size == sum(len(text.encode()) for text in sequences)
    assert found.words == sum(len(text.split()) for text in sequences)
    assert found.unknown == 0


def test_counts_of_bytes(chunk_size):
    data = TEXT.encode()
    schema = texts.byte_schema(set(data))
    found = text_scores.text_size(texts.text_dataset([data, b"e n"], schema), schema)
    assert found.characters == len(TEXT) + 3 and found.size == len(data) + 3
    assert found.words == len(data.split()) + 2


def test_what_a_model_lacks_counts_for_nothing(chunk_size):
    schema = texts.char_schema("ab ")
    dataset = texts.text_dataset(["a? b? ?? ab"], schema)
    found = text_scores.text_size(dataset, schema)
    assert found == text_scores.TextSize(characters=7, size=7, words=4, unknown=4)
    assert text_scores.compressed_sizes(10.0, dataset, schema) == {}
    figures = text_scores.text_scores(7 * math.log(2), dataset, schema)
    assert figures["bits_per_character"] == pytest.approx(1.0)
    assert "4 characters that the model does not know" in "\n".join(text_scores.in_words(figures))


def test_figures():
    schema = texts.char_schema(set(TEXT))
    dataset = texts.text_dataset([TEXT], schema)
    figures = text_scores.text_scores(100.0, dataset, schema)
    assert figures["bits_per_character"] == pytest.approx(100 / math.log(2) / len(TEXT))
    assert figures["bits_per_byte"] == pytest.approx(100 / math.log(2) / len(TEXT.encode()))
    assert figures["word_perplexity"] == pytest.approx(math.exp(100 / len(TEXT.split())))
    none = text_scores.text_scores(5.0, texts.text_dataset(["  "], texts.char_schema(" ")),
                                   texts.char_schema(" "))  # fmt: skip
    assert none["word_perplexity"] is None and none["num_words"] == 0
    assert text_scores.text_scores(1e6, dataset, schema)["word_perplexity"] is None


@pytest.mark.parametrize("records", [False, True])
def test_sizes_are_those_of_the_compressors(records, chunk_size):
    random = np.random.default_rng(0)
    parts = ["".join(random.choice(list("abäc \n"), 3000)) for _ in range(2)]
    schema = texts.char_schema("abäc \n", end_of_sequence=records)
    dataset = texts.text_dataset(parts, schema)
    joined = ("\n".join(parts) + "\n" if records else "".join(parts)).encode()
    assert b"".join(text_scores.utf8_chunks(dataset, schema)) == joined
    sizes = text_scores.compressed_sizes(4000.0, dataset, schema)
    assert sizes["compressed_bytes"] == math.ceil(4000 / math.log(2) / 8) + 8
    assert sizes["gzip_bytes"] == pytest.approx(len(gzip.compress(joined)), abs=16)
    assert sizes["bzip2_bytes"] == len(bz2.compress(joined))
    extreme = lzma.compress(joined, preset=9 | lzma.PRESET_EXTREME)
    assert sizes["xz_bytes"] == pytest.approx(len(extreme), rel=0.01)


def test_a_large_text_is_left_to_the_model(monkeypatch):
    monkeypatch.setattr(text_scores, "MOST_COMPRESSED_BYTES", 10)
    schema = texts.char_schema("ab")
    sizes = text_scores.compressed_sizes(1.0, texts.text_dataset(["ab" * 6], schema), schema)
    assert set(sizes) == {"compressed_bytes"}


def test_words_name_all_figures():
    schema = texts.char_schema("ab ")
    dataset = texts.text_dataset(["ab ba " * 50], schema)
    figures = text_scores.text_scores(60.0, dataset, schema)
    figures |= text_scores.compressed_sizes(60.0, dataset, schema)
    said = "\n".join(text_scores.in_words(figures))
    assert "0.289 bits a character, 0.289 a byte" in said
    assert "perplexity 2 a word, of 100" in said
    assert "19 bytes of 300; gzip " in said and "; xz " in said
