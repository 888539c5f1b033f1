"""Tests of hachi_tf.rendering.page."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hachi_tf.errors import UserError
from hachi_tf.rendering import curves
from hachi_tf.rendering.page import SIZES, Page, lay_out, parse_size

HEIGHT = 10.0
PAGE = Page(100, 150, margin=10, line_height=10)


def line(letters=10, low=0.0, high=-8.0, slope=0.0):
    """Zigzags from the origin, 10 units a letter, standing on y = `low`."""
    x = 1.25 * np.arange(8 * letters + 1)
    y = np.where(np.arange(len(x)) % 2, high, low) + slope * x
    events = np.column_stack([np.diff(x), np.diff(y), np.arange(1, len(x)) % 8 == 0])
    return events.astype(np.float32)


def test_sizes_are_those_of_the_standards():
    assert parse_size("A4") == (210, 297) and parse_size("a5") == (148, 210)
    assert parse_size("Letter") == (215.9, 279.4)
    assert parse_size("100x150mm") == (100, 150)
    assert parse_size(" 99.5 X 20 ") == (99.5, 20)
    assert set(SIZES) == {"A4", "A5", "letter"}
    for text in ("A3", "", "100", "0x10mm", "-5x10", "1e3x5", "100x150cm", "٣x٣", "99999x10"):
        with pytest.raises(UserError, match="A4, A5, letter, or its width and height"):
            parse_size(text)


def test_a_page_must_have_room():
    assert (PAGE.text_width, PAGE.text_height, PAGE.rows) == (80, 130, 13)
    assert Page(210, 297, 20, 25.7).rows == 10
    wrong = [
        {"margin": 50}, {"margin": -1}, {"margin": math.nan}, {"line_height": 131},
        {"line_height": 0}, {"align": "justify"}, {"pen_width": 0}, {"ink": "red\""},
        {"width": math.inf}, {"height": math.nan},
    ]  # fmt: skip
    for arguments in wrong:
        with pytest.raises(UserError):
            Page(**{"width": 100, "height": 150, **arguments})


def test_a_line_stands_on_its_row_at_the_scale_of_the_page():
    scale = PAGE.millimetres(HEIGHT)
    assert scale == 0.45
    assert PAGE.line_width(HEIGHT) == pytest.approx(80 / 0.45)
    laid = lay_out(["a" * 10, "", "b" * 5], [line(), line()[:0], line(5)], PAGE, HEIGHT)
    (page,) = laid.pages
    assert [(placed.number, placed.text, placed.shrink) for placed in page] == [
        (1, "a" * 10, 1.0), (3, "b" * 5, 1.0)
    ]  # fmt: skip
    for placed, width, row in zip(page, (100, 50), (0, 2), strict=True):
        points = np.concatenate(placed.runs)
        np.testing.assert_allclose(points.min(0)[0], 10, atol=1e-9)
        np.testing.assert_allclose(np.ptp(points, axis=0), [width * scale, 8 * scale], rtol=1e-6)
        np.testing.assert_allclose(points[:, 1].max(), 10 + 10 * row + 6.8, atol=0.06)


@pytest.mark.parametrize("align, left, right", [("left", 10, 55), ("center", 27.5, 72.5),
                                                ("right", 45, 90)])  # fmt: skip
def test_alignment(align, left, right):
    page = Page(100, 150, margin=10, line_height=10, align=align)
    ((placed,),) = lay_out(["a" * 10], [line()], page, HEIGHT).pages
    x = np.concatenate(placed.runs)[:, 0]
    np.testing.assert_allclose([x.min(), x.max()], [left, right], atol=0.01)


def test_full_pages_make_new_ones_and_blank_lines_at_the_end_do_not():
    texts = ["a" * 5] * 14 + [""] * 12 + ["b" * 5] + [""] * 50
    drawings = [line(5) if text else np.zeros([0, 3]) for text in texts]
    laid = lay_out(texts, drawings, PAGE, HEIGHT)
    assert [[placed.number for placed in page] for page in laid.pages] == [
        list(range(1, 14)), [14], [27]
    ]  # fmt: skip
    top = [np.concatenate(page[0].runs)[:, 1].max() for page in laid.pages]
    np.testing.assert_allclose(top, 16.8, atol=0.06)
    assert [len(page) for page in lay_out([""], [line()[:0]], PAGE, HEIGHT).pages] == [0]


def test_a_line_that_is_too_wide_is_shrunk_alone_and_stays_on_its_baseline():
    laid = lay_out(["a" * 10, "b" * 40], [line(10), line(40)], PAGE, HEIGHT)
    first, second = laid.pages[0]
    assert first.shrink == 1 and laid.shrunk == [second]
    np.testing.assert_allclose(second.shrink, 80 / (400 * 0.45), rtol=1e-3)
    points = np.concatenate(second.runs)
    np.testing.assert_allclose(points[:, 1].max(), 26.8, atol=0.06)
    np.testing.assert_allclose([points[:, 0].min(), points[:, 0].max()], [10, 90], atol=0.01)


def test_a_sloping_line_is_turned_level_without_a_change_of_shape():
    climbing = line(20, slope=-0.06)
    ((placed,),) = lay_out(["a" * 20], [climbing], Page(200, 100), HEIGHT).pages
    points = np.concatenate(placed.runs)
    lows = points[::2, 1]
    assert np.ptp(lows) < 0.3 < 0.06 * np.ptp(points[:, 0])
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    expected = 0.45 * np.linalg.norm(climbing[:, :2], axis=1)
    np.testing.assert_allclose(steps, expected, rtol=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.01, 1.0, 30.0, 1e5]),
    st.sampled_from(["left", "center", "right"]),
)
def test_all_ink_is_between_the_margins_in_writing_order(seed, spread, align):
    rng = np.random.default_rng(seed)
    drawings = [
        np.column_stack([spread * rng.standard_t(2, [n, 2]), rng.random(n) < 0.3])
        for n in rng.integers(0, 30, 20)
    ]
    page = Page(60, 80, margin=7.5, line_height=6, align=align)
    laid = lay_out(["x"] * 20, drawings, page, HEIGHT)
    lines = [placed for lines in laid.pages for placed in lines]
    assert [placed.number for placed in lines] == [
        number for number, events in enumerate(drawings, 1) if len(events)
    ]
    for placed in lines:
        ink = np.concatenate([curves.flatten(run) for run in placed.runs])
        assert ink.min() > 7.5 - 1e-6
        assert (ink < [52.5 + 1e-6, 72.5 + 1e-6]).all()
        events = drawings[placed.number - 1]
        assert len(placed.runs) == 1 + np.count_nonzero(events[:-1, 2])
        scale = placed.shrink * page.millimetres(HEIGHT)
        lengths = np.linalg.norm(np.diff(np.concatenate(placed.runs), axis=0), axis=1)
        np.testing.assert_allclose(
            lengths, scale * np.linalg.norm(events[:, :2], axis=1), rtol=1e-5, atol=1e-8
        )


def test_what_cannot_be_laid_out_is_refused():
    with pytest.raises(UserError, match="one drawing a line; got 1 for 2"):
        lay_out(["a", "b"], [line()], PAGE, HEIGHT)
    with pytest.raises(UserError, match="line height above 0"):
        lay_out(["a"], [line()], PAGE, 0.0)
    with pytest.raises(UserError, match="finite numbers in sample 0"):
        lay_out(["a"], [np.full([2, 3], np.nan)], PAGE, HEIGHT)
