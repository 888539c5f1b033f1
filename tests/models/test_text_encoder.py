"""Strings to what the window reads: known characters, ink, whatever people type."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.models.text_encoder import TextEncoder

ALPHABET = " abcé私"


@pytest.fixture(scope="module")
def encode():
    """Encodes texts, str or bytes, in a graph."""
    encoder = TextEncoder(ALPHABET)
    function = tf.function(encoder, input_signature=[tf.TensorSpec([None], tf.string)])

    def encode(*texts):
        return function(tf.constant(texts, tf.string, shape=[len(texts)]))

    return encode


def read_back(context):
    """The texts that a context holds."""
    texts = []
    classes, present = (
        each.numpy() for each in (context.characters.classes, context.characters.present)
    )
    for row, here, length in zip(classes, present, context.lengths.numpy(), strict=True):
        assert here[:length].all() and not here[length:].any() and not row[length:].any()
        texts.append("".join(sorted(ALPHABET)[index] for index in row[:length]))
    return texts


def test_known_characters_become_classes_and_others_are_left_out(encode):
    context = encode("abc", "a x私b?", "", "é")
    assert read_back(context) == ["abc", "a 私b", "", "é"]
    assert context.characters.classes.shape == (4, 4)
    assert context.lengths.numpy().tolist() == [3, 4, 0, 1]
    assert context.dropped.numpy().tolist() == [0, 2, 0, 0]


def test_ink_before_each_position_is_counted_without_spaces(encode):
    context = encode("a b ", "cc")
    assert context.inked.numpy().tolist() == [[0, 0, 1, 1, 2, 2], [0, 0, 1, 2, 2, 2]]


@pytest.mark.parametrize(
    ("text", "known", "dropped"),
    [
        ("", "", 0),
        ("?!", "", 2),
        ("a", "a", 0),
        ("a b" * 200, "a b" * 200, 0),
        ("a\N{GRINNING FACE}b", "ab", 1),
        ("\N{WOMAN}\u200d\N{PERSONAL COMPUTER}", "", 3),  # one emoji of three code points
        ("שלום a", " a", 4),
        ("a\u202eb\u202c", "ab", 2),  # from right to left, and back
        ("a\0b\x1b\n\tc\x7f", "abc", 5),
        (b"a\xffb\xc3", "ab", 2),  # no UTF-8
        (b"\xed\xa0\x80a", "a", None),  # half a surrogate pair
        ("é", "é", 0),
        ("e\u0301a", "a", 2),  # not in normal form C
        ("\ufffda", "a", 1),
    ],
    ids=ascii,
)
def test_whatever_people_type_is_read_or_left_out_and_counted(encode, text, known, dropped):
    context = encode("abc", text)
    assert read_back(context) == ["abc", known]
    assert context.dropped.numpy()[0] == 0
    assert dropped is None or context.dropped.numpy()[1] == dropped


def test_a_row_depends_on_no_other(encode):
    alone = encode("a私x")
    for other in ("", "b", "abc" * 50):
        both = encode("a私x", other)
        width = alone.characters.classes.shape[1]
        for one, mine in zip(both.characters, alone.characters, strict=True):
            np.testing.assert_array_equal(one[0, :width], mine[0])
        np.testing.assert_array_equal(both.inked[0, : width + 2], alone.inked[0])
        assert (both.inked.numpy()[0, width + 2 :] == 2).all()


@pytest.mark.parametrize("texts", [(), ("",), ("", "?")])
def test_without_characters_there_is_still_one_empty_column(encode, texts):
    context = encode(*texts)
    assert context.characters.classes.shape == (len(texts), 1)
    assert not np.any(context.characters.present)
    assert context.inked.shape == (len(texts), 3) and not np.any(context.inked)


def test_controls_and_all_kinds_of_spaces_have_no_ink():
    blanks = "\t \N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}\u200b"
    context = TextEncoder(blanks + "a~")(tf.constant([blanks + "a", "~"]))
    assert context.dropped.numpy().tolist() == [0, 0]
    assert context.inked.numpy()[:, -1].tolist() == [1, 1]
