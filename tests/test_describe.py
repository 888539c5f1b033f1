"""`describe` of tables, latency and what was learned against the data."""

import json
from types import SimpleNamespace

import mido
import numpy as np
import pytest
from PIL import Image

from hachi_tf import describe
from hachi_tf.errors import UserError
from hachi_tf.evaluation.columns import compare_columns, draw_columns
from hachi_tf.evaluation.latency import measure_latency
from hachi_tf.evaluation.table_figures import table_figures
from hachi_tf.schema import Feature, Schema
from hachi_tf.serving.results import Step
from tests.test_export_and_describe import make_run, make_sketches

TABLE = """time,x,~2_duration,3_channel#
10,1,0.5,1
10,2,,10
11,4,1.5,10
12.5,5,1.0,
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("describe")
    make_sketches(folder / "sketches.npz")
    make_run(folder / "run", folder / "sketches.npz")
    return folder


def described(capsys, *arguments):
    assert describe.main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_table(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text(TABLE)
    value = described(capsys, f"--data={path}")
    assert (value["rows"], value["seconds"], value["temporal"]) == (4, 2.5, True)
    assert value["events_per_s"] == pytest.approx(3 / 2.5)
    assert value["delays_s"]["p50"] == 1.0 and value["share_without_delay"] == pytest.approx(1 / 3)
    assert value["durations_s"]["p50"] == 1.0
    x, duration, channel = (value["columns"][name] for name in ("x", "2_duration", "3_channel"))
    assert (x["mean"], x["min"], x["max"], x["missing"]) == (3.0, 1.0, 5.0, 0)
    assert x["integers"] and x["different"] == 4 and x["std"] == pytest.approx(np.sqrt(2.5))
    assert (duration["role"], duration["missing"], duration["integers"]) == ("target", 1, False)
    assert channel["kind"] == "categorical" and channel["missing"] == 1
    assert channel["classes"] == {"10": 2, "1": 1}


def test_the_result_goes_to_stdout_with_json_or_in_words(tmp_path, capfd, caplog):
    path = tmp_path / "a.csv"
    path.write_text(TABLE)
    assert describe.main([f"--data={path}"]) == 0
    words = capfd.readouterr()
    assert "rows: 4\n" in words.out and words.err == "" and caplog.text == ""
    assert describe.main([f"--data={path}", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["rows"] == 4


def test_a_table_with_dates_is_a_series(tmp_path, capsys):
    path = tmp_path / "sales.csv"
    path.write_text("date,sold\n" + "".join(f"2025-01-{day:02},{day}\n" for day in range(1, 31)))
    assert describe.main([f"--data={path}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["source"] == "time_series"


def test_tables_without_time_or_with_one_row(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n2\n")
    value = table_figures(tmp_path / "a.csv")
    assert not value["temporal"] and "delays_s" not in value and value["rows"] == 2
    (tmp_path / "b.csv").write_text("time,x\n1,\n")
    value = table_figures(tmp_path / "b.csv")
    assert value["seconds"] == 0 and value["columns"]["x"]["missing"] == 1


def test_a_midi_file(tmp_path, capsys):
    track = mido.MidiTrack()
    for pitch in (60, 64, 67):
        track.append(mido.Message("note_on", note=pitch, velocity=90, time=0))
        track.append(mido.Message("note_off", note=pitch, time=480))
    mido.MidiFile(tracks=[track], ticks_per_beat=480).save(tmp_path / "a.mid")
    value = described(capsys, f"--data={tmp_path / 'a.mid'}")
    assert value["rows"] == 3 and value["events_per_s"] == pytest.approx(2.0)
    assert value["columns"]["0_pitch"]["max"] == 67


def test_a_broken_table_ends_in_one_line(tmp_path, caplog):
    (tmp_path / "a.csv").write_text("time,x\n0,1\n1,b\n")
    assert describe.main([f"--data={tmp_path / 'a.csv'}"]) == 2
    assert "line 3" in caplog.text and "Traceback" not in caplog.text


def test_latency_of_a_run(place, capsys):
    value = described(capsys, place / "run", "--latency")
    assert value["steps"] >= 100
    assert 0 < value["p50_ms"] <= value["p99_ms"] <= value["max_ms"] < value["first_step_ms"]


class Slow:
    """A model whose steps take 1 ms, and whose third one ends."""

    schema = Schema((Feature("x"), Feature("y")))

    def __init__(self):
        self.fed = []

    def step(self, state, event, seed):
        import time

        time.sleep(0.001)
        self.fed.append(None if event is None else event[0, 0])
        count = 0.0 if state is None else state[0, 0] + 1
        return Step(np.full([1, 2], count), np.full([1, 1], count), np.array([count == 2]), None)


def test_latency_is_that_of_steps_that_take_in_the_last_event():
    model = Slow()
    figures = measure_latency(model, 6)
    assert model.fed == [None, 0, 1, None, 0, 1, None] and figures["steps"] == 6
    assert 1.0 <= figures["p50_ms"] < 20


def test_columns_of_a_run(place, tmp_path, capsys):
    output = tmp_path / "columns.png"
    value = described(capsys, place / "run", "--picture=columns", f"--output={output}")
    assert set(value["share_apart"]) == {"dx", "dy", "end_of_stroke"}
    assert value["events"]["samples"] >= 500 and value["events"]["data"] > 50
    with Image.open(output) as picture:
        assert picture.size == (value["width"], value["height"]) == (1600, 820)


def test_columns_of_a_model_with_known_columns_are_refused():
    schema = Schema((Feature("sold"), Feature("price", role="known")))
    network = SimpleNamespace(schema=schema, conditioned=False)
    with pytest.raises(UserError, match="without known columns .*; got shop, with price"):
        draw_columns(SimpleNamespace(network=network, path="shop"), None, "columns.png")


def test_samples_of_the_data_are_nearer_than_others():
    schema = Schema(
        (
            Feature("time", "continuous", "s", quantum=0.001),
            Feature("pitch", quantum=1),
            Feature("channel", "categorical", classes=("1", "2")),
            Feature("loud", "binary"),
        )
    )

    def make(seed, scale):
        random = np.random.default_rng(seed)
        events = [
            np.stack(
                [
                    np.floor(random.exponential(0.2 * scale, 500) * 1000) / 1000,
                    random.integers(50, 50 + 10 * scale, 500),
                    random.random(500) < 0.3 * scale,
                    random.random(500) < 0.2 * scale,
                ],
                -1,
            )
            for _ in range(4)
        ]
        for each in events:
            each[0, 0] = 0  # the first delay, which is none
        return events

    data, near, far = make(0, 1), make(1, 1), make(2, 3)
    for same, other in zip(
        compare_columns(schema, data, near), compare_columns(schema, data, far), strict=True
    ):
        assert same.distance < 0.12 and other.distance > 0.3, same.name
    assert compare_columns(schema, data, near)[0].zeros[0] < 0.01
    # 20% less 60%, and 30% less 90%.
    shares = [each.distance for each in compare_columns(schema, data, far)[2:]]
    assert shares == pytest.approx([0.6, 0.4], abs=0.05)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--latency", "--devices"], "a run or an export for --picture or --latency"),
        (["--latency", "--data=a.csv"], "a run or an export for --picture or --latency"),
        (["--picture=columns", "--source=kanji"], "a run or an export for --picture"),
        (["--text=a"], "with --sample or --text"),
        (["--compare", "a", "b", "--picture=bias"], "--compare by itself"),
        (["--compare", "a", "b", "--latency"], "--compare by itself"),
        (["--data=none.csv"], "a table that can be read"),
        (["--export_dir=none", "--latency"], "an export at"),
    ],
)
def test_bad_flags_end_in_one_line_and_status_2(arguments, message, caplog):
    assert describe.main(arguments) == 2
    assert message in caplog.text and "Traceback" not in caplog.text


def test_devices_names_midi_ports_or_says_why_there_are_none(monkeypatch, capsys):
    value = described(capsys, "--devices")
    assert value["devices"][0]["type"] == "CPU"
    assert set(value["midi"]) in ({"none"}, {"inputs", "outputs"})
    monkeypatch.setattr(mido, "get_input_names", lambda: ["Keys"], raising=False)
    monkeypatch.setattr(mido, "get_output_names", lambda: ["Synth"], raising=False)
    monkeypatch.setattr(mido.backend, "load", lambda: None)
    assert described(capsys, "--devices")["midi"] == {"inputs": ["Keys"], "outputs": ["Synth"]}
