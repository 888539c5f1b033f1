"""What a run learns from: small texts, texts for a model that lacks some of their characters."""

import json

import numpy as np
import pytest

from hachi_tf.data import make_source
from hachi_tf.errors import UserError
from hachi_tf.train import TrainConfig, train
from hachi_tf.training.run import load_run, open_model
from hachi_tf.training.run_data import read_data
from hachi_tf.training.run_directory import RunDirectory

SMALL = {"hidden_size": 8, "batch_size": 4, "epochs": 1.0, "device": "cpu"}


def read(tmp_path, content, **flags):
    path = tmp_path / "a.txt"
    path.write_text(content, encoding="utf-8")
    config = TrainConfig(source="text", data=str(path), run_dir=str(tmp_path / "run"), **flags)
    source = make_source(config.source, config.data)
    return read_data(config, source, RunDirectory(config.run_dir))


def test_a_small_text_is_pointed_out_with_what_to_do(tmp_path, caplog):
    data = read(tmp_path, "shorter than a window", validation_fraction=0.1)
    assert (data.train.lengths, data.held_out.lengths) == ([19], [2])
    assert "19 characters are little: from fewer than 100,000" in caplog.text
    assert "--init_from" in caplog.text and "by heart" in caplog.text
    caplog.clear()
    read(tmp_path, "enough " * 15_900)
    assert not caplog.text


def test_of_long_texts_parts_are_held_out_for_validation(tmp_path):
    data = read(tmp_path, "a b" * 40_000)
    assert data.train.lengths.tolist() == [108_000] and set(data.held_out.lengths) == {4000}


@pytest.mark.parametrize("content, fraction", [("ab", 0.1), ("abc", 0.8)])
def test_a_text_with_nothing_to_learn_from_is_refused(tmp_path, content, fraction):
    with pytest.raises(UserError, match="two characters or more to learn from; got 1"):
        read(tmp_path, content, validation_fraction=fraction)


def test_windows_of_few_sequences_hold_nothing_out(tmp_path):
    (tmp_path / "a.txt").write_text("a record\n")
    source = make_source("text(records='line')", str(tmp_path / "a.txt"))
    config = TrainConfig(source="text", run_dir=str(tmp_path / "run"), context=3)
    data = read_data(config, source, RunDirectory(config.run_dir))
    assert len(data.train) == 1 and data.held_out is None


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on a text."""
    folder = tmp_path_factory.mktemp("text")
    (folder / "a.txt").write_text("the cat sat on the mat\n" * 60)
    return train(TrainConfig(data=str(folder / "a.txt"), run_dir=str(folder / "run"), **SMALL)).path


def test_the_source_of_prose_is_inferred(run):
    flags = json.loads((run / "config.json").read_text())
    assert flags["source"] == "text"
    assert load_run(run).schema.text_unit == "char"


def test_training_goes_on_with_characters_that_the_model_lacked(run, tmp_path, caplog):
    (tmp_path / "b.txt").write_text("der Käse\n" * 60, encoding="utf-8")
    flags = {"data": str(tmp_path / "b.txt"), "init_from": str(run), **SMALL}
    new = train(TrainConfig(source="text", run_dir=str(tmp_path / "new"), **flags)).path
    assert "little" not in caplog.text
    old, grown = load_run(run).schema.features[0].classes, load_run(new).schema.features[0].classes
    assert grown == tuple(sorted({*old, *"der Käse\n"})) and len(grown) > len(old)
    records = [json.loads(line) for line in (new / "metrics.jsonl").read_text().splitlines()]
    assert all(np.isfinite(record["nats_per_step"]) for record in records)
    again = TrainConfig.base({"run_dir": str(new)})
    train(TrainConfig(**again))  # is over already: the classes are the same as before
    held_out = load_run(new).dataset(data=str(run.parent / "a.txt"))
    assert not any(np.isnan(events).any() for events in held_out)


@pytest.mark.slow
def test_a_model_of_long_text_learns_where_records_end(run, tmp_path):
    (tmp_path / "names.txt").write_text("ada\neve\nmaja\ntom\n" * 20)
    flags = {"data": str(tmp_path / "names.txt"), "init_from": str(run), **SMALL}
    source = "text(records='line')"
    new = train(TrainConfig(source=source, run_dir=str(tmp_path / "new"), **flags)).path
    schema = load_run(new).schema
    assert schema.end_of_sequence and "j" in schema.features[0].classes
    assert not open_model(run).network.schema.end_of_sequence


def test_a_model_of_something_else_is_refused(run, tmp_path):
    (tmp_path / "b.txt").write_text("abc\n" * 60)
    flags = {"data": str(tmp_path / "b.txt"), "init_from": str(run), **SMALL}
    with pytest.raises(UserError, match="unit='char'"):
        train(TrainConfig(source="text(unit='byte')", run_dir=str(tmp_path / "new"), **flags))
