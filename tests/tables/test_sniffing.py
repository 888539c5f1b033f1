"""Tables and prose are told apart by their first lines."""

import numpy as np
import pytest

from hachi_tf.tables import Column, Table, looks_like_table, read_table, write_table

TABLES = [
    ("a.csv", "time,x\n0,1\n1,b\n"),  # broken, which its reader says
    ("a.csv", "x\n1\n2\n"),
    ("a.csv", "name#\na\nb\n"),
    ("a.csv", "quote,author\nsome words,me\nsome more,you\n"),
    ("a.csv", "a;b\n1;2\n"),
    ("a.csv", ""),
    ("a.csv", "x,y\n"),
    ("a.json", "It was the best of times"),
    ("a.llll", "It was the best of times"),
    ("a.txt", "time x\n0 1\n1 2\n"),
    ("a.txt", "pitch\n60\n62\n"),
    ("a.txt", "time,x\n0,1\n1,2\n"),  # .csv by another name, which its reader says
    ("a.txt", 'time "my x" b#\n0 1 "a b"\n1 2 c\n'),
    ("a.txt", "time\tx\tl#\n0\t1\ta\n1\t\tb c\n"),
    ("a.txt", "step x y\n1 2 nan\n4 5 6\nbad row here too\n"),
    ("a.txt", "[ data [ 60 1 ] [ 62 2 ] ]"),
    ("a.txt", "(time 0. 0.5) (data (60 1) (62 2))"),
    ("a.txt", "\ufefftime x\n0 1\n"),
]
PROSE = [
    ("a.txt", "It was the best of times,\nit was the worst of times\n"),
    ("a.txt", "Emma\nOlivia\nAva\n"),
    ("a.txt", "[Enter HAMLET]\n(aside) data, time and features\n"),
    ("a.txt", "# Title\n\nSome words.\n# Title\n"),
    ("a.txt", "3.14159265358979"),
    ("a.txt", ""),
    ("a.txt", "\0\1\2\3\n\4"),
    ("a.csv", "Dear all,\nthis is a letter, with commas, here.\nBye\n"),
]


@pytest.mark.parametrize("name, content", TABLES)
def test_tables(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert looks_like_table(tmp_path / name)


@pytest.mark.parametrize("name, content", PROSE)
def test_prose(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert not looks_like_table(tmp_path / name)


@pytest.mark.parametrize("suffix", ["csv", "txt", "json", "llll"])
def test_what_the_project_writes_is_a_table_however_long(tmp_path, suffix):
    random = np.random.default_rng(0)
    labels = np.array(["a b", "c", ""], object)[random.integers(0, 3, 2000)]
    columns = (Column("x"), Column("y", target=True), Column("label", categorical=True))
    numbers = random.normal(size=2000), np.where(random.random(2000) < 0.3, np.nan, 1.0)
    path = tmp_path / f"a.{suffix}"
    write_table(Table(columns, np.cumsum(random.random(2000)), (*numbers, labels)), path)
    assert looks_like_table(path) and len(read_table(path).values[0]) == 2000


def test_what_cannot_be_read_is_left_to_the_reader_of_tables(tmp_path):
    assert looks_like_table(tmp_path / "nothing.txt")
