"""Notes in a model's columns."""

import math

import pytest

from hachi_tf.errors import UserError
from hachi_tf.performing.columns import Columns
from hachi_tf.performing.notes import Note, NoteColumns
from hachi_tf.schema import Feature, Schema

SCHEMA = Schema(
    (
        Feature("time", "continuous", "s", quantum=0.001),
        Feature("0_pitch", quantum=1),
        Feature("1_velocity", quantum=1),
        Feature("2_duration", "continuous", "s", role="target"),
        Feature("3_channel", "categorical", classes=("1", "2", "10")),
    )
)
COLUMNS = NoteColumns.of(SCHEMA)


def test_a_note_is_an_input_without_time_and_targets():
    row = COLUMNS.to_input(Note(60, 100, 10))
    assert row == [60.0, 100.0, "10"]
    event = Columns(SCHEMA).to_event(row)
    assert event[[0, 1, 2, 4]].tolist() == [0, 60, 100, 2] and math.isnan(event[3])


def test_what_is_not_known_is_missing_if_the_model_has_seen_that():
    features = [
        Feature("pitch"),
        Feature("duration", missing=True),
        Feature("4_control_64", missing=True),
        Feature("channel", "categorical", classes=("2", "3"), missing=True),
    ]
    pitch, *others = NoteColumns.of(Schema(features)).to_input(Note(60, 90, 7))
    assert pitch == 60 and all(map(math.isnan, others))
    row = NoteColumns.of(Schema(features)).to_input(Note(60, 90, 3, 0.5), {64: 127, 7: 1})
    assert row == [60.0, 0.5, 127.0, "3"]


def test_what_is_not_known_has_a_default_if_the_model_has_not():
    features = [
        Feature("pitch"),
        Feature("duration"),
        Feature("4_control_64"),
        Feature("channel", "categorical", classes=("2", "3")),
    ]
    assert NoteColumns.of(Schema(features)).to_input(Note(60, 90, 7)) == [60.0, 0.25, 0.0, "2"]


@pytest.mark.parametrize(
    "values, note",
    [
        ([60.4, 99.6, 0.5, 10.0], Note(60, 100, 10, 0.5)),
        ([200, 300, 0.5, "2"], Note(127, 127, 2, 0.5)),
        ([-3, 90, 0.0, 17], Note(0, 90, 16, 0.001)),
        ([60, math.nan, math.nan, ""], Note(60, 80, 1, 0.25)),
        ([60, 90, math.inf, "drums"], Note(60, 90, 1, 0.25)),
        ([60, 0.4, 0.5, 1], None),
        ([math.nan, 90, 0.5, 1], None),
    ],
)
def test_outputs_become_notes_within_midis_ranges(values, note):
    assert COLUMNS.to_note(values) == note


def test_controllers_of_an_output():
    columns = NoteColumns.of(Schema([Feature("pitch"), Feature("2_control_7"), Feature("x")]))
    assert columns.to_controls([60, 100.4, 1]) == {7: 100}
    assert columns.to_controls([60, 1000, 1]) == {7: 127}
    assert columns.to_controls([60, math.nan, 1]) == {}


def test_columns_without_a_pitch_or_with_more_than_notes_tell():
    with pytest.raises(UserError, match="column pitch.*dx"):
        NoteColumns.of(Schema([Feature("dx")]))
    more = [Feature("pitch"), Feature("x"), Feature("y", missing=True), Feature("z", role="target")]
    with pytest.raises(UserError, match="parts of notes, for MIDI; got x;"):
        NoteColumns.of(Schema(more)).check_inputs()
    COLUMNS.check_inputs()
