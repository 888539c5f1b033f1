"""The page of diagrams: colours, heat maps, round numbers, files."""

import io

import numpy as np
import pytest
from PIL import Image

from hachi_tf.errors import UserError
from hachi_tf.rendering import colours, figure
from hachi_tf.rendering.figure import Figure, round_numbers


def lightness(colour):
    """L* of CIELAB, 0 to 100."""
    linear = np.array(colour) / 255
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return 116 * np.cbrt(y) - 16 if y > 0.008856 else 903.3 * y


@pytest.mark.parametrize("anchors, darkest", [(colours.BLUE, 10), (colours.AMBER, 54)])
def test_scales_grow_darker_evenly(anchors, darkest):
    shades = [lightness(shade) for shade in colours.shade(np.linspace(0, 1, 101), anchors)]
    assert shades[0] == pytest.approx(100, abs=0.1) and shades[-1] == pytest.approx(darkest, abs=4)
    steps = -np.diff([lightness(colours.rgb(anchor)) for anchor in anchors])
    assert (np.diff(shades) < 0).all() and steps.max() < 2.5 * steps.min()


def test_shades_are_the_anchors_and_what_is_between():
    found = colours.shade(np.array([-1, 0, 0.25, 0.5, 1, 2, np.nan]), ("#000000", "#ff8000"))
    expected = [[0] * 3, [0] * 3, [64, 32, 0], [128, 64, 0], [255, 128, 0], [255, 128, 0], [0] * 3]
    assert found.tolist() == expected


def test_small_maps_become_blocks_and_large_ones_are_averaged():
    page = Figure(40, 40)
    page.heat(np.array([[0, 1], [0.5, 0]]), (10, 10, 20, 20), ("#000000", "#ffffff"))
    blocks = page.pixels[10:30, 10:30, 0]
    assert (blocks[:10, :10] == 0).all() and (blocks[:10, 10:] == 255).all()
    assert (blocks[10:, :10] == 128).all() and (page.pixels[:10] == 255).all()
    page.heat(np.tile([[0.0, 1.0]], (50, 50)), (10, 10, 10, 10), ("#000000", "#ffffff"))
    np.testing.assert_allclose(page.pixels[10:20, 10:20].astype(int), 128, atol=1)


def test_a_dot_and_a_line_have_the_width_of_the_pen():
    page = Figure(100, 50)
    page.strokes([np.array([[20.0, 25.0]]), np.array([[50.0, 5.0], [50, 45]])], "#000000", 10)
    dark = page.pixels[..., 0] < 128
    assert dark[25].sum() == pytest.approx(20, abs=1) and dark[:, 20].sum() == 10


@pytest.mark.parametrize(
    "low, high, count, expected",
    [
        (0, 712, 8, [0, 100, 200, 300, 400, 500, 600, 700]),
        (0, 38, 9, [0, 5, 10, 15, 20, 25, 30, 35]),
        (-0.3, 0.25, 3, [-0.2, 0, 0.2]),
        (-5e-9, 5e-9, 2, [-5e-9, 0, 5e-9]),
        (1e6, 4e6, 3, [1e6, 2e6, 3e6, 4e6]),
        (0, 0, 7, [0]),
    ],
)
def test_round_numbers(low, high, count, expected):
    assert round_numbers(low, high, count) == pytest.approx(expected)


def test_ticks_stand_at_their_numbers():
    page = Figure(500, 100)
    page.ticks((100, 20, 300, 40), 0, 30, "", "bottom")
    marks = np.nonzero((page.pixels[64] == colours.rgb(colours.AXIS)).all(-1))[0]
    np.testing.assert_array_equal(marks, [99, 100, 299, 300])  # at 0 and 20


def test_a_picture_is_saved_as_it_is(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    path = figure.save(pixels, tmp_path / "new" / "picture.png")
    np.testing.assert_array_equal(np.asarray(Image.open(path)), pixels)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(figure.png(pixels)))), pixels)
    with pytest.raises(UserError, match="written"):
        figure.save(pixels, path / "below.png")
