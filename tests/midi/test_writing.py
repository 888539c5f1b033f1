"""Writing MIDI files: golden bytes, two libraries, round trips, values out of range."""

import mido
import numpy as np
import pytest
import umidiparser
from hypothesis import given, settings
from hypothesis import strategies as st

from hachi_tf.errors import UserError
from hachi_tf.midi import read_midi, write_midi
from hachi_tf.tables import Column, Table

NAMES = ("0_pitch", "1_velocity", "2_duration", "3_channel")
TICK_S = 0.001


def table(rows, names=NAMES):
    """A table of rows of time and the named columns; channels become labels."""
    columns = np.array(rows, object).reshape(len(rows), len(names) + 1).T
    values = []
    for name, column in zip(names, columns[1:], strict=True):
        is_label = name.endswith("channel")
        values.append(np.array([str(v) if is_label else v for v in column],
                               object if is_label else float))  # fmt: skip
    heads = tuple(Column(name, categorical=name.endswith("channel")) for name in names)
    return Table(heads, columns[0].astype(float), tuple(values))


def rows(table):
    """Rows of time, pitch, velocity, duration and channel, `[N, 5]`."""
    return np.stack([table.time, *table.values[:3], table.values[3].astype(float)], -1)


def mido_notes(path):
    """Onset in s, pitch, velocity, duration and channel, as mido plays the file."""
    now, begun, notes = 0.0, {}, []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on":
            begun[message.channel, message.note] = (now, message.velocity)
        elif message.type == "note_off":
            start, velocity = begun.pop((message.channel, message.note))
            notes.append((start, message.note, velocity, now - start, message.channel + 1))
    return sorted(notes)


def umidiparser_notes(path):
    """The same, as umidiparser reads the file."""
    now_us, begun, notes = 0, {}, []
    for event in umidiparser.MidiFile(str(path)):
        now_us += event.delta_us
        if event.status == umidiparser.NOTE_ON:
            begun[event.channel, event.note] = (now_us, event.velocity)
        elif event.status == umidiparser.NOTE_OFF:
            start, velocity = begun.pop((event.channel, event.note))
            lasts = (now_us - start) / 1e6
            notes.append((start / 1e6, event.note, velocity, lasts, event.channel + 1))
    return sorted(notes)


def test_golden_bytes(tmp_path):
    write_midi(table([(0.0, 60, 100, 0.25, 1), (0.1, 64, 80, 0.3, 10)]), tmp_path / "a.mid")
    tempo = "00FF5103 075300 00FF2F00"
    first = "00FF0309 6368616E6E656C2031 00903C64 817A803C00 00FF2F00"
    tenth = "00FF030A 6368616E6E656C203130 64994050 822C894000 00FF2F00"
    expected = "4D546864 00000006 0001 0003 01E0"
    for track in (tempo, first, tenth):
        expected += f"4D54726B {len(bytes.fromhex(track)):08X} {track}"
    assert (tmp_path / "a.mid").read_bytes() == bytes.fromhex(expected)


def test_two_libraries_read_the_same_notes(tmp_path):
    random = np.random.default_rng(0)
    starts = np.sort(random.integers(0, 60_000, 300)) / 1000
    notes = [
        (start, int(random.integers(0, 128)), int(random.integers(1, 128)),
         int(random.integers(1, 150)) / 1000, int(random.integers(1, 17)))
        for start in starts.tolist()
    ]  # fmt: skip
    write_midi(table(notes), tmp_path / "a.mid")
    for read in (mido_notes, umidiparser_notes):
        found = read(tmp_path / "a.mid")
        np.testing.assert_allclose(found, sorted(notes), atol=1e-6)
    np.testing.assert_allclose(rows(read_midi(tmp_path / "a.mid")), sorted(notes), atol=1e-9)


note = st.tuples(
    st.floats(0, 1000), st.integers(0, 127), st.integers(1, 127), st.floats(0.001, 20),
    st.integers(1, 16),
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(note, min_size=1, max_size=20, unique_by=lambda each: (each[1], each[4])))
def test_what_is_written_reads_back_within_a_tick(tmp_path_factory, notes):
    path = tmp_path_factory.mktemp("midi") / "a.mid"
    write_midi(table(notes), path)
    found = rows(read_midi(path))
    order = np.lexsort((found[:, 1], found[:, 4]))
    expected = np.array(sorted(notes, key=lambda each: (each[4], each[1])))
    np.testing.assert_array_equal(found[order][:, [1, 2, 4]], expected[:, [1, 2, 4]])
    np.testing.assert_allclose(found[order][:, 0], expected[:, 0], atol=TICK_S / 2 + 1e-9)
    np.testing.assert_allclose(found[order][:, 3], expected[:, 3], atol=TICK_S + 1e-9)


@settings(max_examples=20, deadline=None)
@given(st.lists(note, min_size=1, max_size=20), st.data())
def test_controllers_and_tempos_read_back_too(tmp_path_factory, notes, data):
    path = tmp_path_factory.mktemp("midi") / "a.mid"
    # Apart in time, so that a note's controller is its own.
    notes = [(index * 0.5 + 0.001, *each[1:]) for index, each in enumerate(notes)]
    pedals = data.draw(st.lists(st.integers(0, 127), min_size=len(notes), max_size=len(notes)))
    bpms = data.draw(st.lists(st.integers(30, 300), min_size=len(notes), max_size=len(notes)))
    longer = [(*each, *more) for each, *more in zip(notes, pedals, bpms, strict=True)]
    write_midi(table(longer, (*NAMES, "4_control_64", "5_tempo")), path)
    found = read_midi(path, (64,), True)
    slowest_tick_s = 60 / min(bpms) / 480
    np.testing.assert_allclose(found.time, [n[0] for n in notes], atol=slowest_tick_s)
    np.testing.assert_array_equal(found.values[4], pedals)
    np.testing.assert_allclose(found.values[5], bpms, rtol=1e-4)


def test_a_long_piece_does_not_drift(tmp_path):
    times = np.cumsum(np.full(2000, 0.0104))
    write_midi(table([(time, 60, 64, 0.005, 1) for time in times]), tmp_path / "a.mid")
    assert np.abs(read_midi(tmp_path / "a.mid").time - times).max() <= TICK_S / 2 + 1e-9


def test_a_pitch_that_sounds_is_ended_before_it_begins_anew(tmp_path):
    notes = [(0.0, 60, 64, 1.0, 1), (0.5, 60, 70, 1.0, 1), (0.5, 60, 71, 0.2, 1)]
    write_midi(table(notes), tmp_path / "a.mid")
    expected = [(0.0, 60, 64, 0.5, 1), (0.5, 60, 70, 1.0, 1)]
    np.testing.assert_allclose(mido_notes(tmp_path / "a.mid"), expected, atol=1e-9)
    np.testing.assert_allclose(umidiparser_notes(tmp_path / "a.mid"), expected, atol=1e-9)


def test_columns_that_are_missing_have_defaults_and_rows_without_pitch_are_skipped(tmp_path):
    rows = [(0.5, np.nan), (1.0, 61), (0.0, 60)]
    write_midi(table(rows, ("Pitch",)), tmp_path / "a.mid")
    expected = [(0.0, 60, 80, 0.25, 1), (1.0, 61, 80, 0.25, 1)]
    np.testing.assert_allclose(mido_notes(tmp_path / "a.mid"), expected, atol=1e-9)


def test_without_durations_a_row_of_velocity_0_ends_a_note_as_keyboards_send_it(tmp_path):
    rows = [(0.0, 60, 90), (0.1, 64, 80), (0.4, 60, 0), (1.0, 60, 0)]
    write_midi(table(rows, ("pitch", "velocity")), tmp_path / "a.mid")
    expected = [(0.0, 60, 90, 0.4, 1), (0.1, 64, 80, 0.25, 1)]
    np.testing.assert_allclose(mido_notes(tmp_path / "a.mid"), expected, atol=1e-9)


def test_what_is_outside_only_by_rounding_is_brought_back(tmp_path):
    notes = [(0.0, 127.4, 0.6, 0.1, 1), (0.2, -0.4, 127.5, 0.1, 1), (0.4, 60.6, 99.5, 0.1, 1)]
    write_midi(table(notes), tmp_path / "a.mid")
    found = rows(read_midi(tmp_path / "a.mid"))
    assert found[:, 1:3].tolist() == [[127, 1], [0, 127], [61, 100]]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((0.0, 128, 64, 0.1, 1), "a pitch from 0 to 127 for MIDI; got 128 in row 2"),
        ((0.0, -1, 64, 0.1, 1), "a pitch from 0 to 127"),
        ((0.0, np.inf, 64, 0.1, 1), "a pitch from 0 to 127"),
        ((0.0, 60, 200, 0.1, 1), "a velocity from 0 to 127"),
        ((0.0, 60, 64, -0.1, 1), "a duration of 0 and up"),
        ((0.0, 60, 64, 0.1, 0), "a channel from 1 to 16"),
        ((0.0, 60, 64, 0.1, "piano"), "numbers in the column 3_channel"),
        ((-0.5, 60, 64, 0.1, 1), "a time of 0 and up"),
        ((np.nan, 60, 64, 0.1, 1), "a time of 0 and up"),
        ((1e6, 60, 64, 0.1, 1), "within some 74 hours"),
    ],
)
def test_values_out_of_range_are_named_with_their_row(tmp_path, row, said):
    with pytest.raises(UserError, match=said):
        write_midi(table([(0.0, 50, 64, 0.1, 1), row]), tmp_path / "a.mid")
    assert not list(tmp_path.iterdir())


def test_a_table_without_time_or_pitch_is_refused(tmp_path):
    plain = table([(0.0, 60)], ("0_pitch",))
    with pytest.raises(UserError, match="a column time"):
        write_midi(Table(plain.columns, None, plain.values), tmp_path / "a.mid")
    with pytest.raises(UserError, match="a column pitch or 0_pitch, which MIDI needs; got speed"):
        write_midi(table([(0.0, 60)], ("speed",)), tmp_path / "a.mid")


def test_no_notes_make_a_file_that_opens(tmp_path):
    write_midi(table([], NAMES), tmp_path / "new" / "a.mid")
    assert mido.MidiFile(tmp_path / "new" / "a.mid").length == 0
