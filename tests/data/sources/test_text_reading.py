"""Decoding in chunks: the same characters wherever chunks end, and errors that name the place."""

import logging
import unicodedata

import numpy as np
import pytest

from hachi_tf.data.sources import text_reading
from hachi_tf.data.sources.text_reading import characters, read_bytes, warn_of_nulls
from hachi_tf.errors import UserError

MIXED = (
    "\ufeffZu\u0308rich\r\ncafe\u0301 \u0065\u0323\u0307 \u1100\u1161\u11a8 \uac00\u11a8\r\r\n"
    "\u09c7\u09be \U0001f600\u0301 \u0301\u0302\n\u212b \ufb01 文字 a\u0315\u0300\u05ae\u0300b\r"
)
WANTED = unicodedata.normalize(
    "NFC", MIXED.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
)


def decode(content, size, errors="strict"):
    chunks = (content[i : i + size] for i in range(0, len(content), size))
    return list(characters(chunks, "a.txt", errors))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 1000])
def test_chunks_may_end_anywhere(size):
    found = decode(MIXED.encode(), size)
    assert "".join(found) == WANTED and "" not in found


@pytest.mark.parametrize("seed", range(4))
def test_any_marks_are_joined_as_in_one_piece(seed, monkeypatch):
    monkeypatch.setattr(text_reading, "_BLOCK", 4)
    random = np.random.default_rng(seed)
    marks = [chr(c) for c in range(0x300, 0x3100) if unicodedata.category(chr(c))[0] == "M"]
    letters = list("aeiou\n ẹẹ\u1100\u1161\u11a8가한\u09c7\u0b47文")
    text = "".join(random.choice(letters if random.random() < 0.5 else marks) for _ in range(900))
    for size in (1, 4, 33):
        assert "".join(decode(text.encode(), size)) == unicodedata.normalize("NFC", text)


def test_a_text_is_parted_only_before_what_joins_nothing():
    """All characters that do are marks or jamo: so says Python's own table."""
    joining = set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))
    for code in range(0x110000):
        character = chr(code)
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            joining.add(int(parts[1], 16))
        if unicodedata.combining(character):
            joining.add(code)
    assert len(joining) > 900
    assert [code for code in joining if text_reading._safe_end("a" + chr(code)) != 0] == []
    assert text_reading._safe_end("ab\u0301") == 1 and text_reading._safe_end("\u0301") == 0


def test_endless_marks_do_not_fill_the_memory():
    content = ("\u0301" * 50_000).encode()
    parts = list(characters((content for _ in range(8)), "a.txt"))
    assert len(parts) > 3 and "".join(parts) == "\u0301" * 400_000


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    "content, message",
    [
        (b"abc\nd\xe9f", "0xe9 at byte 5 of a.txt, line 2"),
        ("ü\nü\n".encode() + b"ab\xff", "0xff at byte 8 of a.txt, line 3"),
        (b"ab\xc3", "0xc3 at byte 2 of a.txt, line 1"),
        ("a".encode("utf-16"), "a.txt, which looks like UTF-16; save it as UTF-8"),
    ],
)
def test_bytes_that_are_no_utf_8_are_named(content, message, size):
    with pytest.raises(UserError, match="text in UTF-8") as caught:
        decode(content, size)
    assert message in str(caught.value)
    assert ("errors='replace'" in str(caught.value)) == ("UTF-16" not in message)
    assert "\ufffd" in "".join(decode(content, size, "replace"))


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UserError, match="nothing.txt"):
        list(read_bytes(str(tmp_path / "nothing.txt")))


@pytest.mark.parametrize(
    "content, message",
    [
        ("hello, world".encode("utf-16-le"), "UTF-16"),
        ("hello, world".encode("utf-16-be"), "UTF-16"),
        ("hi".encode("utf-16"), "UTF-16"),
        (b"\x7fELF\0\x01\x02 and so on, at some length", "binary"),
        (b"hello", ""),
        (b"", ""),
    ],
)
def test_null_bytes_are_pointed_out(content, message, caplog):
    with caplog.at_level(logging.WARNING):
        warn_of_nulls(content, "a.txt")
    assert message in caplog.text if message else not caplog.text
