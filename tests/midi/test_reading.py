"""Reading MIDI files: times, note-off oddities, controllers, and everything that can be wrong."""

import struct

import mido
import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.midi import read_midi


def chunk(name, content):
    return name + struct.pack(">L", len(content)) + content


def smf(*tracks, division=480, form=None):
    """A file of tracks given as hexadecimal digits; an end of track is added."""
    form = (1 if len(tracks) > 1 else 0) if form is None else form
    content = chunk(b"MThd", struct.pack(">HHH", form, len(tracks), division))
    for track in tracks:
        content += chunk(b"MTrk", bytes.fromhex(track) + bytes.fromhex("00 FF2F00"))
    return content


def read(tmp_path, content, *arguments):
    path = tmp_path / "a.mid"
    path.write_bytes(content)
    return read_midi(path, *arguments)


def rows(table):
    """Rows of time, pitch, velocity, duration and channel; times to the nanosecond."""
    numbers = [table.time, *table.values[:3], table.values[3].astype(float)]
    return np.stack(numbers, -1).round(9).tolist()


def test_a_note_is_a_row_with_hachi_machis_columns(tmp_path):
    # A beat is half a second: on at beat 1, off at beat 3, channel 3.
    table = read(tmp_path, smf("8360 923C64 8740 823C40"))
    assert rows(table) == [[0.5, 60, 100, 1.0, 3]]
    names = [(column.name, column.categorical, column.target) for column in table.columns]
    assert names == [
        ("0_pitch", False, False),
        ("1_velocity", False, False),
        ("2_duration", False, True),
        ("3_channel", True, False),
    ]
    assert table.values[3].tolist() == ["3"]


def test_the_tempo_map_of_any_track_is_honoured(tmp_path):
    # 120 beats a minute, from beat 1 on 60, from beat 2 on 240, in a track of their own.
    tempos = "8360 FF5103 0F4240 8360 FF5103 03D090"
    notes = "00 903C40 8360 3C00 00 3E40 8630 3E00 00 4040 8360 4000"
    table = read(tmp_path, smf(tempos, notes), (), True)
    assert rows(table) == [
        [0.0, 60, 64, 0.5, 1],
        [0.5, 62, 64, 1.175, 1],
        [1.675, 64, 64, 0.25, 1],
    ]
    assert table.columns[4].name == "4_tempo"
    assert table.values[4].tolist() == [120, 60, 240]


@pytest.mark.parametrize(
    ("division", "tick_s"),
    [(0xE728, 1 / 25 / 40), (0xE850, 1 / 24 / 80), (0xE364, 1001 / 30_000 / 100), (0xE201, 1 / 30)],
)
def test_times_in_frames_need_no_tempo(tmp_path, division, tick_s):
    tempo = "00 FF5103 0F4240"
    table = read(tmp_path, smf(f"{tempo} 64 903C40 8148 803C00", division=division))
    np.testing.assert_allclose(rows(table), [[100 * tick_s, 60, 64, 200 * tick_s, 1]], atol=1e-9)


def test_running_status_and_velocity_0_end_notes(tmp_path):
    table = read(tmp_path, smf("00 903C40 60 3E50 60 3C00 60 3E00"))
    assert rows(table) == [[0.0, 60, 64, 0.2, 1], [0.1, 62, 80, 0.2, 1]]


def test_overlapping_notes_of_one_pitch_end_in_the_order_they_began(tmp_path):
    table = read(tmp_path, smf("00 903C40 60 3C50 60 3C00 8140 3C00"))
    np.testing.assert_allclose(rows(table), [[0, 60, 64, 0.2, 1], [0.1, 60, 80, 0.3, 1]])


def test_the_same_pitch_on_two_channels_is_two_notes(tmp_path):
    table = read(tmp_path, smf("00 903C40 00 993C50 60 803C00 60 893C00"))
    assert rows(table) == [[0.0, 60, 64, 0.1, 1], [0.0, 60, 80, 0.2, 10]]


def test_hanging_notes_are_closed_at_the_end_of_the_file_and_said(tmp_path, caplog):
    # The end of the other track is the file's; a note-off without a note is nothing.
    table = read(tmp_path, smf("00 903C40 00 803E00", "8360 B00100"))
    assert rows(table) == [[0.0, 60, 64, 0.5, 1]]
    assert "a.mid: notes that nothing ends, closed at its end: 1" in caplog.text


def test_all_notes_off_ends_the_notes_of_its_channel(tmp_path, caplog):
    table = read(tmp_path, smf("00 903C40 00 913C40 60 B07B00 60 813C00"))
    assert rows(table) == [[0.0, 60, 64, 0.1, 1], [0.0, 60, 64, 0.2, 2]]
    assert not caplog.text


def test_rows_are_sorted_by_time_then_channel_then_pitch(tmp_path):
    ons = "00 914840 00 904C40 00 903C40 60 903B40"
    offs = "60 814800 00 804C00 00 803C00 00 803B00"
    table = read(tmp_path, smf(f"{ons} {offs}"))
    assert [(row[0], row[4], row[1]) for row in rows(table)] == [
        (0.0, 1, 60), (0.0, 1, 76), (0.0, 2, 72), (0.1, 1, 59)
    ]  # fmt: skip


def test_controllers_are_what_they_are_when_a_note_begins(tmp_path):
    # The pedal goes down on channel 1, at the tick of the second note but later in the file.
    track = "00 903C40 60 803C00 00 903E40 00 914040 00 B0407F 60 803E00 00 814000"
    table = read(tmp_path, smf(track), (64, 7))
    assert [column.name for column in table.columns[4:]] == ["4_control_64", "5_control_7"]
    assert table.values[4].tolist() == [0, 127, 0]
    assert table.values[5].tolist() == [100, 100, 100]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "which begins with MThd"),
        (b"RIFF\0\0\0\0RMIDdata", "save its MIDI part"),
        (b"MThd\0\0\0\6\0", "cut short"),
        (smf("00 903C40 60 803C00")[:-6], "cut short"),
        (smf("00 903C40", "00 903C40")[:-20], "cut short"),
        (smf("00 903C40", form=2), "a MIDI file of format 0 or 1; got format 2"),
        (smf("00 903C40", form=7), "format 7, which nobody has defined"),
        (smf("00 903C40", division=0), "a division of 0"),
        (smf("00 903C40", division=0xE700), "a division of 0"),
        (smf("00 903C40", division=0x9001), "112 frames a second"),
        (smf("00 3C40"), "running status"),
        (smf("00 903CF0"), "data byte"),
        (smf("FF" * 200 + "7F 903C40"), "its times never end"),
        (smf("00 FF5103 07A120 00 B00740"), "a MIDI file with notes; got none"),
    ],
)
def test_what_is_no_such_file_is_named_with_a_reason(tmp_path, content, said):
    with pytest.raises(UserError, match=said) as caught:
        read(tmp_path, content)
    assert "a.mid" in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere.mid"):
        read_midi(tmp_path / "nowhere.mid")
    with pytest.raises(UserError, match="can be read"):
        read_midi(tmp_path)


@pytest.mark.parametrize("controllers", [(120,), (-1,), (7, 7)])
def test_controllers_that_do_not_exist_are_refused(tmp_path, controllers):
    with pytest.raises(UserError, match="different controllers from 0 to 119"):
        read(tmp_path, smf("00 903C40 60 803C00"), controllers)


def test_any_bytes_are_a_table_or_a_user_error(tmp_path):
    whole = smf("00 FF5103 0F4240 00 903C40 60 3E50 60 3C00 60 3E00 00 B00740")
    random = np.random.default_rng(0)
    read_well = 0
    for _ in range(200):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 2):
            damaged[place] = random.integers(0, 256)
        try:
            table = read(tmp_path, bytes(damaged))
        except UserError:
            continue
        read_well += 1
        assert np.isfinite(table.time).all() and (table.values[2] >= 0).all()
    assert read_well > 10


def test_mido_reads_the_same_times(tmp_path):
    random = np.random.default_rng(1)
    track, conductor = mido.MidiTrack(), mido.MidiTrack()
    for _ in range(60):
        pitch = int(random.integers(40, 80))
        track.append(mido.Message("note_on", note=pitch, time=int(random.integers(0, 300))))
        track.append(mido.Message("note_off", note=pitch, time=int(random.integers(0, 300))))
        tempo, ticks = (int(each) for each in random.integers(200_000, 900_000, 2))
        conductor.append(mido.MetaMessage("set_tempo", tempo=tempo, time=ticks % 300))
    file = mido.MidiFile(type=1, ticks_per_beat=96, tracks=[conductor, track])
    file.save(tmp_path / "b.mid")
    now, starts = 0.0, []
    for message in mido.MidiFile(tmp_path / "b.mid"):
        now += message.time
        starts += [now] if message.type == "note_on" else []
    table = read_midi(tmp_path / "b.mid")
    np.testing.assert_allclose(table.time, starts, rtol=1e-9)
