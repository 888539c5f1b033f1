"""Graves's regularization on text: noise on the weights, fixed or learned, and dropout.

As in his paper (2013, section 3.2) a run with noise starts from the network trained without.
"""

import json

import numpy as np
import pytest

from hachi_tf.config import parse
from hachi_tf.errors import UserError
from hachi_tf.train import TrainConfig, train
from hachi_tf.training.checkpoints import Checkpoints
from hachi_tf.training.run import load_run
from hachi_tf.training.run_directory import RunDirectory
from hachi_tf.training.session import Session

BASE = ("--batch_size=6", "--sequence_length=20", "--learning_rate=0.02", "--device=cpu")


def go(*flags):
    train(parse(TrainConfig, [*BASE, *flags]))


def last_arrays(run_dir):
    """By group and number; the layers' names differ from network to network."""
    arrays, _ = Checkpoints(run_dir / "checkpoints").latest()
    return {tuple(name.split(".")[:2]): value for name, value in arrays.items()}


def records(run_dir, split):
    lines = map(json.loads, (run_dir / "metrics.jsonl").read_text().splitlines())
    return [line for line in lines if line["split"] == split]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "text.txt"
    words = np.random.default_rng(0).choice(["der", "Hase", "läuft", "im", "Gras"], 700)
    path.write_text(" ".join(words), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def plain(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "plain"
    go(f"--data={data}", f"--run_dir={path}", "--layers=2", "--hidden_size=10", "--epochs=3")
    return path


@pytest.mark.parametrize("noise", ["0.075", "adaptive"])
def test_noise_starts_from_the_network_that_was_trained_without(data, plain, tmp_path, noise):
    """At a rate of almost 0 it is the same network, scored without noise."""
    run_dir = tmp_path / "noise"
    go(f"--data={data}", f"--run_dir={run_dir}", f"--init_from={plain}", "--epochs=0.5",
       f"--weight_noise={noise}", "--learning_rate=1e-9")  # fmt: skip
    before, after = (load_run(path).network.get_weights() for path in (plain, run_dir))
    for value, old in zip(after, before, strict=True):
        np.testing.assert_allclose(value, old, atol=1e-6)
    best = min(record["nats_per_step"] for record in records(plain, "validation"))
    assert records(run_dir, "validation")[-1]["nats_per_step"] == pytest.approx(best, abs=1e-4)
    # What is learned from is noisy.
    noisy = np.mean([record["nats_per_step"] for record in records(run_dir, "train")])
    assert noisy > records(plain, "train")[-1]["nats_per_step"] + (
        0.02 if noise != "adaptive" else 0
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "flags", [("--dropout=0.2", "--weight_noise=0.075"), ("--weight_noise=adaptive",)]
)
def test_training_goes_on_with_noise_and_resumes_exactly(data, plain, tmp_path, flags):
    start = f"--data={data}", f"--init_from={plain}", *flags, "--epochs=2"
    go(f"--run_dir={tmp_path / 'once'}", *start)
    session = Session(parse(TrainConfig, [*BASE, f"--run_dir={tmp_path / 'twice'}", *start,
                                          "--source=text"]),
                      RunDirectory(tmp_path / "twice"), load_run(plain))  # fmt: skip
    total, session._total_steps = session._total_steps, 9
    session.train()
    go(f"--run_dir={tmp_path / 'twice'}", f"--data={data}")
    once, twice = last_arrays(tmp_path / "once"), last_arrays(tmp_path / "twice")
    assert set(once) == set(twice) and total > 9
    for name, value in once.items():
        np.testing.assert_array_equal(value, twice[name], err_msg=str(name))
    assert sum(group == "state" for group, _ in once) == 4
    adaptive = "--weight_noise=adaptive" in flags
    deviations = [value for (group, _), value in once.items() if group == "noise"]
    assert len(deviations) == (8 if adaptive else 0)
    if adaptive:
        assert np.abs(np.concatenate([np.ravel(d) for d in deviations]) - np.log(0.01)).max() > 0.05
    validations = [record["nats_per_step"] for record in records(tmp_path / "once", "validation")]
    assert np.isfinite(validations).all() and min(validations) < 2.0


def test_the_description_length_is_spread_over_the_characters_of_an_epoch(data, tmp_path):
    config = parse(
        TrainConfig,
        [
            *BASE,
            "--source=text",
            f"--data={data}",
            "--hidden_size=4",
            f"--run_dir={tmp_path / 'run'}",
            "--weight_noise=adaptive",
        ],
    )
    session = Session(config, RunDirectory(tmp_path / "run"))
    text = data.read_text(encoding="utf-8")
    assert session._trainer._noise._num_steps == round(0.9 * len(text))


def test_a_network_of_other_layers_cannot_be_started_from(data, plain, tmp_path):
    with pytest.raises(UserError, match="--hidden_size=10, which the network of --init_from has"):
        go(f"--data={data}", f"--init_from={plain}", "--hidden_size=12", "--weight_noise=0.075")
