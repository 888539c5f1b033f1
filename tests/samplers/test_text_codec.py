"""Strings to classes and back, inside a graph, whatever bytes they hold."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.samplers.text_codec import TextCodec
from hachi_tf.schema import Feature, Schema


def codec_of(classes, column="character"):
    return TextCodec(Schema((Feature(column, "categorical", classes=tuple(classes)),)))


def both_ways(codec, texts):
    """What is read of texts, and what that is as texts again; as a graph does it."""

    @tf.function
    def run(texts):
        decoded = codec.decode(texts)
        return decoded, codec.encode(decoded.events, decoded.lengths)

    decoded, again = run(tf.constant(texts, shape=[len(texts)], dtype=tf.string))
    return [each.numpy() for each in decoded], list(again.numpy())


def test_known_characters_come_back_and_others_are_left_out_and_counted():
    codec = codec_of("\n abé\N{GRINNING FACE}")
    texts = ["ab\n é", "", "xayb", "\N{GRINNING FACE}b\N{PILE OF POO}", "e\u0301"]
    (events, lengths, unknown), again = both_ways(codec, [text.encode() for text in texts])
    assert [each.decode() for each in again] == ["ab\n é", "", "ab", "\N{GRINNING FACE}b", ""]
    assert lengths.tolist() == [5, 0, 2, 2, 0] and unknown.tolist() == [0, 0, 2, 1, 2]
    assert events.shape == (5, 5, 1) and events.dtype == np.float32
    np.testing.assert_array_equal(events[0, :, 0], [2, 3, 0, 1, 4])
    assert (events[1:, 2:] == 0).all()


@pytest.mark.parametrize("classes", ["ab", "ab\ufffd", "ab\ufffd\uffff"])
def test_what_is_no_utf_8_is_left_out_even_if_the_replacement_character_is_known(classes):
    texts = [b"a\xff\xfeb", b"\xc3", b"ab", b"\xed\xa0\x80", "\ufffda".encode()]
    (_, lengths, unknown), again = both_ways(codec_of(classes), texts)
    assert again[:4] == [b"ab", b"", b"ab", b""]
    assert unknown[:3].tolist() == [2, 1, 0] and unknown[3] >= 1
    known = "\ufffd" in classes
    assert again[4] == ("\ufffda" if known else "a").encode() and unknown[4] == 1 - known


def test_every_byte_is_itself():
    codec = codec_of([f"{byte:02x}" for byte in range(256)], "byte")
    assert codec.output == "text_bytes"
    text = bytes(range(256))
    (events, lengths, unknown), again = both_ways(codec, [text, b"\xff\x00", b""])
    np.testing.assert_array_equal(events[0, :, 0], range(256))
    assert again == [text, b"\xff\x00", b""] and not unknown.any()
    assert lengths.tolist() == [256, 2, 0]
    some = codec_of(["00", "61", "ff"], "byte")
    (_, _, unknown), again = both_ways(some, [b"a\xfe\x00\xff\xc3\xa9"])
    assert again == [b"a\x00\xff"] and unknown.tolist() == [3]


def test_classes_may_stand_in_any_order():
    codec = codec_of("cab")
    (events, _, _), again = both_ways(codec, [b"abc"])
    assert again == [b"abc"]
    np.testing.assert_array_equal(events[0, :, 0], [1, 2, 0])


def test_an_empty_batch_and_classes_out_of_range():
    codec = codec_of("ab")
    (events, lengths, _), again = both_ways(codec, [])
    assert events.shape == (0, 0, 1) and lengths.shape == (0,) and again == []
    wild = np.float32([[[-3], [7], [1e30], [0]]])
    assert len(codec.encode(tf.constant(wild), tf.constant([4])).numpy()[0]) == 4
