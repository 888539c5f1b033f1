"""What `describe` says of a text, and of a model of one."""

import json

import pytest

from hachi_tf import describe
from hachi_tf.data import make_source
from hachi_tf.data.sources import text_reading
from hachi_tf.evaluation.text_figures import text_figures

TEXT = "Das Röslein rot,\nauf der Heiden.\n\nRöslein auf der Heiden, es ist alt\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "b.txt").write_text("ω", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_lines_and_words_wherever_chunks_end(folder, monkeypatch, size):
    monkeypatch.setattr(text_reading, "_CHUNK", size)
    figures = text_figures(make_source("text", folder))
    assert figures["characters"] == len(TEXT) + 1
    assert figures["different_characters"] == len(set(TEXT)) + 1
    assert (figures["files"], figures["lines"], figures["words"]) == (2, 5, len(TEXT.split()) + 1)
    assert figures["longest_line"] == {"length": 34, "place": "a.txt:4"}
    share = round(TEXT.count(" ") / (len(TEXT) + 1), 4)
    assert figures["most_frequent"][" "] == share and len(figures["most_frequent"]) == 20
    assert figures["scripts"]["Greek"] == 1 and figures["scripts"]["Latin"] > 10


def test_bytes(folder):
    figures = text_figures(make_source("text(unit='byte')", folder))
    assert figures["bytes"] == len(TEXT.encode()) + 2 and "words" not in figures
    assert figures["longest_line"] == {"length": 35, "place": "a.txt:4"}
    assert "20" in figures["most_frequent"]


def test_records(folder):
    (folder / "b.txt").write_text("auf der Heiden.\n", encoding="utf-8")
    figures = text_figures(make_source("text(records='line')", folder))
    assert (figures["records"], figures["different_records"]) == (4, 3)
    assert figures["longest_record"] == {"length": 34, "place": "a.txt:4"}


def test_describe_tells_a_text_from_a_table(folder, capsys, caplog):
    assert describe.main([f"--data={folder / 'a.txt'}", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["source"] == "text" and value["lines"] == 4
    assert value["splits"]["train"]["characters"] + value["splits"]["validation"][
        "characters"
    ] == len(TEXT)
    (folder / "c.txt").write_text("time x\n0 1\n1 2\n")
    assert describe.main([f"--data={folder / 'c.txt'}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 2


def test_many_classes_stand_on_one_line(folder):
    schema = make_source("text").schema.to_dict()
    described = {"columns": schema["features"], "network": {"config": {"schema": schema}}}
    lines = list(describe.in_words(described))
    count = len(schema["features"][0]["classes"])
    (first, second) = [line for line in lines if line.lstrip().startswith("classes")]
    assert first.lstrip().startswith(f'classes: {count}: ["\\n", " ", ') and len(first) < 360
    assert len(lines) < 30 and second.strip() == first.strip()
