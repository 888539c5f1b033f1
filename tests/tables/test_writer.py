import subprocess
import sys

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.tables import Column, TableWriter, read_table

COLUMNS = (Column("0_pitch"), Column("1_name", categorical=True))


def test_each_event_is_in_the_file_when_write_returns(tmp_path):
    path = tmp_path / "new" / "a.csv"
    with TableWriter(path, COLUMNS) as writer:
        assert path.read_text() == "time,0_pitch,1_name#\n"
        writer.write(0.0, [60, "a, b"])
        assert path.read_text().endswith('\n0,60,"a, b"\n')
        writer.write(np.float64(0.1234567), [np.float32(0.5), 3.0])
        assert path.read_text().endswith("\n0.123457,0.5,3\n")
        writer.write(0.2, [float("nan"), None])
        assert path.read_text().endswith("\n0.2,,\n")
        assert writer.num_events == 3
    table = read_table(path)
    assert table.columns == COLUMNS and table.values[1].tolist() == ["a, b", "3", ""]


def test_without_time(tmp_path):
    with TableWriter(tmp_path / "a.csv", COLUMNS, temporal=False) as writer:
        writer.write(None, [1, "x"])
        with pytest.raises(UserError, match="2 values; got a time and 2"):
            writer.write(1.0, [1, "x"])
    assert read_table(tmp_path / "a.csv").time is None


def test_a_killed_process_loses_nothing(tmp_path):
    code = (
        "import os, sys; from hachi_tf.tables import *; "
        "w = TableWriter(sys.argv[1], [Column('a')]); "
        "[w.write(i / 8, [i]) for i in range(1000)]; os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.csv"])
    assert done.returncode == 9
    np.testing.assert_array_equal(read_table(tmp_path / "a.csv").time, np.arange(1000) / 8)


def test_a_table_is_gone_on_with_and_a_torn_line_removed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time,0_pitch,1_name#\n7,1,a\n8,2,b\n9,3")
    with TableWriter(path, COLUMNS) as writer:
        writer.write(5.0, [3, "c"])  # before the last one: a time never goes backwards
        writer.write(8.5, [4, "d"])
    table = read_table(path)
    assert table.time.tolist() == [7, 8, 8, 8.5] and table.values[0].tolist() == [1, 2, 3, 4]
    path.write_text("time,0_pi")
    TableWriter(path, COLUMNS).close()
    assert path.read_text() == "time,0_pitch,1_name#\n"


def test_other_files_are_left_alone(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time,other\n1,2\n")
    with pytest.raises(UserError, match=r"columns time,0_pitch,1_name#; got .*a.csv with others"):
        TableWriter(path, COLUMNS)
    assert path.read_text() == "time,other\n1,2\n"
    with pytest.raises(UserError, match="a .csv file to append to"):
        TableWriter(tmp_path / "a.json", COLUMNS)
    with pytest.raises(UserError, match="a place that can be written to"):
        TableWriter(path / "b.csv", COLUMNS)


@pytest.mark.parametrize(
    "time, values, message",
    [
        (1.0, [1], "a time and 2 values; got a time and 1"),
        (None, [1, "x"], "a time and 2 values; got 2"),
        (1.0, ["x", "x"], "a finite number for column 0_pitch; got 'x'"),
        (1.0, [float("inf"), "x"], "a finite number for column 0_pitch"),
        (1.0, [1, [2]], "a label for column 1_name"),
        (float("nan"), [1, "x"], "a time in seconds; got nan"),
        (float("inf"), [1, "x"], "a time in seconds; got inf"),
    ],
)
def test_a_bad_event_is_refused_and_writes_nothing(tmp_path, time, values, message):
    with TableWriter(tmp_path / "a.csv", COLUMNS) as writer:
        with pytest.raises(UserError, match=message):
            writer.write(time, values)
        writer.write(2.0, [1, "x"])
    assert len(read_table(tmp_path / "a.csv")) == 1
