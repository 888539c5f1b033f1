import collections
import itertools
import string
import sys
import unicodedata

import numpy as np
import pytest

from hachi_tf.data import load_datasets, make_source
from hachi_tf.data.sources import (
    hershey_fonts,
    hershey_kana,
    hershey_makers,
    hershey_texts,
    hershey_words,
)
from hachi_tf.data.sources.hershey import write_text
from hachi_tf.data.sources.hershey_kana import KANA
from hachi_tf.data.sources.hershey_writer import SPACING
from hachi_tf.errors import UserError


def lines(options="", epoch=0):
    return list(make_source(f"hershey({options})").epoch(epoch))


def drawn_texts(characters, count, held_out=False):
    generator = np.random.default_rng(7)
    return [hershey_texts.draw_text(generator, characters, held_out) for _ in range(count)]


@pytest.fixture(scope="module")
def sample():
    return lines("lines=400")


def test_the_same_line_is_the_same_however_it_is_reached(sample):
    again = lines("lines=5")
    first = list(itertools.islice(make_source("hershey").read(), 5))
    for one, other, third in zip(sample, again, first, strict=False):
        assert one.id == other.id == third.id and one.text == other.text == third.text
        np.testing.assert_array_equal(one.events, other.events)
        np.testing.assert_array_equal(one.events, third.events)
    assert [each.id for each in again] == [f"hershey/train-0-00000{i}" for i in range(5)]


def test_epochs_and_seeds_give_other_lines(sample):
    texts = {each.text for each in sample}
    for other in (lines("lines=100", epoch=1), lines("lines=100, seed=1")):
        assert len(texts & {each.text for each in other}) <= 1
    assert lines("lines=1", epoch=3)[0].id == "hershey/train-3-000000"


def test_read_gives_epoch_0_and_512_lines_of_validation():
    sets = load_datasets(make_source("hershey(lines=10)"))
    assert {name: len(each) for name, each in sets.items()} == {"train": 10, "validation": 512}
    assert sets["validation"].ids[0] == "hershey/validation-0-000000"
    assert all(hershey_texts.is_held_out(text) for text in sets["validation"].texts)


def test_no_text_of_validation_is_ever_one_of_training():
    for held_out in (False, True):
        texts = drawn_texts("latin", 300, held_out)
        assert {hershey_texts.is_held_out(text) for text in texts} == {held_out}


def test_texts_are_plain_lines_of_8_to_45_characters():
    for text in drawn_texts("kana", 2000):
        assert 8 <= len(text) <= 45
        assert text == " ".join(text.split()) == unicodedata.normalize("NFC", text)


def test_every_character_occurs_and_often_enough():
    """Shares of 3,000 lines, with a third off what is aimed at for chance."""
    text = "".join(drawn_texts("latin", 3000))
    count = collections.Counter(text)
    assert set(count) == set(hershey_fonts.alphabet("latin"))
    for characters, percent in [
        (string.ascii_lowercase, 0.4),
        (string.ascii_uppercase, 0.3),
        (string.digits, 0.3),
        (string.punctuation, 0.15),
        (hershey_fonts.LATIN, 0.05),
    ]:
        shares = {each: 100 * count[each] / len(text) for each in characters}
        assert min(shares.values()) > 2 / 3 * percent, min(shares, key=shares.get)


def test_ascii_texts_are_ascii_and_kana_texts_have_all_kana():
    assert set("".join(drawn_texts("ascii", 1500))) == set(hershey_fonts.ASCII)
    assert set(KANA) < set("".join(drawn_texts("kana", 3000)))


def test_the_word_lists_use_known_characters_only():
    words = " ".join(hershey_words.FOREIGN.values()).split()
    assert {each for word in words for each in word} <= set(hershey_fonts.alphabet("latin"))
    assert set("".join(hershey_words.KANA)) <= set(KANA)
    assert set("".join(hershey_makers.manual())) <= set(hershey_fonts.ASCII)


@pytest.mark.parametrize("name", hershey_fonts.FONTS)
def test_a_font_has_every_character(name):
    glyphs = hershey_fonts.font(name, "kana")
    assert set(glyphs) == set(hershey_fonts.alphabet("kana"))
    for character, glyph in glyphs.items():
        assert glyph.width > 0 and len(glyph.starts) == len(glyph.lifts) == len(glyph.least)
        if character != " ":
            assert glyph.lifts[-1] and np.isfinite(glyph.points).all()
            low, high = glyph.points.min(0), glyph.points.max(0)
            assert -9 < low[0] and high[0] < glyph.width + 9, character
            assert -31 < low[1] and high[1] < 14, character


@pytest.mark.parametrize(
    "name, strokes",
    [
        ("futural", {"i": 2, "l": 1, "A": 2, "M": 1, "N": 1, "Z": 1, "L": 1, "E": 3, "é": 2}),
        ("futural", {"ÿ": 4, "í": 2, "ï": 3, "ø": 2, "å": 3, "ç": 2, "¿": 2, "7": 1, "=": 2}),
        ("print", {"a": 1, "b": 1, "d": 1, "t": 2, "w": 1, "ß": 1, "æ": 1, "İ": 4, "ı": 1}),
        ("scripts", {"e": 1, "l": 1, "i": 2, "1": 1, ".": 1, "ü": 3, "m": 1, "x": 2, "t": 2}),
    ],
)
def test_letters_have_the_strokes_that_one_expects(name, strokes):
    glyphs = hershey_fonts.font(name, "latin")
    assert {each: int(glyphs[each].lifts.sum()) for each in strokes} == strokes


def test_events_are_finite_near_and_end_with_the_pen_lifted(sample):
    events = np.concatenate([each.events for each in sample])
    assert np.isfinite(events).all() and np.isin(events[:, 2], (0, 1)).all()
    assert np.abs(events[:, :2]).max() < 90  # the widest move goes over a space and two margins
    assert all(each.events[-1, 2] == 1 for each in sample)


def test_the_pen_is_down_for_about_one_spacing_a_point(sample):
    distance = []
    for each in sample:
        down = np.append(0, each.events[:-1, 2]) == 0
        distance.append(np.hypot(*each.events[down, :2].T))
    distance = np.concatenate(distance)
    assert abs(np.median(distance) - SPACING) < 0.4
    assert distance.max() < 2.5 * SPACING and (distance < 0.5).mean() < 0.02


def test_a_character_takes_9_to_12_points(sample):
    points = sum(len(each.events) for each in sample) / sum(len(each.text) for each in sample)
    assert 9 < points < 12


def test_wider_spacing_gives_fewer_points_of_the_same_line():
    near, far = (write_text("Hello, World", "print", 3, spacing=each) for each in (2.0, 6.0))
    assert len(near) > 2 * len(far)
    np.testing.assert_allclose(near[:, :2].sum(0), far[:, :2].sum(0), atol=3)


def test_write_text_writes_left_to_right_as_a_writer_of_the_seed():
    for font in hershey_fonts.FONTS:
        one, same, other = (write_text("The brown fox", font, each) for each in (1, 1, 2))
        np.testing.assert_array_equal(one, same)
        assert one.shape != other.shape or np.abs(one - other).max() > 0.1
        x = np.cumsum(one[:, 0])
        assert 90 < x[-1] < 260 and np.abs(np.cumsum(one[:, 1])).max() < 60


def test_the_same_letter_differs_within_a_line():
    events = write_text("o o", "print", 0)
    first, second = np.split(events, [np.flatnonzero(events[:, 2])[0] + 1])
    shape = [np.cumsum(each[1:-1, :2], 0) for each in (first, second)]
    size = min(map(len, shape))
    assert 0.05 < np.abs(shape[0][:size] - shape[1][:size]).max() < 6


def test_script_letters_are_joined_by_some_writers_and_dots_follow_their_letter():
    lifts = {int(write_text("lemon", "scripts", seed)[:, 2].sum()) for seed in range(20)}
    assert min(lifts) == 2 and max(lifts) == 5  # nothing leads to an o
    events = write_text("ii", "futural", 0)
    heights = np.cumsum(events[:, 1])[np.flatnonzero(events[:, 2])]
    assert (np.diff(heights) * [-1, 1, -1] > 10).all()  # stem, dot, stem, dot


def test_text_is_normalized_and_unknown_characters_are_named():
    np.testing.assert_array_equal(write_text("e\u0301te\u0301"), write_text("été"))
    with pytest.raises(UserError, match="u2603"):
        write_text("a snowman \u2603")
    with pytest.raises(UserError, match="u3042"):
        write_text("あ")
    assert len(write_text("あ", characters="kana")) > 10
    for text in ("", "  "):
        with pytest.raises(UserError, match="none"):
            write_text(text)
    for wrong in ({"font": "arial"}, {"characters": "greek"}, {"seed": -1}, {"spacing": 0}):
        with pytest.raises(UserError, match=next(iter(wrong))):
            write_text("a", **wrong)


@pytest.mark.parametrize(
    "options",
    ["lines=0", "seed=-1", "characters='greek'", "fonts='arial'", "fonts=''", "spacing=0"]
    + ["spacing=100", "lines='x'", "colour=2"],
)
def test_bad_options_are_refused(options):
    with pytest.raises(UserError, match=options.split("=")[0]):
        make_source(f"hershey({options})")


def test_data_is_refused(tmp_path):
    with pytest.raises(UserError, match="hershey"):
        make_source("hershey", tmp_path)


def test_only_the_fonts_asked_for_are_written():
    one = lines("lines=3, fonts='print'")
    for each in one:
        assert (each.events[:, 2].sum()) > 0
    assert lines("lines=3, fonts='print, scripts'")[0].text == one[0].text


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "HersheyFonts", None)
    for cached in (hershey_fonts.font, hershey_fonts._drawn):
        cached.cache_clear()
    source = make_source("hershey(lines=1)")
    for use in (source.fingerprint, lambda: list(source.read())):
        with pytest.raises(UserError, match=r"pip install .hachi_tf\[hershey\]"):
            use()


def test_a_package_without_all_kana_and_a_python_without_a_manual_are_named(monkeypatch):
    monkeypatch.setattr(hershey_kana, "package_files", lambda: ["kanji/03042.svg"])
    with pytest.raises(UserError, match="a package kanjivg with all kana; got one without ぁ"):
        hershey_kana.kana_strokes()
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(UserError, match="the manual that comes with Python"):
        hershey_makers.manual.__wrapped__()


def test_the_fingerprint_tells_options_apart():
    options = ["", "seed=1", "lines=9", "characters='ascii'", "characters='kana'", "fonts='print'"]
    prints = {make_source(f"hershey({each})").fingerprint() for each in options}
    assert len(prints) == len(options)


def test_other_sources_have_no_epochs():
    assert make_source("kanji").epoch(1) is None
    assert make_source("hershey").has_text and not make_source("kanji").has_text
