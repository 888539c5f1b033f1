"""Live MIDI through ports that only remember what was sent."""

import sys
import time

import mido
import pytest

from hachi_tf.errors import UserError
from hachi_tf.performing import midi_ports
from hachi_tf.performing.midi_ports import MidiInput, MidiOutput
from hachi_tf.performing.notes import Note


class FakePort:
    def __init__(self, name, callback=None, **options):
        self.name, self.callback, self.options = name, callback, options
        self.sent, self.is_closed, self.is_broken = [], False, False

    def send(self, message):
        if self.is_broken:
            raise OSError("unplugged")
        self.sent.append((time.monotonic(), message))

    def close(self):
        self.is_closed = True

    def lines(self):
        """What was sent, as e.g. `note_on 1 60 100`."""
        return [
            " ".join(map(str, [message.type, message.channel + 1, *message.bytes()[1:]]))
            for _, message in self.sent
        ]


class FakeBackend:
    """mido's functions over ports of four names."""

    Message = mido.Message
    names = ("Keys 24:0", "Synth 128:0", "Synth 128:1", "Through")

    def __init__(self):
        self.ports = []

    def get_input_names(self):
        return list(self.names)

    get_output_names = get_input_names

    def open_input(self, name, **options):
        self.ports.append(FakePort(name, **options))
        return self.ports[-1]

    open_output = open_input


def test_what_comes_while_the_port_is_opened_is_heard_or_counted(backend, caplog):
    class Eager(FakePort):
        def __init__(self, name, callback=None, **options):
            super().__init__(name, callback, **options)
            callback(mido.Message("note_on", note=60, velocity=9))

    backend.open_input = Eager
    source = MidiInput("Through", lambda note, controls: 1 / 0, backend)
    assert (source.num_notes, source.num_failed) == (0, 1) and "MIDI from Through" in caplog.text


@pytest.fixture
def backend():
    return FakeBackend()


def test_a_note_that_begins_is_told_with_its_channels_controllers(backend):
    taken = []
    midi = MidiInput("keys", lambda *each: taken.append(each), backend)
    port = backend.ports[0]
    assert midi.name == "Keys 24:0"
    port.callback(mido.Message("control_change", channel=9, control=64, value=127))
    port.callback(mido.Message("control_change", channel=0, control=64, value=1))
    port.callback(mido.Message("note_on", channel=9, note=60, velocity=100))
    port.callback(mido.Message("note_on", channel=9, note=60, velocity=0))
    port.callback(mido.Message("note_off", channel=9, note=60))
    port.callback(mido.Message("pitchwheel", pitch=5))
    port.callback(mido.Message("clock"))
    assert taken == [(Note(60, 100, 10), {64: 127})] and midi.num_notes == 1
    midi.close()
    assert port.is_closed


def test_what_is_done_wrong_with_a_note_does_not_end_the_input(backend):
    def take(note, controls):
        if note.pitch == 60:
            raise ValueError("no")

    midi = MidiInput("Keys", take, backend)
    for pitch in (60, 61):
        backend.ports[0].callback(mido.Message("note_on", note=pitch, velocity=1))
    assert (midi.num_notes, midi.num_failed) == (1, 1)


def test_a_note_ends_after_its_duration(backend):
    lasted_s = []
    for _ in range(5):  # while others keep the machine busy, nothing comes in time
        midi = MidiOutput("Through", backend)
        assert midi.play(Note(60, 100, 2, 0.12))
        assert midi.play(Note(64, 127, 10, 0.05))
        port = backend.ports[-1]
        deadline = time.monotonic() + 30
        while len(port.sent) < 4 and time.monotonic() < deadline:
            time.sleep(0.005)
        assert port.lines() == [
            "note_on 2 60 100", "note_on 10 64 127", "note_off 10 64 0", "note_off 2 60 0"
        ]  # fmt: skip
        lasted_s.append(port.sent[3][0] - port.sent[0][0])
        midi.close()
        assert port.is_closed and len(port.sent) == 4
        if lasted_s[-1] < 0.12 + 0.1:
            break
    assert 0.12 <= min(lasted_s) < 0.12 + 0.1


def test_a_pitch_that_sounds_ends_before_it_begins_anew_and_lasts_its_own_time(backend):
    midi = MidiOutput("Through", backend)
    midi.play(Note(60, 90, 1, 0.05))
    midi.play(Note(60, 80, 1, 100.0))
    port = backend.ports[0]
    assert port.lines() == ["note_on 1 60 90", "note_off 1 60 0", "note_on 1 60 80"]
    time.sleep(0.15)
    assert len(port.sent) == 3  # the first one's end is not the second one's
    midi.close()


def test_close_ends_all_notes(backend):
    midi = MidiOutput("Through", backend)
    for pitch in (60, 64, 67):
        midi.play(Note(pitch, 90, 1, 100.0))
    midi.close()
    lines = backend.ports[0].lines()
    assert sorted(lines[3:6]) == ["note_off 1 60 0", "note_off 1 64 0", "note_off 1 67 0"]
    assert lines[6:] == ["control_change 1 123 0"]
    assert not midi.play(Note(60, 90, 1, 1.0))
    midi.close()


def test_a_controller_is_sent_when_it_changes(backend):
    midi = MidiOutput("Through", backend)
    for value in (100, 100, 127):
        midi.play(Note(60, 90, 1, 0.5), {7: value})
    lines = [line for line in backend.ports[0].lines() if line.startswith("control")]
    assert lines == ["control_change 1 7 100", "control_change 1 7 127"]
    midi.close()


def test_a_port_that_goes_away_is_counted(backend):
    midi = MidiOutput("Through", backend)
    backend.ports[0].is_broken = True
    midi.play(Note(60, 90, 1, 0.01))
    midi.close()
    assert midi.num_failed >= 2


@pytest.mark.parametrize("name, count", [("Nothing", "fits 0"), ("synth", "fits 2")])
def test_a_name_must_fit_one_port(backend, name, count):
    with pytest.raises(UserError, match=f"--midi_out.*{count} of: Keys 24:0, Synth"):
        MidiOutput(name, backend)
    with pytest.raises(UserError, match=count):
        midi_ports.check_port("output", name, backend)
    assert backend.ports == []


def test_a_virtual_port_is_made(backend):
    midi_ports.check_port("output", "virtual:hachi", backend)
    assert backend.ports == []
    midi = MidiOutput("virtual:hachi", backend)
    assert backend.ports[0].name == "hachi" and backend.ports[0].options == {"virtual": True}
    midi.close()


def test_without_a_backend_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    monkeypatch.setattr(mido, "backend", mido.Backend("mido.backends.rtmidi"))
    with pytest.raises(UserError, match="pip install python-rtmidi"):
        midi_ports.port_names()
