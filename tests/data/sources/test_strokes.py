import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hachi_tf.data.sources.strokes import on_grid, simplify, stroke_events, stroke_schema


def test_events_are_offsets_and_the_pen_is_lifted_after_each_strokes_last_point():
    points = np.array([[5, 5], [6, 7], [9, 9], [9, 9.5], [0, 0]])
    expected = [[1, 2, 1], [3, 2, 0], [0, 0.5, 1], [-9, -9.5, 1]]
    np.testing.assert_array_equal(stroke_events(points, np.array([0, 2, 4])), expected)


def test_a_first_stroke_of_one_point_is_a_dot_at_the_origin():
    points = np.array([[5, 5], [6, 7], [9, 9]])
    expected = [[0, 0, 1], [1, 2, 0], [3, 2, 1]]
    np.testing.assert_array_equal(stroke_events(points, np.array([0, 1])), expected)


def test_a_drawing_of_one_point_is_one_event():
    np.testing.assert_array_equal(stroke_events(np.array([[3, 4]]), np.array([0])), [[0, 0, 1]])


def test_offsets_are_differences_in_float64():
    points = np.array([[1e8, 0], [1e8 + 0.25, 0]])
    assert stroke_events(points, np.array([0]))[0, 0] == 0.25


def test_the_schema_names_the_columns():
    schema = stroke_schema("cm", 0.5)
    assert schema.names == ["dx", "dy", "end_of_stroke"]
    assert [feature.kind for feature in schema.features] == ["continuous"] * 2 + ["binary"]
    assert [feature.quantum for feature in schema.features] == [0.5, 0.5, None]


def recursive_simplify(points: np.ndarray, tolerance: float) -> list[int]:
    """The textbook's recursion over one stroke: the indices that it keeps."""
    begin, end = points[0], points[-1]
    along = end - begin
    distances = []
    for point in points[1:-1]:
        share = np.clip(np.dot(point - begin, along) / max(np.dot(along, along), 1e-300), 0, 1)
        distances.append(np.linalg.norm(point - begin - share * along))
    if not distances or max(distances) <= tolerance:
        return [0, len(points) - 1]
    middle = int(np.argmax(distances)) + 1
    left = recursive_simplify(points[: middle + 1], tolerance)
    right = recursive_simplify(points[middle:], tolerance)
    return left + [middle + index for index in right[1:]]


@pytest.mark.parametrize("tolerance", [0.0, 0.1, 0.5, 2.0])
def test_simplify_keeps_what_the_textbooks_recursion_keeps(tolerance):
    generator = np.random.default_rng(4)
    lengths = [1, 2, 3, 40, 1, 77]
    strokes = [np.cumsum(generator.normal(size=(length, 2)), axis=0) for length in lengths]
    starts = np.cumsum([0, *lengths[:-1]])
    keep = simplify(np.concatenate(strokes), starts, tolerance)
    expected = np.concatenate(
        [
            np.array(recursive_simplify(stroke, tolerance)) + start
            for stroke, start in zip(strokes, starts, strict=True)
        ]
    )
    np.testing.assert_array_equal(np.flatnonzero(keep), np.unique(expected))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 3))
def test_no_point_is_farther_from_the_simplified_stroke_than_the_tolerance(seed, tolerance):
    points = np.cumsum(np.random.default_rng(seed).normal(size=(60, 2)), axis=0)
    points[30] = points[0]  # a loop
    kept = points[simplify(points, np.array([0]), tolerance)]
    begin, along = kept[:-1], np.diff(kept, axis=0)
    offset = points[:, None] - begin
    share = np.clip((offset * along).sum(-1) / (along**2).sum(-1), 0, 1)
    distance = np.linalg.norm(offset - share[..., None] * along, axis=-1).min(1)
    assert distance.max() <= tolerance + 1e-9


def test_simplify_drops_the_points_of_a_straight_stroke_and_keeps_a_corner():
    points = np.array([[0, 0], [1, 0], [2, 0], [2, 1], [2, 2]])
    np.testing.assert_array_equal(simplify(points, np.array([0]), 0.1), [1, 0, 1, 0, 1])


def test_on_grid_rounds_positions_so_that_errors_do_not_add_up():
    points = np.column_stack([np.arange(100) * 0.26, np.zeros(100)])
    steps, starts = on_grid(points, np.array([0]), 0.5)
    np.testing.assert_array_equal(starts, [0])
    assert (np.diff(steps[:, 0]) == 1).all()  # what fell on the point before is gone
    assert abs(steps[-1, 0] * 0.5 - points[-1, 0]) <= 0.25


def test_on_grid_keeps_every_stroke():
    points = np.array([[0, 0], [0.1, 0], [0.1, 0.1], [5, 5]])
    steps, starts = on_grid(points, np.array([0, 2]), 1.0)
    np.testing.assert_array_equal(steps, [[0, 0], [0, 0], [5, 5]])
    np.testing.assert_array_equal(starts, [0, 1])
