"""What has become of a training: from its files and the table of processes, nothing else."""

import json
import os
import pathlib
import re
import time
from typing import Any

from hachi_tf.files import atomic_path
from hachi_tf.schema import Schema
from hachi_tf.studio.processes import Started, error_of
from hachi_tf.training.run_directory import RunDirectory

ASKED, PROCESS, LOG = "studio.json", "process.json", "train.log"
_TAIL = 64 << 10  # bytes of a log that are looked at
_MARK = "--- started "
_TOTAL = re.compile(r"\d+/(\d+) \[")
_ENDED = re.compile(r"^(finished|stopped) at step (\d+) of (\d+) after", re.MULTILINE)
_FROM = re.compile(r"^going on from step (\d+) of", re.MULTILINE)
_BAR = re.compile(r"^\s*\d+%\|.*\]", re.MULTILINE)
_UNITS = {"char": "character", "byte": "byte"}


class RunFiles:
    """A run's directory.

    Args:
        path: of it.
    """

    def __init__(self, path: pathlib.Path):
        self.path, self.name = path, path.name
        self.directory = RunDirectory(path)
        self._rows: tuple[Any, list[dict[str, Any]]] = (None, [])

    def read(self, name: str) -> dict[str, Any]:
        """A file of the studio's in it, a JSON object; an empty one if it is not whole."""
        try:
            value = json.loads((self.path / name).read_text(encoding="utf-8"))
            return value if isinstance(value, dict) else {}
        except (OSError, ValueError):
            return {}

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Writes a file of the studio's into it."""
        with atomic_path(self.path / name) as aside:
            aside.write_text(json.dumps(value) + "\n", encoding="utf-8")

    def mark(self) -> None:
        """Says in the log that a process is started."""
        with open(self.path / LOG, "a", encoding="utf-8") as file:
            file.write(f"{_MARK}{time.strftime('%Y-%m-%d %H:%M:%S')}\n")

    def process(self) -> Started | None:
        """The last process of the run, alive or not."""
        found = self.read(PROCESS)
        try:
            return Started(int(found["pid"]), float(found["created"]))
        except (KeyError, TypeError, ValueError):
            return None

    def is_alive(self) -> bool:
        """Whether a process trains it."""
        process = self.process()
        return process is not None and process.is_alive()

    def said(self) -> str:
        """What the last process said, or the end of that."""
        try:
            with open(self.path / LOG, "rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(file.tell() - _TAIL, 0))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return text[max(text.rfind(_MARK), 0) :]

    def log_lines(self, count: int) -> list[str]:
        """The last lines of the log, without progress bars."""
        return _lines(self.said())[-count:]

    def rows(self) -> list[dict[str, Any]]:
        """What `metrics.jsonl` holds; read again only if it has changed."""
        try:
            status = self.directory.metrics.stat()
            mark = (status.st_size, status.st_mtime_ns)
            if self._rows[0] != mark:
                self._rows = mark, self.directory.read_metrics()
            return self._rows[1]
        except OSError:
            return []

    def describe(self, is_queued: bool) -> dict[str, Any]:
        """What the list says of a run."""
        asked, said, alive = self.read(ASKED), self.said(), self.is_alive()
        rows, process = self.rows(), self.read(PROCESS)
        train = [row for row in rows if row["split"] == "train"]
        held_out = [row for row in rows if row["split"] == "validation"]
        ended = _ENDED.search(said)
        totals = _TOTAL.findall(said)
        state, error = self._state(is_queued, alive, said, ended)
        step = max([row["step"] for row in rows] + [int(ended[2]) if ended else 0])
        of_steps = int(ended[3]) if ended else int(totals[-1]) if totals else asked.get("of_steps")
        last, best = (train or [{}])[-1], min(
            (row["nats_per_step"] for row in held_out), default=None
        )  # fmt: skip
        options = asked.get("options", {})
        began, elapsed_s = process.get("began", 0.0), float(process.get("before_s", 0.0))
        if began:
            elapsed_s += max((time.time() if alive else self._last_sign(began)) - began, 0.0)
        value = {
            "name": self.name,
            "state": state,
            "stopping": alive and bool(process.get("stopping")),
            "step": step,
            "of_steps": of_steps,
            "loss": last.get("nats_per_step"),
            "validation_loss": held_out[-1]["nats_per_step"] if held_out else None,
            "best_validation_loss": best,
            "baseline": held_out[-1].get("baseline") if held_out else None,
            "unit": self._unit(),
            "elapsed_s": round(elapsed_s, 1),
            "left_s": self._left_s(began, step, of_steps, said, options) if alive else None,
            "started": asked.get("created"),
            "source": asked.get("source"),
            "data": asked.get("data"),
            "lines": asked.get("lines"),
            "options": options,
            "can_export": self.directory.best.exists(),
            "can_resume": state in ("stopped", "interrupted", "failed"),
        }
        return value | ({"error": error} if error else {})

    def _state(self, is_queued: bool, alive: bool, said: str, ended: Any) -> tuple[str, str]:
        if alive:
            return "running", ""
        if is_queued:
            return "queued", ""
        if ended:
            return ended[1], ""
        error = error_of(said)
        if error is not None:
            return "failed", str(error)
        word = (_lines(said) or [""])[-1]
        if word in ("interrupted", "KeyboardInterrupt"):
            return "stopped", ""
        if "Traceback (most recent call last)" in said:
            return "failed", f"expected a training that runs; got {word[:300]}"
        return "interrupted", ""

    def _unit(self) -> str:
        """What a step of the loss is."""
        try:
            schema = Schema.from_dict(self.directory.description()["schema"])
            return _UNITS.get(schema.text_unit, "step")
        except Exception:  # there is none yet
            return "step"

    def _last_sign(self, began: float) -> float:
        """When the last process last wrote something."""
        times = [began]
        for path in (self.path / LOG, self.directory.metrics):
            if path.exists():
                times.append(path.stat().st_mtime)
        return max(times)

    def _left_s(
        self, began: float, step: int, of_steps: int | None, said: str, options: dict[str, Any]
    ) -> float | None:
        """Seconds until the end, by the pace so far."""
        try:
            begin = self.directory.config.stat().st_mtime  # written when the data are read
            now = self.directory.metrics.stat().st_mtime
        except OSError:
            return None
        if begin < began:  # not yet
            return None
        resumed = _FROM.search(said)
        done = step - (int(resumed[1]) if resumed else 0)
        limits = []
        if of_steps and done > 0 and now > begin:
            pace_s = (now - begin) / done
            limits.append(max((of_steps - step) * pace_s - (time.time() - now), 0.0))
        if options.get("max_minutes"):
            limits.append(max(60.0 * options["max_minutes"] - (time.time() - begin), 0.0))
        return round(min(limits), 1) if limits else None


def _lines(said: str) -> list[str]:
    """The lines of a log that say something."""
    lines = _BAR.sub("", said.replace("\r", "\n")).splitlines()
    return [line.rstrip() for line in lines if line.strip()]
