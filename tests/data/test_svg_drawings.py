"""Strokes of SVG files, and the reasons for which some are refused."""

import time

import numpy as np
import pytest

from hachi_tf.data.drawings import read_drawing
from hachi_tf.errors import UserError

PEN = 'fill="none" stroke="#000"'


def svg(tmp_path, body: str, attributes: str = PEN):
    path = tmp_path / "drawing.svg"
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{body}</svg>')
    return path


def ends(path) -> list[list[float]]:
    """First and last point of every stroke, as x0, y0, x1, y1."""
    strokes = read_drawing(path).strokes
    return [np.concatenate([stroke[0], stroke[-1]]).round(6).tolist() for stroke in strokes]


def test_svg_paths_lines_and_polylines_come_in_the_order_of_the_file(tmp_path):
    body = """
        <title>text</title><rect width="9" height="9" fill="#fff"/>
        <path d="M1 2L3 4m1 1l1 0"/>
        <g><line x1="5" y1="6" x2="7px" y2="8"/></g>
        <polyline points="1,1 2,2 3,1"/>
        <polygon points="0 0 4 0 4 4"/>
    """
    path = svg(tmp_path, body, f'{PEN} viewBox="0 0 9 9" width="100mm"')
    expected = [[1, 2, 3, 4], [4, 5, 5, 5], [5, 6, 7, 8], [1, 1, 3, 1], [0, 0, 0, 0]]
    assert ends(path) == expected
    drawing = read_drawing(path)
    assert (drawing.times, drawing.text, drawing.strokes[0].dtype) == (None, None, np.float64)


@pytest.mark.parametrize(
    "transform, expected",
    [
        ("translate(10)", [11, 2, 13, 4]),
        ("translate(10,20) scale(2)", [12, 24, 16, 28]),
        ("scale(2,3)", [2, 6, 6, 12]),
        ("rotate(90)", [-2, 1, -4, 3]),
        ("rotate(90 1 2)", [1, 2, -1, 4]),
        ("matrix(1 2 3 4 5 6)", [1 + 6 + 5, 2 + 8 + 6, 3 + 12 + 5, 6 + 16 + 6]),
        ("skewX(45)", [3, 2, 7, 4]),
        ("skewY(45)", [1, 3, 3, 7]),
        ("", [1, 2, 3, 4]),
    ],
)
def test_svg_transforms(tmp_path, transform, expected):
    body = f'<path transform="{transform}" d="M1 2L3 4"/>'
    assert ends(svg(tmp_path, body)) == [expected]


def test_svg_transforms_of_nested_groups_apply_from_the_inside_out(tmp_path):
    body = (
        '<g transform="translate(100 0)"><g transform="rotate(90)"><g transform="scale(2 1)">'
        '<path d="M1 2L3 4"/></g></g><path d="M1 2L3 4"/></g>'
    )
    assert ends(svg(tmp_path, body)) == [[98, 2, 96, 6], [101, 2, 103, 4]]


def test_svg_curves_have_points_along_them(tmp_path):
    k = 0.5522847498
    body = f'<path transform="scale(50)" d="M1 0C1 {k} {k} 1 0 1S-1 {k} -1 0"/>'
    (stroke,) = read_drawing(svg(tmp_path, body)).strokes
    radius = np.hypot(*stroke.T)
    assert len(stroke) > 200
    assert np.abs(radius - 50).max() < 0.02


def test_svg_dots_are_strokes_of_one_point(tmp_path):
    body = '<circle cx="3" cy="4" r="1" fill="#000" stroke="none"/><path d="M5 6"/>'
    strokes = read_drawing(svg(tmp_path, body)).strokes
    assert [stroke.tolist() for stroke in strokes] == [[[3, 4]], [[5, 6]]]


def test_svg_circles_with_a_stroke_are_circles(tmp_path):
    (stroke,) = read_drawing(svg(tmp_path, '<ellipse cx="10" cy="0" rx="2" ry="1"/>')).strokes
    unit = (stroke - [10, 0]) / [2, 1]
    assert np.abs(np.hypot(*unit.T) - 1).max() < 3e-4
    assert np.abs(stroke[0] - stroke[-1]).max() < 1e-9


@pytest.mark.parametrize(
    "attributes, body",
    [
        ("", '<path d="M0 0L9 9"/>'),
        ("", '<path fill="#123" d="M0 0L9 9"/>'),
        ("", '<path style="fill:#000000;stroke:none" d="M0 0L9 9"/>'),
        ('style="fill:none;stroke:red"', '<path style="fill: black" d="M0 0L9 9z"/>'),
        (PEN, '<style>.a{fill:red;stroke:none}</style><path class="a" d="M0 0L9 9"/>'),
        ("", '<polygon points="0 0 4 0 4 4"/>'),
        ('stroke="#000"', '<path d="M0 0L9 0L9 9Z"/>'),
    ],
)
def test_svg_outlines_of_filled_shapes_are_refused_with_the_reason(tmp_path, attributes, body):
    with pytest.raises(
        UserError, match="fill='none'.*the outline of a shape, not the way of a pen"
    ):
        read_drawing(svg(tmp_path, body, attributes))


@pytest.mark.parametrize(
    "attributes, body",
    [
        ('stroke="#000"', '<path d="M0 0L9 9"/>'),  # not closed: a careless pen
        ('style="fill:none;stroke:#000"', '<path d="M0 0L9 9"/>'),
        ("", '<g fill="none"><path stroke="navy" d="M0 0L9 9"/></g>'),
        ("", "<style>/* { */ .a, .b {fill:none;stroke:#000}</style><path class='b' d='M0 0L9 9'/>"),
        ("", "<style>path{fill:none}#p{stroke:red!important}</style><path id='p' d='M0 0L9 9'/>"),
        (PEN, '<path d="M0 0L9 9"/><path fill="none" stroke="none" d="M1 1h2v2z"/>'),
        (PEN, '<path d="M0 0L9 9"/><g display="none"><path d="M1 1h2"/></g>'),
        (PEN, '<path d="M0 0L9 9"/><path visibility="hidden" d="M1 1h2"/>'),
        (PEN, '<defs><path fill="red" stroke="none" d="M1 1h2"/></defs><path d="M0 0L9 9"/>'),
        (PEN, '<a:path xmlns:a="urn:other" d="M1 1h2"/><!-- x --><path d="M0 0L9 9"/>'),
    ],
)
def test_svg_styles_say_what_a_pen_drew(tmp_path, attributes, body):
    assert ends(svg(tmp_path, body, attributes)) == [[0, 0, 9, 9]]


@pytest.mark.parametrize(
    "body, message",
    [
        ("<g>", "well-formed XML"),
        ("", "a drawing with strokes"),
        ("<text>word</text>", "a drawing with strokes"),
        ('<path d="M0 0A1 1 0 0 1 2 2"/>', "elliptical arcs"),
        ('<path d="L0 0"/>', "SVG path"),
        ('<path transform="spin(3)" d="M0 0L1 1"/>', "transforms matrix"),
        ('<path transform="rotate(3" d="M0 0L1 1"/>', "transforms such as"),
        ('<path transform="scale(1e999)" d="M0 0L1 1"/>', "numbers within 1e"),
        (
            '<g transform="scale(1e9)"><g transform="scale(1e9)"><path d="M0 0L1 1"/></g></g>',
            "coordinates within 1e",
        ),
        ('<line x1="1em" x2="2"/>', "numbers within"),
        ('<line x1="1 2" x2="2"/>', "a number as x1"),
        ('<use href="#a"/>', "without use"),
        ("<g>" * 300 + "</g>" * 300, "groups at most"),
    ],
)
def test_damaged_svg_is_refused(tmp_path, body, message):
    with pytest.raises(UserError, match=message):
        read_drawing(svg(tmp_path, body))


def test_svg_entities_and_other_documents_are_refused(tmp_path):
    path = tmp_path / "drawing.svg"
    path.write_text('<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg><path d="&a;"/></svg>')
    with pytest.raises(UserError, match="without entity declarations"):
        read_drawing(path)
    path.write_text("<html/>")
    with pytest.raises(UserError, match="an SVG document"):
        read_drawing(path)


@pytest.mark.parametrize(
    "body",
    [
        "<g>" * 200_000 + "</g>" * 200_000,
        "<style>" + "/*a{" * 200_000 + "</style>",
        f'<g transform="{"a" * 1_000_000}"/>',
        f'<g transform="{"scale(1)" * 20_000}"/>',
    ],
)
def test_hostile_svg_is_refused_in_little_time(tmp_path, body):
    start = time.process_time()
    with pytest.raises(UserError):
        read_drawing(svg(tmp_path, body))
    assert time.process_time() - start < 5
