"""A text comes out of the coder as it went in, as small as its bits say."""

import math

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.evaluation import arithmetic_coding
from hachi_tf.evaluation.scoring import Scorer
from hachi_tf.transforms import Chain
from tests.evaluation import texts

pytest.importorskip("constriction", reason="it comes with the extra [compress]")
CHARACTERS = "ab äc\n日"


def random_text(length, seed=0):
    return "".join(np.random.default_rng(seed).choice(list(CHARACTERS), length))


@pytest.fixture(scope="module")
def network():
    return texts.text_network(texts.char_schema(CHARACTERS), 2, 8)


@pytest.fixture(scope="module")
def coder(network):
    return arithmetic_coding.TextCoder(network)


@pytest.mark.parametrize("length", [0, 1, 2, 700])
def test_characters_come_out_as_they_went_in(network, coder, length):
    text = random_text(length)
    data = coder.compress(text)
    assert arithmetic_coding.TextCoder(network).decompress(data) == text
    assert coder.decompress(data, 300) == text[:300]


def test_the_size_is_what_the_score_says(network, coder):
    text = random_text(1500)
    dataset = texts.text_dataset([text], network.schema)
    bits = Scorer(network, Chain())(dataset, 1).nats[0] / math.log(2)
    size = len(coder.compress(text)) - len(arithmetic_coding.MAGIC) - 12
    assert size == pytest.approx(bits / 8, rel=0.002, abs=8)


def test_bytes_too(tmp_path):
    text = random_text(200).encode()
    schema = texts.byte_schema(set(text))
    network = texts.text_network(schema)
    coder = arithmetic_coding.TextCoder(network)
    assert coder.decompress(coder.compress(text)) == text
    dataset = texts.text_dataset([text, b"ab a"], schema)
    path = tmp_path / "text.bin"
    assert arithmetic_coding.compress_dataset(path, network, dataset, iter) == path.stat().st_size
    assert coder.decompress(path.read_bytes()) == text + b"ab a"


def test_what_cannot_be_decompressed_is_said(network, coder):
    data = coder.compress(random_text(100))
    other = texts.text_network(network.schema, 2, 8, scale=0.7)
    cases = [
        (coder, b"PK" + data, "a text that hachi_tf compressed"),
        (coder, data[:20], "a text that hachi_tf compressed"),
        (coder, data[:-3], "a text that hachi_tf compressed"),
        (coder, data[:-8], "the network and the machine"),
        (arithmetic_coding.TextCoder(other), data, "the network and the machine"),
    ]
    for each, damaged, said in cases:
        with pytest.raises(UserError, match=said):
            each.decompress(damaged)


def test_what_cannot_be_compressed_is_said(network, coder, tmp_path):
    with pytest.raises(UserError, match="characters that the network knows; got '!'"):
        coder.compress("ab!a")
    dataset = texts.text_dataset(["ab?"], network.schema)
    path = tmp_path / "text.bin"
    with pytest.raises(UserError, match="a text of characters that the network knows"):
        arithmetic_coding.compress_dataset(path, network, dataset, iter)
    assert not path.exists()
    records = texts.char_schema("ab", end_of_sequence=True)
    with pytest.raises(UserError, match="a network of long texts"):
        arithmetic_coding.TextCoder(texts.text_network(records))
