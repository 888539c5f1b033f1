"""A short training with everything random on, in processes of its own."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

from tests.conftest import write_sketches, zigzags
from tests.runs import final_arrays

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEPS_PER_EPOCH = 4
FLAGS = (
    "--layers=2", "--hidden_size=16", "--mixtures=3", "--batch_size=16", "--learning_rate=0.003",
    "--dropout=0.2", "--weight_noise=adaptive", "--warmup_steps=20", "--decay=cosine",
    "--operations=mulrand(range=(0.9, 1.1), dims=(0, 1))", "--seed=3", "--device=cpu",
)  # fmt: skip
TIMEOUT_S = 300.0
# Checkpoints come every minute otherwise.
_MAIN = """
import sys
from hachi_tf.train import main
from hachi_tf.training import session
session.CHECKPOINT_EVERY_S = 0.2
sys.exit(main(sys.argv[1:]))
"""


class Failure(Exception):
    """Something was lost, or not said."""


def check(right: bool, what: str) -> None:
    """Raises `Failure` unless what is told is right."""
    if not right:
        raise Failure(what)


class Training:
    """Processes that train one and the same network.

    Args:
        folder: where data and runs are kept.
        steps: how many a whole run takes.
        validate_every: after how many of them it validates, draws samples and saves.
    """

    def __init__(self, folder: pathlib.Path, steps: int, validate_every: int):
        self.folder, self.steps = folder, steps
        data = write_sketches(folder / "zigzag.npz", zigzags(80))
        self._flags = [str(data), *FLAGS, f"--validate_every={validate_every}"]
        self._flags.append(f"--epochs={steps / STEPS_PER_EPOCH}")

    def start(self, run_dir: pathlib.Path, before: str = "") -> subprocess.Popen:
        """Starts, or goes on with, a run.

        Args:
            run_dir: of the run.
            before: Python to run first in the process.
        """
        begun = (run_dir / "config.json").exists()
        arguments = [f"--run_dir={run_dir}", *([] if begun else self._flags)]
        return subprocess.Popen(
            [sys.executable, "-c", f"{before}\n{_MAIN}", *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, run_dir: pathlib.Path, before: str = "") -> tuple[int, str]:
        """Trains to the end; the exit status and what was said."""
        process = self.start(run_dir, before)
        _, said = process.communicate(timeout=TIMEOUT_S)
        check("Traceback" not in said, f"a traceback: {said}")
        return process.returncode, said

    def finish(self, run_dir: pathlib.Path) -> str:
        """Trains to the end, which has to come; what was said."""
        status, said = self.run(run_dir)
        check(status == 0, f"exit status {status}: {said}")
        return said

    def same(self, run_dir: pathlib.Path, other: pathlib.Path) -> None:
        """Checks that two finished runs hold the same bits, and nothing else."""
        (arrays, metadata), (expected, expected_metadata) = map(final_arrays, (run_dir, other))
        check(metadata == expected_metadata, f"{metadata} is not {expected_metadata}")
        check(metadata["step"] == self.steps, f"ended at step {metadata['step']}")
        check(arrays.keys() == expected.keys(), "other arrays")
        for name, value in expected.items():
            check(np.array_equal(arrays[name], value), f"{name} differs")
        one, two = (path / "metrics.jsonl" for path in (run_dir, other))
        check(one.read_text() == two.read_text(), "other metrics")
        left = [str(path) for path in run_dir.rglob(".partial-*")]
        check(not left, f"left behind: {left}")


def wait_for(condition, process: subprocess.Popen) -> None:
    """Waits until something holds, or the process has ended."""
    until_s = time.monotonic() + TIMEOUT_S
    while process.poll() is None and not condition():
        check(time.monotonic() < until_s, "nothing happened for too long")
        time.sleep(0.005)


def end(process: subprocess.Popen) -> str:
    """Kills a process as nothing can be that it expects; what it had said."""
    process.kill()
    return process.communicate()[1]


@contextlib.contextmanager
def mounted(folder: pathlib.Path, *arguments: str) -> Iterator[bool]:
    """Mounts something at a folder; yields whether this system lets us."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(["mount", *arguments, str(folder)], capture_output=True)
    except OSError:
        yield False
        return
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", str(folder)], check=True)


def steps_logged(run_dir: pathlib.Path) -> int:
    """The last step that a run's metrics tell of."""
    try:
        last = (run_dir / "metrics.jsonl").read_text().splitlines()[-1]
        return int(json.loads(last)["step"])
    except (OSError, ValueError, IndexError):
        return 0
