"""Tests of hachi_tf.writing.letter."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.rendering.page import Page
from hachi_tf.writing.letter import write_letter
from hachi_tf.writing.lines import length_of
from tests.writing.fake_model import ADVANCE, HEIGHT, FakeModel

PAGE = Page(100, 150, margin=10, line_height=10)
TEXT = "Dear all,\n\nthis is a letter of some lines that are broken where the page ends.\n\nBye\n"


def test_a_letter_keeps_paragraphs_and_is_written_in_one_hand():
    model = FakeModel()
    letter = write_letter(model, TEXT, PAGE, seed=5, bias=1.0)
    lines = [line.text for line in letter.lines]
    assert lines[:2] == ["Dear all,", ""] and lines[-2:] == ["", "Bye"]
    assert " ".join(lines).split() == TEXT.split()
    hand, rest = model.calls
    assert hand["text"] == ["Dear all, this is a letter of"]
    assert "prime" not in hand and rest["prime_text"] == hand["text"][0] + " "
    assert len(rest["prime"]) == 4 * len("Dearall,thisisaletterof")
    assert rest["text"] == [line for line in lines if line]
    (placed,) = letter.pages.pages
    assert [line.number for line in placed] == [n for n, line in enumerate(lines, 1) if line]
    assert letter.remarks() == []


def test_lines_are_as_long_as_the_hand_is_narrow():
    longest = {}
    for advance in (ADVANCE / 2, ADVANCE, 2 * ADVANCE):
        letter = write_letter(FakeModel(advance=advance), 9 * TEXT.replace("\n", " "), PAGE)
        longest[advance] = max(len(line.text) for line in letter.lines)
        widths = [np.ptp(np.cumsum(line.events[:, 0])) for line in letter.lines]
        assert 0.8 < max(widths) / PAGE.line_width(HEIGHT) < 1.0
        assert letter.pages.shrunk == []
    assert longest[ADVANCE / 2] > 1.7 * longest[ADVANCE] > 2.9 * longest[2 * ADVANCE]


def test_a_style_or_a_prime_is_the_hand():
    model = FakeModel(advance=2 * ADVANCE)
    write_letter(model, TEXT, PAGE, style="slanted")
    measuring, writing = model.calls
    assert measuring["style"] == writing["style"] == "slanted" and "prime" not in writing

    model = FakeModel(advance=2 * ADVANCE)
    prime = np.array([[ADVANCE, 0, 0], [2 * ADVANCE, 0, 1]], np.float32)
    primed = write_letter(model, TEXT, PAGE, prime=prime, prime_text="me")
    (writing,) = model.calls
    assert writing["prime"] is prime and writing["prime_text"] == "me "
    widest = max(length_of(line.text) for line in primed.lines)
    assert 0.7 < widest * 3 * ADVANCE / length_of("me") / PAGE.line_width(HEIGHT) <= 0.93


def test_a_text_of_one_line_is_one_call():
    model = FakeModel()
    letter = write_letter(model, "hello", PAGE, seed=9)
    (call,) = model.calls
    assert call["seed"].tolist() == [[9, 0]] and "prime" not in call
    assert [line.text for line in letter.lines] == ["hello"]


def test_writing_a_line_again_leaves_the_page_around_it():
    for failing in (0.0, 0.4):
        first = write_letter(FakeModel(failing), TEXT, PAGE, seed=2, retries=8)
        second = write_letter(FakeModel(failing), TEXT, PAGE, seed=2, retries=8, again={4: 1})
        for old, new in zip(first.pages.pages[0], second.pages.pages[0], strict=True):
            same = all(map(np.array_equal, old.runs, new.runs))
            assert same == (old.number != 4)


def test_what_was_changed_or_went_wrong_is_said():
    model = FakeModel(failing=1.0)
    text = "\u201chello\u201d\u00a0\u2014 Québec ☃ \u2026 " + "x" * 30
    letter = write_letter(model, text, PAGE, on_unknown="replace", seed=1)
    assert letter.prepared.text == '"hello"\u00a0- quebec ... ' + "x" * 30
    assert [line.text for line in letter.lines][0].startswith('"hello" - quebec')
    remarks = letter.remarks()
    assert remarks[0] == "wrote '“' as \", '”' as \", '—' as -, '…' as ..., 'Q' as q, 'é' as e"
    assert remarks[1] == "left out '☃'"
    assert remarks[2].startswith('line 1 stopped before its end (\'"hello" - quebec ')
    assert "--again=1" in remarks[2] and "\n" not in "".join(remarks)
    with pytest.raises(UserError, match="'Q' .nearest: none.* and --on_unknown|'☃'"):
        write_letter(model, text, PAGE)


def test_a_line_that_came_out_too_wide_is_shrunk_and_said():
    model = FakeModel(advance=3 * ADVANCE)
    letter = write_letter(model, "just one line here", PAGE)
    (line,) = letter.pages.shrunk
    assert 0.4 < line.shrink < 1
    assert letter.remarks() == [
        f"line 1 was too large and shrunk to {line.shrink:.0%} ('just one line here')"
    ]


def test_a_model_without_text_and_an_empty_text_are_refused():
    model = FakeModel()
    for text in ("", " \n\t\r\n"):
        with pytest.raises(UserError, match="a text to write"):
            write_letter(model, text, PAGE)
    model.alphabet = None
    with pytest.raises(UserError, match="trained on handwriting with its text"):
        write_letter(model, "a", PAGE)
