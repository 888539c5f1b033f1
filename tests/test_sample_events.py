"""Sampling from a run of MIDI files: tables, MIDI, pictures, primes, columns held fixed."""

import json

import numpy as np
import pytest

from hachi_tf import export, sample, train
from hachi_tf.midi import read_midi, write_midi
from hachi_tf.tables import Column, Table, read_table

pytestmark = pytest.mark.usefixtures("opened_once")


def write_pieces(folder, count=12):
    """Short pieces: a scale on channel 1 over a drum on channel 10."""
    random = np.random.default_rng(0)
    heads = (
        Column("0_pitch"), Column("1_velocity"), Column("2_duration"),
        Column("3_channel", categorical=True),
    )  # fmt: skip
    folder.mkdir()
    for piece in range(count):
        beats = np.arange(16)
        pitch = np.where(beats % 2, 36, 60 + beats // 2 + random.integers(0, 4))
        channel = np.where(beats % 2, "10", "1").astype(object)
        velocity = random.integers(60, 90, 16).astype(float)
        table = Table(heads, beats * 0.125, (pitch, velocity, np.full(16, 0.1), channel))
        write_midi(table, folder / f"{piece:02d}.mid")
    return folder


@pytest.fixture(scope="module")
def midi_run(tmp_path_factory, tiny_flags):
    place = tmp_path_factory.mktemp("midi")
    data = write_pieces(place / "pieces")
    assert train.main([str(data), f"--run_dir={place}/run", *tiny_flags]) == 0
    return place / "run"


@pytest.fixture(scope="module")
def midi_export(midi_run):
    """The run's export, which opens faster."""
    folder = midi_run.parent / "export"
    flags = [f"--run_dir={midi_run}", f"--export_dir={folder}", "--max_steps=40"]
    assert export.main(flags) == 0
    return folder


@pytest.fixture
def draw(capsys):
    """Runs `sample` in this process; gives what it wrote to stdout as JSON."""

    def draw(*arguments):
        assert sample.main([*map(str, arguments), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return draw


def test_training_draws_samples(midi_run):
    assert list((midi_run / "samples").glob("step-*.png"))


def test_tables_are_written_on_the_grid_and_in_range(tmp_path, midi_run, draw):
    flags = [midi_run, "--seed=1", "--num_steps=30", "--num_samples=2"]
    said = draw(*flags, f"--output={tmp_path}/a.csv")
    assert said["files"] == [f"{tmp_path}/a-1.csv", f"{tmp_path}/a-2.csv"]
    for path, length in zip(said["files"], said["lengths"], strict=True):
        table = read_table(path)
        assert len(table.time) == length
        assert (np.diff(table.time) >= 0).all()
        for values, (low, high) in zip(table.values, [(0, 127), (1, 127)], strict=False):
            np.testing.assert_array_equal(values, np.rint(values))
            assert (values >= low).all() and (values <= high).all()
        assert set(table.values[3]) <= {"1", "10"}


def test_a_midi_file_is_continued_and_a_column_held_fixed(tmp_path, midi_export, draw):
    prime = midi_export.parent / "pieces" / "00.mid"
    said = draw(f"--export_dir={midi_export}", "--seed=1", "--num_steps=20", f"--prime={prime}",
                "--fix=channel=10", f"--output={tmp_path}/a.mid")  # fmt: skip
    table = read_midi(tmp_path / "a.mid")
    assert 0 < len(table) <= said["lengths"][0]
    assert set(table.values[3]) == {"10"}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--output=a.gif"], "for events; got a.gif"),
        (["--fix=channel=3"], "3_channel as one of 1, 10 for --fix; got '3'"),
        (["--fix=pitch=500"], "0_pitch as a number from 0 to 127 for --fix; got '500'"),
        (["--prime=a.csv"], "7"),
        (["--text=Hello"], "no --text"),
    ],
)
def test_bad_input_ends_with_one_line_and_status_2(
    tmp_path, midi_export, failing_program, monkeypatch, flags, said
):
    monkeypatch.chdir(tmp_path)
    header = "time,0_pitch,1_velocity,~2_duration,3_channel#"
    (tmp_path / "a.csv").write_text(f"{header}\n0,60,64,1,7\n")
    done = failing_program("sample", f"--export_dir={midi_export}", "--seed=1", *flags)
    assert done.returncode == 2 and said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_piece_that_ended_before_its_steps_says_so(tmp_path, draw, caplog):
    caplog.set_level("INFO")
    flags = ["--export_dir=exports/rhythm", "--seed=3", f"--output={tmp_path}/a.mid"]
    (count,) = draw(*flags, "--num_steps=500")["lengths"]
    assert f"({count} events, its end; --num_steps is the most)" in caplog.text
    caplog.clear()
    draw(*flags, f"--num_steps={count // 2}")
    assert "its end" not in caplog.text
