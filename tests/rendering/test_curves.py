"""Tests of hachi_tf.rendering.curves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hachi_tf.rendering.curves import control_points, flatten


def _on_circle(count, radius=1.0, turn=2 * np.pi):
    angles = np.linspace(0, turn, count)
    return radius * np.column_stack([np.cos(angles), np.sin(angles)])


def _distance_from_polyline(curve, points):
    """Largest distance of points of a curve from a polyline."""
    start, step = points[:-1, None], np.diff(points, axis=0)[:, None]
    share = np.sum((curve - start) * step, axis=2) / np.sum(step**2, axis=2)
    nearest = start + share.clip(0, 1)[..., None] * step
    return np.linalg.norm(curve - nearest, axis=2).min(axis=0).max()


@pytest.mark.parametrize(("count", "error"), [(9, 0.05), (17, 0.012), (33, 0.003)])
def test_points_of_a_circle_become_nearly_a_circle(count, error):
    for turn in (2 * np.pi, -np.pi):
        radii = np.linalg.norm(flatten(_on_circle(count, turn=turn)), axis=1)
        np.testing.assert_allclose(radii, 1.0, atol=error)


def test_the_direction_at_a_point_is_that_of_the_circle():
    uneven = np.array([0.0, 0.3, 0.4, 1.0])
    points = np.column_stack([np.cos(uneven), np.sin(uneven)])
    first, second = control_points(points)
    for index in (1, 2):
        for handle in (first[index] - points[index], points[index] - second[index - 1]):
            np.testing.assert_allclose(handle @ points[index], 0, atol=1e-12)
            assert handle @ [-points[index][1], points[index][0]] > 0


def test_corners_stay_and_segments_between_them_are_straight():
    square = np.array([[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]], float)
    first, second = control_points(square)
    np.testing.assert_allclose(first, square[:-1] + np.diff(square, axis=0) / 3)
    np.testing.assert_allclose(second, square[1:] - np.diff(square, axis=0) / 3)


def test_a_pen_that_turns_back_makes_a_corner():
    first, second = control_points(np.array([[0.0, 0], [9, 0], [0, 0]]))
    np.testing.assert_allclose(first, [[3, 0], [6, 0]])
    np.testing.assert_allclose(second, [[6, 0], [3, 0]])


def test_a_short_tick_hardly_bends_the_long_line_after_it():
    points = np.array([[0, 0], [5, 2], [200, 2]], float)
    assert np.abs(flatten(points)[8:, 1] - 2).max() < 1.0


def test_runs_of_one_and_two_points_are_left_alone():
    for points in (np.ones([1, 2]), np.array([[0.0, 0], [1, 2]])):
        np.testing.assert_array_equal(flatten(points), points)
    np.testing.assert_array_equal(flatten(np.ones([4, 2])), [[1, 1]])


def test_pieces_have_the_length_asked_for():
    curve = flatten(_on_circle(33, radius=100.0), piece=4.0)
    lengths = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    assert 3.5 < lengths.min() and lengths.max() < 4.3


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 12), st.just(2)),
        elements=st.integers(-20, 20),
    )
)
def test_every_curve_is_finite_near_its_polyline_and_through_its_points(points):
    curve = flatten(points)
    assert np.isfinite(curve).all()
    assert {tuple(point) for point in points} <= {tuple(point) for point in curve.tolist()}
    moved = np.any(points[1:] != points[:-1], axis=1)
    points = points[np.concatenate([[True], moved])]
    if len(points) > 1:
        longest = np.linalg.norm(np.diff(points, axis=0), axis=1).max()
        assert _distance_from_polyline(curve, points) < 0.25 * longest
