"""Evaluation: figures against their definition, files, bad input."""

import csv
import json

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.evaluate import EvaluateConfig, evaluate
from hachi_tf.training.run import load_run


@pytest.fixture(scope="module")
def figures(tiny_run, tmp_path_factory):
    path = tmp_path_factory.mktemp("figures") / "each.csv"
    result = evaluate(EvaluateConfig(run_dir=str(tiny_run), per_sequence=str(path), batch_size=7))
    with open(path, newline="") as file:
        return result, list(csv.DictReader(file))


def by_hand(run, events):
    """Nats, nats in data units and squared error of one sequence, without batches."""
    z = run.transforms.forward(events)
    inputs = np.concatenate([np.zeros((1, 3)), z[:-1]]).astype(np.float32)
    end = np.zeros((len(z), 1))
    end[-1] = 1
    targets = np.concatenate([z, end], -1).astype(np.float32)
    params, _ = run.network(inputs[None])
    nats = -float(tf.reduce_sum(run.head.log_prob(params[0], targets)))
    error = run.head.mean(params[0]).numpy()[:, :2] - targets[:, :2]
    log_det = -np.log(run.transforms.scale).sum() * len(z)
    return nats, nats - log_det, (error**2).sum()


def test_figures_are_those_of_each_sequence_by_itself(tiny_run, figures):
    run, (result, rows) = load_run(tiny_run), figures
    dataset = run.dataset("validation")
    assert [row["id"] for row in rows] == dataset.ids
    for row, events in zip(rows, dataset, strict=True):
        nats, nats_data_units, error = by_hand(run, events)
        assert float(row["nats"]) == pytest.approx(nats, rel=1e-4, abs=1e-3)
        assert float(row["nats_data_units"]) == pytest.approx(nats_data_units, rel=1e-4, abs=1e-3)
        assert float(row["squared_error"]) == pytest.approx(error, rel=1e-4)
        assert int(row["num_events"]) == len(events)
    total, steps = (sum(float(r[key]) for r in rows) for key in ("nats", "num_events"))
    assert result["nats_per_step"] == pytest.approx(total / steps)
    assert result["nats_per_sequence"] == pytest.approx(total / len(rows))
    assert result["num_sequences"] == len(rows) and result["num_events"] == steps


def test_baseline_is_worse_than_the_network(figures):
    result, _ = figures
    assert result["baseline_nats_per_step"] > result["nats_per_step"] + 0.5
    steps = result["num_events"] / result["num_sequences"]
    per_sequence = result["baseline_nats_per_step"] * steps
    assert result["baseline_nats_per_sequence"] == pytest.approx(per_sequence)


def test_json_goes_to_stdout_and_words_to_stderr(tiny_run, program, figures):
    done = program("evaluate", tiny_run, "--json")
    shown = json.loads(done.stdout)
    assert shown["nats_per_step"] == pytest.approx(figures[0]["nats_per_step"], abs=1e-5)
    assert "nats a step better than guessing" in done.stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--split=tomorrow"], "a split of train, validation"),
        (["--run_dir=/nowhere"], "a run directory (with schema.json in it) or an export"),
        (["--run_dir=a", "--export_dir=b"], "either --run_dir or --export_dir"),
        (["--per_sequence=a.txt"], "--per_sequence=FILE.csv"),
        (["--data=/nowhere.npz"], "/nowhere.npz"),
        (["--readback=3"], "a model that writes texts for --readback"),
    ],
)
def test_bad_input_ends_with_one_line_and_status_2(tiny_run, failing_program, flags, said):
    run_dir = [] if "dir" in flags[0] else [f"--run_dir={tiny_run}"]
    done = failing_program("evaluate", *run_dir, *flags)
    assert done.returncode == 2 and said in done.stderr and done.stdout == ""
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
