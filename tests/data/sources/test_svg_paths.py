import numpy as np
import pytest

from hachi_tf.data.sources.svg_paths import flatten, parse_path
from hachi_tf.errors import UserError


def points(path, step=1e9):
    """The points of a path, one a curve unless a step is given, stroke by stroke."""
    flat, starts = flatten(parse_path(path, "a.svg"), step)
    return [each.tolist() for each in np.split(flat, starts[1:])]


@pytest.mark.parametrize(
    "path, expected",
    [
        ("M1,2L3,4", [[[1, 2], [3, 4]]]),
        ("m1 2 3 4 5-6", [[[1, 2], [4, 6], [9, 0]]]),
        ("M1,2 3,4 5,6", [[[1, 2], [3, 4], [5, 6]]]),
        ("M1,2h3v4H0V1", [[[1, 2], [4, 2], [4, 6], [0, 6], [0, 1]]]),
        ("M1,1l1,0l0,1z", [[[1, 1], [2, 1], [2, 2], [1, 1]]]),
        ("M1,1l1,0l-1,0z", [[[1, 1], [2, 1], [1, 1]]]),
        ("M1,1h1zh2", [[[1, 1], [2, 1], [1, 1]], [[1, 1], [3, 1]]]),
        ("M1,1h1m1,1h1", [[[1, 1], [2, 1]], [[3, 2], [4, 2]]]),
        ("M7,7", [[[7, 7]]]),
        ("M1,1c1,1,2,2,3,0c1,1,2,2,3,0", [[[1, 1], [4, 1], [7, 1]]]),
        ("M.5.5-1.5e1+2.L1e-1,0", [[[0.5, 0.5], [-15, 2], [0.1, 0]]]),
    ],
)
def test_commands_lead_where_svg_says(path, expected):
    for found, wanted in zip(points(path), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_a_cubic_curve_is_bernsteins_polynomial():
    (found,) = points("M0,0C0,4 4,4 8,0", step=3.0)
    count = len(found) - 1
    assert count == 5  # the control polygon's length, 4 + 4 + 4 * 2 ** 0.5, over 3, rounded up
    t = np.arange(count + 1) / count
    control = np.array([[0, 0], [0, 4], [4, 4], [8, 0]])
    weights = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], 1)
    np.testing.assert_allclose(found, weights @ control, atol=1e-12)


def test_a_quadratic_curve_is_its_polynomial():
    (found,) = points("M0,0Q2,4 4,0", step=1.0)
    t = np.linspace(0, 1, len(found))
    np.testing.assert_allclose(np.array(found)[:, 0], 4 * t, atol=1e-12)
    np.testing.assert_allclose(np.array(found)[:, 1], 8 * t * (1 - t), atol=1e-12)


@pytest.mark.parametrize(
    "smooth, explicit",
    [
        ("M0,0C0,1 1,2 2,2S4,1 4,0", "M0,0C0,1 1,2 2,2C3,2 4,1 4,0"),
        ("M0,0c0,1 1,2 2,2s2,-1 2,-2s1,1 2,2", "M0,0C0,1 1,2 2,2C3,2 4,1 4,0C4,-1 5,1 6,2"),
        ("M1,1S4,1 4,0", "M1,1C1,1 4,1 4,0"),
        ("M0,0Q1,2 2,0T4,0t2,0", "M0,0Q1,2 2,0Q3,-2 4,0Q5,2 6,0"),
        ("M1,1T4,0", "M1,1L4,0"),
        ("M0,0C0,1 1,2 2,2L5,5S6,6 7,5", "M0,0C0,1 1,2 2,2L5,5C5,5 6,6 7,5"),
    ],
)
def test_smooth_curves_reflect_the_last_control_point(smooth, explicit):
    found, wanted = points(smooth, 0.3), points(explicit, 0.3)
    if "T4,0" in smooth and "Q" not in smooth:
        found, wanted = [[each[0], each[-1]] for each in found], wanted
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize(
    "path",
    ["", " ", "L1,1", "1,2", "M1", "M1,2,3", "M1,2C1,2,3", "M1,2X3", "M1,2L", "M1,2z3,4"]
    + ["M1,2L#,3", "M1,2L--3,3", "M1,2e", "M1,2Lnan,3", "M1,2é", "M1,2L1e999,0", "M1e10,0"],
)
def test_anything_else_is_refused_by_name(path):
    with pytest.raises(UserError, match=r"a\.svg"):
        parse_path(path, "a.svg")


def test_arcs_are_refused_with_advice():
    with pytest.raises(UserError, match="arcs"):
        parse_path("M0,0A1,1 0 0 0 2,2", "a.svg")


def test_a_huge_curve_is_not_cut_into_endless_pieces():
    (found,) = points("M0,0C1e9,0 1e9,1e9 0,1e9", step=1.0)
    assert len(found) <= 257
