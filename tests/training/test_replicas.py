"""Several devices and several processes learn what one process does."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.runs import final_arrays

ROOT = pathlib.Path(__file__).resolve().parents[2]
# 60 drawings of unequal lengths in batches of 13: the last one of an epoch has 8, and no half.
FLAGS = (
    "--hidden_size=16", "--mixtures=3", "--batch_size=13", "--epochs=10", "--validate_every=25",
    "--learning_rate=0.01", "--dropout=0.2", "--weight_noise=0.05", "--device=cpu",
    "--operations=mulrand(range=(0.9, 1.1), dims=0)",
)  # fmt: skip
SOON = "import hachi_tf.training.session as s; s.CHECKPOINT_EVERY_S = 0.05\n"
MAIN = "import sys; from hachi_tf.train import main; sys.exit(main(sys.argv[1:]))"


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def start_workers(folder, *flags, count=2):
    """Processes that train together; what each says goes to a file."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
    processes = []
    for index in range(count):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        with open(folder / f"said-{index}", "w") as said:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", SOON + MAIN, *map(str, flags)],
                    env=environment(TF_CONFIG=json.dumps(task)),
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                )
            )
    return processes


def train_losses(run_dir):
    lines = (run_dir / "metrics.jsonl").read_text().splitlines()
    return [(each["step"], each["nats_per_step"]) for each in map(json.loads, lines)]


def wait(processes):
    statuses = [process.wait(timeout=200) for process in processes]
    return statuses


@pytest.mark.slow
def test_two_processes_one_of_them_killed_end_as_one_process_does(tmp_path, sketches, train_here):
    alone, run_dir = tmp_path / "alone", tmp_path / "together"
    processes = start_workers(tmp_path, sketches, f"--run_dir={run_dir}", *FLAGS)
    until_s = time.monotonic() + 120
    while not (run_dir / "metrics.jsonl").exists() or not train_losses(run_dir):
        assert processes[0].poll() is None and time.monotonic() < until_s
        time.sleep(0.01)
    processes[1].kill()
    statuses = wait(processes)
    said = (tmp_path / "said-0").read_text()
    assert statuses[0] == 75 and "start the same command on all of them again" in said, said
    assert "Traceback" not in said and said.splitlines()[-1].startswith("error: ")
    assert (run_dir / "schema.json").exists()
    processes = start_workers(tmp_path, f"--run_dir={run_dir}")
    train_here(sketches, f"--run_dir={alone}", *FLAGS)
    assert wait(processes) == [0, 0], (tmp_path / "said-0").read_text()
    assert "going on from step" in (tmp_path / "said-0").read_text()
    assert "step" not in (tmp_path / "said-1").read_text()
    losses, expected = (np.array(train_losses(path)) for path in (run_dir, alone))
    assert losses[-1, 0] == 50
    np.testing.assert_allclose(losses, expected, atol=1e-5)
    (arrays, metadata), (expected, _) = map(final_arrays, (run_dir, alone))
    assert metadata["step"] == 50 and arrays.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(arrays[name], value, atol=2e-5, err_msg=name)


@pytest.mark.parametrize(
    ("count", "cases"), [(2, ["carried"]), pytest.param(3, [], marks=pytest.mark.slow)]
)
def test_several_devices_learn_what_one_does(count, cases):
    """Padded rows, carried state, texts, dropout, noise on weights and on quanta."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.several_devices", str(count), *cases],
        env=environment(TF_CPP_MIN_LOG_LEVEL="3"), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    for name, found in json.loads(done.stdout).items():
        assert found["losses"] < 1e-5, (name, found)
        # RMSProp and Adam divide by what is almost nothing for some weights.
        assert found["weights"] < 5e-3, (name, found)
        assert 5 in found["rows"] and (found["rows"] == [3, 5] or name == "carried"), (name, found)


@pytest.mark.slow
def test_a_worker_with_other_flags_is_found_out(tmp_path, sketches):
    run_dir = tmp_path / "run"
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = []
    for index in range(2):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        processes.append(
            subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    MAIN,
                    str(sketches),
                    f"--run_dir={run_dir}",
                    *FLAGS,
                    f"--seed={index}",
                ],
                env=environment(TF_CONFIG=json.dumps(task)),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )  # fmt: skip
        )
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [2, 2], said
    assert all("the same flags, the same data" in each for each in said), said


def test_mirroring_on_one_device_is_refused(tmp_path, failing_program, sketches):
    done = failing_program("train", sketches, f"--run_dir={tmp_path / 'run'}", *FLAGS,
                           "--strategy=mirrored")  # fmt: skip
    assert done.returncode == 2 and "several GPUs for --strategy=mirrored" in done.stderr
    assert not (tmp_path / "run").exists()
