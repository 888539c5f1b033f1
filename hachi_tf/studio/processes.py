"""Programs of this package in processes of their own, some of which outlive this one."""

import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Sequence

import psutil

from hachi_tf.errors import UserError

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_SECRETS = ("HACHI_TF_TOKEN",)
# A process's time of start is told by the system's clock, which may be set.
_SAME_S = 2.0
_NICE = 3


@dataclasses.dataclass(frozen=True)
class Started:
    """A process, told apart from another that gets its number later.

    Attributes:
        pid: its number.
        created: when it was started, in seconds since 1970.
    """

    pid: int
    created: float

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._find() is not None

    def interrupt(self) -> None:
        """Asks it to end as Ctrl-C does: `train` then saves first."""
        found = self._find()
        if found is not None:
            with contextlib.suppress(psutil.Error, OSError):
                found.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))

    def kill(self) -> None:
        """Ends it at once, and those that it started."""
        found = self._find()
        if found is not None:
            with contextlib.suppress(psutil.Error):
                for each in [*found.children(recursive=True), found]:
                    each.kill()

    def _find(self) -> psutil.Process | None:
        with contextlib.suppress(psutil.Error, ValueError, OverflowError):
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.created) < _SAME_S
            if is_same and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


def command(program: str, *arguments: str) -> list[str]:
    """How a program of this package is run by this Python."""
    return [sys.executable, "-m", f"hachi_tf.{program}", *arguments]


def start(
    arguments: Sequence[str], log: pathlib.Path, folder: pathlib.Path
) -> tuple[subprocess.Popen, Started]:
    """Starts a process that outlives this one and what its terminal is closed with.

    Args:
        arguments: of the command line.
        log: takes what it says, behind what is there.
        folder: where it runs.

    Returns:
        The process, and what tells it from others after this one has ended.
    """
    own = {"start_new_session": True}
    if os.name == "nt":
        own = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    with open(log, "ab") as file:
        child = subprocess.Popen(
            arguments, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=file,
            stderr=subprocess.STDOUT, **own,
        )  # fmt: skip
    created = 0.0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(child.pid)
        created = process.create_time()
        if os.name == "posix":  # whoever writes meanwhile goes first
            process.nice(min(process.nice() + _NICE, 19))
    return child, Started(child.pid, created)


def run(arguments: Sequence[str], folder: pathlib.Path, timeout_s: float) -> str:
    """Runs a program to its end.

    Args:
        arguments: of the command line.
        folder: where it runs.
        timeout_s: for all of it.

    Returns:
        What it wrote to stdout.

    Raises:
        UserError: if it fails: with its own words if it said what was wrong.
    """
    try:
        done = subprocess.run(
            arguments, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL,
            capture_output=True, timeout=timeout_s,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise UserError(f"something done within {timeout_s:g} s", "more", "try less") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace")
        raise error_of(said) or UserError("a program that ends well", last_line(said) or "no word")
    return done.stdout.decode("utf-8", "replace")


def error_of(said: str) -> UserError | None:
    """The one line that a program of this package ended with, if it did."""
    for line in reversed(said.splitlines()):
        if line.startswith("error: expected "):
            expected, _, rest = line.removeprefix("error: expected ").partition("; got ")
            got, _, do = rest.partition("; ")
            return UserError(expected, got, do)
    return None


def last_line(said: str) -> str:
    """The last line that is not empty."""
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")


def _environment() -> dict[str, str]:
    """This process's, with this package to be found, and without what others need not know."""
    kept = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    paths = [str(_ROOT), *filter(None, [kept.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}
