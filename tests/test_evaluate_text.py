"""Evaluation of text: figures, dynamic evaluation, compression, comparison."""

import csv
import json
import math

import numpy as np
import pytest

from hachi_tf.describe import DescribeConfig, describe
from hachi_tf.evaluate import EvaluateConfig, evaluate, in_words
from hachi_tf.evaluation.arithmetic_coding import TextCoder
from hachi_tf.train import TrainConfig, train
from hachi_tf.training.run import load_run

FLAGS = {"source": "text", "hidden_size": 12, "batch_size": 8, "sequence_length": 25,
         "learning_rate": 0.02, "epochs": 4.0, "validate_every": 1000, "device": "cpu"}  # fmt: skip


def sentences(count, seed):
    random = np.random.default_rng(seed)
    words = ("der", "Hase", "läuft", "schnell", "im", "Gras", "und", "Wald")
    return "".join(
        f"{' '.join(random.choice(words, random.integers(3, 7)))}.\n" for _ in range(count)
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    for name, count in (("one", 90), ("two", 60)):
        (folder / f"{name}.txt").write_text(sentences(count, count), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run_dir(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "text"
    train(TrainConfig(data=str(data), run_dir=str(path), **FLAGS))
    return path


@pytest.fixture(scope="module")
def held_out(data):
    """The last tenth of each file."""
    texts = [(data / f"{name}.txt").read_text(encoding="utf-8") for name in ("one", "two")]
    return [text[round(len(text) * 0.9) :] for text in texts]


@pytest.fixture(scope="module")
def figures(run_dir, tmp_path_factory):
    path = tmp_path_factory.mktemp("figures") / "each.csv"
    before = {file: file.read_bytes() for file in run_dir.rglob("*") if file.is_file()}
    found = evaluate(
        EvaluateConfig(run_dir=str(run_dir), dynamic=True, dynamic_rate=0.2, per_sequence=str(path))
    )
    assert before == {file: file.read_bytes() for file in before}
    with open(path, newline="") as file:
        return found, list(csv.DictReader(file))


def test_figures_of_a_text(figures, held_out):
    found, rows = figures
    characters, size = sum(map(len, held_out)), sum(len(t.encode()) for t in held_out)
    assert found["num_characters"] == found["num_events"] == characters
    assert found["num_bytes"] == size > characters and found["num_unknown"] == 0
    assert found["num_words"] == sum(len(text.split()) for text in held_out)
    nats = sum(float(row["nats"]) for row in rows)
    assert found["bits_per_character"] == pytest.approx(nats / math.log(2) / characters)
    assert found["bits_per_byte"] == pytest.approx(nats / math.log(2) / size)
    assert found["word_perplexity"] == pytest.approx(math.exp(nats / found["num_words"]))
    assert found["compressed_bytes"] == math.ceil(nats / math.log(2) / 8) + 8
    assert {"gzip_bytes", "bzip2_bytes", "xz_bytes"} <= set(found)
    assert found["nats_per_step"] < found["baseline_nats_per_step"] - 0.5


def test_dynamic_evaluation_stands_beside_the_static_one(figures):
    found, rows = figures
    nats = sum(float(row["dynamic_nats"]) for row in rows)
    characters = found["num_characters"]
    assert found["dynamic_bits_per_character"] == pytest.approx(nats / math.log(2) / characters)
    assert found["dynamic_rate"] == 0.2
    assert found["dynamic_bits_per_character"] < found["bits_per_character"]


def test_a_row_for_each_file(figures, held_out):
    _, rows = figures
    assert [row["id"].rpartition("/")[2] for row in rows] == ["one.txt", "two.txt"]
    assert [int(row["num_events"]) for row in rows] == [len(text) for text in held_out]


def test_words_for_a_person(figures):
    said = in_words(figures[0])
    assert f"{figures[0]['bits_per_character']:.3f} bits a character, " in said
    assert "as an arithmetic coder would compress it" in said
    assert "dynamic evaluation, rate 0.2: " in said and "better than without" in said
    assert "squared error" not in said


def test_figures_are_json(run_dir, capsys):
    from hachi_tf import evaluate as program

    assert program.main([f"--run_dir={run_dir}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["compressed_bytes"] > 8 and "dynamic_rate" not in found


def test_the_text_is_compressed_as_small_as_it_says(run_dir, held_out, tmp_path):
    pytest.importorskip("constriction", reason="it comes with the extra [compress]")
    path = tmp_path / "text.bin"
    found = evaluate(EvaluateConfig(run_dir=str(run_dir), compress=str(path)))
    # The header, and that files are one text here, of which only the first starts from nothing.
    assert found["compressed_file_bytes"] == pytest.approx(found["compressed_bytes"] + 28, abs=12)
    assert "compressed: " in in_words(found)
    coder = TextCoder(load_run(run_dir).network)
    assert coder.decompress(path.read_bytes()) == "".join(held_out)


def test_other_texts_with_characters_that_the_model_lacks(run_dir, tmp_path):
    (tmp_path / "other.txt").write_text(sentences(60, 5) + "§ und Ω " * 30, encoding="utf-8")
    found = evaluate(EvaluateConfig(run_dir=str(run_dir), data=str(tmp_path)))
    assert found["num_unknown"] > 20 and "compressed_bytes" not in found
    assert found["num_characters"] == found["num_events"] - found["num_unknown"]
    assert "characters that the model does not know" in in_words(found)


def test_texts_compare_by_parts(run_dir, data, tmp_path, monkeypatch):
    from hachi_tf.evaluation import scoring

    monkeypatch.setattr(scoring, "PART_LENGTH", 40)
    worse = tmp_path / "worse"
    train(TrainConfig(data=str(data), run_dir=str(worse), **FLAGS | {"epochs": 0.2}))
    found = describe(DescribeConfig(compare=(str(run_dir), str(worse)), batch_size=500))
    assert found["better"] == str(run_dir) and found["num_parts"] > 5
    assert found["bits_per_character_a"] < found["bits_per_character_b"] - 0.5
    assert found["a_minus_b"]["high"] < 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--dynamic", "--dynamic_rate=-1"], "--dynamic_rate"),
        (["--split=test"], "a split of train, validation"),
        (["--source=text(unit='byte')"], "a model of bytes"),
    ],
)
def test_bad_input_ends_with_one_line_and_status_2(run_dir, data, failing_program, flags, said):
    done = failing_program("evaluate", f"--run_dir={run_dir}", f"--data={data}", *flags)
    assert done.returncode == 2 and said in done.stderr and done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("error: ")


def test_a_model_of_strokes_compresses_nothing(tiny_run, failing_program, tmp_path):
    pytest.importorskip("constriction", reason="it comes with the extra [compress]")
    done = failing_program("evaluate", f"--run_dir={tiny_run}", f"--compress={tmp_path / 'a'}")
    assert done.returncode == 2 and "a network of long texts to compress" in done.stderr


def test_dynamic_evaluation_of_strokes(tiny_run):
    found = evaluate(EvaluateConfig(run_dir=str(tiny_run), dynamic=True, dynamic_rate=0.0))
    assert found["dynamic_nats_per_step"] == pytest.approx(found["nats_per_step"], abs=1e-5)
    assert "dynamic_bits_per_character" not in found and "nats a step" in in_words(found)
