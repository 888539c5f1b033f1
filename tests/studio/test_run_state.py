"""What a run's files and the table of processes tell of it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from hachi_tf.studio.processes import Started, error_of, start
from hachi_tf.studio.run_state import ASKED, LOG, PROCESS, RunFiles

ROWS = [
    {"step": 10, "split": "train", "nats_per_step": 2.5},
    {"step": 20, "split": "train", "nats_per_step": 2.0},
    {"step": 20, "split": "validation", "nats_per_step": 2.1, "baseline": 3.0},
]
BAR = (
    "\r  0%|          | 0/400 [00:00<?, ?step/s]\r  5%|5   | 20/400 [00:02<00:40,  9.5step/s, 2.0]"
)


@pytest.fixture
def run(tmp_path):
    run = RunFiles(tmp_path / "mine")
    run.path.mkdir()
    run.write(ASKED, {"data": "cat.txt", "options": {"epochs": 2.0}, "created": 5.0})
    return run


def said(run, text):
    run.mark()
    with open(run.path / LOG, "a") as file:
        file.write(text)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (f"{BAR}\nfinished at step 400 of 400 after 1.0 minutes\nrun: x\n", "finished"),
        (f"{BAR}\nstopped at step 20 of 400 after 1.0 minutes\nrun: x\n", "stopped"),
        (f"{BAR}\ngo on: python -m hachi_tf.train\ninterrupted\n", "stopped"),
        (f"{BAR}\n", "interrupted"),
        ("", "interrupted"),
        ("error: expected a text; got none; add text\n", "failed"),
        ("Traceback (most recent call last):\n  x\nValueError: odd\n", "failed"),
    ],
)
def test_states_of_a_process_that_is_gone(run, text, state):
    run.write(PROCESS, {"pid": 2**22 + 1, "created": 1.0, "began": time.time()})
    said(run, text)
    described = run.describe(False)
    assert described["state"] == state
    assert described["can_resume"] == (state != "finished")
    assert ("error" in described) == (state == "failed")
    assert run.describe(True)["state"] == "queued"


def test_figures_of_a_run(run):
    run.directory.metrics.write_text("".join(json.dumps(row) + "\n" for row in ROWS) + '{"step": 3')
    run.write(PROCESS, {"pid": os.getpid(), "created": 1.0, "began": 1.0})
    said(run, "error: expected an older word; got none\n")
    said(run, BAR)
    found = run.describe(False)
    assert (found["step"], found["of_steps"], found["loss"]) == (20, 400, 2.0)
    assert (found["validation_loss"], found["baseline"]) == (2.1, 3.0)
    assert found["state"] == "interrupted" and "error" not in found  # of the last process only
    assert run.log_lines(9)[0].startswith("--- started") and len(run.log_lines(9)) == 1
    assert len(run.rows()) == 3


def test_another_process_of_the_same_number_is_another():
    own = Started(os.getpid(), 1.0)
    assert not own.is_alive()
    own.kill()  # kills nobody


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_process_is_known_again_interrupted_and_found_gone(tmp_path):
    code = "import time; print('began', flush=True); time.sleep(60)"
    child, started = start([sys.executable, "-c", code], tmp_path / "log", tmp_path)
    until = time.monotonic() + 20
    while "began" not in (tmp_path / "log").read_text() and time.monotonic() < until:
        time.sleep(0.05)
    assert started.is_alive() and os.getsid(child.pid) == child.pid
    started.interrupt()
    assert child.wait(20) == -signal.SIGINT or child.returncode == 1
    assert not started.is_alive()
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    time.sleep(0.5)
    import psutil

    assert not Started(zombie.pid, psutil.Process(zombie.pid).create_time()).is_alive()
    zombie.wait()


def test_errors_of_programs():
    error = error_of("x\nerror: expected a, b; got c; do d\nmore\n")
    assert (error.expected, error.got, error.do) == ("a, b", "c", "do d")
    assert error_of("error: something else") is None
