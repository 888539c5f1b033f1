"""Tables played back in their own time."""

import math

import numpy as np

from hachi_tf.performing.replay import read_replay, to_rows
from hachi_tf.tables import Column, Table


def test_rows_are_inputs_with_labels_as_texts():
    columns = (Column("x"), Column("y", target=True), Column("channel", categorical=True))
    numbers = np.array([0.5, math.nan]), np.array([1.0, 2.0])
    table = Table(columns, np.array([0.0, 0.1]), (*numbers, np.array(["1", ""], object)))
    first, second = to_rows(table)
    assert first == [0.5, "1"] and len(second) == 2 and all(map(math.isnan, second))


def test_tables_and_midi_files_are_read(tmp_path):
    (tmp_path / "a.csv").write_text("time,x,~y\n0.0,1,2\n0.5,3,4\n")
    table = read_replay(tmp_path / "a.csv")
    assert to_rows(table) == [[1.0], [3.0]] and table.time.tolist() == [0.0, 0.5]
