"""Densities, components and bias sheets: where what colour is."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.rendering import colours, diagrams
from hachi_tf.rendering.figure import MARGIN, WIDTH

ROW = np.array([[100.0, 0.0, 0.0]] * 4)
LEFT, PLOT = 110, WIDTH - 110 - MARGIN


def where(pixels, colour):
    """Left, right, top and bottom of the pixels of a colour, and how many there are."""
    y, x = np.nonzero((pixels == colours.rgb(colour)).all(-1))
    return (x.min(), x.max(), y.min(), y.max(), len(x)) if len(x) else None


def plot_box(extent=(0, 0, 200, 100)):
    """The box of a density's map, which one density everywhere fills with the last colour."""
    left, right, top, bottom, _ = where(
        diagrams.density(np.zeros([10, 20]), extent)[:-100], colours.AMBER[-1]
    )
    return left, top, right - left + 1, bottom - top + 1


def test_the_map_has_the_shape_of_the_page():
    _, _, width, height = plot_box()
    assert width == 2 * height
    _, _, width, height = plot_box((0, 0, 50, 500))
    assert height == 10 * width


def test_the_darkest_place_is_the_densest_and_nine_nats_below_is_paper():
    left, top, width, height = plot_box()
    log_density = np.full([10, 20], -np.inf)
    log_density[3, 15], log_density[8, 2], log_density[0, 0] = 4.0, 4.0 - 4.6, 4.0 - 9.3
    pixels = diagrams.density(log_density, (0, 0, 200, 100))

    def middle(row, column):
        return pixels[top + height * (2 * row + 1) // 20, left + width * (2 * column + 1) // 40]

    np.testing.assert_allclose(middle(3, 15), colours.rgb(colours.AMBER[-1]), atol=2)
    halfway = colours.shade(np.array([0.5]), colours.AMBER)[0]
    np.testing.assert_allclose(middle(8, 2).astype(int), halfway, atol=6)
    assert middle(0, 0).tolist() == middle(5, 5).tolist() == [255, 255, 255]


def test_the_ink_stands_where_the_axes_say():
    left, top, width, height = plot_box((-50, -20, 150, 80))
    nothing = np.full([10, 20], -np.inf)
    events = np.array([[100.0, 0.0, 0.0], [0.0, 60.0, 1.0]])
    pixels = diagrams.density(nothing, (-50, -20, 150, 80), events)
    inside = pixels[top : top + height, left : left + width]
    y, x = np.nonzero(inside[..., 0] < 100)
    # From (0, 0) to (100, 0) to (100, 60); the pen is some pixels wide.
    found = np.array([x.min(), x.max(), y.min(), y.max()]) / (width / 200) + [-50, -50, -20, -20]
    np.testing.assert_allclose(found, [0, 100, 0, 60], atol=0.5)


def test_each_point_has_the_colour_of_the_component_that_claims_it_most():
    claims = np.array([[0.1, 0.8, 0.1], [0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.0, 0.4, 0.6]])
    pixels = diagrams.components(claims, ROW)
    at = [pixels[MARGIN, round(LEFT + PLOT * share) - 2].tolist() for share in (0.25, 0.5, 0.75, 1)]
    # Component 1 (from 0) claims most in all and has the first hue, then 0, then 2.
    first, second, third = (list(colours.rgb(hue)) for hue in colours.HUES[:3])
    assert at == [first, second, first, third]


def test_components_beyond_the_seventh_are_grey():
    claims = np.eye(9)[np.repeat(np.arange(9), [9, 8, 7, 6, 5, 4, 3, 2, 1])]
    events = np.column_stack([np.full(45, 30.0), np.zeros([45, 2])])
    pixels = diagrams.components(claims, events)[: 2 * MARGIN]
    share = (np.array([8.5, 16.5, 42, 44]) + 1) / 45
    at = [pixels[MARGIN, round(LEFT + PLOT * x) - 2].tolist() for x in np.round(share * 45) / 45]
    assert at[2] == at[3] == list(colours.rgb(colours.OTHERS))
    for hue, dots in zip(colours.HUES, (9, 8, 7, 6, 5, 4, 3), strict=True):
        assert where(pixels, hue)[4] == pytest.approx(dots * np.pi * 7**2, rel=0.25), hue


def test_the_map_of_weights_has_the_busiest_component_on_top():
    claims = np.tile([[0.2, 0.8]], (4, 1))
    weights = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.0, 0.0]])
    plain = diagrams.components(claims, ROW)
    pixels = diagrams.components(claims, ROW, weights)
    left, right, top, bottom, _ = where(pixels, colours.BLUE[-1])
    rows, columns = bottom - top + 1, right - left + 1
    # The dark blocks are component 1 (upper row) at step 1 and component 0 (lower) at step 0.
    assert len(plain) < top
    assert columns == pytest.approx(PLOT / 2, abs=2) and rows == 2 * 28
    assert (pixels[top + 5, left + PLOT // 4 + 20] == colours.rgb(colours.BLUE[-1])).all()
    assert (pixels[top + 5, left + 20] == 255).all()
    assert (pixels[bottom - 5, left + 20] == colours.rgb(colours.BLUE[-1])).all()
    middle = colours.shade(np.array([0.5]))[0]
    assert (pixels[bottom - 5, left + PLOT // 2 + 20] == middle).all()


def test_lines_at_several_biases_share_one_scale():
    rows = [("bias 0", ROW), ("bias 0.5", ROW[:2]), ("bias 1", ROW[:0])]
    pixels = diagrams.bias_sheet(rows)
    y, x = np.nonzero(pixels[..., 0] < 40)
    first, second = x[y < y.mean()], x[y > y.mean()]
    assert np.ptp(first) == pytest.approx(2 * np.ptp(second), abs=6)
    assert first.min() == second.min() and first.max() == pytest.approx(WIDTH - MARGIN, abs=2)


def test_labels_stand_left_of_the_lines():
    without, labelled = (diagrams.bias_sheet([(label, ROW)]) for label in (" ", "bias 5"))
    assert (without[:, : MARGIN + 20] == 255).all()
    assert (labelled[:, : MARGIN + 20] < 200).any()


@pytest.mark.parametrize("events", [np.zeros([1, 3]), np.ones([1, 3]), ROW * 1e-12, ROW * 1e12])
def test_dots_and_any_unit_are_drawn(events):
    claims = np.ones([len(events), 1])
    assert where(diagrams.components(claims, events)[:-50], colours.HUES[0])
    assert diagrams.bias_sheet([("x", events)]).min() < 60


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: diagrams.density(np.zeros([3]), (0, 0, 1, 1)), r"log densities \[H, W\]"),
        (lambda: diagrams.density(np.zeros([3, 3]) * np.nan, (0, 0, 1, 1)), "finite log"),
        (lambda: diagrams.density(np.zeros([3, 3]), (0, 0, 0, 1)), "extent"),
        (lambda: diagrams.components(np.ones([3, 2]), ROW), "3 events"),
        (lambda: diagrams.components(np.ones([4, 2]), ROW, np.ones([4, 3])), r"\[4, 2\]"),
        (lambda: diagrams.components(np.ones([4, 2]), ROW + np.inf), "finite numbers"),
        (lambda: diagrams.bias_sheet([]), "at least one drawing"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(UserError, match=message):
        call()
