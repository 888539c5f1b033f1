"""What is held fixed, as people name it."""

import math

import pytest

from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema
from hachi_tf.tables import find_column, fixed_column, fixed_value, parse_fixed

NOTES = Schema(
    (
        Feature("time", unit="s", quantum=0.001),
        Feature("0_pitch", quantum=1.0),
        Feature("1_velocity", quantum=1.0),
        Feature("2_duration", unit="s", role="target", quantum=0.001),
        Feature("3_channel", "categorical", classes=("1", "10")),
        Feature("pedal", "binary"),
    )
)
RANGES = {0: (0.0, math.inf), 1: (0.0, 127.0), 2: (1.0, 127.0), 3: (0.0, math.inf)}


def test_a_column_is_found_by_its_exact_name_first():
    names = ["0_pitch", "pitch", "Velocity"]
    assert find_column(names, "pitch") == 1
    assert find_column(names, "0_pitch") == 0
    assert find_column(names, "velocity") == 2
    assert find_column(names, "duration") is None


def test_fixed_values_are_numbers_or_classes_by_full_name():
    assert parse_fixed(["channel=10", " 0_pitch = 60.5 ", "time=0.1"], NOTES) == {
        "3_channel": "10", "0_pitch": 60.5, "time": 0.1
    }  # fmt: skip
    assert parse_fixed(["~duration=0.5", "3_channel#=1", "pedal=1"], NOTES, RANGES) == {
        "2_duration": 0.5, "3_channel": "1", "pedal": 1.0
    }  # fmt: skip
    assert parse_fixed([], NOTES) == {}


def test_both_ends_of_a_range_are_in_it():
    settings = ["pitch=127", "velocity=1", "time=0"]
    assert parse_fixed(settings, NOTES, RANGES) == {"0_pitch": 127, "1_velocity": 1, "time": 0}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("channel=7", "expected 3_channel as one of 1, 10 for --fix; got '7'"),
        ("speed=1", r"a column of time \(a number from 0 up\), 0_pitch \(a number from 0 to 127\), "
                    r".*3_channel \(one of 1, 10\), pedal \(0 or 1\) for --fix; got 'speed'"),
        ("pitch", "--fix=COLUMN=VALUE; got 'pitch'"),
        ("pitch=", "--fix=COLUMN=VALUE"),
        ("=1", "--fix=COLUMN=VALUE"),
        ("pitch=high", "0_pitch as a number from 0 to 127 for --fix; got 'high'"),
        ("pitch=nan", "got 'nan'"),
        ("pitch=inf", "got 'inf'"),
        ("pitch=500", "0_pitch as a number from 0 to 127 for --fix; got '500'"),
        ("velocity=0", "1_velocity as a number from 1 to 127"),
        ("time=-0.1", "time as a number from 0 up for --fix; got '-0.1'"),
        ("pedal=0.5", "pedal as 0 or 1 for --fix; got '0.5'"),
        ("time=1e30", "got '1e30'"),
    ],
)  # fmt: skip
def test_what_cannot_be_fixed_is_named(setting, said):
    with pytest.raises(UserError, match=said):
        parse_fixed([setting], NOTES, RANGES)


def test_a_column_is_fixed_once():
    with pytest.raises(UserError, match="--fix for 0_pitch once; got '0_pitch=2'"):
        parse_fixed(["pitch=1", "0_pitch=2"], NOTES)


def test_a_range_that_nobody_knows_refuses_nothing():
    assert parse_fixed(["pitch=500"], NOTES) == {"0_pitch": 500.0}


def test_values_of_messages_are_numbers_too():
    assert fixed_value("channel", 10.0, NOTES, what="/fix") == ("3_channel", "10")
    assert fixed_value("0_pitch", 60, NOTES, RANGES) == ("0_pitch", 60.0)
    assert fixed_column("~duration", NOTES) == 3
    with pytest.raises(UserError, match="3_channel as one of 1, 10 for /fix; got 2.0"):
        fixed_value("channel", 2.0, NOTES, what="/fix")


def test_of_many_classes_the_first_are_named():
    schema = Schema((Feature("word", "categorical", classes=tuple(map(str, range(500)))),))
    with pytest.raises(UserError, match="18, 19, ... for --fix; got 'x'") as caught:
        parse_fixed(["word=x"], schema)
    assert len(str(caught.value)) < 200
