"""Texts parted into records, wherever their chunks end."""

import pytest

from hachi_tf.data.sources.text_records import split_records

TEXT = "one\n\n  \ntwo\nthree \n\n\n four"


def split(text, kind, size=1000):
    return list(split_records([text[i : i + size] for i in range(0, len(text), size)], kind))


@pytest.mark.parametrize("size", [1, 2, 4, 1000])
def test_records_have_the_number_of_their_first_line(size):
    lines = [(1, "one"), (4, "two"), (5, "three "), (8, " four")]
    assert split(TEXT, "line", size) == lines
    assert split(TEXT, "blank_line", size) == [(1, "one"), (4, "two\nthree "), (8, " four")]
    assert split(TEXT, "file", size) == [(1, TEXT)]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_bytes_are_parted_alike(size):
    content = TEXT.replace("\n", "\r\n").encode()
    assert split(content, "line", size) == [(n, r.encode()) for n, r in split(TEXT, "line")]
    blocks = [(n, r.encode()) for n, r in split(TEXT, "blank_line")]
    assert split(content, "blank_line", size) == blocks
    assert split(content, "file", size) == [(1, content)]


@pytest.mark.parametrize("kind", ["line", "blank_line", "file"])
@pytest.mark.parametrize("text", ["", "\n", " \n\t\n", b"", b"\r\n"])
def test_of_nothing_but_white_space_there_is_no_record(kind, text):
    assert split(text, kind) == []
