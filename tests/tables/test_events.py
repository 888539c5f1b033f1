import dataclasses

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema
from hachi_tf.tables import Column, Table, is_temporal, table_schema, to_events, to_table

NAN = float("nan")


def table(time=(5.0, 5.25, 5.2504, 6.0), pitch=(60, 61, 62, 60), labels=("10", "2", "", "2")):
    columns = (Column("0_pitch"), Column("1_x", target=True), Column("2_channel", True))
    values = (
        np.array(pitch, np.float64), np.array([0.5, NAN, 0.25, 1.0]), np.array(labels, object)
    )  # fmt: skip
    return Table(columns, None if time is None else np.array(time), values)


def test_the_schema_follows_from_the_values():
    assert table_schema([table()]) == Schema(
        (
            Feature("time", unit="s", quantum=0.001),
            Feature("0_pitch", quantum=1.0),
            Feature("1_x", role="target", missing=True),
            Feature("2_channel", "categorical", classes=("2", "10"), missing=True),
        )
    )
    assert not is_temporal(table_schema([table(time=None)]))
    assert is_temporal(table_schema([table()]))


def test_several_tables_share_a_schema():
    schema = table_schema([table(), table(pitch=(1, 2, 3, 0.5), labels=("b", "2", "2", "2"))])
    assert schema.features[1].quantum is None
    assert schema.features[3].classes == ("10", "2", "b")  # as text, now that one is none
    other = Table((Column("a"),), None, (np.zeros(2),))
    with pytest.raises(UserError, match=r"columns time, 0_pitch.*; got a"):
        table_schema([table(), other])


def test_the_grid_of_columns():
    assert table_schema([table()], quantum=None).features[1].quantum is None
    assert table_schema([table()], quantum=0.5).features[2].quantum == 0.5
    schema = table_schema([table()], quantum={"1_x": 0.25}, time_quantum=0.01)
    assert [feature.quantum for feature in schema.features] == [0.01, 1.0, 0.25, None]
    large = table(pitch=(0, 1, 2, 2**30))  # whole numbers that float32 does not tell apart
    assert table_schema([large]).features[1].quantum is None
    for wrong in ("always", 0.0, -1.0, 1e-320, {"0_pitch": (1,)}):
        with pytest.raises(UserError, match="quantum of 'auto', None or"):
            table_schema([table()], quantum=wrong)
    for wrong in (0.0, 1e-320, 2.0):
        with pytest.raises(UserError, match="time_quantum above 0"):
            table_schema([table()], time_quantum=wrong)
    with pytest.raises(UserError, match=r"quantum for the columns 0_pitch.*got x"):
        table_schema([table()], quantum={"x": 1.0})


def test_durations_lie_on_the_grid_of_times():
    def feature(name, *values):
        return table_schema([Table((Column(name),), None, (np.array(values),))]).features[0]

    assert feature("2_Duration", 0.5, 0.25) == Feature("2_Duration", unit="s", quantum=0.001)
    assert feature("duration", 2.0, 3.0) == Feature("duration", quantum=1.0)
    assert feature("duration", -0.5, 0.25) == Feature("duration")
    assert feature("durations", 0.5, 0.25) == Feature("durations")


def test_columns_that_cannot_be_learned_from_are_refused():
    empty = Table((Column("a"), Column("b", True)), None, (np.zeros(1), np.array([""], object)))
    with pytest.raises(UserError, match=r"one value in column b#; got none"):
        table_schema([empty])
    with pytest.raises(UserError, match="a column that is an input"):
        table_schema([Table((Column("a", target=True),), None, (np.zeros(2),))])


def test_times_become_delays_on_the_grid_whose_errors_do_not_add_up():
    events = to_events(table(), table_schema([table()]))
    np.testing.assert_array_equal(events[:, 0], [0, 0.25, 0.0, 0.75])
    time = np.cumsum(np.full(10_000, 0.0014))
    many = Table((Column("a"),), time, (np.arange(10_000.0),))
    delays = to_events(many, table_schema([many]))[:, 0]
    assert set(delays) == {0.0, 0.001, 0.002}
    assert abs(delays.sum() - (time[-1] - time[0])) < 0.001


def test_labels_become_indices_and_what_is_missing_nan():
    events = to_events(table(), table_schema([table()]))
    assert events.dtype == np.float64 and events.shape == (4, 4)
    np.testing.assert_array_equal(events[:, 3], [1, 0, NAN, 0])
    np.testing.assert_array_equal(events[:, 2], [0.5, NAN, 0.25, 1])


def test_columns_may_stand_in_another_order():
    schema, one = table_schema([table()]), table()
    turned = Table(one.columns[::-1], one.time, one.values[::-1])
    np.testing.assert_array_equal(to_events(turned, schema), to_events(one, schema))


def test_a_table_that_does_not_fit_a_schema_is_refused():
    schema = table_schema([table(labels=("10", "2", "2", "2"))])
    with pytest.raises(UserError, match=r"a label of column 2_channel#: 2, 10; got '3' in event 2"):
        to_events(table(labels=("2", "3", "2", "2")), schema)
    with pytest.raises(UserError, match=r"value in every row of column 2_channel.* event 3"):
        to_events(table(), schema)
    with pytest.raises(UserError, match=r"columns time, 0_pitch, ~1_x, 2_channel#; got 0_pitch"):
        to_events(table(time=None), schema)
    other = Table((*table().columns[:2], Column("2_channel")), table().time, table().values)
    with pytest.raises(UserError, match=r"2_channel#; got .*2_channel$"):
        to_events(other, schema)


def test_an_error_names_the_place():
    with pytest.raises(UserError, match=r"columns time, .*; got 0_pitch, .*#, in a/b.csv$"):
        to_events(table(time=None), table_schema([table()]), "a/b.csv")


def test_a_missing_target_is_let_through():
    schema = table_schema([table()])
    features = [dataclasses.replace(each, missing=each.role == "both") for each in schema.features]
    events = to_events(table(), Schema(tuple(features)))
    assert np.isnan(events[1, 2])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_events_become_the_table_again(dtype):
    schema, one = table_schema([table()]), table()
    again = to_table(to_events(one, schema).astype(dtype), schema, start=5.0)
    assert again.columns == one.columns
    np.testing.assert_array_equal(again.time, [5.0, 5.25, 5.25, 6.0])
    for values, expected in zip(again.values, one.values, strict=True):
        np.testing.assert_array_equal(values, expected)


def test_float32_gives_its_shortest_decimals():
    schema = Schema(
        (Feature("time", unit="s", quantum=0.001), Feature("a"), Feature("b", quantum=0.1))
    )
    events = np.float32([[0.1, 0.3, 0.7], [0.2, 1e-7, -0.3], [0.007, NAN, NAN]])
    again = to_table(events, schema)
    assert again.time.tolist() == [0.1, 0.3, 0.307]
    np.testing.assert_array_equal(again.values[0], [0.3, 1e-7, NAN])
    np.testing.assert_array_equal(again.values[1], [0.7, -0.3, NAN])


def test_a_long_table_of_float32_delays_does_not_drift():
    schema = Schema((Feature("time", unit="s", quantum=0.001), Feature("a")))
    events = np.zeros((100_000, 2), np.float32)
    events[:, 0] = 0.123
    assert to_table(events, schema).time[-1] == 12300.0


def test_events_that_do_not_fit_a_schema_are_refused():
    schema = table_schema([table()])
    with pytest.raises(UserError, match=r"4 columns; got shape \(2, 3\)"):
        to_table(np.zeros((2, 3)), schema)
    with pytest.raises(UserError, match="classes of 2_channel from 0 to 1"):
        to_table(np.full((1, 4), 2.0), schema)


def test_no_event_at_all():
    schema = table_schema([table()])
    nothing = to_table(np.zeros((0, 4)), schema)
    assert len(nothing) == 0 and to_events(nothing, schema).shape == (0, 4)
