"""Files to learn from, and lines written on the page."""

import json

import numpy as np

from hachi_tf.data.sources import infer_source, make_source
from hachi_tf.studio.prompts import PROMPTS, prompts
from tests.studio.conftest import circles

TEXT = "the cat sat on the mat, and the dog ran to the log.\n" * 400


def test_a_file_is_taken_looked_into_and_deleted(studio):
    status, answer = studio.ask("PUT", "data/cat.txt", TEXT.encode())
    assert (status, answer) == (201, {"name": "cat.txt", "bytes": len(TEXT), "source": "text"})
    assert studio.ask("PUT", "data/cat.txt", TEXT.encode())[0] == 400
    (entry,) = [each for each in studio.get("data")["data"] if each["name"] == "cat.txt"]
    assert entry == {"name": "cat.txt", "bytes": len(TEXT), "source": "text", "what": "Text"}
    described = studio.get("data/cat.txt")
    assert described["counts"]["characters"] == len(TEXT) and described["counts"]["lines"] == 400
    assert described["preview"].startswith("the cat") and described["warnings"]
    assert studio.ask("GET", "data/cat.txt/picture.svg")[0] == 400
    assert studio.ask("DELETE", "data/cat.txt")[0] == 200
    assert studio.ask("GET", "data/cat.txt")[0] == 404


def test_a_table_of_events_has_a_picture(studio):
    rows = "\n".join(f"{0.25 * n},{60 + n % 5},90" for n in range(50))
    assert studio.ask("PUT", "data/notes.csv", f"time,pitch,velocity\n{rows}\n".encode())[0] == 201
    described = studio.get("data/notes.csv")
    assert described["source"] == "event_table" and described["counts"]["rows"] == 50
    status, headers, content = studio.request("GET", "/studio/api/data/notes.csv/picture.svg")
    assert (
        status == 200 and content.startswith(b"<svg") and headers["content-type"] == "image/svg+xml"
    )
    studio.ask("DELETE", "data/notes.csv")


def test_a_series_has_a_picture_without_a_forecast(studio):
    name = "series.csv"
    rows = ["date,price", *(f"2024-01-{day:02},{day % 7}" for day in range(1, 32))]
    assert studio.ask("PUT", f"data/{name}", "\n".join(rows).encode())[0] == 201
    assert studio.get(f"data/{name}")["source"] == "time_series"
    status, _, content = studio.request("GET", f"/studio/api/data/{name}/picture.svg")
    assert status == 200 and b"price" in content and b"median" not in content
    assert studio.request("GET", f"/studio/api/data/{name}/picture.png")[2][:4] == b"\x89PNG"
    studio.ask("DELETE", f"data/{name}")


def test_what_nothing_reads_is_not_kept(studio):
    for name, content in [("x.bin", b"\x00\x01"), ("x.txt", b""), ("x.npz", b"PK nothing")]:
        status, answer = studio.ask("PUT", f"data/{name}", content)
        if status == 201:  # what it is, is only seen when it is read
            status, answer = studio.ask("GET", f"data/{name}")
            studio.ask("DELETE", f"data/{name}")
        assert status == 400 and "expected" in answer["error"]
        assert str(studio.folder) not in answer["error"]
    assert studio.ask("PUT", "data/x.txt", b"x" * 9_000_000)[0] == 413
    assert list((studio.folder / "data").iterdir()) == []


def test_sources_that_need_no_file_are_listed(studio):
    own = {each["name"] for each in studio.get("data")["sources"] if not each["needs_file"]}
    assert {"kanji", "hershey", "rhythm", "text"} <= own


def test_a_line_is_kept_drawn_and_written_with(studio, tmp_path):
    line = {"text": "oooooooooooo", "strokes": circles()}
    status, answer = studio.ask("POST", "lines/hand", line)
    assert status == 201
    where = f"lines/hand/{answer['id']}"
    (collection,) = studio.get("lines")["collections"]
    assert collection["name"] == "hand" and collection["lines"][0]["num_strokes"] == 12
    assert collection["lines"][0]["duration_s"] == 4.685 - 0.015 + 0.015
    assert studio.request("GET", f"/studio/api/{where}.svg")[2].startswith(b"<svg")
    primed = studio.get(f"{where}/events?model=hershey")
    height = np.ptp(np.cumsum(np.array(primed["events"])[:, 1]))
    assert primed["text"] == "oooooooooooo" and 10 < height < 60  # the model's units
    style = f"hand/{answer['id']}"
    asked = {"text": "noon", "seed": 3, "bias": 1.0}
    drawn = [studio.ask("POST", "models/hershey/write", asked | {"style": s}) for s in (style, "")]
    assert [status for status, _ in drawn] == [200, 200]
    assert drawn[0][1]["samples"] != drawn[1][1]["samples"]
    status, _, content = studio.request("GET", "/studio/api/lines/hand/file")
    (tmp_path / "hand.json").write_bytes(content)
    assert infer_source(tmp_path / "hand.json") == "pen_lines"
    (sequence,) = make_source("pen_lines", tmp_path / "hand.json").read()
    assert sequence.text == "oooooooooooo" and sequence.events[:, 2].sum() == 12
    assert studio.ask("DELETE", where)[0] == 200
    assert studio.get("lines")["collections"] == []


def test_what_is_no_line_is_refused(studio):
    for line in [
        {"text": "", "strokes": circles(1)},
        {"text": "a"},
        {"text": "a", "strokes": []},
        {"text": "a", "strokes": [[[1, 2]]]},
        {"text": "a", "strokes": [[[1, 2, "3"]]]},
        {"text": "a", "strokes": [[[1, 2, 3], [1, 2, 2]]]},
        {"text": "a" * 401, "strokes": circles(1)},
        {"text": 1, "strokes": circles(1)},
    ]:
        status, answer = studio.ask("POST", "lines/hand", line)
        assert status == 400 and "expected" in answer["error"]
    assert studio.get("lines")["collections"] == []


def test_prompts_have_each_character_of_a_hand(studio):
    told = studio.get("prompts")["prompts"]
    assert sorted(told) == sorted(PROMPTS)
    seen = set("".join(told))
    letters = "abcdefghijklmnopqrstuvwxyz"
    assert seen >= {*letters, *letters.upper(), *"0123456789.,;:!?'\"()-&"}
    alphabet = next(m for m in studio.get("models")["models"] if m["name"] == "hershey")["alphabet"]
    assert len(prompts(alphabet)) > 15
    assert json.dumps(told).isascii()
