"""Tests of hachi_tf.rendering.raster."""

import io

import numpy as np
import pytest
from PIL import Image

from hachi_tf.errors import UserError
from hachi_tf.rendering import layout, raster

# A square open to the left, and a dot in its middle.
TOY = np.array([[10, 0, 0], [0, 10, 0], [-10, 0, 1], [5, -5, 1]], np.float32)


def test_pixels_of_a_toy_drawing():
    pixels = raster.image([TOY], cell_size=120, stroke_width=4, ink="#102030")
    assert pixels.shape == (120, 120, 3) and pixels.dtype == np.uint8
    ink, paper = [16, 32, 48], [255, 255, 255]
    # The lines run at 10 and 110 and are 4 wide: pixels 8 to 11 and 108 to 111.
    for y, x in [(8, 60), (11, 60), (60, 108), (60, 111), (109, 40), (59, 59), (60, 60)]:
        assert pixels[y, x].tolist() == ink, (y, x)
    for y, x in [(6, 60), (13, 60), (60, 10), (60, 106), (60, 113), (57, 57), (63, 60), (0, 0)]:
        assert pixels[y, x].tolist() == paper, (y, x)


def test_ink_covers_the_area_of_the_pen():
    events = np.array([[300.0, 40.0, 1.0]])
    sheet = layout.lay_out([events], cell_size=200, stroke_width=5)
    length = np.linalg.norm(np.diff(sheet.drawings[0][0], axis=0))
    coverage = 1 - raster.image([events], cell_size=200, stroke_width=5, ink="black") / 255
    expected = length * 5 + np.pi * 2.5**2
    np.testing.assert_allclose(coverage[..., 0].sum(), expected, rtol=0.01)
    assert len(np.unique(coverage)) > 8  # antialiased


def test_pixels_agree_with_the_vector_drawing():
    angles = np.linspace(0, 2 * np.pi, 201)
    circle = np.diff(np.column_stack([np.cos(angles), np.sin(angles)]), axis=0)
    pixels = raster.image([np.column_stack([circle, circle[:, 0] * 0])], cell_size=120, ink="black")
    y, x = np.mgrid[:120, :120] + 0.5
    distance = np.abs(np.hypot(x - 60, y - 60) - 50)
    expected = np.clip(2.16 / 2 + 0.5 - distance, 0, 1)
    np.testing.assert_allclose(1 - pixels[..., 0] / 255, expected, atol=0.02)


def test_a_contact_sheet_draws_each_sample_in_its_cell():
    sheet = raster.image([TOY, TOY[:0], TOY], columns=2, cell_size=120)
    single = raster.image([TOY], cell_size=120)
    assert sheet.shape == (260, 260, 3)
    np.testing.assert_array_equal(sheet[10:130, 10:130], single)
    np.testing.assert_array_equal(sheet[130:250, 10:130], single)
    assert np.all(sheet[10:130, 130:] == 255)


@pytest.mark.parametrize("events", [np.zeros([0, 3]), np.zeros([1, 3]), np.zeros([9, 3])])
def test_degenerate_drawings_are_blank_or_a_dot(events):
    dark = np.argwhere(raster.image([events])[..., 0] < 128)
    assert bool(len(dark)) == bool(len(events))
    if len(dark):
        np.testing.assert_allclose(dark.mean(axis=0), [239.5, 239.5], atol=0.51)


def test_huge_coordinates_look_like_small_ones():
    np.testing.assert_array_equal(
        raster.image([TOY * np.array([2.0**100, 2.0**100, 1])]), raster.image([TOY])
    )


def test_png_holds_the_image():
    image = Image.open(io.BytesIO(raster.png([TOY], cell_size=64)))
    assert image.format == "PNG"
    np.testing.assert_array_equal(np.asarray(image), raster.image([TOY], cell_size=64))


def test_unknown_colours_are_refused():
    with pytest.raises(UserError, match="got 'nocolour'"):
        raster.png([TOY], ink="nocolour")
