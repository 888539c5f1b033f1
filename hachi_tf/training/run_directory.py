"""The files of a training run."""

import contextlib
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import filelock

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path

_RUNS = pathlib.Path("runs")  # in the working directory


class RunDirectory:
    """Paths and files of a run.

    `config.json` holds the flags; `schema.json` the columns, the fitted transforms, the network
    and where the data came from; `checkpoints/` the state to resume from and `best.npz`;
    `metrics.jsonl` the figures; `tensorboard/` the same for TensorBoard; `samples/` pictures.

    Args:
        path: the directory.
    """

    def __init__(self, path: str | pathlib.Path):
        self.path = pathlib.Path(path)
        self.config = self.path / "config.json"
        self.schema = self.path / "schema.json"
        self.checkpoints = self.path / "checkpoints"
        self.best = self.checkpoints / "best.npz"
        self.metrics = self.path / "metrics.jsonl"
        self.tensorboard = self.path / "tensorboard"
        self.samples = self.path / "samples"

    @classmethod
    def new(cls, name: str) -> "RunDirectory":
        """The first `runs/<name>-N` that does not exist yet, created.

        Raises:
            OSError: if it cannot be created.
        """
        _RUNS.mkdir(exist_ok=True)  # or else a link to nowhere would be taken for run after run
        number = 1
        while True:
            path = _RUNS / f"{name}-{number}"
            try:
                path.mkdir()
                return cls(path)
            except FileExistsError:
                number += 1

    @classmethod
    def latest(cls) -> "RunDirectory":
        """The run under `runs/` that was written to last.

        Raises:
            UserError: if there is none.
        """
        found = _RUNS.glob("*/schema.json")
        paths = sorted(found, key=lambda path: (path.stat().st_mtime, path.parent.name))
        if not paths:
            raise UserError(
                f"a run under {_RUNS}/ or --run_dir", "none", "run python -m hachi_tf.train first"
            )
        return cls(paths[-1].parent)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from training this run; makes the directory if need be.

        The system lets go of the lock when the process ends, however it ends. A directory into
        which nothing was written is removed.

        Raises:
            UserError: if another process trains this run, or the directory cannot be made.
        """
        lock = self.path / ".lock"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            held = filelock.FileLock(lock)
            held.acquire(blocking=False)
        except filelock.Timeout as error:
            raise UserError(
                "a run that no other process trains",
                str(self.path),
                "wait for it, or name another --run_dir",
            ) from error
        except OSError as error:
            raise UserError(
                "a folder to write to for --run_dir",
                f"{self.path} ({error.strerror or error})",
                "name another --run_dir",
            ) from error
        try:
            yield
        finally:
            held.release()
            with contextlib.suppress(OSError):
                if not {entry.name for entry in self.path.iterdir()} - {lock.name}:
                    lock.unlink(missing_ok=True)
                    self.path.rmdir()

    def read_json(self, path: pathlib.Path) -> dict[str, Any]:
        """A JSON object of this run.

        Raises:
            UserError: if the file is missing or not a JSON object.
        """
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(value, dict):
                raise ValueError("not a JSON object")
            return value
        except (OSError, ValueError, RecursionError) as error:
            raise UserError(
                f"a run directory with {path.name} in it",
                f"{self.path} ({error})",
                "name a directory that hachi_tf.train wrote",
            ) from error

    def description(self) -> dict[str, Any]:
        """What `schema.json` holds: schema, transforms, network and data, as dictionaries.

        Raises:
            UserError: if the file is missing or foreign.
        """
        value = self.read_json(self.schema)
        keys = ("schema", "transforms", "network", "data")
        missing = [key for key in keys if not isinstance(value.get(key), dict)]
        if missing:
            raise UserError(
                f"{self.schema} as hachi_tf.train writes it", f"one without {', '.join(missing)}"
            )
        return value

    def flags(self) -> dict[str, Any]:
        """What `config.json` holds.

        Raises:
            UserError: if the file is missing or foreign.
        """
        value = self.read_json(self.config)
        if not isinstance(value.get("source"), str) or not isinstance(value.get("data"), str):
            raise UserError(f"{self.config} as hachi_tf.train writes it", "one without a source")
        return value

    def write_text(self, path: pathlib.Path, text: str) -> None:
        """Writes a file aside and renames it in."""
        with atomic_path(path) as aside:
            aside.write_text(text, encoding="utf-8")

    def append_metrics(self, record: dict[str, Any]) -> None:
        """Adds one line to `metrics.jsonl`."""
        with open(self.metrics, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def read_metrics(self) -> list[dict[str, Any]]:
        """The lines of `metrics.jsonl` up to the first that is cut short or foreign."""
        records = []
        if self.metrics.exists():
            for line in self.metrics.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    record = json.loads(line)
                    float(record["nats_per_step"]), int(record["step"]), str(record["split"])
                except (ValueError, TypeError, KeyError, RecursionError):
                    break
                records.append(record)
        return records

    def cut_metrics(self, step: int) -> None:
        """Drops what `metrics.jsonl` says of steps after the one that is resumed from."""
        kept = [record for record in self.read_metrics() if record["step"] <= step]
        self.write_text(self.metrics, "".join(json.dumps(record) + "\n" for record in kept))
