"""Tests of hachi_tf.rendering.save."""

import io
import json
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from hachi_tf.errors import UserError
from hachi_tf.rendering import read_npz, save
from hachi_tf.schema import Feature, Schema

A = np.array([[0.1, 2, 0], [3, -1e-7, 1]], np.float32)
B = np.array([[5, 6, 1]], np.float32)
EMPTY = np.zeros([0, 3], np.float32)


@pytest.mark.parametrize("suffix", [".png", ".gif", ".PNG"])
def test_pictures(tmp_path, suffix):
    path = save([A, B, EMPTY], tmp_path / f"a{suffix}", cell_size=64)
    assert Image.open(path).format == suffix[1:].upper()


def test_svg(tmp_path):
    path = save([A, B], str(tmp_path / "new" / "a.svg"), titles=["é", "<"], columns=1)
    assert ElementTree.parse(path).getroot().tag.endswith("svg")
    assert "<title>é</title>" in path.read_text(encoding="utf-8")


def test_npz_holds_plain_numbers_and_reads_back(tmp_path):
    path = save([A, EMPTY, B], tmp_path / "a.npz")
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["events.npy", "lengths.npy"]
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["events"].shape == (3, 2, 3) and arrays["events"].dtype == np.float32
        assert arrays["lengths"].tolist() == [2, 0, 1]
        assert not arrays["events"][1].any() and not arrays["events"][2, 1:].any()
    for read, sample in zip(read_npz(path), [A, EMPTY, B], strict=True):
        np.testing.assert_array_equal(read, sample)


def test_csv(tmp_path):
    path = save([A, EMPTY, B], tmp_path / "a.csv")
    assert path.read_bytes() == (
        b"sample,dx,dy,end_of_stroke\n0,0.1,2.0,0\n0,3.0,-1e-07,1\n2,5.0,6.0,1\n"
    )


def test_csv_of_another_schema(tmp_path):
    schema = Schema((Feature("pitch", "categorical", classes=("c", "d")), Feature("time, s")))
    path = save([np.array([[1, 0.25]])], tmp_path / "a.csv", schema=schema)
    assert path.read_text() == 'sample,pitch,"time, s"\n0,1,0.25\n'


def test_json(tmp_path):
    path = save([A, EMPTY], tmp_path / "a.json", titles=["ok", "é"])
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "columns": ["dx", "dy", "end_of_stroke"],
        "samples": [
            {"title": "ok", "events": [[0.1, 2.0, 0], [3.0, -1e-07, 1]]},
            {"title": "é", "events": []},
        ],
    }


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.svg.gz"])
def test_an_unknown_suffix_lists_the_known_ones(tmp_path, name):
    with pytest.raises(UserError, match=r"\.svg, \.png, \.gif, \.npz, \.csv, \.json"):
        save([A], tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".svg", ".png", ".gif", ".npz", ".csv", ".json"])
def test_bad_samples_leave_the_old_file(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_text("old")
    for bad in ([A, np.full([2, 3], np.nan)], [], [np.zeros([2, 2])], [[["a", "b", "c"]]]):
        with pytest.raises(UserError):
            save(bad, path)
    with pytest.raises(UserError, match="one title a sample"):
        save([A], path, titles=[])
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_place_that_cannot_be_written_to_is_a_user_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="a place that can be written to"):
        save([A], tmp_path / "file" / "a.svg")
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(UserError, match="a place that can be written to"):
        save([A], tmp_path / "folder.svg")


def _npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 no zip",
        _npz(events=np.zeros([2, 4, 3]), lengths=np.array([1, 2]))[:300],
        _npz(events=np.zeros([2, 4, 3])),
        _npz(events=np.zeros([2, 4, 3]), lengths=np.array([1, 5])),
        _npz(events=np.zeros([2, 4, 3]), lengths=np.array([1, -1])),
        _npz(events=np.zeros([2, 4, 3]), lengths=np.array([1.0, 2.0])),
        _npz(events=np.zeros([4, 3]), lengths=np.array([1, 2])),
        _npz(events=np.array([{}, "x"], object), lengths=np.array([1, 2])),
    ],
)
def test_damaged_and_foreign_npz_files_are_refused(tmp_path, content):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match="an npz file"):
        read_npz(path)


def test_a_missing_npz_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        read_npz(tmp_path / "a.npz")


def test_rendering_is_light():
    code = (
        "import sys, hachi_tf.rendering\n"
        "heavy = {'tensorflow', 'keras', 'PIL'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
