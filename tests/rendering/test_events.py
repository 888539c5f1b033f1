"""Samples of events to files: every format, their numbers, their names."""

import json

import mido
import numpy as np
import pytest
from PIL import Image

from hachi_tf.errors import UserError
from hachi_tf.midi import read_midi
from hachi_tf.rendering import read_npz
from hachi_tf.rendering.events import SUFFIXES, save_events
from hachi_tf.schema import Feature, Schema
from hachi_tf.tables import read_table

NOTES = Schema(
    (
        Feature("time", unit="s", quantum=0.001),
        Feature("0_pitch", quantum=1.0),
        Feature("1_velocity", quantum=1.0),
        Feature("2_duration", unit="s", role="target", quantum=0.001),
        Feature("3_channel", "categorical", classes=("1", "10")),
    )
)
SENSOR = Schema((Feature("time", unit="s"), Feature("level"), Feature("on", "binary")))
ATEMPORAL = Schema((Feature("level"), Feature("kind", "categorical", classes=("a", "b"))))


def notes(count=20, seed=0):
    random = np.random.default_rng(seed)
    columns = [
        random.integers(0, 400, count) / 1000,
        random.integers(30, 90, count),
        random.integers(1, 128, count),
        random.integers(10, 300, count) / 1000,
        random.integers(0, 2, count),
    ]
    return np.stack(columns, -1).astype(np.float32)


def test_midi_has_the_notes_at_their_absolute_times(tmp_path):
    events = np.array([[0, 60, 64, 0.25, 0], [0.5, 62, 70, 0.25, 1], [0.25, 64, 80, 0.1, 0]])
    assert save_events([events.astype(np.float32)], tmp_path / "a.mid", NOTES) == [
        tmp_path / "a.mid"
    ]
    table = read_midi(tmp_path / "a.mid")
    np.testing.assert_allclose(table.time, [0.0, 0.5, 0.75], atol=1e-9)
    assert table.values[0].tolist() == [60, 62, 64]
    assert table.values[3].tolist() == ["1", "10", "1"]


@pytest.mark.parametrize("suffix", [".csv", ".json", ".txt", ".llll"])
def test_tables_have_absolute_times_and_labels(tmp_path, suffix):
    events = notes()
    save_events([events], tmp_path / f"a{suffix}", NOTES)
    table = read_table(tmp_path / f"a{suffix}")
    np.testing.assert_allclose(table.time, np.cumsum(events[:, 0], dtype=np.float64), atol=2e-3)
    np.testing.assert_array_equal(table.values[0], events[:, 1])
    assert [NOTES.features[4].classes.index(label) for label in table.values[3]] == list(
        events[:, 4]
    )


@pytest.mark.parametrize("suffix", [".csv", ".mid"])
def test_files_are_numbered_only_if_there_are_several(tmp_path, suffix):
    samples = [notes(seed=seed) for seed in range(3)]
    paths = save_events(samples, tmp_path / f"a.b{suffix}", NOTES)
    assert [path.name for path in paths] == [f"a.b-{n}{suffix}" for n in (1, 2, 3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(p.name for p in paths)
    if suffix == ".mid":
        ons = [
            [m.note for track in mido.MidiFile(path).tracks for m in track if m.type == "note_on"]
            for path in paths
        ]
        assert [sorted(each) for each in ons] == [sorted(each[:, 1].tolist()) for each in samples]


def test_npz_holds_the_numbers(tmp_path):
    samples = [notes(20), notes(5, seed=1)]
    assert save_events(samples, tmp_path / "a.npz", NOTES) == [tmp_path / "a.npz"]
    for one, other in zip(read_npz(tmp_path / "a.npz"), samples, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("schema", [NOTES, SENSOR, ATEMPORAL])
@pytest.mark.parametrize("count", [1, 3])
def test_pictures_open(tmp_path, schema, count):
    samples = [notes(seed=seed)[:, : len(schema)] for seed in range(count)]
    for sample in samples:
        sample[:, schema.columns("binary") + schema.columns("categorical")] = 1
    save_events(samples, tmp_path / "a.png", schema)
    with Image.open(tmp_path / "a.png") as image:
        assert image.width == 1600 and 150 < image.height < 2500
        assert len(image.convert("RGB").getcolors(1 << 20)) > 10
    save_events(samples, tmp_path / "a.svg", schema, titles=["<one>"] * count)
    document = (tmp_path / "a.svg").read_text()
    assert document.count("&lt;one&gt;") == count and document.endswith("</svg>\n")


def test_samples_without_an_event_are_written(tmp_path):
    for suffix in SUFFIXES:
        save_events([np.zeros([0, 5], np.float32)], tmp_path / f"a{suffix}", NOTES)
        assert (tmp_path / f"a{suffix}").stat().st_size
    columns = json.loads((tmp_path / "a.json").read_text())
    assert columns["data"] == []


def test_a_sample_without_pitch_is_no_midi_and_leaves_nothing(tmp_path):
    with pytest.raises(UserError, match="a column pitch or 0_pitch, which MIDI needs; got level"):
        save_events([notes()[:, :3]], tmp_path / "a.mid", SENSOR)
    with pytest.raises(UserError, match="a column time"):
        save_events([notes()[:, [0, 4]]], tmp_path / "a.mid", ATEMPORAL)
    good, bad = notes(), notes()
    bad[3, 1] = 300
    with pytest.raises(UserError, match="a pitch from 0 to 127 for MIDI; got 300 in row 4"):
        save_events([good, bad], tmp_path / "a.mid", NOTES)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("samples", "path", "titles", "said"),
    [
        ([notes()], "a.gif", None, "ending in .csv, .json, .txt, .llll, .mid"),
        ([], "a.csv", None, "at least one sample"),
        ([notes()], "a.png", ["a", "b"], "one title a sample"),
    ],
)
def test_bad_arguments_are_named(tmp_path, samples, path, titles, said):
    with pytest.raises(UserError, match=said):
        save_events(samples, tmp_path / path, NOTES, titles)
    assert not list(tmp_path.iterdir())
