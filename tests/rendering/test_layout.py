"""Tests of hachi_tf.rendering.layout."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hachi_tf.errors import UserError
from hachi_tf.rendering.layout import lay_out


def _line(dx, dy):
    return np.array([[dx, dy, 1.0]])


def _size(runs):
    points = np.concatenate(runs)
    return np.ptp(points, axis=0)


def test_one_drawing_is_fitted_and_centred():
    sheet = lay_out([_line(10, 5)], cell_size=100)
    # 100 = 2.2 units of padding and drawing: 0.1 of the shorter inner side beside each end.
    assert (sheet.width, sheet.height, sheet.columns, sheet.margin) == (100, 55, 1, 0)
    short = 100 / 2.2
    np.testing.assert_allclose(
        sheet.drawings[0][0],
        [[50 - short, 27.5 - short / 2], [50 + short, 27.5 + short / 2]],
    )
    assert sheet.stroke_width == 1.2


def test_samples_share_one_scale_in_equal_cells():
    sheet = lay_out([_line(100, 80), _line(60, 30), _line(100, 100)], columns=2, cell_size=120)
    assert (sheet.cell_width, sheet.cell_height, sheet.margin) == (120, 120, 10)
    assert (sheet.width, sheet.height) == (2 * 120 + 20, 2 * 120 + 20)
    np.testing.assert_allclose(_size(sheet.drawings[0]), [100, 80])
    np.testing.assert_allclose(_size(sheet.drawings[1]), [60, 30])
    for index, centre in enumerate([(70, 70), (190, 70), (70, 190)]):
        np.testing.assert_allclose(sheet.drawings[index][0].mean(axis=0), centre)


def test_a_runaway_shrinks_alone():
    sheet = lay_out([_line(10, 10)] * 4 + [_line(1000, 500)], cell_size=120)
    np.testing.assert_allclose(_size(sheet.drawings[0]), [100, 100])
    np.testing.assert_allclose(_size(sheet.drawings[4]), [100, 50])


def test_lines_of_writing_begin_at_the_left():
    sheet = lay_out([_line(100, 10), _line(60, 8)], columns=1)
    lefts = [runs[0][0, 0] for runs in sheet.drawings]
    np.testing.assert_allclose(lefts[0], lefts[1])


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (2, 2), (4, 2), (9, 3), (12, 4), (16, 4), (20, 5), (64, 8)]
)
def test_columns_fill_the_page(count, columns):
    assert lay_out([_line(10, 10)] * count).columns == columns


def test_more_columns_than_samples_leave_no_empty_ones():
    assert lay_out([_line(1, 1)] * 3, columns=10).columns == 3


def test_empty_and_one_point_samples_have_their_cells():
    sheet = lay_out([np.zeros([0, 3]), np.zeros([5, 3]), _line(3, 4)], columns=3, cell_size=100)
    assert sheet.drawings[0] == []
    centre = np.array(sheet.corner(1)) + [sheet.cell_width / 2, sheet.cell_height / 2]
    np.testing.assert_allclose(sheet.drawings[1][0], [centre] * 6)
    assert sheet.width == 3 * sheet.cell_width + 2 * sheet.margin


@given(
    st.lists(
        hnp.arrays(
            np.float32,
            st.tuples(st.integers(0, 6), st.just(3)),
            elements=st.floats(-(2.0**100), 2.0**100, width=32),
        ),
        min_size=1,
        max_size=7,
    )
)
@settings(max_examples=200, deadline=None)
def test_every_point_is_inside_its_cell(samples):
    sheet = lay_out(samples)
    assert len(sheet.drawings) == len(samples)
    assert sheet.width * sheet.height <= 32e6
    for index in range(len(samples)):
        corner = np.array(sheet.corner(index))
        for run in sheet.polylines(index):
            assert np.all(run >= corner + sheet.stroke_width / 2 - 1)
            limit = corner + [sheet.cell_width, sheet.cell_height]
            assert np.all(run <= limit - sheet.stroke_width / 2 + 1)


def test_the_page_stays_within_its_limit_or_is_refused():
    samples = [_line(1, 1)] * 1000
    sheet = lay_out(samples, max_pixels=1_000_000)
    assert 500_000 < sheet.width * sheet.height <= 1_000_000
    with pytest.raises(UserError, match="give a smaller cell size"):
        lay_out(samples, cell_size=100, max_pixels=1_000_000)


@pytest.mark.parametrize(
    "options",
    [
        {"ink": '"/><script>'},
        {"ink": 3},
        {"stroke_width": 0},
        {"stroke_width": float("nan")},
        {"stroke_width": 200, "cell_size": 100},
        {"columns": 0},
        {"cell_size": 3},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(UserError):
        lay_out([_line(1, 1)], **options)


def test_a_wide_pen_stays_inside():
    sheet = lay_out([_line(1, 1)], stroke_width=40, cell_size=100)
    np.testing.assert_allclose(sheet.drawings[0][0], [[21, 21], [79, 79]])


def test_the_cell_holds_the_curves_too():
    arch = np.array([[0, -9, 0], [8, -4, 0], [8, 4, 0], [0, 9, 1]], float)
    sheet = lay_out([arch], cell_size=120)
    curve = sheet.polylines(0)[0]
    assert curve[:, 1].min() >= 9.99 and len(curve) > len(arch) + 1
    straight = lay_out([arch], cell_size=120, smooth=False)
    np.testing.assert_array_equal(straight.polylines(0)[0], straight.drawings[0][0])
