"""MIDI files as events: columns, delays on the grid, ranges, several files."""

import numpy as np
import pytest

from hachi_tf.data import infer_source, load_datasets, make_source
from hachi_tf.errors import UserError
from hachi_tf.midi import write_midi
from hachi_tf.tables import Column, Table

HEADS = (
    Column("0_pitch"), Column("1_velocity"), Column("2_duration", target=True),
    Column("3_channel", categorical=True),
)  # fmt: skip


def write(path, rows, more=()):
    """Writes rows of time, pitch, velocity, duration and channel."""
    numbers = np.array([[*row[:4], *row[5:]] for row in rows], np.float64)
    labels = np.array([str(row[4]) for row in rows], object)
    values = (*numbers[:, 1:4].T, labels, *numbers[:, 4:].T)
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_midi(Table((*HEADS, *map(Column, more)), numbers[:, 0], values), path)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "m" / "a.mid", [(1.0, 60, 64, 0.5, 10), (1.25, 62, 70, 0.25, 1)])
    write(tmp_path / "m" / "deep" / "b.midi", [(0.0, 64, 1, 0.1, 2)] * 1)
    return tmp_path / "m"


def read(source):
    return {sequence.id: sequence.events for sequence in source.read()}


def test_columns_are_hachi_machis_and_their_kinds_follow(folder):
    features = make_source("midi", folder).schema.features
    said = [(f.name, f.kind, f.unit, f.role, f.quantum, f.classes) for f in features]
    assert said == [
        ("time", "continuous", "s", "both", 0.001, ()),
        ("0_pitch", "continuous", "", "both", 1.0, ()),
        ("1_velocity", "continuous", "", "both", 1.0, ()),
        ("2_duration", "continuous", "s", "target", 0.001, ()),
        ("3_channel", "categorical", "", "both", None, ("1", "2", "10")),
    ]


def test_a_row_is_a_note_and_time_the_delay_since_the_one_before(folder):
    events = read(make_source("midi", folder))
    assert list(events) == ["midi/a.mid", "midi/deep/b.midi"]
    expected = [[0.0, 60, 64, 0.5, 2], [0.25, 62, 70, 0.25, 0]]
    np.testing.assert_allclose(events["midi/a.mid"], expected, atol=1e-12)
    np.testing.assert_allclose(events["midi/deep/b.midi"], [[0.0, 64, 1, 0.1, 1]], atol=1e-12)


def test_times_are_put_on_the_grid_before_they_are_differences(tmp_path):
    times = np.arange(1000) * 0.0104
    write(tmp_path / "a.mid", [(time, 60, 64, 0.005, 1) for time in times])
    source = make_source("midi(time_quantum=0.004)", tmp_path / "a.mid")
    events = read(source)["midi/a.mid"]
    np.testing.assert_allclose(events[:, 0], np.rint(events[:, 0] / 0.004) * 0.004, atol=1e-12)
    assert np.abs(np.cumsum(events[:, 0]) - times).max() <= 0.0021 + 0.0006
    assert source.schema.features[3].quantum == 0.004


def test_controllers_and_the_tempo_become_columns(tmp_path):
    rows = [(0.0, 60, 64, 0.4, 1, 127, 120), (0.5, 62, 64, 0.4, 1, 0, 90)]
    write(tmp_path / "a.mid", rows, ("4_control_64", "5_tempo"))
    source = make_source("midi(controllers=(64,), tempo=True)", tmp_path / "a.mid")
    assert source.schema.names[5:] == ["4_control_64", "5_tempo"]
    assert read(source)["midi/a.mid"][:, 5:].tolist() == [[127, 120], [0, 90]]


def test_samples_cannot_leave_the_ranges(folder):
    source = make_source("midi(controllers=(1,), tempo=True)", folder)
    transform = source.default_transforms().fit(load_datasets(source)["train"])
    extremes = np.concatenate([np.full([1, 7], 30.0), np.full([1, 7], -30.0)]).astype(np.float32)
    high, low = transform.inverse(extremes)
    assert (low[[0, 3, 6]] >= 0).all()  # delay, duration, tempo
    for column, limits in {1: (0, 127), 2: (1, 127), 5: (0, 127)}.items():
        assert limits[0] <= low[column] and np.floor(high[column] - 1e-3) <= limits[1]


def test_a_pattern_and_a_list_are_read_too(folder):
    assert list(read(make_source("midi", f"{folder}/*.mid"))) == ["midi/a.mid"]
    both = f"{folder}/a.mid,{folder}/deep/b.midi"
    assert list(read(make_source("midi", both))) == ["midi/a.mid", "midi/b.midi"]


def test_a_models_channels_and_grids_can_be_used(folder, tmp_path):
    schema = make_source("midi", folder).schema
    write(tmp_path / "other.mid", [(0.0, 60, 64, 0.5, 2)])
    source = make_source("midi(time_quantum=0.002)", tmp_path / "other.mid")
    before = source.fingerprint()
    source.use_schema(schema)
    assert source.schema == schema and source.fingerprint() != before
    assert read(source)["midi/other.mid"][:, 4].tolist() == [1]
    write(tmp_path / "new.mid", [(0.0, 60, 64, 0.5, 7)])
    with pytest.raises(UserError, match="'7' in event 1, in .*new.mid"):
        make_source("midi", tmp_path / "new.mid").use_schema(schema)


def test_the_source_is_inferred(folder):
    assert infer_source(folder) == infer_source(folder / "a.mid") == "midi"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("midi(time_quantum=0.0)", "a time_quantum above 0"),
        ("midi(controllers=(200,))", "controllers from 0 to 119"),
        ("midi(transpose=3)", "got 'transpose'"),
    ],
)
def test_bad_options_are_named(folder, options, said):
    with pytest.raises(UserError, match=said):
        list(make_source(options, folder).read())


def test_a_file_that_is_none_is_named(folder):
    (folder / "bad.mid").write_bytes(b"nothing")
    with pytest.raises(UserError, match="bad.mid"):
        list(make_source("midi", folder).read())
    with pytest.raises(UserError, match="MIDI files; got none; name a file or folder"):
        make_source("midi")
