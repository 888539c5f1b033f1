"""Files of events and strokes into one another, and operations on them."""

import json

import mido
import numpy as np
import pytest

from hachi_tf.data.conversion import apply_operations, read_sequences, write_sequences
from hachi_tf.errors import UserError
from hachi_tf.midi import write_midi
from hachi_tf.rendering import read_npz, save
from hachi_tf.tables import read_table

# What hachi machi 0.1.0a4 writes for `fork table.csv` with each of these operations, of this
# table. Its columns are then called 0, 1 and 2.
TABLE = "time,x,y,z\n1.0,3.0,-1,10.0\n1.5,1.0,2,20.0\n2.25,2.0,-1,40.0\n2.25,5.0,3,80.0\n"
FORKED = {
    "add(value=1)": "2,4,0,11 3.5,2,3,21 5.25,3,0,41 6.25,6,4,81",
    "add(value=1, dims=0)": "1,4,-1,10 1.5,2,2,20 2.25,3,-1,40 2.25,6,3,80",
    "add(value=1, dims=[0,t])": "2,4,-1,10 3.5,2,2,20 5.25,3,-1,40 6.25,6,3,80",
    "add(value=mean, dims=2)": "1,3,-1,47.5 1.5,1,2,57.5 2.25,2,-1,77.5 2.25,5,3,117.5",
    "sub(value=mean, axis=feature, dims=(0,1))": "1,2,-2,10 1.5,-.5,.5,20 2.25,1.5,-1.5,40 "
    "2.25,1,-1,80",
    "sub(value=mean, axis=NONE, dims=(0,1))": "1,1.25,-2.75,10 1.5,-.75,.25,20 2.25,.25,-2.75,40 "
    "2.25,3.25,1.25,80",
    "div(value=std, dims=0)": "1,1.75662005,-1,10 1.5,.585540,2,20 2.25,1.17107999,-1,40 "
    "2.25,2.92770004,3,80",
    "mul(value=2)": "2,6,-2,20 3,2,4,40 4.5,4,-2,80 4.5,10,6,160",
    "cumsum()": "1,3,-1,10 2.5,4,1,30 4.75,6,0,70 7,11,3,150",
    "diff(dims=0)": "1,0,-1,10 1.5,-2,2,20 2.25,1,-1,40 2.25,3,3,80",
    "rev()": "0,5,3,80 .75,2,-1,40 1.25,1,2,20 2.25,3,-1,10",
    "rev(dims=t)": "0,3,-1,10 .75,1,2,20 1.25,2,-1,40 2.25,5,3,80",
    "clip(min=0, max=2, dims=(0,1))": "1,2,0,10 1.5,1,2,20 2.25,2,0,40 2.25,2,2,80",
    "clip(min=mean, axis=time)": "1,3,.75,37.5 1.5625,2.75,2,37.5 2.3125,2.75,.75,40 2.875,5,3,80",
    "sort()": "0,5,3,80 .5,1,2,20 1.25,2,-1,40 2.25,3,-1,10",
    "sort(by=1)": ".5,1,2,20 1.25,2,-1,40 2.25,3,-1,10 2.25,5,3,80",
    "sort(by=0, descending=true)": "1,3,-1,10 1.75,2,-1,40 2.25,1,2,20 2.25,5,3,80",
    "mul(value=10, dims=0); add(value=1, dims=0)": "1,31,-1,10 1.5,11,2,20 2.25,21,-1,40 "
    "2.25,51,3,80",
}


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("operation", FORKED)
def test_operations_give_a_table_what_hachi_machi_gives_it(tmp_path, operation):
    (table,) = read_sequences(write(tmp_path / "t.csv", TABLE))
    (found,) = apply_operations([table], [operation], 0)
    rows = np.column_stack([found.time, *found.values])
    expected = [[float(cell) for cell in row.split(",")] for row in FORKED[operation].split()]
    np.testing.assert_allclose(rows, expected, rtol=1e-6)
    assert found.headers == ["time", "x", "y", "z"]


def test_times_and_values_that_no_operation_touches_stay_to_the_last_bit(tmp_path):
    random = np.random.default_rng(0)
    times, values = np.cumsum(random.random(50)) - 3, random.normal(size=50)
    pairs = enumerate(zip(times.tolist(), values.tolist(), strict=True))
    lines = [f"{time!r},{value!r},{row % 3},1.0" for row, (time, value) in pairs]
    path = write(tmp_path / "t.csv", "time,x,~k#,y\n" + "\n".join(lines) + "\n")
    (found,) = apply_operations(read_sequences(path), ["addrand(dims=2)"], 5)
    np.testing.assert_array_equal(found.time, times)
    np.testing.assert_array_equal(found.values[0], values)
    assert found.values[1].tolist() == [str(i % 3) for i in range(50)]
    assert found.headers == ["time", "x", "~k#", "y"]
    assert len(set(found.values[2])) == 1 and 1 < found.values[2][0] < 2
    (again,) = apply_operations(read_sequences(path), ["addrand(dims=y)"], 5)
    np.testing.assert_array_equal(again.values[2], found.values[2])
    (other,) = apply_operations(read_sequences(path), ["addrand(dims=y)"], 6)
    assert other.values[2][0] != found.values[2][0]


def test_missing_values_stay_missing(tmp_path):
    path = write(tmp_path / "t.csv", "time,x,k#\n0,1,a\n1,,\n2,4,b\n")
    (found,) = apply_operations(read_sequences(path), ["diff(dims=x); rev(dims='k')"], 0)
    np.testing.assert_array_equal(found.values[0], [0, np.nan, 3])
    assert found.values[1].tolist() == ["b", "", "a"]


@pytest.mark.parametrize("suffix", [".csv", ".json", ".txt", ".llll"])
def test_tables_become_each_other(tmp_path, suffix):
    path = write(tmp_path / "t.csv", "time,x,~k#\n0.5,1.25,1\n1,-2,3\n")
    (written,) = write_sequences(read_sequences(path), tmp_path / f"out{suffix}")
    (table,) = read_sequences(written)
    assert table.headers == ["time", "x", "~k#"]
    np.testing.assert_array_equal(table.time, [0.5, 1])
    np.testing.assert_array_equal(table.values[0], [1.25, -2])
    assert table.values[1].tolist() == ["1", "3"]


NOTES = "time,0_pitch,1_velocity,~2_duration,3_channel#\n0,60,100,0.5,1\n0.25,64,90,0.5,2\n"


def test_midi_becomes_a_table_and_a_table_midi(tmp_path):
    table = read_table(write(tmp_path / "t.csv", NOTES))
    write_midi(table, tmp_path / "t.mid")
    (found,) = read_sequences(tmp_path / "t.mid")
    assert found.headers == ["time", "0_pitch", "1_velocity", "~2_duration", "3_channel#"]
    higher = apply_operations([found], ["add(value=12, dims=0)"], 0)
    (path,) = write_sequences(higher, tmp_path / "higher.mid")
    pitches = [m.note for m in mido.MidiFile(path) if m.type == "note_on" and m.velocity]
    assert pitches == [72, 76]
    too_high = apply_operations([found], ["add(value=100, dims=0)"], 0)
    with pytest.raises(UserError, match="pitch from 0 to 127"):
        write_sequences(too_high, tmp_path / "none.mid")
    assert not (tmp_path / "none.mid").exists()


def test_arrays_hold_delays_and_indices_of_classes(tmp_path):
    table = read_table(write(tmp_path / "t.csv", NOTES))
    (path,) = write_sequences([table], tmp_path / "t.npz")
    expected = np.float32([[0, 60, 100, 0.5, 0], [0.25, 64, 90, 0.5, 1]])
    np.testing.assert_array_equal(read_npz(path)[0], expected)
    (numbered,) = read_sequences(path)
    assert numbered.headers == ["0", "1", "2", "3", "4"]
    for suffix in (".svg", ".png"):
        (picture,) = write_sequences([table], tmp_path / f"t{suffix}")
        assert picture.stat().st_size > 500
    with pytest.raises(UserError, match="strokes .* for .gif"):
        write_sequences([table], tmp_path / "t.gif")


EVENTS = np.array([[3, 4, 0], [1, -2, 1], [5, 5, 0], [2, 0, 1]], np.float64)


def test_strokes_go_to_tables_and_pictures_and_back(tmp_path):
    save([EVENTS], tmp_path / "s.npz")
    (table,) = read_sequences(tmp_path / "s.npz")
    assert table.headers == ["dx", "dy", "end_of_stroke"]
    (path,) = write_sequences([table], tmp_path / "s.csv")
    (found,) = apply_operations(read_sequences(path), ["mul(value=2)"], 0)  # but not the lifts
    np.testing.assert_array_equal(np.stack(found.values, 1), EVENTS * [2, 2, 1])
    for suffix in (".svg", ".png", ".gif", ".npz"):
        (picture,) = write_sequences([found], tmp_path / f"s2{suffix}")
        assert picture.stat().st_size > 100
    np.testing.assert_array_equal(read_npz(picture)[0], EVENTS * [2, 2, 1])


def test_drawings_become_events(tmp_path):
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><g fill="none" stroke="black">'
    svg += '<path d="M10 10L13 14L14 12"/><path d="M19 17L21 17"/></g></svg>'
    (found,) = read_sequences(write(tmp_path / "s.svg", svg))
    np.testing.assert_allclose(np.stack(found.values, 1), EVENTS)
    strokes = [[[10, 10], [13, 14], [14, 12]], [[19, 17], [21, 17]]]
    for value in (strokes, {"strokes": strokes}):
        (found,) = read_sequences(write(tmp_path / "s.json", json.dumps(value)))
        np.testing.assert_array_equal(np.stack(found.values, 1), EVENTS)


def test_several_sequences_keep_apart(tmp_path):
    samples = [EVENTS, EVENTS[:2], EVENTS[2:]]
    for suffix in (".npz", ".csv"):
        tables = read_sequences(save(samples, tmp_path / f"s{suffix}"))
        assert [len(table) for table in tables] == [4, 2, 2]
        np.testing.assert_array_equal(np.stack(tables[2].values, 1), EVENTS[2:])
        changed = apply_operations(tables, ["addrand(dims=0)"], 0)
        moved = [t.values[0][0] - e[0, 0] for t, e in zip(changed, samples, strict=True)]
        assert len(set(moved)) == 3
    paths = write_sequences(tables, tmp_path / "t.txt")
    assert [path.name for path in paths] == ["t-1.txt", "t-2.txt", "t-3.txt"]
    assert len(read_npz(write_sequences(tables, tmp_path / "t.npz")[0])) == 3


def test_a_column_of_labels_does_not_number_samples(tmp_path):
    path = tmp_path / "labelled.csv"
    path.write_text("sample#,dx,dy,end_of_stroke\n0,1,2,0\n1,5,6,1\n")
    (table,) = read_sequences(path)
    assert table.names == ["sample", "dx", "dy", "end_of_stroke"] and len(table) == 2


def test_nothing_is_written_when_one_of_several_cannot_be(tmp_path):
    tables = [read_table(write(tmp_path / "t.csv", NOTES)) for _ in range(2)]
    tables[1].values[0][:] = 300
    with pytest.raises(UserError, match="pitch from 0 to 127"):
        write_sequences(tables, tmp_path / "m.mid")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize("name", ["a.wav", "a", "a.pt"])
def test_other_suffixes_are_named_with_the_right_ones(tmp_path, name):
    with pytest.raises(UserError, match=".csv, .json, .txt, .llll, .mid"):
        read_sequences(tmp_path / name)
    with pytest.raises(UserError, match=".csv, .json, .txt, .llll, .mid"):
        write_sequences([read_table(write(tmp_path / "t.csv", NOTES))], tmp_path / name)
