"""Tests of hachi_tf.rendering.strokes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hachi_tf.errors import UserError
from hachi_tf.rendering.strokes import all_to_polylines, to_polylines


def _lists(runs):
    return [run.tolist() for run in runs]


def test_one_stroke_begins_at_the_origin():
    runs = to_polylines(np.array([[1, 2, 0], [3, -1, 1]], np.float32))
    assert _lists(runs) == [[[0, 0], [1, 2], [4, 1]]]
    assert runs[0].dtype == np.float64


def test_a_move_in_the_air_begins_a_new_run():
    runs = to_polylines([[1, 0, 1], [5, 5, 0], [0, 1, 1], [9, 9, 0]])
    assert _lists(runs) == [[[0, 0], [1, 0]], [[6, 5], [6, 6]], [[15, 15]]]


def test_runs_of_one_point_are_dots():
    assert _lists(to_polylines([[1, 1, 1], [1, 0, 1], [1, 0, 1]])) == [
        [[0, 0], [1, 1]],
        [[2, 1]],
        [[3, 1]],
    ]


@pytest.mark.parametrize("empty", [[], np.zeros([0, 3]), np.zeros([0])])
def test_no_events_are_no_runs(empty):
    assert to_polylines(empty) == []


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 30), st.just(3)),
        elements=st.floats(-1e6, 1e6),
    )
)
def test_runs_hold_every_point_once(events):
    runs = to_polylines(events)
    expected = np.concatenate([[[0, 0]], np.cumsum(events[:, :2], axis=0)])
    np.testing.assert_array_equal(np.concatenate(runs), expected)
    assert len(runs) == 1 + np.sum(events[:-1, 2] >= 0.5)
    assert all(len(run) for run in runs)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_non_finite_numbers_name_the_sample_and_step(bad):
    good = np.zeros([4, 3])
    events = good.copy()
    events[2, 1] = bad
    with pytest.raises(UserError, match="finite numbers in sample 1; .* at step 2"):
        all_to_polylines([good, events])


def test_sums_that_overflow_are_refused():
    with pytest.raises(UserError, match="at step 1"):
        to_polylines(np.full([3, 3], 0.9e150))


@pytest.mark.parametrize("bad", [np.zeros([4, 2]), np.zeros([3]), [["a", "b", "c"]], [[1, 2], [3]]])
def test_other_shapes_are_refused(bad):
    with pytest.raises(UserError, match="rows of dx, dy, end_of_stroke"):
        to_polylines(bad)


def test_no_samples_are_refused():
    with pytest.raises(UserError, match="at least one drawing"):
        all_to_polylines([])
