"""What several test modules share: a small data set, a small trained run, real processes."""

import gc
import importlib
import os
import pathlib
import shutil
import subprocess
import sys

import filelock
import numpy as np
import pytest

from hachi_tf import plugins
from tests import order

TINY_FLAGS = (
    "--layers=1", "--hidden_size=16", "--mixtures=3", "--batch_size=16", "--epochs=8",
    "--learning_rate=0.01", "--validate_every=5", "--device=cpu",
)  # fmt: skip


def pytest_addoption(parser):
    """`--plugin=FILE.py`: holds sources and heads of one's own to the conformance tests."""
    parser.addoption("--plugin", action="append", default=[], help="file of a source or head")


def pytest_configure(config):
    """Registers what the files hold before tests are collected over the registries."""
    if config.getoption("--plugin"):
        plugins.load(config.getoption("--plugin"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """What is in `order.TOGETHER` stays in one process, any other file as a whole in any."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return next((each for each in order.TOGETHER if file.startswith(f"{each}/")), file)

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish():
    """Modules that stay anyway are no longer searched for garbage, and the rest less often."""
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


def pytest_collection_modifyitems(items):
    """What is quick comes first; some parameters are slow."""
    order.arrange(items)


def zigzags(count: int, seed: int = 0) -> list[np.ndarray]:
    """Drawings of 8 to 20 points: zigzags of one or two strokes."""
    random = np.random.default_rng(seed)
    drawings = []
    for _ in range(count):
        length = random.integers(8, 21)
        dx = random.integers(3, 7, length)
        dy = np.where(np.arange(length) % 2, 5, -5) + random.integers(-1, 2, length)
        end = np.zeros(length)
        end[[length // 2, -1]] = 1
        drawings.append(np.stack([dx, dy, end], -1).astype(np.int16))
    return drawings


def write_sketches(path: pathlib.Path, drawings: list[np.ndarray]) -> pathlib.Path:
    """A file as sketch-rnn's, three quarters of it for training."""
    cut = len(drawings) * 3 // 4
    parts = {"train": drawings[:cut], "valid": drawings[cut:], "test": drawings[cut:]}
    boxed = {}
    for name, part in parts.items():
        boxed[name] = np.empty(len(part), object)
        boxed[name][:] = part
    np.savez_compressed(path, **boxed)
    return path


def run_program(name: str, *arguments, cwd=None, check: bool = True) -> subprocess.CompletedProcess:
    """Runs `python -m hachi_tf.<name>` in a process of its own."""
    command = [sys.executable, "-m", f"hachi_tf.{name}", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parents[1])}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300
    )
    if check and done.returncode:
        raise AssertionError(f"{name} exited with {done.returncode}:\n{done.stderr}")
    return done


@pytest.fixture(scope="session")
def shared(tmp_path_factory, pytestconfig):
    """Makes a folder once for all processes that run tests: `shared(name, make)` -> its path.

    `make` gets the path of an empty folder and fills it; no test may change it afterwards.
    """
    root = tmp_path_factory.getbasetemp()
    root = root.parent if hasattr(pytestconfig, "workerinput") else root

    def shared(name: str, make) -> pathlib.Path:
        folder = root / "shared" / name
        folder.parent.mkdir(exist_ok=True)
        made = folder.with_name(f"{name}-is-made")
        with filelock.FileLock(f"{folder}.lock"):
            if not made.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                made.touch()
        return folder

    return shared


@pytest.fixture(scope="session")
def sketches(shared) -> pathlib.Path:
    """Path of a small stroke-3 file."""

    def make(folder):
        write_sketches(folder / "zigzag.npz", zigzags(80))

    return shared("sketches", make) / "zigzag.npz"


@pytest.fixture(scope="session")
def tiny_run(shared, sketches) -> pathlib.Path:
    """Run directory of a small network, trained on `sketches` to its end."""

    def make(folder):
        run_program("train", sketches, f"--run_dir={folder / 'tiny'}", *TINY_FLAGS)

    return shared("runs", make) / "tiny"


@pytest.fixture(scope="session")
def players(shared) -> list[pathlib.Path]:
    """Exports that play without training: one with delays around 20 ms, one without a time."""
    from tests.live import write_players

    folder = shared("players", write_players)
    return [folder / name / "1" for name in ("temporal", "still")]


@pytest.fixture(scope="session")
def program():
    """`run_program`, for tests that start processes."""
    return run_program


@pytest.fixture(scope="session")
def tiny_flags() -> tuple[str, ...]:
    """The flags of `tiny_run`."""
    return TINY_FLAGS


@pytest.fixture
def failing_program(caplog, capsys):
    """Runs a program's `main` in this process; gives status, stdout and what was logged."""

    def run(name: str, *arguments) -> subprocess.CompletedProcess:
        main = importlib.import_module(f"hachi_tf.{name}").main
        status = main(list(map(str, arguments)))
        logged = "".join(f"{message}\n" for message in caplog.messages)
        return subprocess.CompletedProcess(arguments, status, capsys.readouterr().out, logged)

    return run


@pytest.fixture(scope="module")
def opened_once():
    """In this module `sample` opens a run or an export but once, which is most of its time."""
    from hachi_tf.training import sampled

    def remembering(function):
        kept = {}

        def call(*arguments, **options):
            given = [*arguments, *options.values()]
            key = [each if isinstance(each, str | int) else id(each) for each in given]
            key = (*key, *options)
            if key not in kept:
                kept[key] = function(*arguments, **options), given
            return kept[key][0]

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in ("load", "load_run", "in_memory"):
            patch.setattr(sampled, name, remembering(getattr(sampled, name)))
        yield


@pytest.fixture
def train_here(failing_program, caplog):
    """Runs `train` to its end in this process, which spares the start of another."""

    def run(*arguments):
        caplog.clear()
        with caplog.at_level("INFO"):
            done = failing_program("train", *arguments)
        assert done.returncode == 0, done.stderr
        return done

    return run
