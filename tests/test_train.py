"""Training as a person meets it: real processes, killed, resumed, given bad input."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.training.checkpoints import Checkpoints, load_arrays, save_arrays
from hachi_tf.training.run import load_run
from hachi_tf.training.run_directory import RunDirectory


def final_arrays(run_dir):
    arrays, metadata = Checkpoints(pathlib.Path(run_dir) / "checkpoints").latest()
    return arrays, metadata


def validations(run_dir):
    lines = pathlib.Path(run_dir, "metrics.jsonl").read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["split"] == "validation"]


def test_run_directory_holds_all_that_other_programs_need(tiny_run):
    names = {path.name for path in tiny_run.iterdir()}
    assert {"config.json", "schema.json", "checkpoints", "metrics.jsonl", "samples",
            "tensorboard"} <= names  # fmt: skip
    records = validations(tiny_run)
    assert records[-1]["nats_per_step"] < records[0]["nats_per_step"] - 0.5
    assert records[-1]["nats_per_step"] < records[-1]["baseline"] - 0.5
    steps = [record["step"] for record in records]
    assert steps == sorted(set(steps)) and steps[-1] == 32
    assert len(list((tiny_run / "samples").glob("step-*.png"))) == len(records)


def test_best_weights_are_those_of_the_best_validation(tiny_run):
    best = min(validations(tiny_run), key=lambda record: record["nats_per_step"])
    arrays, metadata = load_arrays(tiny_run / "checkpoints" / "best.npz")
    assert metadata == {"step": best["step"], "nats_per_step": best["nats_per_step"]}
    run = load_run(tiny_run)
    assert run.step == best["step"]
    np.testing.assert_array_equal(run.network.weights[0].numpy(), next(iter(arrays.values())))


def test_tensorboard_holds_scalars_pictures_flags_and_hyperparameters(tiny_run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorflow.core.util.event_pb2 import Event
    from tensorflow.data import TFRecordDataset

    tags = set()
    for path in (tiny_run / "tensorboard").iterdir():
        for record in TFRecordDataset(str(path)):
            tags |= {value.tag for value in Event.FromString(record.numpy()).summary.value}
    expected = {"train/nats_per_step", "validation/nats_per_step", "samples", "flags"}
    assert expected <= tags and any(tag.startswith("_hparams_") for tag in tags)
    assert EventAccumulator(str(tiny_run / "tensorboard")).Reload().Tags()


def test_run_killed_again_and_again_ends_with_the_same_bits(tmp_path, sketches, tiny_run):
    run_dir = tmp_path / "killed"
    flags = json.loads((tiny_run / "config.json").read_text())
    given = [f"--{key}={flags[key]}" for key in
             ("layers", "hidden_size", "mixtures", "batch_size", "epochs", "learning_rate",
              "validate_every", "device")]  # fmt: skip
    command = [sys.executable, "-m", "hachi_tf.train", f"--run_dir={run_dir}"]
    first = [*command, f"--data={sketches}", *given]
    kills = 0
    for wanted in (6, 17, 26):
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
    assert kills >= 2
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (arrays, metadata), (expected, expected_metadata) = map(final_arrays, (run_dir, tiny_run))
    assert metadata == expected_metadata and arrays.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(arrays[name], value, err_msg=name)
    assert validations(run_dir) == validations(tiny_run)


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to a process")
def test_ctrl_c_loses_no_step_with_everything_random_on(tmp_path, sketches):
    flags = ["--hidden_size=16", "--mixtures=3", "--batch_size=16", "--epochs=4", "--dropout=0.2",
             "--weight_noise=adaptive", "--optimizer=graves_rmsprop", "--validate_every=5",
             "--learning_rate=0.001", "--device=cpu"]  # fmt: skip
    command = [sys.executable, "-m", "hachi_tf.train", str(sketches), *flags]
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    subprocess.run([*command, f"--run_dir={whole}"], check=True, capture_output=True)
    process = subprocess.Popen(
        [*command, f"--run_dir={broken}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (broken / "metrics.jsonl").exists() or not (broken / "metrics.jsonl").stat().st_size:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130 and "go on: python -m hachi_tf.train" in said, said
    assert "Traceback" not in said
    subprocess.run([*command, f"--run_dir={broken}"], check=True, capture_output=True)
    (arrays, metadata), (expected, expected_metadata) = map(final_arrays, (broken, whole))
    assert metadata == expected_metadata and metadata["step"] == 16
    for name, value in expected.items():
        np.testing.assert_array_equal(arrays[name], value, err_msg=name)
    assert (broken / "metrics.jsonl").read_text() == (whole / "metrics.jsonl").read_text()


def test_killed_before_the_first_step_starts_from_the_same_weights(tmp_path, tiny_run, program):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    for path in (run_dir / "checkpoints").iterdir():
        path.unlink()
    done = program("train", f"--run_dir={run_dir}", check=False)
    assert done.returncode == 2 and "a whole checkpoint" in done.stderr
    (run_dir / "schema.json").unlink()  # killed before the run could be resumed
    program("train", f"--run_dir={run_dir}")
    for name, value in final_arrays(tiny_run)[0].items():
        np.testing.assert_array_equal(final_arrays(run_dir)[0][name], value, err_msg=name)


def test_stopped_by_the_clock_resumes_without_a_flag(tmp_path, sketches, program, tiny_flags):
    run_dir = tmp_path / "run"
    start = ["train", sketches, f"--run_dir={run_dir}", *tiny_flags, "--max_minutes=0.0001"]
    done = program(*start)
    assert "stopped at step" in done.stderr and json.loads(done.stdout)["run_dir"] == str(run_dir)
    done = program("train", f"--run_dir={run_dir}")
    assert "finished at step 32 of 32" in done.stderr


def test_init_from_a_run_starts_with_its_weights_and_transforms(
    tmp_path, sketches, program, tiny_run
):
    run_dir = tmp_path / "more"
    flags = ["--batch_size=16", "--epochs=0.3", "--learning_rate=1e-9", "--device=cpu"]
    program("train", sketches, f"--run_dir={run_dir}", f"--init_from={tiny_run}", *flags)
    old, new = load_run(tiny_run), load_run(run_dir)
    for one, other in zip(old.network.weights, new.network.weights, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-6)
    assert old.transforms.get_config() == new.transforms.get_config()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--hidden_size=17"], "--hidden_size=16, which the network of --init_from has"),
        (["--noend_of_sequence"], "--end_of_sequence=True, which the network"),
        (["--source=kanji", "--data="], "--init_from a model of dx (continuous, 1/109 of the box)"),
    ],
)
def test_init_from_a_model_that_does_not_fit_is_refused(
    tmp_path, sketches, failing_program, tiny_run, flags, said
):
    start = [f"--data={sketches}", f"--init_from={tiny_run}", f"--run_dir={tmp_path / 'run'}"]
    done = failing_program("train", *start, *flags)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("error: ") == 1
    assert not (tmp_path / "run").exists()


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


def test_data_that_moved_are_remembered(tmp_path, sketches, program, tiny_run):
    run_dir, moved = tmp_path / "run", tmp_path / "moved.npz"
    shutil.copytree(tiny_run, run_dir)
    shutil.copy(sketches, moved)
    program("train", f"--run_dir={run_dir}", f"--data={moved}")
    assert json.loads((run_dir / "config.json").read_text())["data"] == str(moved)


@pytest.mark.parametrize("name", ["config.json", "schema.json"])
@pytest.mark.parametrize("content", ["", "[]", "{}", "\udcff"])
def test_foreign_files_in_a_run_directory_are_named(tmp_path, tiny_run, name, content):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    (run_dir / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=name):
        load_run(run_dir)


def test_nothing_held_out_warns_and_trains(tmp_path, sketches, program, tiny_flags):
    flags = [*tiny_flags, "--epochs=0.5", "--validation_fraction=0"]
    done = program("train", sketches, f"--run_dir={tmp_path / 'run'}", *flags)
    assert "nothing is held out" in done.stderr
    assert load_run(tmp_path / "run").step == 4  # 100 drawings of all three splits


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--hidden_size=24"], "expected --hidden_size=16"),
        (["--noresume"], "a new --run_dir"),
    ],
)
def test_resuming_with_other_flags_is_refused(tiny_run, failing_program, flags, said):
    before = (tiny_run / "config.json").read_bytes()
    done = failing_program("train", f"--run_dir={tiny_run}", *flags)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1
    assert (tiny_run / "config.json").read_bytes() == before


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


def test_checkpoint_cut_short_falls_back_to_the_one_before(tmp_path, tiny_run, program):
    run_dir = tmp_path / "run"
    shutil.copytree(tiny_run, run_dir)
    newest = sorted((run_dir / "checkpoints").glob("step-*.npz"))[-1]
    newest.write_bytes(newest.read_bytes()[:-500])
    done = program("train", f"--run_dir={run_dir}")
    assert newest.name in done.stderr and "going on from step 30" in done.stderr
    for name, value in final_arrays(tiny_run)[0].items():
        np.testing.assert_array_equal(final_arrays(run_dir)[0][name], value, err_msg=name)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["/nowhere/data.npz"], "a file or folder with data"),
        (["--clip_derivatives=10"], "--clip_derivatives=LSTM,OUTPUT"),
        (["--clip_derivatives=10,100"], "either --clip_norm or --clip_derivatives"),
        (["--clip_derivatives=10,100", "--clip_norm=0", "--cell=gru"], "with an LSTM cell"),
        (["--patience=3", "--validation_fraction=0"], "something held out for --patience"),
        (["--weight_noise=-1"], "--weight_noise from 0 to 10, or adaptive"),
        (["--source=kanjis"], "kanji"),
        (["--head=gaussian_mixture(num_components=0)"], "num_components"),
        (["--init_from=/nowhere"], "/nowhere"),
    ],
)
def test_bad_flags_end_with_one_line_and_status_2(tmp_path, failing_program, sketches, flags, said):
    data = [] if flags[0].startswith(("/", "--source")) else [f"--data={sketches}"]
    done = failing_program("train", f"--run_dir={tmp_path / 'run'}", *data, *flags)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert not (tmp_path / "run" / "config.json").exists()
