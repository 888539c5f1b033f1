"""JSON and .llll."""

import json
import struct

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.tables import Column, Table, read_table, write_table
from hachi_tf.tables.structured import find_line

# As hachi machi 0.1.0a4 writes it.
JSON = {
    "features": {"-1": {}, "0": {}, "1": {"masked": True}, "2": {"categorical": True}},
    "time": [0.0, 0.25],
    "data": [[60.0, 0.5, 1.0], [62.0, 0.25, 10.0]],
}


def read(tmp_path, text, name="a.json"):
    (tmp_path / name).write_text(text)
    return read_table(tmp_path / name)


def assert_as_expected(table):
    assert table.headers == ["time", "0", "~1", "2#"]
    assert table.time.tolist() == [0, 0.25]
    assert [values.tolist() for values in table.values] == [[60, 62], [0.5, 0.25], ["1", "10"]]


@pytest.mark.parametrize("indent", [None, 4])
def test_json_as_hachi_machi_writes_it(tmp_path, indent):
    assert_as_expected(read(tmp_path, json.dumps(JSON, indent=indent)))


def test_json_without_time_and_features(tmp_path):
    table = read(tmp_path, '{"data": [[1, null], [2, NaN]]}')
    assert table.time is None and table.headers == ["0", "1"]
    np.testing.assert_array_equal(table.values[1], [np.nan, np.nan])


@pytest.mark.parametrize(
    "text",
    [
        "[ time 0. 0.25 ] [ data [ 60 1/2 1 ] [ 62. .25 10 ] ]\n"
        "[ features [ 1 [ masked 1 ] ] [ 2 [ categorical 1 ] ] ]",
        "(time 0 0.25)(data (60 0.5 1) (62 0.25 `10))\n"
        "(features (1 (masked 1)) (2 (categorical 1)))",
        '[ "time" 0. 2.5e-1 ]\n[ data\n [ 60 0.5 "1" ]\n [ 62 0.25 \'10\' ]\n]\n'
        "[ features [ 1 [ masked 1 ] [ categorical 0 ] ] [ 2 [ categorical 1 ] ] ]",
    ],
)
@pytest.mark.parametrize("name", ["a.llll", "a.txt"])
def test_llll_as_text(tmp_path, text, name):
    assert_as_expected(read(tmp_path, text, name))


def native(*values):
    """Tokens of bach's native form; a float is a mark and its two halves."""
    tokens = []
    for value in values:
        if isinstance(value, float):
            halves = struct.unpack("<II", struct.pack("<d", value))
            tokens += ["_x_x_x_x_bach_float64_x_x_x_x_", *halves]
        else:
            tokens.append(value)
    return tokens


def test_llll_in_its_native_form_whose_lists_break_anywhere(tmp_path):
    tokens = native(
        "[", "time", 0.0, 0.25, "]", "[", "data", "[", 60.0, 0.5, 1.0, "]", "[", 62, 0.25, 10.0,
        "]", "]", "[", "features", "[", 1, "[", "masked", 1, "]", "]", "[", 2, "[",
        "categorical", 1, "]", "]", "]",
    )  # fmt: skip
    for size in (3, 4096):
        chunks = [tokens[start : start + size] for start in range(0, len(tokens), size)]
        value = {f"data_{index:010d}": chunk for index, chunk in enumerate(chunks)}
        text = json.dumps({**value, "data_count": [len(chunks)]})
        assert_as_expected(read(tmp_path, text, "a.llll"))
    with pytest.raises(UserError, match=r"2 lists of data; got 1 in .*a.llll"):
        read(tmp_path, json.dumps({"data_0000000000": tokens, "data_count": [2]}), "a.llll")


def test_a_long_table_is_written_in_lists_of_4096(tmp_path):
    values = np.random.default_rng(0).normal(size=3000)
    write_table(Table((Column("0"),), None, (values,)), tmp_path / "a.llll")
    written = json.loads((tmp_path / "a.llll").read_text())
    assert written["data_count"] == [4]  # (2 + 3000 * 5 + 1) + 3 tokens
    assert [len(written[f"data_{index:010d}"]) for index in range(4)] == [4096, 4096, 4096, 2718]
    assert written["data_0000000000"][:6] == native("[", "data", "[", values[0])
    np.testing.assert_array_equal(read_table(tmp_path / "a.llll").values[0], values)


def test_labels_that_llll_cannot_hold(tmp_path):
    table = Table((Column("a", categorical=True),), None, (np.array(["["], object),))
    with pytest.raises(UserError, match="labels that .llll can hold"):
        write_table(table, tmp_path / "a.llll")
    assert not list(tmp_path.iterdir())


def test_what_is_not_read_is_said(tmp_path, caplog):
    read(tmp_path, '{"data": [[1]], "tempo": 3, "features": {"0": {"min": 3}}}')
    assert "tempo is not read" in caplog.text and "min of feature 0 is not read" in caplog.text


@pytest.mark.parametrize(
    "text, message",
    [
        ("", r"a.json, an empty file"),
        ('{"data": [[1],]}', r"JSON; got .* in .*a.json, line 1"),
        ('{"data": [[1]],\n "data": [[2]]}', r"'data' twice"),
        ("[[1]]", r'"data": .*; got another structure in .*a.json'),
        ('{"time": [1]}', r"no data in .*a.json"),
        ('{"data": []}', r"a list of data; got nothing in .*line 1"),
        ('{\n"data": 3}', r"a list of data; got something else in .*line 2"),
        (
            '{"data": [\n[1],\n2]}',
            r"values for each event; got something else in .*line 3, event 2",
        ),
        ('{"data": [\n[1, 2],\n[3]]}', r"1 in .*a.json, line 3, event 2, from column 1 on"),
        ('{"time": [0, 1],\n"data": [[1]]}', r"1 events; got 2 in .*a.json, line 1"),
        ('{"data": [[1],\n["x"]]}', r"number; got 'x' in .*a.json, line 2, event 2, column 0"),
        ('{"data": [[true]]}', r"number; got True in .*line 1, event 1, column 0"),
        ('{"data": [[[1]]]}', r"number; got \[1\] in .*line 1, event 1, column 0"),
        ('{"data": [[1],\n[Infinity]]}', r"finite.*line 2, event 2, column 0"),
        ('{"data": [[1' + "0" * 400 + "]]}", r"finite.*event 1, column 0"),
        ('{"time": [0,\nnull],\n"data": [[1], [2]]}', r"a time.*line 2, event 2, column time"),
        ('{"time": [3,\n2],\n"data": [[1], [2]]}', r"2 after 3 in .*line 2, event 2, column time"),
        ('{"features": {"3": {}}, "data": [[1]]}', r"features from 0 to 0; got '3'"),
        ('{"features": [1], "data": [[1]]}', r"features by number"),
        ('{"features": {"0": 1}, "data": [[1]]}', r"others for 0"),
        ('{"features": {"0": {"masked": 3}}, "data": [[1]]}', r"true or false"),
        ('{"features": {"0": {"name": "~a"}}, "data": [[1]]}', r"without marks; got '~a'"),
        ('{"features": {"0": {"name": "1"}}, "data": [[1, 2]]}', r"column 1 twice"),
        ('{"features": {"0": {"categorical": 1}}, "data": [[{}]]}', r"a label; got {} in"),
        ("[" * 100_000, r"JSON; got .* in .*a.json"),
    ],
)
def test_problems_of_json(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text, message",
    [
        ("[ data [ 1 ] ", r"matching brackets; got '\[' of line 1 left open .*a.llll"),
        ("[ data\n[ 1 ] ] ]", r"matching brackets; got '\]' too many in .*line 2"),
        ("[ data [ 1 ) ]", r"matching brackets; got '\)' too many"),
        ("[ data\n[ 1 ]\n[ x ] ]", r"number; got 'x' in .*a.llll, line 3, event 2, column 0"),
        ("[ data\n[ 1 ]\n[ 1 2 ] ]", r"2 in .*a.llll, line 3, event 2, after 0"),
        ("[ time 1\n0 ]\n[ data\n[ 1 ]\n[ 2 ] ]", r"0 after 1 in .*line 2, event 2, column time"),
        ("[ data\n 1 2 ]", r"values for each event; got something else in .*line 2, event 1"),
        ("[ time 1 ] 3", r"once; got something else in .*line 1"),
        ("[ data [ 1 ] ]\n[ data [ 2 ] ]", r"once; got another in .*line 2"),
        ('[ data [ "1 ] ]', r"matching quotes; got others in .*line 1"),
        ("[ data [ 1 ] ] [ features [ 0 masked ] ]", r"for each feature; got others in .*line 1"),
        ("(" * 1000, r"64 nested lists"),
        ("[ time 1 ]", r"no data in .*a.llll"),
        ('{"data_0": 3}', r"other JSON in .*a.llll"),
        ('{"data_0": ["_x_x_x_x_bach_float64_x_x_x_x_", 1], "data_count": [1]}', r"two halves"),
        ('{"data_0": ["_x_x_x_x_bach_float64_x_x_x_x_", 1e999, 1], "data_count": [1]}', r"halves"),
        ('{"data_0": [], "data_count": [1e999]}', r"other JSON in .*a.llll"),
        (f"[ data [ {'9' * 400}/1 ] ]", r"a number; got '999"),
        (f"[ data [ {'9' * 5000}/1 ] ]", r"a number; got '999"),
    ],
)
def test_problems_of_llll(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, text, "a.llll")


def test_the_line_of_a_value_is_found():
    text = '{"a\\"]": [1,\n{"x": "}"}],\n"b": {\n},\n"c": [[],\n[-1.5e3,\ntrue]]}'
    places = {("a\"]",): 1, ("a\"]", 1): 2, ("a\"]", 1, "x"): 2, ("b",): 3, ("c",): 5,
              ("c", 0): 5, ("c", 1): 6, ("c", 1, 0): 6, ("c", 1, 1): 7}  # fmt: skip
    assert {place: find_line(text, place) for place in places} == places
