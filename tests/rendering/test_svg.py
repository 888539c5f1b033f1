"""Tests of hachi_tf.rendering.svg."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.rendering import layout, svg

# A square open to the left, and a dot in its middle.
TOY = np.array([[10, 0, 0], [0, 10, 0], [-10, 0, 1], [5, -5, 1]], np.float32)
SVG = "{http://www.w3.org/2000/svg}"


def test_the_document_of_a_toy_drawing():
    assert svg.render([TOY], cell_size=120) == (
        '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="120" '
        'viewBox="0 0 120 120" style="background:#fff">\n'
        '<g fill="none" stroke="#1a1a1a" stroke-width="2.16" '
        'stroke-linecap="round" stroke-linejoin="round">\n'
        '<g id="sample-0">\n'
        '<path d="M10 10L110 10 110 110 10 110"/>\n'
        '<path d="M60 60h.01"/>\n'
        "</g>\n</g>\n</svg>\n"
    )


def test_a_contact_sheet_has_a_group_a_sample_in_order():
    root = ElementTree.fromstring(svg.render([TOY, TOY[:0], 0.5 * TOY], columns=3, cell_size=120))
    assert root.get("viewBox") == "0 0 380 140"
    groups = root.findall(f"{SVG}g/{SVG}g")
    assert [group.get("id") for group in groups] == ["sample-0", "sample-1", "sample-2"]
    paths = [[path.get("d") for path in group] for group in groups]
    assert paths == [
        ["M20 20L120 20 120 120 20 120", "M70 70h.01"],
        [],
        ["M285 45L335 45 335 95 285 95", "M310 70h.01"],
    ]


def test_one_path_a_pen_down_run_in_drawing_order():
    rng = np.random.default_rng(0)
    events = np.column_stack([rng.normal(size=[200, 2]), rng.random(200) < 0.2])
    paths = re.findall(r'<path d="([^"]*)"', svg.render([events], smooth=False))
    sheet = layout.lay_out([events], smooth=False)
    assert len(paths) == 1 + int(events[:-1, 2].sum())
    for path, run in zip(paths, sheet.drawings[0], strict=True):
        numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", path)]
        np.testing.assert_allclose(numbers[:2], run[0], atol=0.0051)
        if len(run) > 1:
            np.testing.assert_allclose(np.reshape(numbers, [-1, 2]), run, atol=0.0051)


def test_repeated_points_are_written_once():
    assert svg.path(np.array([[1, 1], [1, 1.001], [2, 1], [2, 1]])) == "M1 1L2 1"
    assert svg.path(np.array([[-0.001, 1.5], [0.001, 1.5]])) == "M0 1.5h.01"


def test_smooth_runs_are_written_as_curves():
    arc = 100 * np.array([[1, 0], [0.8, 0.6], [0, 1], [0, 0.5], [0, 0]])
    # Handles are thirds of the chords 63.25 and 89.44 along the tangents of the circle.
    assert svg.path(arc) == (
        "M100 0C100 21.08 92.65 43.13 80 60 62.11 83.85 29.81 100 0 100L0 50 0 0"
    )
    assert svg.path(arc, smooth=False) == "M100 0L80 60 0 100 0 50 0 0"


def test_nothing_outside_the_document_is_named():
    document = svg.render([TOY], titles=["x"])
    assert re.findall(r"https?://[^\"]*", document) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|url\(|<image|<script|<style|<rect", document)


def test_titles_are_escaped():
    title = "<script>\x00&\ud800</title>]]>"
    root = ElementTree.fromstring(svg.render([TOY], titles=[title]).encode())
    assert root.find(f"{SVG}g/{SVG}g/{SVG}title").text == "<script>\ufffd&\ufffd</title>]]>"


def test_the_style_can_be_chosen():
    document = svg.render([TOY], ink="navy", stroke_width=3)
    assert 'stroke="navy" stroke-width="3"' in document


def test_bad_options_are_refused():
    with pytest.raises(UserError, match="one title a sample; got 2 for 1"):
        svg.render([TOY], titles=["a", "b"])
    with pytest.raises(UserError, match="ink"):
        svg.render([TOY], ink='red" onload="x')
