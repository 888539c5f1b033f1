"""Tables played back in their own time."""

import math
import socket
import time
from types import SimpleNamespace

import numpy as np
import pytest
from pythonosc.osc_message import OscMessage

from hachi_tf.errors import UserError
from hachi_tf.performing.replay import Replay, read_replay, to_osc, to_rows
from hachi_tf.tables import Column, Table


def make_table(time_s, columns=2):
    """A table whose first column counts and whose last one is a target."""
    time_s = np.asarray(time_s, np.float64)
    heads = tuple(Column(f"{index}", target=index == columns - 1) for index in range(columns))
    values = tuple(np.arange(len(time_s)) + 10.0 * index for index in range(columns))
    return Table(heads, time_s, values)


def test_rows_come_when_they_are_due():
    due = np.sort(np.random.default_rng(0).uniform(0, 0.5, 40)) + 7.0
    lateness_s = []
    for _ in range(5):  # while others keep the machine busy, nothing comes in time
        begin, seen = time.monotonic(), []
        replay = Replay(
            make_table(due), lambda row, seen=seen: seen.append((time.monotonic(), row))
        )
        replay.start()
        assert replay.wait(60)
        assert [row for _, row in seen] == [[float(index)] for index in range(40)]
        late_s = np.array([when for when, _ in seen]) - begin - (due - due[0])
        assert late_s.min() > -1e-6  # never before
        assert replay.played.rows == 40 and replay.played.failed == 0
        assert replay.seconds == due[-1] - due[0]
        lateness_s.append(np.median(late_s))
        if lateness_s[-1] < 0.02:
            break
    assert min(lateness_s) < 0.02


def test_speed_and_targets():
    took_s = []
    for _ in range(5):
        begin, seen = time.monotonic(), []
        replay = Replay(make_table([0.0, 0.2, 0.4]), seen.append, targets=True, speed=4.0)
        replay.start()
        assert replay.wait(60) and replay.seconds == pytest.approx(0.1)
        assert seen == [[0.0, 10.0], [1.0, 11.0], [2.0, 12.0]]
        took_s.append(time.monotonic() - begin)
        if took_s[-1] < 0.35:
            break
    assert 0.1 <= min(took_s) < 0.35


def test_a_row_that_is_refused_does_not_end_it():
    def send(row):
        if row[0] == 1:
            raise ValueError("no")

    replay = Replay(make_table([0, 0.01, 0.02]), send)
    replay.start()
    assert replay.wait(10)
    assert (replay.played.rows, replay.played.failed) == (3, 1)


def test_stop_ends_it_at_once():
    seen = []
    replay = Replay(make_table([0, 100.0]), seen.append)
    replay.start()
    while not seen:
        time.sleep(0.01)
    replay.stop()
    assert seen == [[0.0]] and replay.wait(0)


def test_labels_and_missing_cells_travel_as_osc_can_carry_them():
    columns = (Column("x"), Column("channel", categorical=True), Column("word", categorical=True))
    labels = np.array(["1", ""], object), np.array(["kick", "hat"], object)
    table = Table(columns, np.array([0.0, 0.1]), (np.array([0.5, math.nan]), *labels))
    first, second = to_rows(table)
    assert first == [0.5, 1.0, "kick"]
    assert math.isnan(second[0]) and math.isnan(second[1]) and second[2] == "hat"


def test_over_osc():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        send = to_osc("127.0.0.1", receiver.getsockname()[1], "/2/input")
        replay = Replay(make_table([0, 0.01], columns=3), send)
        replay.start()
        messages = [OscMessage(receiver.recv(1000)) for _ in range(2)]
    assert [(each.address, each.params) for each in messages] == [
        ("/2/input", [0.0, 10.0]),
        ("/2/input", [1.0, 11.0]),
    ]


@pytest.mark.parametrize("table", [make_table([]), SimpleNamespace(time=None)])
def test_a_table_needs_a_time_and_a_row(table):
    with pytest.raises(UserError, match="column time and at least one row"):
        Replay(table, print)


def test_a_speed_above_0():
    with pytest.raises(UserError, match="a speed above 0"):
        Replay(make_table([0]), print, speed=0)


def test_tables_and_midi_files_are_read(tmp_path):
    (tmp_path / "a.csv").write_text("time,x,~y\n0.0,1,2\n0.5,3,4\n")
    table = read_replay(tmp_path / "a.csv")
    assert to_rows(table, targets=False) == [[1.0], [3.0]] and table.time.tolist() == [0.0, 0.5]
