"""The diagram of the window: what is dark where, names of the rows, lines to the writing."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.rendering import colours, lettering
from hachi_tf.rendering.alignment import alignment

DARKEST = colours.rgb(colours.BLUE[-1])
ROW = np.array([[10.0, 0.0, 0.0]] * 40)


def dark_box(pixels):
    """Left, right, top and bottom (past the end) of the darkest pixels of the map."""
    y, x = np.nonzero((pixels == DARKEST).all(-1))
    return np.array([x.min(), x.max() + 1, y.min(), y.max() + 1])


@pytest.mark.parametrize("step, character", [(0, 0), (7, 1), (39, 3), (20, 2)])
def test_the_weight_is_dark_at_its_step_and_its_character_counted_from_below(step, character):
    left, right, top, bottom = dark_box(alignment(np.ones([40, 4]), "abcd"))
    weights = np.zeros([40, 4])
    weights[step, character] = 0.3
    found = dark_box(alignment(weights, "abcd")[top - 1 :])
    found[2:] += top - 1
    scale = (right - left) / 40
    expected = [left + step * scale, left + (step + 1) * scale]
    np.testing.assert_allclose(found[:2], expected, atol=1)
    row = (bottom - top) / 4
    np.testing.assert_allclose(
        found[2:], [bottom - (character + 1) * row, bottom - character * row]
    )


def test_each_steps_darkest_row_is_its_largest_weight():
    random = np.random.default_rng(2)
    weights = random.uniform(0, 0.5, (40, 6))
    largest = random.integers(0, 6, 40)
    weights[np.arange(40), largest] = random.uniform(0.6, 0.9, 40)
    left, right, top, bottom = dark_box(alignment(np.ones([40, 6]), "abcdef"))
    pixels = alignment(weights, "abcdef").astype(int).sum(-1)
    columns = np.round(left + (np.arange(40) + 0.5) * (right - left) / 40).astype(int)
    rows = np.round(bottom - (np.arange(6) + 0.5) * (bottom - top) / 6).astype(int)
    np.testing.assert_array_equal(pixels[np.ix_(rows, columns)].argmin(0), largest)


def test_the_written_line_is_below_and_as_wide_as_the_map():
    weights = np.ones([40, 4])
    left, right, _, bottom = dark_box(alignment(weights, "abcd"))
    pixels = alignment(weights, "abcd", ROW)
    ink = (pixels[bottom + 1 :] == colours.rgb(colours.INK)).all(-1)
    columns = np.nonzero(ink.any(0))[0]
    np.testing.assert_allclose([columns.min(), columns.max()], [left, right], atol=2)
    assert len(pixels) > len(alignment(weights, "abcd"))


def test_lines_lead_from_the_step_of_a_word_to_the_pen():
    # The window reaches "b" at step 30; the pen then has made three quarters of its way.
    weights = np.zeros([40, 3])
    weights[:30, 0] = weights[30:, 2] = 1
    left, right, _, bottom = dark_box(alignment(np.ones([40, 3]), "a b"))
    pixels = alignment(weights, "a b", ROW)
    grey = np.abs(pixels.astype(int) - colours.rgb(colours.OTHERS)).sum(-1) < 30
    columns = np.nonzero(grey[bottom + 12])[0]
    starts = left + np.array([0.5, 30.5]) / 40 * (right - left)
    assert min(abs(columns - starts[0])) < 4 and min(abs(columns - starts[1])) < 4
    assert all(np.abs(starts - column).min() < 6 for column in columns)


def test_spaces_and_characters_name_the_rows():
    left, _, top, bottom = dark_box(alignment(np.ones([5, 2]), "a "))
    for text, inked in (("i ", True), ("  ", False)):
        names = alignment(np.ones([5, 2]), text)[top:bottom, : left - 10]
        lower = names[len(names) // 2 :]
        assert (lower == colours.rgb(colours.INK)).all(-1).any() == inked
        assert (names < 200).any()


def test_long_texts_have_words_on_the_axis_and_stay_on_a_page():
    text = ("word " * 100).strip()
    pixels = alignment(np.eye(499), text)
    assert 1000 < len(pixels) < 2000
    names = (pixels[:, :180] == colours.rgb(colours.INK)).all(-1).any(1)
    assert 50 <= np.count_nonzero(np.diff(names.astype(int)) == 1) <= 100


def test_tiny_and_missing_weights_are_drawn():
    assert dark_box(alignment(np.ones([5, 2]) * 1e-200, "ab"))[1] > 1500
    assert (alignment(np.zeros([5, 2]), "ab", ROW[:5])[80:120, 400] == 255).all()


@pytest.mark.parametrize(
    "weights, text, events, message",
    [
        (np.ones([40, 4]), "abc", None, "text of 4 characters; got 3"),
        (np.ones([40, 4]), "abcd", ROW[:30], "40 events"),
        (np.ones([0, 0]), "", None, r"weights \[T, U\]"),
        (np.ones([40, 4]) * np.nan, "abcd", None, "finite weights"),
    ],
)
def test_what_does_not_fit_is_refused(weights, text, events, message):
    with pytest.raises(UserError, match=message):
        alignment(weights, text, events)


def test_every_printable_ascii_character_names_itself_in_the_built_in_font():
    for code in range(33, 127):
        label, font = lettering.character_label(chr(code), 20)
        assert (label, font) == (chr(code), lettering.built_in(20))


@pytest.mark.parametrize("character", ["é", "あ", "\n", "\u0301", "\u00a0", "🙂"])
def test_what_no_font_shows_is_named_by_its_code(character, monkeypatch):
    monkeypatch.setattr(lettering, "SYSTEM_FONTS", ())
    label, _ = lettering.character_label(character, 20)
    assert label == f"U+{ord(character):04X}"
    assert lettering.word_label(f"caf{character}", 16)[0] == "caf?"


def test_a_font_of_the_system_is_taken_where_it_shows_more(monkeypatch):
    class Wide:
        def getmask(self, character):
            from PIL import Image

            return Image.new("L", (4, 4), 0 if character == "\uffff" else 255).im

    monkeypatch.setattr(lettering, "SYSTEM_FONTS", ("wide",))
    wide = Wide()
    monkeypatch.setattr(lettering, "_system_font", lambda name, size: wide)
    assert lettering.character_label("é", 20) == ("é", wide)
    assert lettering.character_label("e", 20)[1] is lettering.built_in(20)
    assert lettering.word_label("été", 20) == ("été", wide)
