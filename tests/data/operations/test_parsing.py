"""How operations are written, and what is said of wrong ones."""

import numpy as np
import pytest

from hachi_tf.data.operations import OPERATIONS, parse_operations
from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema

NOTES = Schema(
    (
        Feature("time", unit="s"),
        Feature("0_pitch"),
        Feature("1_velocity"),
        Feature("2_Duration", role="target"),
        Feature("3_channel", "categorical", classes=("1", "2")),
    )
)
STROKES = Schema((Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary")))


def test_all_of_hachi_machis_operations_are_there():
    names = "add sub mul div addrand subrand mulrand divrand cumsum diff abs rev clip sort"
    assert sorted(OPERATIONS) == sorted(names.split())


@pytest.mark.parametrize(
    ("dims", "columns"),
    [
        ("0", [0 + 1]),
        ("(0, 2)", [1, 3]),
        ("[t, 1]", [0, 2]),
        ("T", [0]),
        ("'time'", [0]),
        ('"1_velocity"', [2]),
        ("('2_duration', 0, 0)", [1, 3]),
        ("none", [0, 1, 2, 3]),
    ],
)
def test_dims_count_without_the_time_or_name_columns(dims, columns):
    assert parse_operations(f"addrand(range=(-6, 6), dims={dims})", NOTES).columns == columns


def test_without_dims_all_numbers_are_changed_and_anything_is_moved():
    assert parse_operations("abs()", NOTES).columns == [0, 1, 2, 3]
    assert parse_operations("rev()", NOTES).columns == [0, 1, 2, 3, 4]
    assert parse_operations("mulrand(range=(0.9, 1.1))", STROKES).columns == [0, 1]
    assert parse_operations("rev(dims=2)", STROKES).columns == [2]
    assert parse_operations("sort(by='3_channel', dims=3)", NOTES).columns == [4]


@pytest.mark.parametrize(
    "text",
    [
        "add(value=1, dims=0); mul(value=2, dims=1)",
        "add(value=1, dims=0), mul(value=2, dims=1)",
        "[ADD(Value=1, Dims=0), Mul(value=2., dims=1,)]",
        ["add(value=1, dims=0)", "mul(value=2, dims=1)"],
        ("add(value=1, dims=0); mul(value=2, dims=1)", ""),
    ],
)
def test_several_are_joined_in_any_way(text):
    events = np.full((1, 2, 5), 3.0)
    found = parse_operations(text, NOTES)(events, np.array([2]), np.zeros((1, 2)))
    np.testing.assert_array_equal(found[0], [[3, 4, 6, 3, 3]] * 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("adrand()", ["known operation: abs, add, addrand", "'adrand'", "did you mean addrand?"]),
        ("zzz()", ["known operation", "'zzz'"]),
        ("addrand(rnge=(1, 2))", ["addrand(range=(0, 1), axis='none', dist='uniform'", "range?"]),
        ("add(1)", ["with its name", "write name=value"]),
        ("add()", ["add(value=..., axis='none', dims=None, p=1.0)", "add value=..."]),
        ("clip(min=0, MIN=1)", ["each setting of clip once", "min, MIN"]),
        ("add(value=median)", ["value of add to be a number, mean or std", "'median'"]),
        ("add(value=(1, 2))", ["value of add to be float | str", "(1, 2)"]),
        ("add(value=1, axis=element)", ["axis of add to be one of none, time, feature"]),
        ("addrand(axis=bogus)", ["one of none, time, feature, element", "'bogus'"]),
        ("addrand(dist=gauss)", ["dist of addrand to be one of uniform, normal"]),
        ("addrand(range=5)", ["range of addrand", "5"]),
        ("addrand(range=(1, 2, 3))", ["range of addrand"]),
        ("addrand(range=(0, -1), dist=normal)", ["deviation of at least 0"]),
        ("div(value=0)", ["value of div other than 0"]),
        ("clip(min=2, max=1)", ["max of clip of at least its min", "min=2 and max=1"]),
        ("rev(p=1.5)", ["p of rev from 0 to 1", "1.5"]),
        ("rev(p=-1)", ["p of rev from 0 to 1"]),
        ("rev(axis=time)", ["rev(dims=None, p=1.0)", "'axis'"]),
        ("abs(dims=4)", ["a column for abs: 't' for the time, or 0 to 3, or '0_pitch'", "got 4"]),
        ("abs(dims=-1)", ["0 to 3", "got -1"]),
        ("abs(dims=True)", ["got True"]),
        ("abs(dims=pitch)", ["'0_pitch'", "got 'pitch'"]),
        ("abs(dims=())", ["at least one column as dims of abs"]),
        ("abs(dims=3)", ["columns of numbers as dims of abs", "3_channel, which is categorical"]),
        ("sort(by=9)", ["place in dims: 0 (time), 1 (0_pitch)", "got 9"]),
        ("sort(by=1, dims=0)", ["place in dims: 0 (0_pitch), or a name"]),
        ("sort(by=pitch)", ["a column for sort", "'pitch'"]),
        ("sort(by=true)", ["by of sort", "True"]),
        ("sort(descending=1)", ["descending of sort to be bool"]),
        ("add(value=1) mul(value=2)", ["name(key=literal, ...)"]),
        ("add(value=-std)", ["value to be a plain literal"]),
        ("import os", ["name(key=literal, ...)"]),
        ("add(value=open('x'))", ["value to be a plain literal"]),
    ],
)
def test_bad_ones_are_named_with_what_would_be_right(text, words):
    with pytest.raises(UserError) as error:
        parse_operations(text, NOTES)
    message = str(error.value)
    for word in words:
        assert word in message
    assert "\n" not in message and len(message) < 500


def test_data_without_time_or_numbers_say_so():
    with pytest.raises(UserError, match="0 to 2, or 'dx', .* got 't'; these data have no time"):
        parse_operations("abs(dims=t)", STROKES)
    with pytest.raises(UserError, match="end_of_stroke, which is binary"):
        parse_operations("abs(dims=2)", STROKES)
    text = Schema((Feature("byte", "categorical", classes=("a", "b")),))
    with pytest.raises(UserError, match="a column of numbers for add; got byte"):
        parse_operations("add(value=1)", text)


def test_shapes_that_do_not_fit_are_a_mistake_of_the_caller():
    apply = parse_operations("abs()", STROKES)
    with pytest.raises(ValueError, match="seeds"):
        apply(np.zeros((2, 4, 3)), np.array([4, 4]), np.zeros((1, 2)))
