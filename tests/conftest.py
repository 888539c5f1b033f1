"""What several test modules share: a small data set, a small trained run, real processes."""

import importlib
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from hachi_tf import plugins

TINY_FLAGS = (
    "--layers=1", "--hidden_size=16", "--mixtures=3", "--batch_size=16", "--epochs=8",
    "--learning_rate=0.01", "--validate_every=5", "--device=cpu",
)  # fmt: skip


OTHER_CELLS = ("gru", "rnn")  # beside LSTMs, with and without peepholes
# Files that take long come first, so that no process is left with one at the end.
LONG = ("test_sample_text", "test_sample", "test_train_resumed", "test_live_chain",
        "test_handwriting", "test_loaders", "test_served", "test_streaming", "test_rest",
        "test_forecast", "test_sound", "test_perform", "test_text_model")  # fmt: skip


# Parameters of tests that take long and whose other parameters promise the same.
SLOW = {
    "test_the_warmup_requests_run_in_the_cpp_loader_without_xla": {"rhythm", "byte", "char"},
    "test_an_export_forecasts_as_the_network_in_memory_does": {"returns"},
    "test_noise_starts_from_the_network_that_was_trained_without": {"0.075"},
    "test_the_cpp_loader_gives_the_same_bits": {"char"},
    "test_tf1s_loader_gives_the_same_bits": {"char"},
    "test_chunks_and_primes_take_fixed_columns": {"independent"},
    "test_on_a_phone_nothing_is_beside_the_screen_and_night_is_dark": {"kanji", "text"},
    "test_events_are_those_drawn_by_hand_given_what_is_fixed": {"independent"},
}


def pytest_addoption(parser):
    """`--plugin=FILE.py`: holds sources and heads of one's own to the conformance tests."""
    parser.addoption("--plugin", action="append", default=[], help="file of a source or head")


def pytest_configure(config):
    """Registers what the files hold before tests are collected over the registries."""
    if config.getoption("--plugin"):
        plugins.load(config.getoption("--plugin"))


def pytest_collection_modifyitems(items):
    """What each cell is tested with is slow for those that few people choose."""
    items.sort(key=lambda item: item.path.stem not in LONG)
    for item in items:
        parameters = getattr(item, "callspec", None)
        if parameters is None:
            continue
        slow = SLOW.get(item.originalname, ())
        if parameters.params.get("cell") in OTHER_CELLS or parameters.id in slow:
            item.add_marker(pytest.mark.slow)


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
def sketches(tmp_path_factory) -> pathlib.Path:
    """Path of a small stroke-3 file."""
    return write_sketches(tmp_path_factory.mktemp("data") / "zigzag.npz", zigzags(80))


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory, sketches) -> pathlib.Path:
    """Run directory of a small network, trained on `sketches` to its end."""
    run_dir = tmp_path_factory.mktemp("runs") / "tiny"
    run_program("train", sketches, f"--run_dir={run_dir}", *TINY_FLAGS)
    return run_dir


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
