"""How fast a pen moves, and where the points of a course are."""

import numpy as np
import pytest

from hachi_tf.data import pen_speed

CIRCLE = np.exp(1j * np.linspace(0, 1.5 * np.pi, 400))


def plane(points: np.ndarray) -> np.ndarray:
    return np.stack([points.real, points.imag], axis=1)


def distances(stroke: np.ndarray) -> np.ndarray:
    return np.hypot(*np.diff(stroke, axis=0).T)


@pytest.mark.parametrize("slowing", [0.3, 0.9])
def test_speed_falls_with_curvature_as_it_says(slowing):
    """A straight way of 0.7 line heights, then a bend of a tenth of it as radius."""
    line = np.linspace(-0.7j, 0, 200)
    bend = 0.1 - 0.1 * np.exp(-1j * np.linspace(0, 3 * np.pi, 600))
    (course,) = pen_speed.plausible([plane(np.append(line, bend[1:]))], 1.0, slowing)
    (stroke,) = pen_speed.cut([course], 0.01)
    spacing = distances(stroke)
    travelled = np.cumsum(spacing)
    straight = spacing[(travelled > 0.25) & (travelled < 0.55)].mean()
    bent = spacing[(travelled > 0.85) & (travelled < 1.35)].mean()
    assert straight / bent == pytest.approx((1 + 10 / 8) ** slowing, rel=0.04)


def test_without_slowing_the_speed_is_constant():
    (stroke,) = pen_speed.cut(pen_speed.plausible([plane(CIRCLE)], 1.0, 0.0), 0.05)
    assert np.ptp(distances(stroke)) < 1e-3
    assert np.median(distances(stroke)) == pytest.approx(0.05, rel=0.02)


def test_fitting_finds_the_slowing_that_lines_were_written_with():
    lines = []
    for slowing in (0.0, 0.4, 0.8):
        t = np.linspace(0, 40, 4000)
        loops = plane(0.12 * t + 0.3 * np.sin(t) + 0.5j * np.cos(t))
        (stroke,) = pen_speed.cut(pen_speed.plausible([loops], 1.0, slowing), 0.06)
        lines.append(pen_speed.fit_slowing([pen_speed.spacing_and_bend([stroke], 1.0)]))
    assert lines[0] < 0.2
    assert lines == sorted(lines)
    assert lines[1] == pytest.approx(0.4, abs=0.15)
    assert lines[2] == pytest.approx(0.8, abs=0.25)


def test_straight_lines_tell_nothing_of_slowing():
    line = plane(np.linspace(0, 3, 50) + 0j)
    assert pen_speed.fit_slowing([pen_speed.spacing_and_bend([line], 1.0)]) == 0.0


def test_points_between_recorded_ones_lie_on_a_smooth_curve():
    few = plane(np.exp(1j * np.linspace(0, 1.5 * np.pi, 19)))
    courses = pen_speed.recorded([few], [np.arange(19.0)], 0.1)
    (stroke,) = pen_speed.cut(courses, 0.037)
    inner = stroke[8:-8]
    assert np.abs(np.hypot(*inner.T) - 1).max() < 2e-4  # the chords are off by 4e-3
    assert np.ptp(distances(inner)) < 2e-3


def test_times_at_which_nothing_happened_do_no_harm():
    stroke = np.array([[0.0, 0], [1, 0], [1, 0], [2, 0], [3, 0], [3, 1]])
    for times in ([0, 1, 1, 1, 1, 2], [5, 5, 5, 5, 5, 5], [0, 1, 900, 901, 902, 903]):
        (course,) = pen_speed.recorded([stroke], [np.array(times, float)], 0.5)
        (cut,) = pen_speed.cut([course], 0.5)
        np.testing.assert_array_equal(cut[[0, -1]], stroke[[0, -1]])
        assert np.isfinite(cut).all()
        assert 4 <= len(cut) <= 16
        assert -0.1 < cut.min() and cut[:, 0].max() < 3.3


def test_strokes_without_extent_have_no_course():
    dots = [np.zeros((1, 2)), np.ones((3, 2))]
    assert pen_speed.plausible(dots, 1.0, 0.5) == [None, None]
    assert pen_speed.recorded(dots, [np.zeros(1), np.arange(3.0)], 1.0) == [None, None]


def test_strokes_are_cut_one_by_one():
    strokes = [plane(CIRCLE + shift) for shift in (0, 5, 10j)]
    courses = pen_speed.plausible(strokes, 1.0, 0.5)
    together = pen_speed.cut(courses, 0.1)
    assert len(together) == 3
    for stroke, cut in zip(strokes, together, strict=True):
        np.testing.assert_array_equal(cut[[0, -1]], stroke[[0, -1]])
        np.testing.assert_allclose(distances(cut), distances(together[0]), atol=1e-9)
