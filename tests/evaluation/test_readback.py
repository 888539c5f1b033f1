"""Readback: error rates by hand, and a stand-in for a model that writes in Hershey's fonts."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from HersheyFonts import HersheyFonts
from hypothesis import given, settings
from hypothesis import strategies as st

from hachi_tf.data.sources import make_source
from hachi_tf.data.sources.strokes import stroke_events, stroke_schema
from hachi_tf.errors import UserError
from hachi_tf.evaluation import readback as module
from hachi_tf.evaluation.readback import (
    character_error_rate,
    edit_distance,
    in_words,
    readback,
    source_writer,
)
from hachi_tf.evaluation.sentences import sentences

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="the program tesseract is not installed"
)
TEXTS = st.text(st.sampled_from("abcA é語"), max_size=12)


def written(text: str, font: str = "futural") -> np.ndarray:
    """A text's events in a single-stroke font."""
    fonts = HersheyFonts()
    fonts.load_default_font(font)
    strokes = [list(stroke) for stroke in fonts.strokes_for_text(text)]
    starts = np.cumsum([0, *map(len, strokes)])[:-1]
    return stroke_events(np.concatenate([np.array(each, float) for each in strokes]), starts)


class Typist:
    """Stands in for a model: writes in a font, and skips the end of a text at times.

    Args:
        attempts: by text, at which attempt it is complete, counted from 1; others at once.
    """

    schema, max_steps = stroke_schema("font units", None), 10_000

    def __init__(self, attempts=None):
        self.attempts, self.calls, self.biases = attempts or {}, {}, set()

    def sample(self, num_samples, num_steps=None, *, bias, seed, text, **_):
        assert num_steps is None and np.shape(seed) == (num_samples, 2)
        self.biases.add(bias)
        complete = []
        for each in text:
            self.calls[each] = self.calls.get(each, 0) + 1
            complete.append(self.calls[each] >= self.attempts.get(each, 1))
        said = [each if whole else each[:3] for each, whole in zip(text, complete, strict=True)]
        return SimpleNamespace(
            events=[written(each).astype(np.float32) for each in said],
            ended=np.ones(num_samples, bool),
            complete=np.array(complete),
            position=[np.array([len(each)], np.float32) for each in said],
        )


@pytest.fixture
def reader(monkeypatch):
    """Puts a list of readings, one list a call, in the place of tesseract."""

    def put(*readings):
        readings = list(readings)
        monkeypatch.setattr(module.tesseract, "find", lambda: "tesseract")
        monkeypatch.setattr(module.tesseract, "read_lines", lambda lines: readings.pop(0))

    return put


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("", "", 0), ("flaw", "lawn", 2),
        ("saturday", "sunday", 3), ("ab", "ba", 2), ("aaaa", "aa", 2), ("The fox", "Thefox.", 2),
        ("é", "e", 1), ("語", "語", 0), ("abcdef", "xabcdef", 1), ("a" * 200, "b" * 200, 200),
    ],
)  # fmt: skip
def test_distances_are_those_counted_by_hand(a, b, distance):
    assert edit_distance(a, b) == distance


def by_recursion(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y)))
        row = new
    return row[-1]


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_the_distance_is_a_metric(a, b, c):
    assert edit_distance(a, b) == edit_distance(b, a) == by_recursion(a, b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
    assert (edit_distance(a, b) == 0) == (a == b)


def test_the_error_rate_weighs_texts_by_their_characters():
    assert character_error_rate(["abcd", "efghij"], ["abd", "efghij"]) == pytest.approx(0.1)
    assert character_error_rate(["ab"], ["xxxx"]) == pytest.approx(2.0)
    assert character_error_rate(["same", ""], ["same", ""]) == 0


@pytest.mark.parametrize(("wanted", "got"), [([], []), ([""], ["a"]), (["a"], []), (["a"], "ab")])
def test_no_error_rate_of_nothing_or_of_other_counts(wanted, got):
    with pytest.raises(UserError, match="a reading of each text"):
        character_error_rate(wanted, got)


def test_figures_are_counted_before_and_after_retries(reader):
    texts = ["One thing.", "Two things", "Never done"]
    reader(["0ne thing."] + texts[1:], ["One thing.", "Two thing", "Nev"])
    model = Typist({"Two things": 2, "Never done": 9})
    result = readback(model, texts, bias=1.5, seed=3, retries=2, reference=written)
    assert result.num_texts == 3 and model.biases == {1.5}
    assert result.complete_rate == pytest.approx(1 / 3)
    assert result.complete_rate_with_retries == pytest.approx(2 / 3)
    assert result.character_error_rate == pytest.approx((0 + 1 + 7) / 30)
    assert result.reference_error_rate == pytest.approx(1 / 30)
    assert result.rows == [
        ("One thing.", "One thing.", True, 1),
        ("Two things", "Two thing", True, 2),
        ("Never done", "Nev", False, 3),
    ]
    summary = result.summary()
    assert summary["readback_complete_rate"] == result.complete_rate and len(summary) == 5
    assert in_words(summary) == (
        "of 3 texts 33.3% complete at once, 66.7% with retries; 26.7% of the characters misread, "
        "3.3% on the source's own lines"
    )


def test_without_a_reference_there_is_no_figure_of_it(reader):
    reader(["Once"])
    summary = readback(Typist(), ["Once"]).summary()
    assert summary["readback_reference_error_rate"] is None
    assert in_words(summary).endswith("0.0% of the characters misread")


@pytest.mark.parametrize("texts", [[], [""], ["a", "  "]])
def test_nothing_to_write_is_refused(reader, texts):
    reader()
    with pytest.raises(UserError, match="texts to write"):
        readback(Typist(), texts)


@needs_tesseract
def test_print_fonts_are_read_almost_without_error():
    texts = sentences(8, seed=2)
    result = readback(Typist(), texts, reference=lambda text: written(text, "rowmans"))
    assert result.complete_rate == result.complete_rate_with_retries == 1
    assert result.character_error_rate < 0.03 and result.reference_error_rate < 0.03


@needs_tesseract
def test_what_is_missing_shows_in_the_error_rate():
    texts = sentences(4, seed=2)
    result = readback(Typist(dict.fromkeys(texts, 99)), texts, retries=1)
    assert result.complete_rate_with_retries == 0 and {row.attempts for row in result.rows} == {2}
    assert result.character_error_rate > 0.7


def test_the_source_writes_by_its_own_options_and_the_same_text_the_same_way():
    write = source_writer(make_source("hershey(fonts='futural', spacing=4.0)", None))
    events = write("Seven foxes")
    np.testing.assert_array_equal(events, write("Seven foxes"))
    assert events.shape[1] == 3 and len(events) > 40
    dense = source_writer(make_source("hershey(fonts='futural', spacing=2.0)", None))("Seven foxes")
    assert len(dense) > 1.5 * len(events)
    assert source_writer(make_source("kanji", None)) is None
