"""The page of benchmarks from recorded figures; nothing is measured here."""

import copy
import json
import xml.etree.ElementTree as ElementTree

import pytest

from tests.benchmarks import computer, page, page_rows, page_text
from tests.benchmarks.page_charts import factor, number_text
from tests.benchmarks.page_parts import PARTS

RESULTS = {
    "handwriting": {
        "seconds_a_batch": {
            "hachi": 0.4, "hachi_bfloat16": 0.32, "synthesis": 0.5, "keras": 0.6, "torch": 0.5,
        },
        "memory_mib": {"hachi": 600.0, "keras": 900.0, "torch": 500.0},
        "ms_a_step": {"1": {"hachi, 1 threads": 0.25, "torch, 2 threads": 4.5},
                      "64": {"hachi, 2 threads": 2.0, "torch, 2 threads": 6.0}},
    },
    "text": {
        "train_characters_per_s": 9000.0, "train_bf16_characters_per_s": 12000.0,
        "torch_characters_per_s": 10000.0, "sample1_characters_per_s": 4000.0,
        "torch_sample1_characters_per_s": 500.0, "sample64_characters_per_s": 15000.0,
        "torch_sample64_characters_per_s": 5000.0,
    },
    "live": {"ours1": [4.0, 2.0, 3.0], "theirs1": [1.0, 4.0, 24.0],
             "ours4": [5.0, 4.5, 6.0], "theirs4": [2.0, 12.0, None]},
    "timing": {"within_2_ms": 0.99, "late_ms_p50_p99_p999_max": [0.2, 0.3, 2.8, 36.0],
               "sleeping_alone": {"within_2_ms": 0.998,
                                  "late_ms_p50_p99_p999_max": [0.1, 0.15, 2.0, 36.0]}},
    "serving": {
        "merged": {"rate_hz_1": 90.0, "p99_ms_1": 14.0, "rate_hz_16": 270.0, "p99_ms_16": 90.0,
                   "request_over_model": 1.25},
        "alone": {"rate_hz_1": 91.0, "p99_ms_1": 13.0, "rate_hz_16": 95.0, "p99_ms_16": 180.0},
    },
    "learning": {"their_nats": 1.508, "our_nats": 1.2, "their_s": 180.0, "our_s": 15.0},
}  # fmt: skip
MACHINE = {"processor": "Imagined 9000", "cores": 2, "versions": {"Python": "3.11.2"}}


def recorded(**changes):
    """What a run of everything leaves behind."""
    parts = {
        name: {
            "date": "2026-01-02", "version": "9.9 at abc", "command": f"python -m of.{name}",
            "trial": False, "seconds": 90.0, "busy": 0.1, "machine": MACHINE, "peer": {},
            "result": result,
        }
        for name, result in copy.deepcopy(RESULTS).items()
    }  # fmt: skip
    return {"parts": parts, "left_out": {}} | changes


def section(text, name):
    return text.split(f"## {PARTS[name].title}\n")[1].split("\n## ")[0]


def test_each_part_has_its_section_figures_and_command():
    text = page_text.render(recorded())["benchmarks.md"]
    assert set(RESULTS) == set(PARTS)
    for name, result in RESULTS.items():
        own = section(text, name)
        assert f"`python -m of.{name}`" in own and "2026-01-02" in own and "9.9 at abc" in own
        for row in PARTS[name].rows(result):
            ratio = factor(row.ratio) if row.ratio else ""
            figure = page_text._number
            want = f"| {row.what} | {row.unit} | {figure(row.ours)} | {figure(row.theirs)} "
            assert f"{want}| {row.against} | {ratio} |" in own
    assert "Imagined 9000" in text


def test_ratios_say_how_many_times_better_ours_is():
    rows = {
        (row.what, row.against): row
        for name, result in RESULTS.items()
        for row in PARTS[name].rows(result)
    }
    for what, against, ratio in (
        ("training", "PyTorch", 1.25),
        ("training", "Keras's LSTM", 1.5),
        ("peak memory of training", "PyTorch", 500 / 600),
        ("training the network that reads a text", "one that reads none", 0.8),
        ("`/input` to `/output`, p99, 1 model", "hachi machi", 8.0),
        ("until `/status 1`, 1 model", "hachi machi", 0.25),
        ("requests answered, 16 clients", "1 client", 3.0),
        ("an answer, p99, 16 clients", "no merging of requests", 2.0),
        ("from the program's start to 1.508 nats an event", "hachi machi", 12.0),
    ):
        if (what, against) == ("training", "PyTorch"):  # text's comes after it
            row = next(page_rows.handwriting(RESULTS["handwriting"]))
        else:
            row = rows[what, against]
        assert row.ratio == pytest.approx(ratio), what
    assert rows["`/input` to `/output`, p99, 4 models", "hachi machi"].ratio is None


def test_what_is_not_better_is_said_and_what_is_better_is_not():
    text = page_text.render(recorded())["benchmarks.md"]
    worse = text.split("Not better than the peers'")[1].split("\n## ")[0]
    assert "600 MiB against PyTorch's 500 MiB" in worse
    assert "0.90 of PyTorch's speed, 9,000 characters/s against 10,000 characters/s" in worse
    assert "until `/status 1`" in worse
    assert not any(better in worse for better in ("p99", "p50", "Keras", "batch", "nats"))
    ours = recorded()
    ours["parts"]["learning"]["result"]["our_s"] = None
    text = page_text.render(ours)["benchmarks.md"]
    assert "1.508 nats an event: none, against hachi machi's 180 s" in text


def test_charts_are_xml_and_shown():
    files = page_text.render(recorded())
    text, charts = files.pop("benchmarks.md"), files
    assert set(charts) == {f"benchmarks-{name}.svg" for name in ("ratios", "live", "serving")}
    for name, chart in charts.items():
        assert f"]({name})" in text
        root = ElementTree.fromstring(chart)
        first = root[0].attrib  # the white card, without which a dark page swallows the ink
        size = root.attrib["width"], root.attrib["height"]
        assert (first["width"], first["height"]) == size and first["fill"] == "#ffffff"
        words = [each.text for each in root.iter() if each.tag.endswith("text")]
        assert len(words) > 6
    peers = [row for name in RESULTS for row in PARTS[name].rows(RESULTS[name]) if row.peer]
    assert sum(row.ratio is not None for row in peers) == sum(
        factor(1.0) != word and "(" in word
        for word in (e.text for e in ElementTree.fromstring(charts["benchmarks-ratios.svg"]).iter())
        if word and word.strip() and not word.startswith("How many")
    )


def test_a_page_of_nothing_says_how_to_measure():
    files = page_text.render({"parts": {}, "left_out": {"live": "needs hachi machi: get it"}})
    assert set(files) == {"benchmarks.md"}
    assert "BENCH=--only=serving" in section(files["benchmarks.md"], "serving")
    assert "needs hachi machi: get it" in section(files["benchmarks.md"], "live")


def test_machines_are_told_apart():
    both = recorded()
    both["parts"]["serving"]["machine"] = MACHINE | {"processor": "Another 1"}
    both["parts"]["text"]["busy"] = 0.5
    text = page_text.render(both)["benchmarks.md"]
    assert "| processor | Imagined 9000 | Another 1 |" in text
    assert "on machine 2" in section(text, "serving")
    assert "on machine 1" in section(text, "text") and "others took 50%" in section(text, "text")


@pytest.fixture
def stubbed(tmp_path, monkeypatch):
    """A folder with a page of everything, where every benchmark could run."""
    page.write(recorded(), tmp_path)
    monkeypatch.setattr(page.Part, "missing", lambda self, python: "")
    told = {"describe": MACHINE, "version": "10", "versions": {"PyTorch": "2"}, "busy": 0.1}
    for name, said in told.items():
        monkeypatch.setattr(computer, name, lambda *_, said=said: said)
    return tmp_path


def test_a_part_measured_again_leaves_the_others(stubbed, monkeypatch, capsys):
    monkeypatch.setattr(
        page, "run", lambda *_: RESULTS["learning"] | {"our_s": float(20), "their_s": 200.0}
    )
    assert page.main(["--only=learning", f"--folder={stubbed}"]) == 0
    after, before = json.loads((stubbed / page.FILE).read_text()), recorded()
    own = after["parts"].pop("learning")
    before["parts"].pop("learning")
    assert after["parts"] == before["parts"]
    assert own["result"]["our_s"] == 20.0 and own["date"] > "2026-01-02"
    assert own["command"] == "python -m tests.benchmarks.machi --messages=0"
    assert "| hachi machi | 10 |" in (stubbed / "benchmarks.md").read_text()
    assert "about 4.5 minutes" in capsys.readouterr().err


def test_what_cannot_run_or_fails_keeps_its_figures_and_the_others_run(stubbed, monkeypatch):
    asked = []

    def run(command, limit_s):
        asked.append(command[2])
        if command[2].endswith("text"):
            raise page.Failure("ended with status 3")
        return RESULTS["serving"]

    monkeypatch.setattr(page, "run", run)
    monkeypatch.setattr(
        page.Part, "missing", lambda self, python: "needs it: get it" if self.machi else ""
    )
    assert page.main(["--only=live,text,serving", f"--folder={stubbed}"]) == 1
    assert asked == ["tests.benchmarks.text", "tests.benchmarks.serving"]
    text = (stubbed / "benchmarks.md").read_text()
    for name, reason in (("live", "needs it: get it"), ("text", "ended with status 3")):
        assert f"**Not measured in the last run** ({reason})" in section(text, name)
        assert "2026-01-02" in section(text, name)
    assert "2026-01-02" not in section(text, "serving")
    monkeypatch.setattr(page, "run", lambda *_: RESULTS["text"])
    assert page.main(["--only=text", f"--folder={stubbed}"]) == 0
    assert "Not measured" not in section((stubbed / "benchmarks.md").read_text(), "text")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('a'); print('{\"x\": NaN}')", {"x": None}),
        ("print('no JSON')", "no JSON"),
        ("raise SystemExit(4)", "status 4"),
        ("import time; time.sleep(60)", "stopped"),
    ],
)
def test_run_reads_the_last_line_or_says_what_is_wrong(code, said):
    command = [page.sys.executable, "-S", "-c", code]
    if isinstance(said, dict):
        assert page.run(command, 30.0) == said
    else:
        with pytest.raises(page.Failure, match=said):
            page.run(command, 0.3 if said == "stopped" else 30.0)


def test_unknown_parts_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(SystemExit):
        page.main(["--only=speed", f"--folder={tmp_path}"])
    (tmp_path / page.FILE).write_text("[1]")
    with pytest.raises(SystemExit, match="expected"):
        page.main(["--draw", f"--folder={tmp_path}"])
    assert (tmp_path / page.FILE).read_text() == "[1]"


def test_the_machine_is_described():
    found = computer.describe()
    assert found["cores"] >= 1 and found["processor"] and "." in found["versions"]["Python"]
    assert found["versions"]["TensorFlow"].startswith("2.")


def test_figures_are_of_three_digits():
    assert [number_text(each) for each in (0.0, 0.2489, 4.437, 12.34, 187.2, 14854.0)] == [
        "0", "0.249", "4.44", "12.3", "187", "14,854"
    ]  # fmt: skip
    assert [factor(each) for each in (0.862, 1.2, 9.96, 17.8)] == ["0.86", "1.20", "10", "18"]
