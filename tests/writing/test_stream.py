"""A text as it is drawn: what comes out does not depend on how it is cut, and stops in time."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.writing.stream import TextStream, check_stop


def fed(pieces, stop=()):
    """What comes out piece by piece, and whether it was stopped."""
    stream = TextStream(stop)
    out = [stream.feed(piece, index == len(pieces) - 1) for index, piece in enumerate(pieces)]
    return out, stream.stopped


def cuts(text, random, most=5):
    pieces, begin = [], 0
    while begin < len(text):
        end = begin + int(random.integers(1, most))
        pieces.append(text[begin:end])
        begin = end
    return pieces or [text]


@pytest.mark.parametrize(
    "text, stop, wanted",
    [
        ("to be or not", ["or"], "to be "),
        ("to be or not", ["not", "be"], "to "),
        ("to be or not", ["to"], ""),
        ("to be or not", ["xyz"], "to be or not"),
        ("aaab", ["aab"], "a"),
        ("abcabd", ["abd"], "abc"),
        ("abcd", ["abcd", "bc"], "a"),  # `bc` is complete first
        ("xabc", ["bc", "abc"], "x"),  # both are complete at once: the longer one
        ("one\n\ntwo", ["\n\n"], "one"),
        ("ends in a", ["ab"], "ends in a"),
    ],
)
def test_a_text_ends_before_the_first_stop_string_however_it_is_cut(text, stop, wanted):
    random = np.random.default_rng(0)
    for _ in range(50):
        out, stopped = fed(cuts(text, random), stop)
        assert "".join(out) == wanted and stopped == (wanted != text)


def test_any_texts_and_stop_strings_give_the_same_in_one_piece():
    random = np.random.default_rng(1)
    for _ in range(400):
        text = "".join(random.choice(list("ab"), random.integers(1, 25)))
        stop = ["".join(random.choice(list("ab"), random.integers(1, 5))) for _ in range(2)]
        whole, stopped = fed([text], stop)
        out, also = fed(cuts(text, random), stop)
        assert "".join(out) == whole[0] and stopped == also
        assert not any(each in whole[0] for each in stop)


def test_only_what_may_begin_a_stop_string_waits():
    stream = TextStream(["END"])
    assert stream.feed("one E") == "one "
    assert stream.feed("N") == ""
    assert stream.feed("E") == "EN"
    assert stream.feed("x") == "Ex"
    assert stream.feed("E", last=True) == "E"
    assert TextStream().feed("any text") == "any text"


def test_nothing_comes_after_the_stop():
    stream = TextStream(["."])
    assert stream.feed("a.b") == "a" and stream.stopped
    assert stream.feed("more", last=True) == ""


def test_bytes_wait_for_the_rest_of_a_character():
    stream, text = TextStream(), "é\N{GRINNING FACE}a"
    out = [stream.feed(bytes([byte])) for byte in text.encode()]
    assert out == ["", "é", "", "", "", "\N{GRINNING FACE}", "a"]
    assert TextStream().feed(b"a\xc3", last=True) == "a\ufffd"


def test_bytes_that_are_no_utf_8_become_the_replacement_character_however_they_are_cut():
    random = np.random.default_rng(2)
    for _ in range(200):
        content = bytes(random.choice([0x61, 0xC3, 0xA9, 0xFF, 0xF0, 0x9F], 20).tolist())
        out, _ = fed(cuts(content, random, 4))
        assert "".join(out) == content.decode("utf-8", "replace")
    out, stopped = fed([b"caf\xc3", b"\xa9s"], ["é"])
    assert "".join(out) == "caf" and stopped


def test_bad_stop_strings_are_refused():
    for bad in ("", ["a", ""], [5], [b"a"]):
        with pytest.raises(UserError, match="stop strings of at least one character"):
            check_stop(bad)
    assert check_stop("ab") == ("ab",) and check_stop(()) == ()
