"""Pictures over time: bars and marks where their events are."""

import re

import numpy as np
import pytest

from hachi_tf.rendering import colours
from hachi_tf.rendering.roll import LEFT as ROLL_LEFT
from hachi_tf.rendering.timeline import MOST_PANELS, timeline
from hachi_tf.tables import Column, Table

NOTE_COLUMNS = (
    Column("0_pitch"), Column("1_velocity"), Column("2_duration", target=True),
    Column("3_channel", categorical=True),
)  # fmt: skip


def piece(rows):
    """A table of rows of time, pitch, velocity, duration and channel."""
    numbers = np.array([row[:4] for row in rows], np.float64).reshape(-1, 4)
    labels = np.array([row[4] for row in rows], object)
    return Table(NOTE_COLUMNS, numbers[:, 0], (*numbers[:, 1:].T, labels))


def blocks(page, colour):
    """Boxes `[n, 4]` of the blocks of a colour."""
    pattern = rf'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)" fill="{colour}"/>'
    return np.array(re.findall(pattern, page.document), float)


def texts(page):
    return re.findall(r">([^<>\n]+)</text>", page.document)


def test_a_note_is_a_bar_at_its_time_and_pitch_in_the_colour_of_its_channel():
    table = piece([(0.0, 60, 127, 1.0, "1"), (2.0, 61, 127, 2.0, "2")])
    page = timeline([table], vector=True)
    shade = colours.mix(colours.PAPER, colours.HUES[0], 0.85)
    (first,) = blocks(page, shade)
    (second,) = blocks(page, colours.mix(colours.PAPER, colours.HUES[1], 0.85))
    second_px = (1600 - ROLL_LEFT - 40) / 4
    assert first[0] == ROLL_LEFT and second[0] == pytest.approx(ROLL_LEFT + 2 * second_px, abs=1)
    assert first[2] == pytest.approx(second_px, abs=1)
    assert first[1] - second[1] == pytest.approx(first[3] + 1)  # a semitone is a row
    assert {"channel 1", "channel 2", "C4", "seconds", "0", "4"} <= set(texts(page))


def test_channels_with_names_stand_after_numbers():
    names = ["drums", "10", "bass", "2", "organ", "1"]
    rows = [(float(second), 60, 90, 1.0, name) for second, name in enumerate(names)]
    shown = [text for text in texts(timeline([piece(rows)], vector=True)) if "channel" in text]
    assert shown == [f"channel {name}" for name in ("1", "2", "10", "bass", "drums", "organ")]


def test_loud_notes_are_darker():
    pixels = [
        timeline([piece([(0.0, 60, velocity, 1.0, "1")])]).pixels.astype(int)
        for velocity in (20, 120)
    ]
    soft, loud = (each[each.sum(-1) < 600].sum(-1).mean() for each in pixels)
    assert loud < soft


def test_panels_share_one_scale_and_their_number_is_limited():
    tables = [piece([(index, 60, 90, 1.0, "1")]) for index in range(MOST_PANELS + 3)]
    page = timeline(tables, vector=True)
    onsets = blocks(page, colours.HUES[0])
    assert len(onsets) == MOST_PANELS
    second_px = (1600 - ROLL_LEFT - 40) / MOST_PANELS
    np.testing.assert_allclose(np.diff(onsets[:, 0]), second_px, atol=1)
    assert (np.diff(onsets[:, 1]) > 100).all()
    assert "sample 1" in texts(page) and "and 3 more" in texts(page)


def test_one_note_without_an_end_does_not_squeeze_the_others():
    rows = [(float(second), 60, 90, 0.5, "1") for second in range(10)]
    page = timeline([piece([*rows, (9.0, 62, 90, 10_000.0, "1")])], vector=True)
    assert np.diff(blocks(page, colours.HUES[0])[:, 0]).max() > 100


def test_other_columns_get_a_lane_each():
    columns = (Column("level"), Column("hand", categorical=True))
    time = np.array([0.0, 1.0, 2.0, 4.0])
    values = (np.array([1.0, np.nan, 3.0, 2.0]), np.array(["b", "a", "", "b"], object))
    page = timeline([Table(columns, time, values)], ["one"], vector=True)
    assert {"one", "level", "hand", "a", "b", "seconds"} <= set(texts(page))
    a, b = (blocks(page, hue) for hue in colours.HUES[:2])
    assert len(a) == 1 and len(b) == 2  # a missing label is no mark
    second_px = (b[1, 0] - b[0, 0]) / 4
    assert a[0, 0] - b[0, 0] == pytest.approx(second_px, abs=1)
    assert a[0, 1] < b[0, 1]
    lines = re.findall(r'<path d="([^"]+)"', page.document)
    assert lines[0].count("M") == 2  # broken where a value is missing


def test_without_time_the_axis_counts_events():
    page = timeline([Table((Column("level"),), None, (np.arange(5.0),))], vector=True)
    assert "event" in texts(page)


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_a_time_that_is_no_number_ends_the_picture(bad):
    rows = [(0.0, 60, 90, 0.5, "1"), (bad, 60, 90, 0.5, "1"), (1.0, 60, 90, 0.5, "1")]
    assert len(blocks(timeline([piece(rows)], vector=True), colours.HUES[0])) == 1
    columns = (Column("level"),)
    table = Table(columns, np.array([0.0, bad]), (np.array([0.0, 1.0]),))
    assert timeline([table]).pixels.shape[1] == 1600


def test_nothing_at_all_is_a_page():
    assert timeline([piece([])]).pixels.shape[1] == 1600
    empty = Table((Column("a"), Column("b", categorical=True)), np.zeros(0),
                  (np.zeros(0), np.zeros(0, object)))  # fmt: skip
    assert timeline([empty]).pixels.shape[1] == 1600
