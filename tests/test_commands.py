"""Every command that README and BUILD.md show runs, in their order, from an empty folder.

Trainings are cut short; what a reader brings along (tables, texts, recordings, IAM-OnDB) is made
up. A command that cannot run here stands in `ELSEWHERE`, with the place where something like it
does.
"""

import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.live import free_port
from tests.reader import ROOT, write_reader_files

DOCUMENTS = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "BUILD.md")]
INLINE = re.compile(r"`(python -m hachi_tf\.\w+ [^`\n]+|(?:tensorboard|sh configs)[^`\n]+)`")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# How a command begins, and why it is not run by these tests.
ELSEWHERE = {
    "TF_CONFIG=": "two workers: tests/training/test_replicas.py",
    "python3.11 -m venv": "continuous integration makes its environment so",
    "source .venv": "the same",
    "python -m pip": "the same; wheels: tests/test_packaging.py",
    "pip install": "the same",
    "python -m build": "tests/test_packaging.py",
    "make quickstart": "before each release, from a fresh clone",
    "make test": "continuous integration",
    "make conformance": "its program: tests/serving/test_served.py",
    "python -m tests.conformance.serving": "tests/serving/test_served.py",
    "docker": "not run, as BUILD.md says",
    "kubectl": "not run, as BUILD.md says; kustomize: tests/serving/test_serving_configs.py",
}
NO_COMMANDS = ("time,", "#!/bin/bash", "FROM ")  # blocks: a table, a Slurm job, an image
# What stands for something of the reader's.
GIVEN = {
    "PATH/TO/iam_ondb": "iam_ondb",
    "--data=FOLDER": "--data=iam_ondb",
    "--run_dir=RUN --styles": "--run_dir=runs/iam_ondb-1 --styles",
    "--run_dir=RUN --dynamic": "--run_dir=runs/text --dynamic",
    "--run_dir=RUN --epochs=MORE": "--run_dir=runs/pieces --epochs=2",
    "RUN_A RUN_B": "runs/iam runs/iam_45min",
    "--run_dir=RUN": "--run_dir=runs/pieces",
    "--export_dir=EXPORT": "--export_dir=exports/pieces",
    "--input=IN --output=OUT --operations=...": "--input=take.mid --output=t.csv --operations=rev",
    "OUT.csv": "out.csv",
    "--data=IN.csv --run_dir=OUT": "--data=takes.csv --run_dir=runs/out",
    " --midi_out=Synth": "",  # this machine may have no ports
    "--readback=100": "--readback=1",
}
SHORT = {
    "train": ["--max_minutes=0.03", "--device=cpu"],
    "sample": ["--seed=1"],
    "serve": ["--rest_port=0", "--grpc_port=0"],  # 8501 and 8500 may be taken
}
ENDED_BY_CTRL_C = ("serve", "perform", "record")


def shown_commands() -> list[str]:
    """The commands and Python blocks that a reader is shown, each once, in their order."""
    found = {}
    for text in DOCUMENTS:
        inline = [(match.start(), [match.group(1)]) for match in INLINE.finditer(text)]
        fences = [
            (match.start(), block_commands(*match.groups())) for match in FENCE.finditer(text)
        ]
        for _, commands in sorted(inline + fences):
            found.update(dict.fromkeys(commands))
    return list(found)


def block_commands(language: str, block: str) -> list[str]:
    """The commands of a fence; one of Python is a single one."""
    if language == "python":
        return [block]
    if language in ("", "sh") and not block.lstrip().startswith(NO_COMMANDS):
        lines = block.replace("\\\n", " ").splitlines()
        return [line.strip() for line in lines if line.strip()]
    return []


def run_here() -> list[str]:
    return [each for each in shown_commands() if not each.strip().startswith(tuple(ELSEWHERE))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An empty folder but for the reader's files, as the commands before leave it."""
    folder = tmp_path_factory.mktemp("reader")
    write_reader_files(folder)
    return folder


def run(folder: pathlib.Path, arguments: list[str]) -> None:
    """Runs a program to its end, or until it says that Ctrl-C ends it, and ends it so."""
    program = arguments[2].removeprefix("hachi_tf.")
    child = start([sys.executable, *arguments[1:]], folder)
    said = []
    for line in child.stderr:
        said.append(line)
        if program in ENDED_BY_CTRL_C and "Ctrl-C ends it" in line:
            play(program, line)
            child.send_signal(signal.SIGINT)
    assert child.wait() in (0, 130), "".join(said)[-2000:]


def play(program: str, line: str) -> None:
    """Sends `record` what it waits for."""
    if program == "record":
        from pythonosc.udp_client import SimpleUDPClient

        client = SimpleUDPClient("127.0.0.1", int(re.search(r":(\d+) to ", line).group(1)))
        for i in range(40):
            client.send_message("/input", [0.1 * i, float(i % 7), i % 3])
        time.sleep(1)


@pytest.fixture(scope="module")
def server(folder):
    """The address of a server of the models that BUILD.md asks for an answer."""
    port = free_port()
    exports = [f"--export_dir=exports/{name}" for name in ("kanji", "hershey", "rhythm")]
    command = ["-m", "hachi_tf.serve", *exports, f"--rest_port={port}", "--grpc_port=0"]
    child = start([sys.executable, *command], folder)
    try:
        said = []
        for line in child.stderr:
            said.append(line)
            if "Ctrl-C ends it" in line:
                break
        else:
            pytest.fail("".join(said))
        yield f"localhost:{port}"
    finally:
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)


def start(arguments: list[str], folder: pathlib.Path, **streams) -> subprocess.Popen:
    """A process in the reader's folder, for which this checkout is the installed package."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **streams}
    return subprocess.Popen(
        arguments, cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL, **streams
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", run_here())
def test_command_runs(command, folder, request):
    if "localhost:8501" in command:
        command = command.replace("localhost:8501", request.getfixturevalue("server"))
    program = command.split()[0]
    if command.startswith("python -m hachi_tf."):
        run_program(command, folder)
    elif program in ("import", "from"):
        child = start([sys.executable, "-c", command], folder)
        _, err = child.communicate(timeout=600)
        assert child.returncode == 0, err[-2000:]
    elif program == "tensorboard":
        watch(shlex.split(command), folder)
    else:
        run_tool(command, folder)


def run_program(command: str, folder: pathlib.Path) -> None:
    """Runs one of the programs, on what the reader has."""
    for shown, given in GIVEN.items():
        command = command.replace(shown, given)
    arguments = shlex.split(command)
    program = arguments[2].removeprefix("hachi_tf.")
    if "fox.npz" in command:
        sample = ["python", "-m", "hachi_tf.sample", "--export_dir=exports/hershey"]
        run(folder, [*sample, "--text=The quick brown fox", "--output=fox.npz"])
    outputs = [pathlib.Path(each[9:]) for each in arguments if each.startswith("--output=")]
    for path in outputs:  # a command before may have written one of this name
        (folder / path).unlink(missing_ok=True)
    run(folder, [*arguments, *SHORT.get(program, [])])
    for path in outputs:  # a letter's may be numbered
        found = folder.glob(f"{path.with_suffix('')}*{path.suffix}")
        assert list(found), path


def run_tool(command: str, folder: pathlib.Path) -> None:
    """Runs a shell command with another program, which has to be installed."""
    words = shlex.split(command)
    places = [str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]
    tool = shutil.which(words[0], path=os.pathsep.join(places))
    if tool is None:
        pytest.skip(f"{words[0]} is not installed")
    words = [tool, *words[1:]]
    words = [str(ROOT / word) if word.startswith("configs/") else word for word in words]
    named = [folder / word for word in words if word.endswith((".svg", ".gcode", ".hpgl"))]
    written = [path for path in named if f"read {path.name}" not in command]
    for path in written:  # a command before may have written one of this name
        path.unlink(missing_ok=True)
    child = start(words, folder, stdout=subprocess.PIPE)
    out, err = child.communicate(timeout=300)
    assert child.returncode == 0, err
    assert all(path.stat().st_size > 500 for path in written)
    if command.startswith("curl"):
        assert '"events"' in out if ":" in words[2].rpartition("/")[2] else '"AVAILABLE"' in out


def watch(words: list[str], folder: pathlib.Path) -> None:
    """TensorBoard finds the runs."""
    port = free_port()
    child = start([sys.executable, "-m", "tensorboard.main", *words[1:], f"--port={port}"], folder,
                  stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        found = ""
        while "quickstart" not in found and time.monotonic() < deadline:
            time.sleep(1)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/data/runs") as answer:
                    found = answer.read().decode()
            except OSError:
                continue
        assert "quickstart" in found
    finally:
        child.terminate()
        child.wait()


def test_every_command_is_run_here_or_said_where():
    known = ("python -m hachi_tf.", "vpype ", "curl ", "sh ", "node ", "go ", "tensorboard ")
    python = ("import ", "from hachi_tf")
    assert [each for each in run_here() if not each.startswith((*known, *python))] == []
    shown = [each.strip() for each in shown_commands()]
    unused = [each for each in ELSEWHERE if not any(text.startswith(each) for text in shown)]
    assert unused == []


def test_documents_show_commands_for_each_program():
    commands = [each.split() for each in shown_commands()]
    found = {words[2] for words in commands if words[:2] == ["python", "-m"]} - {
        "build",
        "pip",
        "tests.conformance.serving",
    }
    programs = ("train evaluate sample export serve record perform prepare describe").split()
    assert found == {f"hachi_tf.{name}" for name in programs}
