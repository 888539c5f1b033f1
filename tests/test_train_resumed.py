"""Training that goes on: real processes, killed and interrupted, and what they left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from hachi_tf.training.checkpoints import save_arrays
from hachi_tf.training.run import load_run
from hachi_tf.training.run_directory import RunDirectory
from tests.runs import final_arrays, validations


@pytest.mark.slow
def test_run_killed_again_and_again_ends_with_the_same_bits(
    tmp_path, sketches, tiny_run, train_here
):
    run_dir = tmp_path / "killed"
    flags = json.loads((tiny_run / "config.json").read_text())
    given = [f"--{key}={flags[key]}" for key in
             ("layers", "hidden_size", "mixtures", "batch_size", "epochs", "learning_rate",
              "validate_every", "device")]  # fmt: skip
    command = [sys.executable, "-m", "hachi_tf.train", f"--run_dir={run_dir}"]
    first = [*command, f"--data={sketches}", *given]
    kills = 0
    for wanted in (6, 20):
        process = subprocess.Popen(
            command if kills else first, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            found = sorted((run_dir / "checkpoints").glob("step-*.npz"))
            if found and int(found[-1].stem[5:]) >= wanted:
                break
            time.sleep(0.005)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
            kills += 1
        process.wait()
    assert kills == 2
    train_here(f"--run_dir={run_dir}")
    (arrays, metadata), (expected, expected_metadata) = map(final_arrays, (run_dir, tiny_run))
    assert metadata == expected_metadata and arrays.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(arrays[name], value, err_msg=name)
    assert validations(run_dir) == validations(tiny_run)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends signals to a process")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_loses_no_step_with_everything_random_on(
    tmp_path, sketches, train_here, number, status
):
    flags = ["--hidden_size=16", "--mixtures=3", "--batch_size=16", "--epochs=4", "--dropout=0.2",
             "--weight_noise=adaptive", "--optimizer=graves_rmsprop", "--validate_every=5",
             "--learning_rate=0.001", "--device=cpu"]  # fmt: skip
    command = [sys.executable, "-m", "hachi_tf.train", str(sketches), *flags]
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train_here(sketches, *flags, f"--run_dir={whole}")
    process = subprocess.Popen(
        [*command, f"--run_dir={broken}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (broken / "metrics.jsonl").exists() or not (broken / "metrics.jsonl").stat().st_size:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    assert process.returncode == status and "go on: python -m hachi_tf.train" in said, said
    assert "Traceback" not in said
    train_here(sketches, *flags, f"--run_dir={broken}")
    (arrays, metadata), (expected, expected_metadata) = map(final_arrays, (broken, whole))
    assert metadata == expected_metadata and metadata["step"] == 16
    for name, value in expected.items():
        np.testing.assert_array_equal(arrays[name], value, err_msg=name)
    assert (broken / "metrics.jsonl").read_text() == (whole / "metrics.jsonl").read_text()


@pytest.mark.slow
def test_killed_before_the_first_step_starts_from_the_same_weights(
    tmp_path, tiny_run, failing_program, train_here
):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    for path in (run_dir / "checkpoints").iterdir():
        path.unlink()
    done = failing_program("train", f"--run_dir={run_dir}")
    assert done.returncode == 2 and "a whole checkpoint" in done.stderr
    (run_dir / "schema.json").unlink()  # killed before the run could be resumed
    train_here(f"--run_dir={run_dir}")
    for name, value in final_arrays(tiny_run)[0].items():
        np.testing.assert_array_equal(final_arrays(run_dir)[0][name], value, err_msg=name)


@pytest.mark.slow
def test_stopped_by_the_clock_resumes_without_a_flag(tmp_path, sketches, train_here, tiny_flags):
    run_dir = tmp_path / "run"
    done = train_here(sketches, f"--run_dir={run_dir}", *tiny_flags, "--max_minutes=0.0001")
    assert "stopped at step" in done.stderr and json.loads(done.stdout)["run_dir"] == str(run_dir)
    done = train_here(f"--run_dir={run_dir}")
    assert "finished at step 32 of 32" in done.stderr


def test_two_processes_on_one_run_are_one_too_many(tmp_path, tiny_run, failing_program):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    with RunDirectory(run_dir).locked():
        done = failing_program("train", f"--run_dir={run_dir}")
    assert done.returncode == 2 and "a run that no other process trains" in done.stderr
    (tmp_path / "file").write_text("")
    done = failing_program("train", f"--run_dir={tmp_path / 'file'}")
    assert done.returncode == 2 and "a folder to write to for --run_dir" in done.stderr


@pytest.mark.parametrize("line", ["{}", "[]", "null", '{"step": 1, "split": "train"}', "\udcff"])
def test_foreign_lines_of_metrics_are_cut_off(tmp_path, tiny_run, program, line):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    with open(run_dir / "metrics.jsonl", "ab") as file:
        file.write(line.encode("utf-8", "surrogateescape") + b"\n")
    records = RunDirectory(run_dir).read_metrics()
    assert records == RunDirectory(tiny_run).read_metrics() and len(records) > 5


@pytest.mark.parametrize("metadata", [{}, [], {"step": 32}])
def test_foreign_checkpoint_is_named(tmp_path, tiny_run, failing_program, metadata):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    for path in (run_dir / "checkpoints").iterdir():
        save_arrays(path, {}, metadata)
    done = failing_program("train", f"--run_dir={run_dir}")
    assert done.returncode == 2 and "checkpoint" in done.stderr


def test_damaged_best_weights_give_way_to_the_last_ones(tmp_path, tiny_run, caplog):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    (run_dir / "checkpoints" / "best.npz").write_bytes(b"no")
    assert load_run(run_dir).step == 32
    assert "taking the last weights" in caplog.text


def test_data_that_moved_are_remembered(tmp_path, sketches, train_here, tiny_run):
    run_dir, moved = tmp_path / "run", tmp_path / "moved.npz"
    shutil.copytree(tiny_run, run_dir)
    shutil.copy(sketches, moved)
    train_here(f"--run_dir={run_dir}", f"--data={moved}")
    assert json.loads((run_dir / "config.json").read_text())["data"] == str(moved)


def test_more_epochs_are_learned_as_if_they_had_been_asked_for_at_once(
    tmp_path, sketches, tiny_run, train_here, tiny_flags, failing_program
):
    run_dir = tmp_path / "run"
    done = train_here(sketches, f"--run_dir={run_dir}", *tiny_flags, "--epochs=5")
    assert "20 steps in all are few to learn from: --epochs=75 makes some 300" in done.stderr
    assert "finished at step 32 of 32" in train_here(f"--run_dir={run_dir}", "--epochs=8").stderr
    train_here(f"--run_dir={run_dir}", "--epochs=2")  # which are over
    ours, alone = final_arrays(run_dir)[0], final_arrays(tiny_run)[0]
    assert all(np.array_equal(ours[name], alone[name]) for name in alone)

    decaying = tmp_path / "decaying"
    train_here(
        sketches, f"--run_dir={decaying}", *tiny_flags, "--decay=linear", "--max_minutes=1e-4"
    )
    done = failing_program("train", f"--run_dir={decaying}", "--epochs=9")
    assert done.returncode == 2 and "--init_from" in done.stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--hidden_size=24"], "expected --hidden_size=16"),
        (["--noresume"], "a new --run_dir"),
    ],
)
def test_resuming_with_other_flags_is_refused(tmp_path, tiny_run, failing_program, flags, said):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    done = failing_program("train", f"--run_dir={run_dir}", *flags)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1
    for name in ("config.json", "metrics.jsonl"):
        assert (run_dir / name).read_bytes() == (tiny_run / name).read_bytes()


def test_run_directory_of_another_schema_or_other_data_is_refused(
    tmp_path, tiny_run, failing_program
):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    text = (run_dir / "schema.json").read_text()
    (run_dir / "schema.json").write_text(text.replace('"dx"', '"pitch"'))
    done = failing_program("train", f"--run_dir={run_dir}")
    assert done.returncode == 2 and "data with the columns" in done.stderr
    (run_dir / "schema.json").write_text(text.replace('"fingerprint": "', '"fingerprint": "0'))
    done = failing_program("train", f"--run_dir={run_dir}")
    assert done.returncode == 2 and "that " in done.stderr and "trained on" in done.stderr


@pytest.mark.slow
def test_metrics_that_no_run_belongs_to_are_cut_off(
    tmp_path, sketches, tiny_run, tiny_flags, train_here
):
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    shutil.copy(tiny_run / "metrics.jsonl", run_dir)
    train_here(str(sketches), f"--run_dir={run_dir}", *tiny_flags, "--epochs=1")
    steps = [record["step"] for record in RunDirectory(run_dir).read_metrics()]
    assert steps == sorted(steps) and steps[-1] == 4


def test_checkpoint_cut_short_falls_back_to_the_one_before(tmp_path, tiny_run, train_here):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    newest = sorted((run_dir / "checkpoints").glob("step-*.npz"))[-1]
    newest.write_bytes(newest.read_bytes()[:-500])
    done = train_here(f"--run_dir={run_dir}")
    assert newest.name in done.stderr and "going on from step 30" in done.stderr
    for name, value in final_arrays(tiny_run)[0].items():
        np.testing.assert_array_equal(final_arrays(run_dir)[0][name], value, err_msg=name)
    assert validations(run_dir) == validations(tiny_run)  # what came after step 30 only once
