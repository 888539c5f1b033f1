"""The program that converts files and applies operations to them."""

import json

import pytest

from hachi_tf import prepare

TABLE = "time,x,y#\n0,1,1\n0.5,2,2\n1.25,4,1\n"


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


def test_a_file_is_converted_and_operations_applied_in_their_order(table, capsys):
    flags = ["--operations=mul(value=10, dims=0)", "--operations=add(value=1, dims=0); rev(dims=x)"]
    assert prepare.main(["in.csv", "--output=out.json", "--json", *flags, "--seed=3"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result == {
        "input": "in.csv",
        "files": ["out.json"],
        "columns": ["time", "x", "y#"],
        "lengths": [3],
        "seed": 3,
    }
    written = json.loads((table / "out.json").read_text(encoding="utf-8"))
    assert written["time"] == [0.0, 0.5, 1.25]
    assert [row[0] for row in written["data"]] == [41.0, 21.0, 11.0]


def test_the_seed_decides_what_is_drawn_and_is_drawn_itself_if_not_given(table, capsys, caplog):
    caplog.set_level("INFO")
    contents = []
    for seed in ("--seed=1", "--seed=1", "--seed=2"):
        assert prepare.main(["in.csv", seed, "--operations=addrand(dims=0)"]) == 0
        contents.append((table / "output.csv").read_text(encoding="utf-8"))
    assert contents[0] == contents[1] != contents[2]
    assert prepare.main(["--input=in.csv", "--json", "--operations=addrand(dims=0)"]) == 0
    drawn = (table / "output.csv").read_text(encoding="utf-8")
    seed = json.loads(capsys.readouterr().out)["seed"]
    assert f"3 events of time, x, y#, seed {seed}: output.csv" in caplog.text
    assert prepare.main(["in.csv", f"--seed={seed}", "--operations=addrand(dims=0)"]) == 0
    assert (table / "output.csv").read_text(encoding="utf-8") == drawn


def test_a_file_may_take_the_place_of_its_input(table):
    assert prepare.main(["in.csv", "--output=in.csv", "--operations=mul(value=2, dims=x)"]) == 0
    expected = "time,x,y#\n0,2,1\n0.5,4,2\n1.25,8,1\n"
    assert (table / "in.csv").read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], ["--input=FILE"]),
        (["none.csv"], ["none.csv"]),
        (["in.csv", "--output=out.wav"], [".csv, .json, .txt", "out.wav"]),
        (["in.csv", "--output=out.mid"], ["pitch"]),
        (["in.csv", "--operations=revv()"], ["did you mean rev?"]),
        (["in.csv", "--operations=add(value=1, dims=1)"], ["y, which is categorical"]),
        (["in.csv", "--operations=add(value=1, dims=5)"], ["0 to 1, or 'x', 'y'", "got 5"]),
        (["bad.csv"], ["bad.csv", "line 3"]),
    ],
)
def test_bad_input_is_one_line_and_status_2_and_writes_nothing(table, caplog, flags, words):
    (table / "bad.csv").write_text("time,x\n0,1\n1,z\n", encoding="utf-8")
    before = sorted(path.name for path in table.iterdir())
    assert prepare.main(flags) == 2
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    message = record.getMessage()
    assert message.startswith("error: expected ") and "\n" not in message
    for word in words:
        assert word in message
    assert sorted(path.name for path in table.iterdir()) == before
