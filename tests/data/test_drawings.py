"""Drawings from files of every format but SVG, and what is refused."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hachi_tf.data import drawings
from hachi_tf.data.drawings import read_drawing
from hachi_tf.errors import UserError
from hachi_tf.rendering.save import save
from hachi_tf.rendering.strokes import to_polylines


def read_json(tmp_path, value):
    path = tmp_path / "drawing.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return read_drawing(path)


def test_what_we_draw_can_be_read_again(tmp_path):
    events = np.array([[3, 4, 0], [5, -1, 1], [2, 2, 0], [1, 9, 1]], np.float32)
    expected = to_polylines(events)
    for suffix in (".npz", ".json"):
        drawing = read_drawing(save([events, events[:2]], tmp_path / f"a{suffix}"))
        assert drawing.times is None
        for stroke, points in zip(drawing.strokes, expected, strict=True):
            np.testing.assert_array_equal(stroke, points)
    strokes = read_drawing(save([events], tmp_path / "a.svg", smooth=False)).strokes
    scale = (strokes[1][-1] - strokes[0][0]) / [11, 14]
    for stroke, points in zip(strokes, expected, strict=True):
        np.testing.assert_allclose((stroke - strokes[0][0]) / scale, points, atol=0.01)


@pytest.mark.parametrize(
    "value",
    [
        [[[0, 1], [2, 3]], [[4, 5]]],
        {"strokes": [[[0, 1], [2, 3]], [], [[4, 5]]], "text": None},
        {"strokes": [[{"x": 0, "y": 1}, {"x": 2, "y": 3.0}], [{"x": 4, "y": 5}]]},
        [{"points": [{"x": 0, "y": 1}, {"x": 2, "y": 3}]}, {"points": [{"x": 4, "y": 5}]}],
    ],
)
def test_json_strokes(tmp_path, value):
    drawing = read_json(tmp_path, value)
    assert [stroke.tolist() for stroke in drawing.strokes] == [[[0, 1], [2, 3]], [[4, 5]]]
    assert (drawing.times, drawing.text) == (None, None)


def test_json_times_and_text(tmp_path):
    for point in (lambda x, y, t: [x, y, t], lambda x, y, t: {"x": x, "y": y, "t": t}):
        strokes = [[point(0, 1, 1700), point(2, 3, 1710)], [point(4, 5, 1800)]]
        drawing = read_json(tmp_path, {"strokes": strokes, "text": "déjà vu"})
        assert [each.tolist() for each in drawing.times] == [[1700, 1710], [1800]]
        assert drawing.text == "déjà vu"


@pytest.mark.parametrize(
    "strokes",
    [
        [[[0, 1, 5], [2, 3]]],  # one without
        [[[0, 1, 5], [2, 3, 4]]],  # backwards
        [[[0, 1, 5], [2, 3, 5]]],  # no time for the way
    ],
)
def test_json_times_that_cannot_be_are_no_times(tmp_path, strokes):
    assert read_json(tmp_path, strokes).times is None


@pytest.mark.parametrize(
    "value, message",
    [
        ("{", "a JSON file"),
        ("[" * 100_000, "a JSON file"),
        ("9" * 5000, "a JSON file"),
        ("3", "strokes as"),
        ({"strokes": 3}, "strokes as"),
        ([3], "strokes as"),
        ([[3]], "2 or 3 numbers"),
        ([[[1, "2"]]], "2 or 3 numbers"),
        ([[[1, True]]], "2 or 3 numbers"),
        ([[[1, 2, 3, 4]]], "2 or 3 numbers.*a point in stroke 0"),
        ([[{"x": 1}]], "2 or 3 numbers"),
        ("[[[1, NaN]]]", "finite numbers"),
        ("[[[1, 1e999]]]", "finite numbers"),
        (f"[[[1, {10**400}]]]", "finite numbers"),
        ([[[1, 2e9]]], "coordinates within 1e"),
        ([], "a drawing with strokes"),
        ([[]], "a drawing with strokes"),
        ({"strokes": [[[1, 2]]], "text": 3}, "a string as text"),
        ({"columns": ["x"], "samples": []}, "samples with the columns"),
        ({"columns": ["dx", "dy", "end_of_stroke"], "samples": [3]}, "a list of events"),
        (
            {"columns": ["dx", "dy", "end_of_stroke"], "samples": [{"events": [[1, 2]]}]},
            "3 numbers",
        ),
    ],
)
def test_other_json_is_refused(tmp_path, value, message):
    with pytest.raises(UserError, match=message):
        read_json(tmp_path, value)


def test_npz_of_other_things_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "drawing.npz"
    path.write_bytes(b"PK nonsense")
    with pytest.raises(UserError, match="an npz file"):
        read_drawing(path)
    np.savez_compressed(path, events=np.zeros((1, 4, 2)), lengths=[4])
    with pytest.raises(UserError, match="dx, dy, end_of_stroke; got 2 columns"):
        read_drawing(path)
    np.savez_compressed(path, events=np.zeros((1, 999, 3)), lengths=[4])
    monkeypatch.setattr(drawings, "_MAX_UNPACKED_BYTES", 9_999)
    with pytest.raises(UserError, match="when unpacked"):
        read_drawing(path)


def test_files_that_cannot_be_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"ends in \.svg, \.json, \.npz"):
        read_drawing(tmp_path / "drawing.png")
    with pytest.raises(UserError, match="can be read"):
        read_drawing(tmp_path / "none.svg")
    path = tmp_path / "large.svg"
    path.write_bytes(b" " * (4 << 20) + b" ")
    with pytest.raises(UserError, match="at most 4,194,304 bytes"):
        read_drawing(path)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["x", "y", "t", "strokes", "points", "samples", "events", "text"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
_POINTS = st.lists(
    st.lists(st.floats() | st.integers(), min_size=2, max_size=3)
    | st.fixed_dictionaries({"x": st.floats(), "y": st.integers()}, optional={"t": st.floats()}),
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(_VALUES | st.lists(_POINTS, max_size=3) | st.fixed_dictionaries({"strokes": _VALUES}))
def test_any_json_is_a_drawing_or_a_user_error(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "fuzz.json"
    path.write_text(json.dumps(value))
    try:
        drawing = read_drawing(path)
    except UserError:
        return
    assert drawing.strokes and all(np.isfinite(stroke).all() for stroke in drawing.strokes)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_refused_or_read(tmp_path_factory, content):
    for suffix in (".json", ".svg", ".npz"):
        path = tmp_path_factory.getbasetemp() / f"bytes{suffix}"
        path.write_bytes(content)
        with pytest.raises(UserError):
            read_drawing(path)
