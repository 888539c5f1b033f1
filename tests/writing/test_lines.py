"""Tests of hachi_tf.writing.lines."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hachi_tf.errors import UserError
from hachi_tf.writing.lines import advance_of, break_lines, clean, length_of, measured_advance

TEXTS = st.text(st.sampled_from("ab\ufeff \t\n\r\u0301\u00a0é-"), max_size=60)


def test_lines_are_broken_at_spaces_and_filled():
    text = "the quick brown fox\njumps\n\n  over\tthe   lazy dog  \r\n\r\nend\n"
    assert break_lines(text, len, 10) == [
        "the quick", "brown fox", "jumps", "", "over the", "lazy dog", "", "end"
    ]  # fmt: skip


def test_a_word_that_is_too_wide_is_cut_where_the_line_is_full():
    assert break_lines("an antidisestablishment arian", len, 8) == [
        "an", "antidise", "stablish", "ment", "arian"
    ]  # fmt: skip
    assert break_lines("abc", len, 0.5) == ["a", "b", "c"]


def test_a_mark_stays_with_its_letter():
    assert break_lines("x\u0302y\u0302z", len, 2) == ["x\u0302", "y\u0302", "z"]


def test_a_no_break_space_holds_words_together():
    assert break_lines("it is 10\u00a0km far", len, 8) == ["it is", "10\u00a0km", "far"]


@given(TEXTS, st.integers(1, 12))
def test_no_character_is_lost_and_every_line_fits(text, width):
    lines = break_lines(text, len, width)
    assert "".join("".join(lines).split()) == "".join(text.lstrip("\ufeff \t").split())
    for line in lines:
        assert len(line) <= width or sum(not unicodedata.combining(c) for c in line) <= 1
        assert line == line.strip(" ") and not set(line) & set("\t\n\r")


@given(TEXTS)
def test_words_stay_whole_and_lines_stay_lines_where_there_is_room(text):
    lines = break_lines(text, len, 60)
    assert " ".join(lines).split() == text.lstrip("\ufeff \t").split()
    assert lines == clean(text).split("\n")
    assert clean(clean(text)) == clean(text)


@given(TEXTS, st.integers(3, 12))
def test_lines_are_as_full_as_they_can_be(text, width):
    for paragraph in clean(text).split("\n"):
        lines = break_lines(paragraph, len, width)
        for line, after in zip(lines, lines[1:], strict=False):
            first = after.split(" ")[0]
            cut = not paragraph.startswith(" ".join(lines[: lines.index(line) + 1]) + " ")
            assert cut or len(f"{line} {first}") > width


def test_an_empty_text_is_one_blank_line_and_a_width_must_be_one():
    assert break_lines("", len, 5) == [""]
    assert break_lines("\ufeff\n\n", len, 5) == [""]
    assert break_lines("\n\na\n \n", len, 5) == ["", "", "a"]
    for width in (0, -1, np.nan, np.inf):
        with pytest.raises(UserError, match="line width above 0"):
            break_lines("a", len, width)


def test_characters_are_as_wide_as_in_most_hands():
    assert length_of("ill") < length_of("xxx") < length_of("mmm") and length_of("") == 0
    english = "They had a good time at the beach, and then it was a matter of policy."
    assert length_of(english) == pytest.approx(len(english), rel=0.03)


def test_the_advance_comes_from_the_model_or_its_lines():
    assert advance_of({"line_height": 200.0, "advance": 31.0}) == 31.0
    assert 50 < advance_of({"line_height": 200.0, "point_spacing": 9.0}) < 250
    line = np.array([[30.0, 0, 0], [10, 5, 1], [-20, 0, 1]])  # 40 wide
    drawings = [line, 2 * line, line[:0]]
    advances = [40 / length_of("abcd"), 80 / length_of("en")]
    measured = measured_advance(["abcd", "en", ""], drawings)
    assert measured == pytest.approx(sum(advances) / 2)  # the median of two
    assert measured_advance([], []) is None
    assert measured_advance(["a"], [line[:0]]) is None
