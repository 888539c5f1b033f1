"""MIDI ports and tables beside OSC, with toy models and ports that only remember."""

from types import SimpleNamespace

import mido
import pytest

from hachi_tf.errors import UserError
from hachi_tf.performing.connections import connected
from hachi_tf.schema import Feature, Schema
from tests.performing.test_midi_ports import FakeBackend


@pytest.fixture
def stage(clock):
    def make(*voices):
        errors = []
        return SimpleNamespace(
            voices=list(voices), clock=clock, post=lambda do: do(), report=errors.append,
            errors=errors,
        )  # fmt: skip

    return make


def test_a_table_comes_in_its_own_time(schema, play, clock, stage, tmp_path):
    path = tmp_path / "take.csv"
    path.write_text("time,0_pitch,~1_duration,2_channel#\n5,60,0.1,1\n5.3,61,,3\n6.05,62,1,1\n")
    voice = play(schema, delay_s=0.01)
    with connected(stage(voice), replay=str(path)):
        clock.advance(0.2)
        assert [values[1] for _, values, *_ in voice.model.calls] == [60]
        clock.advance(10)
    events = [values for _, values, *_ in voice.model.calls]
    assert [row[1] for row in events] == [60, 61, 62]
    assert [row[3] for row in events] == [0, 1, 0]
    assert [row[0] for row in events] == pytest.approx([0, 0.3, 0.75])
    assert all(row[2] != row[2] for row in events)  # targets are no inputs
    # Each is answered after the model's delay.
    assert [when - 100 for when, _ in voice.heard] == pytest.approx([0.01, 0.31, 1.06])


def test_a_table_is_played_faster(schema, play, clock, stage, tmp_path):
    path = tmp_path / "take.csv"
    path.write_text("time,0_pitch,2_channel#\n5,60,1\n5.3,61,3\n6.05,62,1\n")
    voice = play(schema, delay_s=0.01)
    with connected(stage(voice), replay=str(path), speed=2.5):
        clock.advance(10)
    assert [values[0] for _, values, *_ in voice.model.calls] == pytest.approx([0, 0.12, 0.3])


def test_a_row_that_a_voice_refuses_does_not_end_the_replay(schema, play, clock, stage, tmp_path):
    path = tmp_path / "take.csv"
    path.write_text("time,0_pitch,2_channel#\n0,60,1\n1,61,9\n2,62,3\n")
    voices = play(schema), play(schema)
    set_ = stage(*voices)
    with connected(set_, replay=str(path)):
        clock.advance(10)
    assert [len(voice.model.calls) for voice in voices] == [2, 2]
    assert [str(error) for error in set_.errors] == [
        "expected column 2_channel as one of 1, 3; got '9'"
    ] * 2


@pytest.mark.parametrize(
    "content, message",
    [
        ("time,x\n0,1\n", "inputs of model 1, 0_pitch, 2_channel; got x"),
        ("x,y\n0,1\n", "a column time for --replay, and a row"),
    ],
)
def test_a_table_of_other_columns_is_refused_before_it_begins(
    schema, play, stage, tmp_path, content, message
):
    path = tmp_path / "take.csv"
    path.write_text(content)
    with pytest.raises(UserError, match=message), connected(stage(play(schema)), replay=str(path)):
        pass


def test_midi_in_and_out(schema, play, clock, stage):
    backend = FakeBackend()
    voice = play(schema, delay_s=0.5)
    with connected(stage(voice), "Keys", "Through", backend=backend):
        output, source = backend.ports
        source.callback(mido.Message("note_on", channel=2, note=70, velocity=9))
        assert voice.model.calls[0][1][1::2] == [70, 1]
        assert output.lines() == []
        clock.advance(0.6)
        assert voice.heard[0][1] == [0, 0.5, 3.0]
        assert output.lines() == ["note_on 3 0 80"]
    assert output.lines()[1:] == ["note_off 3 0 0", "control_change 3 123 0"]
    assert source.is_closed and output.is_closed


def test_models_without_a_pitch_are_left_out_of_midi(schema, play, stage):
    other = Schema((Feature("x"), Feature("y"), Feature("z")))
    backend = FakeBackend()
    voices = play(other), play(schema)
    with connected(stage(*voices), "Keys", backend=backend):
        backend.ports[0].callback(mido.Message("note_on", channel=0, note=70, velocity=9))
    assert [len(voice.model.calls) for voice in voices] == [0, 1]
    with (
        pytest.raises(UserError, match="a column pitch"),
        connected(stage(play(other)), "", "Through", backend=backend),
    ):
        pass


def test_nothing_to_connect(schema, play, stage):
    with connected(stage(play(schema))):
        pass
