"""Primes of events."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.midi import write_midi
from hachi_tf.rendering.events import save_events
from hachi_tf.schema import Feature, Schema
from hachi_tf.tables import Column, Table
from hachi_tf.writing.events import read_events

NOTES = Schema(
    (
        Feature("time", unit="s", quantum=0.001),
        Feature("0_pitch", quantum=1.0),
        Feature("1_velocity", quantum=1.0),
        Feature("2_duration", unit="s", role="target", quantum=0.001),
        Feature("3_channel", "categorical", classes=("1", "10")),
    )
)
EVENTS = np.array([[0.0, 60, 64, 0.5, 1], [0.25, 62, 70, 0.25, 0]])


@pytest.mark.parametrize("suffix", [".csv", ".json", ".txt", ".llll", ".mid", ".npz"])
def test_what_sample_writes_is_a_prime(tmp_path, suffix):
    save_events([EVENTS], tmp_path / f"a{suffix}", NOTES)
    found = read_events(tmp_path / f"a{suffix}", NOTES)
    np.testing.assert_allclose(found, EVENTS, atol=1e-6)


def test_controllers_and_tempo_of_a_midi_file_are_read_if_the_model_has_them(tmp_path):
    more = (Feature("4_control_64", quantum=1.0), Feature("5_tempo", quantum=1.0))
    names = ("0_pitch", "1_velocity", "2_duration", "4_control_64", "5_tempo")
    values = [np.array([float(value)]) for value in (60, 64, 0.5, 99, 90)]
    channel = np.array(["10"], object)
    heads = tuple(map(Column, names)) + (Column("3_channel", categorical=True),)
    write_midi(Table(heads, np.zeros(1), (*values, channel)), tmp_path / "a.mid")
    schema = Schema(NOTES.features + more)
    found = read_events(tmp_path / "a.mid", schema)
    np.testing.assert_allclose(found, [[0, 60, 64, 0.5, 1, 99, 90]], atol=1e-6)


def test_a_class_that_the_model_does_not_know_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("time,0_pitch,1_velocity,~2_duration,3_channel#\n0,60,64,1,7\n")
    with pytest.raises(UserError, match="7"):
        read_events(tmp_path / "a.csv", NOTES)


@pytest.mark.parametrize("name", ["a.doc", "nowhere.mid", "nowhere.csv", "nowhere.npz"])
def test_what_is_no_such_file_is_refused(tmp_path, name):
    with pytest.raises(UserError):
        read_events(tmp_path / name, NOTES)


def test_an_npz_of_other_columns_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", events=np.zeros([1, 4, 3]), lengths=np.int32([4]))
    with pytest.raises(UserError, match="samples of time, 0_pitch"):
        read_events(tmp_path / "a.npz", NOTES)
