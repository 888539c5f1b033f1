"""What each operation makes of events, against plain loops in float64."""

import numpy as np
import pytest

from hachi_tf.data.operations import parse_operations
from hachi_tf.schema import Feature, Schema
from tests.data.operations import loops

SCHEMA = Schema(
    (
        Feature("time", unit="s"),
        Feature("x"),
        Feature("y"),
        Feature("label", "categorical", classes=("a", "b", "c")),
        Feature("z", role="target"),
    )
)
NUMBERS = [0, 1, 2, 4]
ALL = [0, 1, 2, 3, 4]
LENGTHS = np.array([12, 1, 0, 7, 12, 2])


def make_events(missing=True):
    random = np.random.default_rng(4)
    events = random.normal(0, 5, (6, 12, 5))
    events[..., 0] = np.abs(events[..., 0]) + 60  # so that no delay gets below 0
    events[..., 3] = random.integers(0, 3, (6, 12))
    if missing:
        gaps = random.random((6, 12, 5)) < 0.2
        gaps[..., 0], gaps[0, :, 2] = False, True  # a column that is missing as a whole
        events[gaps] = np.nan
    events[3, 7:] = np.nan  # padding, whatever it holds
    return events


def dims_of(columns):
    names = {0: "t", 1: 0, 2: 1, 3: 2, 4: 3}
    return tuple(names[column] for column in columns)


def check(text, loop, missing=True):
    """Applies `text`, which has `{}` for its dims, and the loop, with all columns and some."""
    events = make_events(missing)
    default = ALL if text.startswith(("rev", "sort")) else NUMBERS
    for columns in (default, [1], [0], [4, 1], [2, 0, 4]):
        given = "" if columns is default else f"dims={dims_of(columns)}"
        apply = parse_operations(text.format(given), SCHEMA)
        assert sorted(apply.columns) == sorted(columns)
        found = apply(events, LENGTHS, np.zeros((6, 2), np.int32))
        assert found.dtype == np.float64
        for row, length in enumerate(LENGTHS):
            rows = events[row, :length].tolist()
            expected = np.array(loop(rows, columns)).reshape(length, 5)
            expected[:, 0] = np.where(expected[:, 0] != events[row, :length, 0],
                                      np.maximum(expected[:, 0], 0), expected[:, 0])  # fmt: skip
            np.testing.assert_allclose(found[row, :length], expected, rtol=1e-12, atol=1e-12)
            assert (found[row, length:] == 0).all()


@pytest.mark.parametrize("axis", ["none", "time", "feature"])
@pytest.mark.parametrize("value", [3, -0.5, "mean", "std"])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
@pytest.mark.parametrize("missing", [False, True])
def test_arithmetic(name, value, axis, missing):
    def loop(rows, columns):
        return loops.arithmetic(rows, columns, name, value, axis)

    check(f"{name}(value={value}, axis={axis}, {{}})", loop, missing)


@pytest.mark.parametrize("axis", ["none", "time", "feature"])
@pytest.mark.parametrize(
    ("low", "high"), [(0, None), (-1, 2.5), ("mean", None), (None, "mean"), ("std", 4), (0, "std")]
)
def test_clip(low, high, axis):
    def loop(rows, columns):
        return loops.clip(rows, columns, low, high, axis)

    check(f"clip(min={low}, max={high}, axis={axis}, {{}})", loop)


@pytest.mark.parametrize("name", ["abs", "cumsum", "diff", "rev"])
@pytest.mark.parametrize("missing", [False, True])
def test_operations_along_time(name, missing):
    check(f"{name}({{}})", lambda rows, columns: loops.along_time(rows, columns, name), missing)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("by", "index"), [("t", 0), ("z", 4), ("label", 3), ("Y", 2)])
def test_sort_by_a_name(by, index, descending):
    def loop(rows, columns):
        return loops.sort(rows, columns, index, descending)

    check(f"sort(by='{by}', descending={descending}, {{}})", loop)


def test_sort_by_a_number_counts_in_dims_and_without_dims_in_all_columns():
    events, lengths, seeds = make_events(), LENGTHS, np.zeros((6, 2))
    for numbered, named in [
        ("sort()", "sort(by=t)"),
        ("sort(by=2)", "sort(by=y)"),
        ("sort(by=1, dims=(3, 1))", "sort(by=y, dims=(3, 1))"),
        ("sort(dims=(0, 1))", "sort(by=x, dims=(0, 1))"),
    ]:
        found = parse_operations(numbered, SCHEMA)(events, lengths, seeds)
        np.testing.assert_array_equal(
            found, parse_operations(named, SCHEMA)(events, lengths, seeds)
        )


def test_clip_has_a_lower_limit_of_0_unless_told_otherwise():
    check("clip({})", lambda rows, columns: loops.clip(rows, columns, 0, None))
    check("clip(max=1, {})", lambda rows, columns: loops.clip(rows, columns, 0, 1))
    check("clip(min=none, max=1, {})", lambda rows, columns: loops.clip(rows, columns, None, 1))


def test_operations_follow_each_other_in_order():
    events = make_events(missing=False)
    text = "add(value=1, dims=0); Mul(VALUE=3, DIMS=(0, 1)), REV()"
    found = parse_operations(text, SCHEMA)(events, LENGTHS, np.zeros((6, 2)))
    rows = loops.arithmetic(events[0].tolist(), [1], "add", 1)
    rows = loops.arithmetic(rows, [1, 2], "mul", 3)
    np.testing.assert_allclose(found[0], loops.along_time(rows, ALL, "rev"), rtol=1e-12)


def apply(text, values, schema=None, **kwargs):
    """Operations on one sequence of one column."""
    events = np.asarray(values, np.float32)[None, :, None]
    schema = schema or Schema((Feature("x"),))
    operations = parse_operations(text, schema, **kwargs)
    return operations(events, np.array([len(values)]), np.zeros((1, 2)))[0, :, 0].tolist()


def test_a_value_without_a_finite_result_stays():
    assert apply("div(value=std)", [3, 3, 3]) == [3, 3, 3]
    assert apply("div(value=std)", [0.1] * 7) == [np.float32(0.1)] * 7  # rounding is no deviation
    assert apply("sub(value=std)", [5]) == [5]
    assert apply("div(value=mean)", [-1, 1]) == [-1, 1]
    big = [np.float32(3e38)] * 2
    assert apply("cumsum()", big) == big
    assert apply("mul(value=1e300); mul(value=1e-300)", [0, 2]) == [0, 2 * np.float32(1e-300)]
    assert apply("addrand(range=(5000, 6000), log=True)", [1, 2]) == [1, 2]


def test_columns_go_back_to_their_grid_and_into_their_limits_only_where_they_changed():
    grid = Schema((Feature("x", quantum=0.5),))
    assert apply("mul(value=1.2)", [1, 2, 2.1], grid) == [1, 2.5, 2.5]
    assert apply("mul(value=1)", [0.3, 1], grid) == [np.float32(0.3), 1]
    assert apply("add(value=1); sub(value=1)", [0.25], grid) == [0.25]
    limits = {0: (0.0, 127.0)}
    assert apply("add(value=6)", [3, 125, 127], grid, limits=limits) == [9, 127, 127]
    assert apply("mul(value=1)", [300], grid, limits=limits) == [300]


def test_delays_never_get_below_0_and_only_when_all_is_done():
    time = Schema((Feature("time", unit="s", quantum=0.001), Feature("x")))
    events = np.array([[[0, 1], [0.5, 1], [0.25, 1]]], np.float32)
    for text, expected in [
        ("sub(value=0.3, dims=t)", [0, 0.2, 0]),
        ("sub(value=0.3, dims=t); abs(dims=t)", [0.3, 0.2, 0.05]),
        ("mul(value=1.0001, dims='time')", [0, 0.5, 0.25]),
    ]:
        found = parse_operations(text, time)(events, np.array([3]), np.zeros((1, 2)))
        np.testing.assert_array_equal(found[0, :, 0], np.float32(expected))
        np.testing.assert_array_equal(found[0, :, 1], 1)
