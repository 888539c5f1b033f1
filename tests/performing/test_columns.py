"""Events as messages hold them."""

import math

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.performing.columns import Columns
from hachi_tf.schema import Feature, Schema


def test_the_time_never_travels_and_labels_travel_as_numbers(schema):
    columns = Columns(schema)
    assert columns.temporal and columns.names == ["0_pitch", "1_duration", "2_channel"]
    event = columns.to_event([60.0, 0.25, 3.0])
    np.testing.assert_array_equal(event, np.float32([0, 60, 0.25, 1]))
    assert columns.to_values(event) == [60.0, 0.25, 3.0]


def test_columns_that_are_only_predicted_may_be_left_out(schema):
    event = Columns(schema).to_event([60, 1])
    np.testing.assert_array_equal(event, np.float32([0, 60, np.nan, 0]))


def test_values_go_down_to_the_grid_whatever_float32_makes_of_them(schema):
    columns = Columns(Schema((Feature("a", quantum=0.1), Feature("b", quantum=1.0))))
    for tenth in range(-30, 30):
        event = columns.to_event([float(np.float32(tenth / 10)), 60.9])
        assert abs(event[0] - tenth / 10) < 1e-6 and event[1] == 60.0
    assert Columns(schema).with_delay(np.zeros(4, np.float32), 0.12345)[0] == np.float32(0.123)


def test_labels_that_are_no_numbers_travel_as_indices():
    columns = Columns(Schema((Feature("drum", "categorical", classes=("kick", "snare")),)))
    assert columns.to_event([1.0])[0] == 1 and columns.to_event(["kick"])[0] == 0
    assert columns.to_values(np.float32([1])) == [1.0]
    assert columns.to_cells([1.0]) == ["snare"]
    assert Columns(columns.schema).names == ["drum"]


def test_cells_are_labels_and_short_numbers(schema):
    cells = Columns(schema).to_cells([60.0, float(np.float32(0.1)), 3.0])
    assert cells == [60.0, 0.1, "3"]


@pytest.mark.parametrize(
    "values, said",
    [
        ([60.0], "2 or 3 numbers: 0_pitch, 1_duration, 2_channel; got 1: \\[60.0\\]"),
        ([60.0, 0.1, 1.0, 1.0], "got 4"),
        ([60.0, 0.1, 7.0], "2_channel as one of 1, 3; got 7.0"),
        (["x", 0.1, 1.0], "a number below 1e\\+09 for 0_pitch; got 'x'"),
        ([math.inf, 0.1, 1.0], "got inf"),
        ([1e30, 0.1, 1.0], "got 1e\\+30"),
        ([True, 0.1, 1.0], "got True"),
        ([[1.0], 0.1, 1.0], r"got \[1.0\]"),
        ([None, 0.1, 1.0], "got None"),
        ([math.nan, 0.1, 1.0], "0_pitch, which was never missing; got NaN"),
        ([60.0, 0.1, math.nan], "2_channel, which was never missing"),
        ([60.0, 0.1, b"3"], "got b'3'"),
        (["a" * 5000, 0.1, 1.0], r"aaa\.\.\.$"),
    ],
)
def test_bad_values_are_named(schema, values, said):
    with pytest.raises(UserError, match=said):
        Columns(schema).to_event(values)


def test_missing_values_are_taken_where_the_data_had_some():
    columns = Columns(Schema((Feature("a", missing=True), Feature("b", "binary"))))
    event = columns.to_event([math.nan, 1])
    assert math.isnan(event[0]) and event[1] == 1
    with pytest.raises(UserError, match="0 or 1 for b"):
        columns.to_event([1.0, 0.5])


def test_columns_to_hold_are_named_or_counted_without_the_time(schema):
    columns = Columns(schema, {1: (0.0, 127.0)})
    assert columns.held("channel", 3.0) == columns.held(2, "3") == ("2_channel", "3")
    assert columns.held("0_pitch", 60) == columns.held(0.0, "60") == ("0_pitch", 60.0)
    assert columns.held("time", 0.25) == ("time", 0.25)
    assert columns.held("2_channel#", None) == columns.held(2.0, None) == ("2_channel", None)
    drum = Columns(Schema((Feature("drum", "categorical", classes=("kick", "snare")),)))
    assert drum.held("drum", 1.0) == drum.held("drum", "snare") == ("drum", "snare")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("2_channel", 7.0, "2_channel as one of 1, 3 for /fix; got 7.0"),
        ("speed", 1.0, r"a column of time \(a number\), 0_pitch \(a number from 0 to 127\), "),
        (3.0, 1.0, "the name of a column, or a number below 3, for /fix; got 3.0"),
        (-1, 1.0, "a number below 3"),
        (0.5, None, "a number below 3"),
        (math.nan, 1.0, "got nan"),
        (None, 1.0, "got None"),
        (b"2", 1.0, "got b'2'"),
        (0, 500.0, "0_pitch as a number from 0 to 127 for /fix; got 500.0"),
        (0, True, "a number or a label for 0_pitch; got True"),
        (0, [1.0], "a number or a label"),
        (0, math.nan, "got nan"),
    ],
)
def test_what_cannot_be_held_is_named(schema, column, value, said):
    with pytest.raises(UserError, match=said):
        Columns(schema, {1: (0.0, 127.0)}).held(column, value)
