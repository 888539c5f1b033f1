"""The tutorial of hachi machi, made anew from its documented formats: nothing needs a change.

A MIDI file becomes a table, operations change it, a model learns from it, plays in a patch whose
output goes back to its input beside a sensor, and writes a table; each step from a YAML or TOML
file with hachi machi's own words.
"""

import time

import mido
import numpy as np
import pytest

from hachi_tf import prepare, sample, train
from hachi_tf.tables import read_table
from tests.live import Ear, Performance, Recording, free_port

HEADER = "time,0_pitch,1_velocity,~2_duration,3_channel#"
NUM_NOTES = 96
FILES = {
    "format.yaml": "cmd: format\ninput: song.mid\noutput: data.csv\n",
    "fork.toml": 'cmd = "fork"\ninput = "table.csv"\noutput = "low.csv"\nseed = 0\n'
                 'operations = ["sub(value=12, dims=0)", "clip(min=30, max=90, dims=0)"]\n',
    "train.yaml": "cmd: train\ninput: table.csv\noutput: model.pt\nhidden size: 12\nlayers: 1\n"
                  "mixtures: 3\ncontext: 12\nbatch-size: 4\nepochs: 2\nlr: 0.01\npatience: 15\n"
                  "dropout: 0.25\nbetas: [0.9, 0.99]\nseed: 1\ndevice: cpu\n"
                  "operations:\n  - addrand(range=(-6, 6), dims=0)\n",
    "run.yaml": "cmd: run\nmodels:\n  - model.pt\nin port: {in_port}\nout-port: {out_port}\n"
                "address: 127.0.0.1\ndevice: cpu\n",
    "gen.toml": 'cmd = "gen"\nmodel = "model.pt"\noutput = "out.csv"\ntokens = 30\n',
    "rec.yaml": "cmd: rec\nsize: 4\noutput: rec.csv\ntemporal: true\nmasked: [2]\n"
                "categorical: [3]\nin port: {in_port}\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The tutorial's folder: a MIDI file, a table as hachi machi writes them, and the files."""
    folder = tmp_path_factory.mktemp("tutorial")
    song = mido.MidiFile(ticks_per_beat=480)
    song.tracks.append(mido.MidiTrack())
    for note in (60, 64, 67, 72):
        values = dict(note=note, velocity=100, channel=0)
        song.tracks[0].append(mido.Message("note_on", **values))
        song.tracks[0].append(mido.Message("note_off", **values, time=240))
    song.save(folder / "song.mid")

    random = np.random.default_rng(0)
    rows = []
    for number in range(NUM_NOTES):
        pitch, channel = (60 + random.integers(0, 12), 1) if number % 2 else (36, 10)
        rows.append(f"{number * 0.1},{float(pitch)},{80 + number % 20}.0,0.25,{channel}.0")
    (folder / "table.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    return folder


def flagfile(folder, name, **ports):
    """The flag for one of the tutorial's files, written where it belongs."""
    (folder / name).write_text(FILES[name].format(**ports))
    return f"--flagfile={folder / name}"


@pytest.fixture(scope="module")
def model(folder):
    """The model of the tutorial, trained."""
    assert train.main([flagfile(folder, "train.yaml")]) == 0
    return folder / "model"


def test_a_midi_file_becomes_its_table(folder):
    assert prepare.main([flagfile(folder, "format.yaml")]) == 0
    lines = (folder / "data.csv").read_text().splitlines()
    assert lines[0] == HEADER
    cells = np.array([line.split(",") for line in lines[1:]], np.float64)
    expected = [[0.25 * row, pitch, 100, 0.25, 1] for row, pitch in enumerate((60, 64, 67, 72))]
    np.testing.assert_allclose(cells, expected, atol=1e-9)


def test_operations_change_its_table(folder):
    assert prepare.main([flagfile(folder, "fork.toml")]) == 0
    before, after = read_table(folder / "table.csv"), read_table(folder / "low.csv")
    np.testing.assert_array_equal(after.values[0], np.clip(before.values[0] - 12, 30, 90))
    np.testing.assert_array_equal(after.time, before.time)
    assert after.headers == before.headers == HEADER.split(",")


def test_it_learns_and_writes_a_table(folder, model):
    assert (model / "config.json").is_file()
    assert sample.main([flagfile(folder, "gen.toml")]) == 0
    table = read_table(folder / "out.csv")
    assert len(table) == 30 and table.headers == HEADER.split(",")
    assert (np.diff(table.time) >= 0).all() and set(table.values[3]) <= {"1", "10"}
    assert (table.values[0] >= 0).all() and (table.values[0] <= 127).all()


@pytest.mark.slow
def test_its_patch_plays_one_chain_beside_a_sensor_of_100_hz(folder, model):
    ear, in_port = Ear(), free_port()
    flags = flagfile(folder, "run.yaml", in_port=in_port, out_port=ear.port)
    band = Performance(flags, in_port=in_port, ear=ear)
    try:
        band.send("/1/input", 60.0, 100.0, 0.25, 1.0)
        heard_s, end = [], time.monotonic() + 3.0
        while time.monotonic() < end:
            heard = band.hear(0.01)
            if heard is None:
                band.send("/1/input", 50.0, 90.0, 10.0)  # the sensor, without the duration
                continue
            heard_s.append(time.monotonic())
            assert heard[0] == "/1/output" and len(heard[1]) == 4
            assert all(isinstance(value, float) for value in heard[1])
            assert heard[1][3] in (1.0, 10.0)
            band.send("/input", *heard[1])
        heard_s += [time.monotonic() for _ in band.quiet(1.5)]
        band.send("/status/get")
        _, (_, _, _, ignored, errors, inputs, outputs) = band.hear()
        assert band.hear()[0] == "/latency"
        # One output an input that was taken; what the sensor sent meanwhile was ignored.
        assert outputs == inputs == len(heard_s) and ignored > 0 and errors == 0
        # Delays were learned from 0.1 s; the sensor's own would be 10 ms.
        assert len(heard_s) > 3 and np.median(np.diff(heard_s)) > 0.02

        band.send("/1/sample")
        assert band.hear()[0] == "/1/output"
        for address in ("/1/reset", "/reset", "/1/cancel", "/cancel"):
            band.send(address)
        assert band.quiet(0.3) == []
        band.send("/foo", 1.0)  # said, and the playing goes on
        assert band.hear()[0] == "/error"
        band.send("/input", 60.0, 100.0, 1.0)
        assert band.hear()[0] == "/1/output"
        band.send("/stop")
        said = band.end()
        assert band.child.returncode == 0 and "Traceback" not in said
    finally:
        band.close()


def test_its_recorder_writes_its_table(folder):
    in_port = free_port()
    flags = flagfile(folder, "rec.yaml", in_port=in_port)
    recording = Recording(folder, flags, ports=())
    try:
        for values in ((1.0, 2.0, 3.0, 4.0), (5.0, 6.0, 0.5, 4.0)):
            recording.send(*values)
            time.sleep(0.02)
        recording.send(address="/stop")
        assert recording.end(None)["rows"] == 2
    finally:
        recording.close()
    lines = (folder / "rec.csv").read_text().splitlines()
    assert lines[0] == "time,0,1,~2,3#"
    first, second = (list(map(float, line.split(","))) for line in lines[1:])
    assert first == [0, 1, 2, 3, 4] and second[1:] == [5, 6, 0.5, 4] and 0 < second[0] < 5
