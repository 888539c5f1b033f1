import json

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.tables import Column, Table, read_table, write_table

NOTES = """time,0_pitch,1_velocity,~2_duration,3_channel#
0.0,60.0,100.0,0.5,1.0
0.25,62.0,90.0,0.5,2.0
0.25,64.0,80.0,0.25,10.0
"""


def notes(missing=False):
    labels = np.array(["1", "2", "" if missing else "10"], object)
    velocity = np.array([100.0, np.nan if missing else 90.0, 80.0])
    columns = (Column("0_pitch"), Column("1_velocity"), Column("2_duration", target=True),
               Column("3_channel", categorical=True))  # fmt: skip
    numbers = (np.array([60.0, 62.0, 64.0]), velocity, np.array([0.5, 0.5, 0.25]))
    return Table(columns, np.array([0.0, 0.25, 0.25]), (*numbers, labels))


def assert_same(table, other):
    assert table.columns == other.columns
    assert (table.time is None) == (other.time is None)
    if table.time is not None:
        assert table.time.dtype == np.float64
        np.testing.assert_array_equal(table.time, other.time)
    for column, one, two in zip(table.columns, table.values, other.values, strict=True):
        assert column.categorical or one.dtype == np.float64
        np.testing.assert_array_equal(one, two)


def read(tmp_path, text, name="a.csv"):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(tmp_path / name)


def test_a_table_as_hachi_machi_writes_it(tmp_path):
    assert_same(read(tmp_path, NOTES), notes())
    assert notes().headers == NOTES.splitlines()[0].split(",")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + NOTES,
        NOTES.replace("\n", "\r\n"),
        NOTES.replace("\n", "\n\n"),
        NOTES.replace(",", ", "),
        NOTES.replace("0_pitch", '"0_pitch"').replace("62.0", '"62.0"'),
        NOTES.rstrip("\n"),
        NOTES.replace(",10.0", ",1e1"),
    ],
    ids=["BOM", "CRLF", "blank lines", "spaces", "quotes", "no last newline", "exponent"],
)
def test_csv_as_other_programs_write_it(tmp_path, text):
    assert_same(read(tmp_path, text), notes())


@pytest.mark.parametrize(
    "text", [NOTES.replace(",", "\t"), NOTES.replace(",", "   "), NOTES.replace(",", " \t ")]
)
def test_txt_with_tabs_and_spaces(tmp_path, text):
    assert_same(read(tmp_path, text, "a.txt"), notes())


def test_txt_with_missing_values(tmp_path):
    table = read(tmp_path, 'a\tb#\n1\t\n\t"x y"\t\n', "tabs.txt")
    assert table.values[1].tolist() == ["", "x y"]
    np.testing.assert_array_equal(table.values[0], [1, np.nan])
    table = read(tmp_path, 'a   b#\n1   ""\nnan "x ""y"\n', "spaces.txt")
    assert table.values[1].tolist() == ["", 'x "y']
    np.testing.assert_array_equal(table.values[0], [1, np.nan])


def test_labels_are_text_or_numbers_in_their_shortest_form(tmp_path):
    table = read(tmp_path, 'a#,b\n3.0,1\n3,1\n" x, y ",1\n-0.50,1\nnan,1\n,1\ninf,1\n')
    assert table.values[0].tolist() == ["3", "3", "x, y", "-0.5", "", "", "inf"]


def test_missing_numbers_are_nan(tmp_path):
    table = read(tmp_path, "time,a\n0,\n1,nan\n2,NULL\n3,4\n")
    np.testing.assert_array_equal(table.values[0], [np.nan, np.nan, np.nan, 4])


def test_a_table_without_time(tmp_path):
    table = read(tmp_path, "a\n1\n\n2\n")
    assert table.time is None and len(table) == 2 and table.headers == ["a"]


@pytest.mark.parametrize("suffix", ["csv", "json", "txt", "llll"])
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("temporal", [False, True])
def test_what_is_written_is_read_back(tmp_path, suffix, missing, temporal):
    table = notes(missing)
    table.values[0][1] = 1 / 3
    table.values[3][0] = 'of "two" words, [1] ~ é'
    table = Table(table.columns, table.time + 1e9 / 7 if temporal else None, table.values)
    path = tmp_path / f"a.{suffix}"
    write_table(table, path)
    assert_same(read_table(path), table)
    again = path.read_bytes()
    write_table(read_table(path), path)
    assert path.read_bytes() == again


@pytest.mark.parametrize("suffix", ["csv", "json", "txt", "llll"])
def test_one_column_with_a_missing_value_keeps_its_rows(tmp_path, suffix):
    table = Table((Column("a", categorical=True),), None, (np.array(["", "x", ""], object),))
    write_table(table, tmp_path / f"a.{suffix}")
    assert_same(read_table(tmp_path / f"a.{suffix}"), table)


def test_numbers_are_written_in_their_shortest_form(tmp_path):
    write_table(notes(missing=True), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == (
        "time,0_pitch,1_velocity,~2_duration,3_channel#\n"
        "0,60,100,0.5,1\n0.25,62,,0.5,2\n0.25,64,80,0.25,\n"
    )
    write_table(notes(missing=True), tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text().splitlines()[2:] == [
        "0.25  62       nan         0.5          2",
        '0.25  64       80          0.25         ""',
    ]


def test_json_has_hachi_machis_keys(tmp_path):
    write_table(notes(missing=True), tmp_path / "a.json")
    value = json.loads((tmp_path / "a.json").read_text())
    assert value["features"]["2"] == {"name": "2_duration", "masked": True}
    assert value["features"]["3"] == {"name": "3_channel", "categorical": True}
    assert value["time"] == [0, 0.25, 0.25]
    assert value["data"] == [[60, 100, 0.5, 1], [62, None, 0.5, 2], [64, 80, 0.25, None]]


@pytest.mark.parametrize(
    "text, message",
    [
        ("time,a\n0,1\n1,2,3\n", r"2 values.*3 in .*a.csv, line 3, after a"),
        ("time,a,b\n0,1,2\n\n1,2\n", r"2 in .*a.csv, line 4, from column b on"),
        ("time,a\n0,x\n", r"number; got 'x' in .*a.csv, line 2, column a"),
        ("time,a\n0,1_0\n", r"'1_0' in .*line 2, column a"),
        ("time,a\n0,inf\n", r"finite numbers; got 'inf' in .*line 2, column a"),
        ("time,a\n0,1e999\n", r"finite.*line 2, column a"),
        ("time,a\n0,1\n,2\n", r"a time.*line 3, column time"),
        ("time,a\n1,1\n2,2\n1.5,2\n", r"backwards; got '1.5' after '2' in .*line 4, column time"),
        ("time,a,a\n0,1,2\n", r"column a twice, as columns 2 and 3, in .*line 1"),
        ("time,a,~a#\n0,1,2\n", r"column a twice"),
        ("time,,a\n0,1,2\n", r"none for column 2 in .*line 1"),
        ("time,#a\n0,1\n", r"name#.*'#a', column 2 in .*line 1"),
        ("time,a~\n0,1\n", r"'a~', column 2"),
        ("time\n0\n", r"one column beside time"),
        ("0.5,3\n1,2\n", r"names in the first line; got numbers in .*line 1"),
        ("time;a\n0;1\n", r"commas"),
        ('time,a\n0,"1\n', r"CSV.*line 2"),
        ("time,a\n", r"at least one event; got no row below the columns in .*a.csv"),
        ("\n\n", r"a.csv, an empty file"),
        ("", r"a.csv, an empty file"),
        (b"time,a\n0,1\n1,\xff\n", r"UTF-8; got other bytes in .*a.csv, line 3"),
        ('time,"a\nb"\n0,1\n1,x\n', r"line 4, column a b"),
    ],
)
def test_problems_are_reported_with_file_line_and_column(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text, message",
    [
        ("time,a\n0,1\n", r"commas in .*a.txt, line 1.*call it .csv"),
        ("time a\n0 1\n1 2 3\n", r"3 in .*a.txt, line 3"),
        ('time a\n0 1\n1 "2 3\n', r"quotes.*line 3"),
        ('time a\n0 "1"2\n', r"quotes.*line 2"),
        ("time\ta\n0\t1\t\t\n1\t2\t3\n", r"3 in .*a.txt, line 3"),
    ],
)
def test_problems_of_txt(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, text, "a.txt")


def test_files_that_are_no_tables(tmp_path):
    with pytest.raises(UserError, match=r"a table, .csv, .json, .txt, .llll; got .*a.xlsx"):
        read_table(tmp_path / "a.xlsx")
    with pytest.raises(UserError, match=r"nowhere.csv \(No such file"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(UserError, match=r"a table, .csv"):
        write_table(notes(), tmp_path / "a.mid")


def test_a_column_that_looks_like_time_and_is_none_is_said(tmp_path, caplog):
    assert read(tmp_path, "a,Time\n1,2\n0,1\n").time is None
    assert "Time is no time" in caplog.text


def test_headers_follow_from_columns():
    for header in ("a", "a#", "~a", "~a#", "0_pitch", "a b"):
        assert Column.from_header(header).header() == header


def test_a_table_is_checked():
    with pytest.raises(UserError, match="names of their own"):
        Table((Column("a"), Column("a")), None, (np.zeros(2), np.zeros(2)))
    with pytest.raises(UserError, match="as many values"):
        Table((Column("a"),), np.zeros(3), (np.zeros(2),))
