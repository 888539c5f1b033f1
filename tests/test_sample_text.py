"""Sampling from models of text: streams, files, stop strings, what was copied, bad input."""

import json
import pathlib
import signal
import subprocess
import sys

import numpy as np
import pytest

from hachi_tf.config import parse
from hachi_tf.export import ExportConfig, export
from hachi_tf.sample import SampleConfig, sample
from hachi_tf.train import TrainConfig, train

pytestmark = pytest.mark.usefixtures("opened_once")

FLAGS = ("--layers=1", "--hidden_size=24", "--batch_size=8", "--sequence_length=20",
         "--learning_rate=0.02", "--device=cpu")  # fmt: skip
NAMES = ["anna", "ben", "carla", "dora", "emil", "fritz", "greta", "hanna", "ida", "jan"]


def learn(data, run_dir, source, *flags):
    train(parse(TrainConfig, [f"--data={data}", f"--source={source}", f"--run_dir={run_dir}",
                              *FLAGS, *flags]))  # fmt: skip
    return run_dir


@pytest.fixture(scope="module")
def text_data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "hase.txt"
    words = np.random.default_rng(0).choice(["der Hase", "läuft,\n", "im", "Gras.\n"], 500)
    path.write_text(" ".join(words), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def char_run(text_data, tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("runs") / "char"
    return learn(text_data, run_dir, "text", "--epochs=6", "--validate_every=40")


@pytest.fixture(scope="module")
def byte_run(text_data, tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("runs") / "byte"
    return learn(text_data, run_dir, "text(unit='byte')", "--epochs=2")


@pytest.fixture(scope="module")
def names_run(tmp_path_factory):
    place = tmp_path_factory.mktemp("names")
    (place / "names.txt").write_text("\n".join(NAMES * 4) + "\n", encoding="utf-8")
    return learn(place / "names.txt", place / "run", "text(records='line')", "--epochs=20",
                 "--validate_every=1000")  # fmt: skip


def drawn(run_dir, *flags):
    """What `sample` returns, and the pieces that it shows."""
    pieces = []
    return sample(parse(SampleConfig, [f"--run_dir={run_dir}", *flags]), pieces.append), pieces


def test_a_text_is_shown_as_it_is_drawn_and_written_the_same(char_run, tmp_path):
    flags = ("--prime_text=der H", "--num_steps=300", "--temperature=0.7", "--seed=3")
    result, pieces = drawn(char_run, *flags)
    assert len(pieces) > 4 and pieces[0] == "der H"
    assert result["lengths"] == [300] and result["files"] == []
    text = result["texts"][0]
    assert "".join(pieces) == "der H" + text + "\n" * (text[-1] != "\n")
    again, nothing = drawn(char_run, *flags, f"--output={tmp_path}/out.txt")
    assert again["texts"] == result["texts"] and nothing == []
    assert (tmp_path / "out.txt").read_bytes().decode() == "".join(pieces)
    drawn(char_run, *flags, f"--output={tmp_path}/out.json")
    written = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert written["prime_text"] == "der H" and written["texts"] == [text]
    assert {path.name for path in tmp_path.iterdir()} == {"out.txt", "out.json"}


def test_a_default_seed_is_said_and_a_default_length_is_1000(char_run):
    result, _ = drawn(char_run)
    again, _ = drawn(char_run, f"--seed={result['seed']}", "--num_steps=50")
    assert result["lengths"] == [1000] and result["texts"][0].startswith(again["texts"][0])


def test_several_texts_are_apart(char_run):
    result, pieces = drawn(char_run, "--num_samples=3", "--num_steps=40", "--seed=1")
    text = "".join(pieces)
    assert text.count("\n--- 2 ---\n\n") == text.count("\n--- 3 ---\n\n") == 1
    parts = [part.strip("\n") for part in text.replace("--- 2 ---", "--- 3 ---").split("--- 3 ---")]
    assert parts == [each.strip("\n") for each in result["texts"]]
    alone, _ = drawn(char_run, "--num_steps=40", "--seed=1")
    assert alone["texts"] == result["texts"][:1]


def test_a_stop_string_ends_the_text_before_it(char_run):
    result, pieces = drawn(char_run, "--num_steps=2000", "--seed=2", r"--stop=.\n", "--stop=???")
    assert result["stopped"] == [True] and "".join(pieces) == result["texts"][0] + "\n"
    whole, _ = drawn(char_run, "--num_steps=2000", "--seed=2")
    assert whole["texts"][0].startswith(result["texts"][0] + ".\n")
    assert ".\n" not in result["texts"][0]


@pytest.mark.slow
def test_truncation_reaches_the_model(char_run):
    greedy, _ = drawn(char_run, "--temperature=0", "--num_steps=60")
    for flags in (["--top_k=1"], ["--top_p=0.000001"]):
        same, _ = drawn(char_run, *flags, "--num_steps=60", "--seed=5")
        assert same["texts"] == greedy["texts"]


def test_records_end_stand_a_line_each_and_are_counted_if_new(names_run, caplog):
    with caplog.at_level("INFO"):
        result, pieces = drawn(names_run, "--num_samples=70", "--seed=4")
    assert "".join(pieces) == "".join(f"{text}\n" for text in result["texts"])
    whole = [text for text, end in zip(result["texts"], result["ended"], strict=True) if end]
    assert len(whole) > 60
    learned = set(NAMES)  # each stands in the training split, whatever is held out too
    assert len(whole) - sum(text in learned for text in whole) <= result["new"] <= len(whole)
    assert f"{result['new']} of {len(whole)} whole samples are new" in caplog.text
    primed, pieces = drawn(names_run, "--prime_text=an", "--num_samples=2", "--seed=4")
    assert all(line.startswith("an") for line in "".join(pieces).splitlines())
    assert "".join(pieces) == "".join(f"an{text}\n" for text in primed["texts"])


def test_the_longest_copied_passage_is_told(char_run, text_data, caplog):
    with caplog.at_level("INFO"):
        result, _ = drawn(char_run, "--num_steps=200", "--seed=6")
    copied = result["copied"]
    text = text_data.read_text(encoding="utf-8")
    assert copied["text"] in text[: round(0.9 * len(text))] and copied["text"] in result["texts"][0]
    assert copied["length"] == len(copied["text"]) > 3 and copied["sample"] == 1
    passages = [result["texts"][0][i : i + copied["length"] + 1] for i in range(200)]
    assert not any(len(each) > copied["length"] and each in text for each in passages[:-20])
    said = (
        f"passage copied from the training text: {copied['length']} characters: {copied['text']!r}"
    )
    assert said in caplog.text


@pytest.mark.slow
def test_a_text_that_is_another_now_is_not_compared(char_run, text_data, tmp_path):
    made = export(parse(ExportConfig, [f"--run_dir={char_run}", f"--export_dir={tmp_path}/x"]))
    assert made["use"].startswith(f"python -m hachi_tf.sample --export_dir={made['export']} --")
    flags = (f"--export_dir={tmp_path}/x", "--num_steps=30", "--seed=6")
    result = sample(parse(SampleConfig, flags), None)
    assert "copied" not in result  # an export does not tell where its data lie
    told = sample(parse(SampleConfig, [*flags, f"--data={text_data}"]), None)
    assert told["texts"] == result["texts"] and told["copied"]["length"] > 0
    own, _ = drawn(char_run, "--num_steps=30", "--seed=6")
    assert own["copied"] == told["copied"] and own["texts"] == told["texts"]


@pytest.mark.slow
def test_a_prime_may_be_a_file_and_unknown_characters_follow_on_unknown(char_run, tmp_path, caplog):
    (tmp_path / "prime.txt").write_bytes(b"Gras.\r\nder")
    result, pieces = drawn(char_run, f"--prime={tmp_path}/prime.txt", "--num_steps=5", "--seed=1")
    assert pieces[0] == "Gras.\nder" == result["prime_text"]
    left_out, _ = drawn(char_run, "--prime_text=der 9", "--on_unknown=drop", "--num_steps=5")
    assert left_out["prime_text"] == "der " and "left out '9'" in caplog.text
    nearest, _ = drawn(char_run, "--prime_text=Der", "--on_unknown=replace", "--num_steps=5")
    assert nearest["prime_text"] == "der"


@pytest.mark.slow
def test_a_model_of_bytes_shows_whole_characters(byte_run, tmp_path):
    result, pieces = drawn(byte_run, "--num_steps=200", "--seed=1", "--prime_text=lä")
    text = "".join(pieces)
    assert text.startswith("lä") and text.rstrip("\n") == "lä" + result["texts"][0].rstrip("\n")
    assert result["copied"]["length"] > 0
    drawn(byte_run, "--num_steps=20", "--seed=1", f"--output={tmp_path}/a.txt")
    assert (tmp_path / "a.txt").read_bytes().decode()
    left_out, _ = drawn(byte_run, "--prime_text=ü!", "--on_unknown=drop", "--num_steps=5")
    assert left_out["prime_text"] == "\ufffd"  # one of the two bytes is known


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--output=a.svg"], "--output with a suffix of .txt .json for text"),
        (["--output=a.doc"], "--output with a suffix of"),
        (["--prime_text=Hase 9"], "--on_unknown=replace"),
        (["--prime_text=a", "--prime=a.txt"], "either --prime=FILE or --prime_text"),
        (["--prime=nowhere.txt"], "a text file in UTF-8 for --prime; got nowhere.txt"),
        (["--temperature=-1"], "--temperature of at least 0"),
        (["--top_k=-1"], "--top_k of at least 0"),
        (["--top_p=0"], "--top_p above 0"),
        (["--top_p=1.5"], "--top_p of at most 1"),
        (["--stop="], "stop strings of at least one character"),
        (["--num_steps=0"], "--num_steps of at least 1"),
        (["--bias=1"], "no --bias with a model of text"),
        (["--fix=character=a"], "no --fix with a model of text"),
        (["--text=Hello"], "no --text with a model of text"),
        (["--style=neat"], "no --style"),
        (["--retries=2"], "no --retries"),
        (["--again=1"], "no --again"),
        (["--columns=2"], "no --columns"),
        (["--data=nowhere.txt"], "nowhere.txt"),
    ],
)  # fmt: skip
def test_bad_input_ends_with_one_line_and_status_2(
    tmp_path, char_run, failing_program, monkeypatch, flags, said
):
    monkeypatch.chdir(tmp_path)
    done = failing_program("sample", char_run, "--seed=1", "--num_steps=5", *flags)
    assert done.returncode == 2 and said in done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert done.stdout == "" and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "flags", [["--top_k=3"], ["--top_p=0.5"], ["--stop=a"], ["--prime_text=a"]]
)
def test_flags_for_texts_are_refused_by_other_models(failing_program, tmp_path, monkeypatch, flags):
    monkeypatch.chdir(tmp_path)
    export = pathlib.Path(__file__).parents[1] / "exports" / "kanji"
    done = failing_program("sample", f"--export_dir={export}", "--seed=1", *flags)
    assert done.returncode == 2 and flags[0].split("=")[0] in done.stderr
    assert not list(tmp_path.iterdir())


def test_json_alone_goes_to_stdout(char_run, failing_program):
    done = failing_program("sample", char_run, "--seed=1", "--num_steps=20", "--json")
    result = json.loads(done.stdout)
    assert done.returncode == 0 and len(result["texts"][0]) == 20 and result["seed"] == 1


def start(*flags):
    command = [sys.executable, "-m", "hachi_tf.sample", *map(str, flags)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # Where the tests run in the background, they and their children ignore Ctrl-C.
    return subprocess.Popen(
        command, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **pipes
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal for a child")
def test_ctrl_c_ends_a_stream_cleanly(char_run):
    stopped = start(char_run, "--num_steps=100000", "--seed=1")
    assert stopped.stdout.read(50)  # it is there before the end
    stopped.send_signal(signal.SIGINT)
    out, err = stopped.communicate(timeout=120)
    assert stopped.returncode == 130 and out.endswith(b"\n")
    assert err.decode().splitlines()[-1:] == ["interrupted"] and b"Traceback" not in err


@pytest.mark.slow
def test_a_closed_pipe_ends_a_stream_cleanly(char_run):
    closed = start(char_run, "--num_steps=100000", "--seed=1")
    assert closed.stdout.read(50)
    closed.stdout.close()
    err = closed.stderr.read()
    assert closed.wait(timeout=120) == 0 and b"Error" not in err and b"Traceback" not in err


def test_training_shows_samples_and_bits(char_run, names_run):
    texts = sorted((char_run / "samples").glob("step-*.txt"))
    assert texts and not list((char_run / "samples").glob("*.png"))
    lines = texts[-1].read_text(encoding="utf-8").split("\n")
    assert lines[0] == "temperature 0.5:" and "temperature 1.0:" in lines
    second = lines.index("temperature 1.0:")
    assert all(line.startswith("    ") for line in lines[1:second])
    assert len("\n".join(line[4:] for line in lines[1:second])) == 200
    names = sorted((names_run / "samples").glob("step-*.txt"))[-1].read_text(encoding="utf-8")
    assert len(names.splitlines()) == 22  # ten names at each temperature
