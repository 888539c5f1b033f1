"""Models of the studio: listed, written with, renamed, given away, taken in."""

import gzip
import io
import json
import shutil
import tarfile
import time

import numpy as np

from hachi_tf.rendering import read_npz


def test_the_list_tells_what_a_page_needs(studio):
    models = {each["name"]: each for each in studio.get("models")["models"]}
    assert set(models) >= {"hershey", "kanji", "mine"}
    hershey, kanji, mine = (models[name] for name in ("hershey", "kanji", "mine"))
    assert (hershey["conditioned"], kanji["conditioned"]) == (True, False)
    assert (kanji["own"], mine["own"]) == (False, True)
    assert {each["renderer"] for each in models.values()} == {"strokes"}
    assert "a" in hershey["alphabet"] and kanji["alphabet"] == ""
    assert [column["name"] for column in kanji["columns"]] == ["dx", "dy", "end_of_stroke"]
    assert hershey["scale"]["line_height"] > 0 and "plain" in hershey["has_styles"]
    assert kanji["license"] == "CC BY-SA 3.0" and kanji["trained"]["nats_per_step"] < 0
    described = studio.get("models/kanji")
    assert described["graph"] == "computes, and nothing else"
    assert described["signatures"]["sample"]["inputs"]["seed"]["dtype"] == "int32"
    assert studio.ask("GET", "models/nobody")[0] == 404


def test_a_wall_of_drawings_is_what_sample_draws(studio):
    asked = {"num_samples": 4, "seed": 5, "temperature": 0.8, "bias": 0.5}
    status, drawn = studio.ask("POST", "models/kanji/write", asked)
    assert status == 200 and drawn["seed"] == 5 and len(drawn["samples"]) == 4
    row = {"seed": [[5, n] for n in range(4)], "num_steps": [500] * 4, "bias": [0.5] * 4,
           "temperature": [0.8] * 4}  # fmt: skip
    plain = studio.request("POST", "/v1/models/kanji:predict", {"inputs": row})
    outputs = json.loads(plain[2])["outputs"]
    for sample, events, length in zip(
        drawn["samples"], outputs["events"], outputs["lengths"], strict=True
    ):
        np.testing.assert_array_equal(sample["events"], np.array(events)[:length])
    assert studio.ask("POST", "models/kanji/write", {"text": "a"})[0] == 400
    assert studio.ask("POST", "models/kanji/write", {"num_samples": 65})[0] == 400
    assert studio.ask("POST", "models/kanji/write", {"bias": "1"})[0] == 400


def test_a_text_and_a_letter(studio):
    asked = {"text": "Hello\u2019s\n\u65e5", "seed": 1, "bias": 2.0, "style": "plain"}
    status, drawn = studio.ask("POST", "models/hershey/write", asked)
    assert status == 200 and [each["text"] for each in drawn["samples"]] == ["Hello's"]
    assert drawn["samples"][0]["complete"] and len(drawn["samples"][0]["events"]) > 20
    assert any("\u65e5" in remark for remark in drawn["remarks"])
    text = "The river was wide and slow that year, and nobody knew."
    page = {"size": "100x60mm", "margin_mm": 8}
    asked = {"text": text, "seed": 1, "bias": 2.0, "paragraph": True, "page": page}
    status, drawn = studio.ask("POST", "models/hershey/write", asked)
    (letter,) = drawn["samples"]
    assert status == 200 and len(letter["lines"]) > 1 and letter["pages"][0]["width_mm"] == 100
    assert " ".join(line["text"] for line in letter["lines"]) == text
    points = np.concatenate([run for line in letter["pages"][0]["lines"] for run in line["runs"]])
    assert points.min() > 0 and points[:, 0].max() < 100
    given = {
        "lines": letter["lines"],
        "texts": [line["text"] for line in letter["lines"]],
        "page": page,
    }
    status, headers, svg = studio.request(
        "POST", "/studio/api/models/hershey/render?format=svg", given
    )
    assert status == 200 and headers["content-type"] == "image/svg+xml"
    assert svg.decode() == letter["pages"][0]["svg"]
    assert studio.ask("POST", "models/hershey/write", {"text": ""})[0] == 400
    assert studio.ask("POST", "models/hershey/write", {"text": "a", "style": "x"})[0] == 400


def test_drawings_become_files(studio, tmp_path):
    events = [[1.0, 2.0, 0.0], [3.0, -1.0, 1.0]]
    for kind, magic in [("svg", b"<svg"), ("png", b"\x89PNG"), ("gif", b"GIF8"), ("json", b"{"),
                        ("csv", b"sample,"), ("npz", b"PK")]:  # fmt: skip
        status, headers, content = studio.request(
            "POST", f"/studio/api/models/kanji/render?format={kind}", {"events": events}
        )
        assert status == 200 and content.startswith(magic)
        assert headers["content-disposition"] == f"attachment; filename*=UTF-8''kanji.{kind}"
    (tmp_path / "x.npz").write_bytes(content)
    np.testing.assert_array_equal(read_npz(tmp_path / "x.npz")[0], np.float32(events))
    for kind, body in [("mid", {"events": events}), ("exe", {"events": events}), ("..%2fx", {}),
                       ("svg", {}), ("svg", {"events": [[1.0]]}), ("svg", {"events": [["a"] * 3]}),
                       ("svg", {"events": [[1e999, 0, 0]]})]:  # fmt: skip
        status, answer = studio.ask("POST", f"models/kanji/render?format={kind}", body)
        assert status == 400 and "expected" in answer["error"], kind


def test_a_model_given_away_is_taken_in_renamed_and_deleted(studio):
    status, headers, archive = studio.request("GET", "/studio/api/models/kanji/download")
    assert status == 200 and headers["content-type"] == "application/gzip"
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as files:
        members = files.getmembers()
    assert {each.name for each in members} >= {
        "kanji/1/saved_model.pb",
        "kanji/1/assets/hachi.json",
    }
    assert {(each.uname, each.uid) for each in members} == {("", 0)}
    for name in ("kanji", "mine", "../x", ""):
        assert studio.request("POST", f"/studio/api/models?name={name}", archive)[0] == 400
    status, model = studio.ask("POST", "models?name=Tinte-1", archive)
    assert status == 201 and (model["state"], model["own"]) == ("AVAILABLE", True)
    status, model = studio.ask("POST", "models/Tinte-1/rename", {"name": "T\u00fcrkis"})
    assert status == 200 and model["name"] == "T\u00fcrkis"
    path = "models/T%C3%BCrkis"
    drawn = [
        studio.ask("POST", f"{each}/write", {"seed": 1})[1]["samples"]
        for each in (path, "models/kanji")
    ]
    assert drawn[0] == drawn[1]
    assert studio.request("GET", "/v1/models/Tinte-1")[0] == 404
    assert studio.request("GET", "/v1/models/T%C3%BCrkis")[0] == 200
    assert studio.ask("DELETE", "models/kanji")[0] == 400
    assert studio.ask("DELETE", path)[0] == 200 and studio.ask("GET", path)[0] == 404
    assert studio.request("GET", "/v1/models/T%C3%BCrkis")[0] == 404
    assert sorted(each.name for each in (studio.folder / "exports").iterdir()) == ["mine"]


def test_what_is_no_export_is_not_taken_in(studio):
    for archive in (b"", b"hello", b"\x1f\x8b" + b"x" * 100, b"PK\x03\x04" + b"x" * 100):
        status, answer = studio.ask("POST", "models?name=bad", archive)
        assert status == 400 and "expected" in answer["error"]
    assert studio.ask("POST", "models?name=bad", b"x" * 9_000_000)[0] == 413
    assert sorted(each.name for each in (studio.folder / "exports").iterdir()) == ["mine"]


def test_exports_that_come_and_go_by_hand_are_seen(studio, tmp_path):
    exports = studio.folder / "exports"
    shutil.copytree(exports / "mine", exports / ".new")
    (exports / ".new").rename(exports / "new")
    shutil.copytree(exports / "mine" / "1" / "assets", exports / ".odd" / "1" / "assets")
    (exports / ".odd" / "1" / "saved_model.pb").write_bytes(b"odd")
    (exports / ".odd").rename(exports / "odd")
    (exports / "empty").mkdir()

    def states():
        return {each["name"]: each for each in studio.get("models")["models"]}

    until = time.monotonic() + 60
    while time.monotonic() < until and {
        states().get(name, {}).get("state") for name in ("new", "odd")
    } != {"AVAILABLE", "END"}:
        time.sleep(0.2)
    found = states()
    assert found["new"]["state"] == "AVAILABLE" and found["odd"]["state"] == "END"
    assert "expected" in found["odd"]["error"] and "empty" not in found
    shutil.rmtree(exports / "new")
    while "new" in states() and time.monotonic() < until:
        time.sleep(0.2)
    assert studio.request("GET", "/v1/models/new")[0] == 404
    assert studio.ask("DELETE", "models/odd")[0] == 200
    (exports / "empty").rmdir()
    assert {each["state"] for each in states().values()} == {"AVAILABLE"}


def test_a_page_to_give_away(studio):
    status, headers, page = studio.request("GET", "/studio/api/models/kanji/page")
    assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''kanji.html"
    assert page[:15].lower() == b"<!doctype html>" and len(page) > 1_000_000
    assert studio.request("GET", "/studio/api/models/nobody/page")[0] == 404
