"""Lines written on a screen: at regular times, and nothing odd taken."""

import json

import numpy as np
import pytest

from hachi_tf.data import infer_source, load_datasets, make_source
from hachi_tf.data.fitting import fit_splits
from hachi_tf.data.sources.strokes import stroke_schema
from hachi_tf.errors import UserError


def write(path, *lines):
    lines = [{"id": "x", "text": "a b", "strokes": strokes} for strokes in lines]
    path.write_text(json.dumps({"format": "hachi_tf lines", "lines": lines}))
    return path


def test_points_come_at_regular_times(tmp_path):
    # Fast, then slow, as a screen reports it: every 50 ms.
    stroke = [[0, 0, 1.0], [50, 0, 1.05], [60, 0, 1.10], [60, 0, 1.15]]
    path = write(tmp_path / "mine.json", [stroke, [[70, 5, 2.0]]])
    assert infer_source(path) == "pen_lines"
    (sequence,) = make_source("pen_lines", path).read()
    assert sequence.text == "a b" and sequence.id == "pen_lines/00000"
    dx = sequence.events[:, 0]
    np.testing.assert_allclose(dx[:5], 10.0)
    np.testing.assert_allclose(dx[5:10], 2.0)
    np.testing.assert_allclose(dx[10:15], 0.0, atol=1e-9)
    np.testing.assert_allclose(sequence.events[15], [10, 5, 1])
    assert len(sequence.events) == 16 and sequence.events[14, 2] == 1
    assert sequence.events[:, 2].sum() == 2


def test_they_are_brought_to_a_model_scale(tmp_path):
    wave = [[n * 2, 20 * np.sin(n / 4), n / 60] for n in range(200)]
    source = make_source("pen_lines", write(tmp_path / "mine.json", [wave], [wave]))
    scale = {"line_height": 20.0, "point_spacing": 3.0, "slowing": 0.9, "grid": 0.0}
    splits = load_datasets(source, 0.0)
    wanted = stroke_schema("font units", None)
    fitted = fit_splits(splits, source.schema, wanted, scale)["train"]
    path = np.cumsum(fitted[0][:, :2], axis=0)
    assert 10 < np.ptp(path[:, 1]) < 40 and fitted.texts == ["a b", "a b"]


@pytest.mark.parametrize(
    "value",
    [
        [], {}, {"format": "hachi_tf lines"}, {"format": "other", "lines": []},
        {"format": "hachi_tf lines", "lines": [{"id": "x", "text": "a"}]},
        {"format": "hachi_tf lines", "lines": [{"id": "x", "text": 1, "strokes": []}]},
        {"format": "hachi_tf lines", "lines": [{"id": "x", "text": "a", "strokes": []}]},
        {"format": "hachi_tf lines", "lines": [{"id": "x", "text": "a", "strokes": [[[1, 2]]]}]},
        {"format": "hachi_tf lines",
         "lines": [{"id": "x", "text": "a", "strokes": [[[1, 2, 3], [1, 2, 2]]]}]},
        {"format": "hachi_tf lines",
         "lines": [{"id": "x", "text": "a", "strokes": [[[1e9, 2, 3]]]}]},
        {"format": "hachi_tf lines",
         "lines": [{"id": "x", "text": "a", "strokes": [[[10**400, 2, 3]]]}]},
        {"format": "hachi_tf lines",
         "lines": [{"id": "x", "text": "a", "strokes": [[[float("nan"), 2, 3]]]}]},
    ],
)  # fmt: skip
def test_what_are_no_lines_is_refused(tmp_path, value):
    (tmp_path / "x.json").write_text(json.dumps(value))
    with pytest.raises(UserError):
        list(make_source("pen_lines", tmp_path / "x.json").read())


def test_other_json_is_another_source(tmp_path):
    (tmp_path / "x.json").write_text('[{"time": 0, "x": 1}, {"time": 1, "x": 2}]')
    assert infer_source(tmp_path / "x.json") != "pen_lines"
