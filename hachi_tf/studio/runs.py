"""Trainings: asked for, queued, started one after the other, stopped, resumed, exported."""

import json
import logging
import pathlib
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.serving.failures import Failure
from hachi_tf.studio import processes
from hachi_tf.studio.names import check_name, free_name
from hachi_tf.studio.options import check_options, to_flags
from hachi_tf.studio.run_state import ASKED, LOG, PROCESS, RunFiles

log = logging.getLogger(__name__)

_TICK_S = 0.5
_REFUSED_S = 1.5  # a program that refuses its flags has ended by then
_EXPORT_S = 600.0
_MOST_QUEUED = 100


class Runs:
    """Trainings by name, one of which runs at a time.

    Args:
        folder: of the run directories.
        queue: the file of those that wait.
        find: gives the path of a data set, of a collection of lines, or of a model, by what it is
            ("data", "lines", "model") and its name.
    """

    def __init__(
        self, folder: pathlib.Path, queue: pathlib.Path, find: Callable[[str, str], pathlib.Path]
    ):
        self.folder, self._queue, self._find = folder, queue, find
        self._lock = threading.RLock()
        self._waiting = self._read_queue()
        self._children: dict[str, subprocess.Popen] = {}
        self._files: dict[str, RunFiles] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="trainings", daemon=True)

    def begin(self) -> None:
        """Starts what waits, from now on."""
        self._thread.start()

    def close(self) -> None:
        """Starts nothing more; what trains goes on."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def describe_all(self) -> list[dict[str, Any]]:
        """What the list says of the runs, the newest first."""
        found = [run.describe(run.name in self._waiting) for run in self._all()]
        return sorted(found, key=lambda each: each["started"] or 0.0, reverse=True)

    def describe(self, name: str) -> dict[str, Any]:
        """The same of one run, with the end of its log and its flags.

        Raises:
            Failure: if there is none of this name.
        """
        run = self.get(name)
        described = run.describe(name in self._waiting)
        config = run.directory.config
        try:
            flags = json.loads(config.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            flags = {}
        places = {"data", "run_dir", "init_from"}
        flags = {key: value for key, value in flags.items() if key not in places}
        return described | {"log": run.log_lines(60), "config": flags}

    def get(self, name: str) -> RunFiles:
        """A run's files.

        Raises:
            Failure: if there is none of this name.
        """
        run = self._of(check_name(name, "name of a run"))
        if not (run.path / ASKED).is_file():
            raise Failure("NOT_FOUND", f"expected a run that there is; got {name!r}")
        return run

    def add(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Asks for a training.

        Args:
            asked: `data`, `lines` or `source`, by name; perhaps `name` and `options`.

        Returns:
            What the list says of it.

        Raises:
            UserError: if something is not as it must be.
        """
        given = {key: asked[key] for key in ("data", "lines", "source") if asked.get(key)}
        if len(given) != 1:
            raise UserError("one of data, lines and source", ", ".join(given) or "none")
        ((kind, what),) = given.items()
        flags = ["--source=pen_lines"] if kind == "lines" else []
        if kind == "source":
            flags = [f"--source={self._find(kind, check_name(what, 'name of a source'))}"]
        else:
            flags.append(f"--data={self._find(kind, check_name(what, f'name of {kind}'))}")
        options = asked.get("options")
        if not isinstance(options or {}, dict):
            raise UserError("options as an object", repr(options)[:80])
        options = check_options(options or {})
        flags += to_flags(options)
        if options.get("init_from"):
            flags.append(f"--init_from={self._find('model', options['init_from'])}")
        with self._lock:
            if len(self._waiting) >= _MOST_QUEUED:
                raise UserError(f"at most {_MOST_QUEUED} runs that wait", str(len(self._waiting)))
            if asked.get("name"):
                name = check_name(asked["name"], "name of a run")
                if (self.folder / name).exists():
                    raise UserError("a name that no run has yet", name, "take another name")
            else:
                stem = what.rpartition(".")[0] or what
                name = free_name(self.folder, check_name(stem))
            run = self._of(name)
            run.path.mkdir()
            value = {kind: what, "options": options, "flags": flags, "created": time.time()}
            run.write(ASKED, value)
            self._enqueue(name)
            self._advance()
        self._refuse_at_once(run)
        return run.describe(name in self._waiting)

    def stop(self, name: str) -> None:
        """Takes a run out of the queue, or asks its process to save and to end.

        Raises:
            Failure: if there is none of this name.
        """
        run = self.get(name)
        with self._lock:
            if name in self._waiting:
                self._waiting.remove(name)
                self._write_queue()
                return
            process = run.process()
            if process is not None and process.is_alive():
                run.write(PROCESS, run.read(PROCESS) | {"stopping": True})
                process.interrupt()

    def resume(self, name: str, options: dict[str, Any]) -> None:
        """Puts a run that ended before its time back into the queue.

        Args:
            name: of the run.
            options: may have `max_minutes`; that of last time by default.

        Raises:
            Failure: if there is none of this name.
            UserError: if it runs, waits, or is over.
        """
        run = self.get(name)
        found = check_options({"max_minutes": options.get("max_minutes")})
        minutes = {name: each for name, each in found.items() if name == "max_minutes"}
        with self._lock:
            state = run.describe(name in self._waiting)["state"]
            if state in ("queued", "running", "finished"):
                raise UserError("a run that ended before its time", f"{name}, which is {state}")
            if minutes:
                asked = run.read(ASKED)
                asked["options"] = asked.get("options", {}) | minutes
                # A run that never began is begun with them; others have theirs in their files.
                others = [f for f in asked.get("flags", []) if not f.startswith("--max_minutes=")]
                asked["flags"] = others + to_flags(minutes)
                run.write(ASKED, asked)
            self._enqueue(name)
            self._advance()

    def delete(self, name: str) -> None:
        """Deletes a run that does not train.

        Raises:
            Failure: if there is none of this name.
            UserError: if it trains.
        """
        run = self.get(name)
        with self._lock:
            if run.is_alive():
                raise UserError("a run that does not train", f"{name}, which does", "stop it first")
            if name in self._waiting:
                self._waiting.remove(name)
                self._write_queue()
            aside = run.path.with_name(f".deleted-{name}")
            shutil.rmtree(aside, ignore_errors=True)
            run.path.rename(aside)
            self._files.pop(name, None)
        shutil.rmtree(aside, ignore_errors=True)

    def export(self, name: str, target: pathlib.Path) -> pathlib.Path:
        """Exports a run's best weights as the next version in a directory.

        Raises:
            Failure: if there is none of this name.
            UserError: if it has no weights yet.
        """
        run = self.get(name)
        if not run.directory.schema.exists():
            raise UserError("a run that has begun to learn", name, "wait for its first step")
        flags = [f"--run_dir={run.path}", f"--export_dir={target}", "--json"]
        said = processes.run(processes.command("export", *flags), self.folder, _EXPORT_S)
        return pathlib.Path(json.loads(processes.last_line(said))["export"])

    def _all(self) -> list[RunFiles]:
        names = [path.name for path in self.folder.iterdir() if (path / ASKED).is_file()]
        return [self._of(name) for name in names if not name.startswith(".")]

    def _of(self, name: str) -> RunFiles:
        """A run's files; the same each time, which remember what they have read."""
        return self._files.setdefault(name, RunFiles(self.folder / name))

    def _enqueue(self, name: str) -> None:
        if name not in self._waiting:
            self._waiting.append(name)
            self._write_queue()

    def _read_queue(self) -> list[str]:
        try:
            found = json.loads(self._queue.read_text(encoding="utf-8"))["waiting"]
            return [name for name in found if (self.folder / str(name) / ASKED).is_file()]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _write_queue(self) -> None:
        with atomic_path(self._queue) as aside:
            aside.write_text(json.dumps({"waiting": self._waiting}) + "\n", encoding="utf-8")

    def _watch(self) -> None:
        while not self._stop.wait(_TICK_S):
            try:
                with self._lock:
                    self._advance()
            except Exception:
                log.exception("the queue of trainings")

    def _advance(self) -> None:
        """Starts the next run if none trains; forgets children that have ended."""
        self._children = {name: c for name, c in self._children.items() if c.poll() is None}
        if not self._waiting or any(run.is_alive() for run in self._all()):
            return
        name = self._waiting.pop(0)
        run = self._of(name)
        if (run.path / ASKED).is_file():
            self._start(run)
        self._write_queue()

    def _start(self, run: RunFiles) -> None:
        asked = run.read(ASKED)
        flags = [f"--run_dir={run.path}", *asked.get("flags", [])]
        before_s = run.describe(False)["elapsed_s"]
        if run.directory.schema.exists():  # it goes on, with the flags that it has
            minutes = asked.get("options", {}).get("max_minutes", 0.0)
            flags = [f"--run_dir={run.path}", f"--max_minutes={minutes}"]
        run.mark()
        command = processes.command("train", *flags)
        child, started = processes.start(command, run.path / LOG, self.folder)
        self._children[run.name] = child
        value = {"pid": started.pid, "created": started.created, "began": time.time()}
        run.write(PROCESS, value | {"before_s": before_s})

    def _refuse_at_once(self, run: RunFiles) -> None:
        """Takes a run back whose flags `train` refuses.

        Raises:
            UserError: what `train` says.
        """
        child = self._children.get(run.name)
        if child is None:
            return
        try:
            status = child.wait(_REFUSED_S)
        except subprocess.TimeoutExpired:
            return
        error = processes.error_of(run.said())
        if status == 2 and error is not None:
            self.delete(run.name)
            raise error
