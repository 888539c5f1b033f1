"""A run directory: what one training run read, learned and wrote."""

import json
import pathlib
from types import SimpleNamespace
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.schema import Schema
from hachi_tf.transforms import transform_from_dict


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
    def new(cls, name: str, root: str = "runs") -> "RunDirectory":
        """The first `<root>/<name>-N` that does not exist yet, created."""
        number = 1
        while True:
            path = pathlib.Path(root) / f"{name}-{number}"
            try:
                path.mkdir(parents=True)
                return cls(path)
            except FileExistsError:
                number += 1

    @classmethod
    def latest(cls, root: str = "runs") -> "RunDirectory":
        """The run that was written to last.

        Raises:
            UserError: if there is none.
        """
        found = pathlib.Path(root).glob("*/schema.json")
        paths = sorted(found, key=lambda path: (path.stat().st_mtime, path.parent.name))
        if not paths:
            raise UserError(
                f"a run under {root}/ or --run_dir", "none", "run python -m hachi_tf.train first"
            )
        return cls(paths[-1].parent)

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
        except (OSError, ValueError) as error:
            raise UserError(
                f"a run directory with {path.name} in it",
                f"{self.path} ({error})",
                "name a directory that hachi_tf.train wrote",
            ) from error

    def write_text(self, path: pathlib.Path, text: str) -> None:
        """Writes a file aside and renames it in."""
        with atomic_path(path) as aside:
            pathlib.Path(aside).write_text(text, encoding="utf-8")

    def append_metrics(self, record: dict[str, Any]) -> None:
        """Adds one line to `metrics.jsonl`."""
        with open(self.metrics, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def read_metrics(self) -> list[dict[str, Any]]:
        """The lines of `metrics.jsonl`; a last line that was cut short is left out."""
        records = []
        if self.metrics.exists():
            for line in self.metrics.read_text(encoding="utf-8").splitlines():
                try:
                    records.append(json.loads(line))
                except ValueError:
                    break
        return records

    def cut_metrics(self, step: int) -> None:
        """Drops what `metrics.jsonl` says of steps after the one that is resumed from."""
        kept = [record for record in self.read_metrics() if record["step"] <= step]
        self.write_text(self.metrics, "".join(json.dumps(record) + "\n" for record in kept))


class Run:
    """A trained run: its network and what belongs to it.

    Attributes:
        directory: the `RunDirectory`.
        path: its path.
        schema: the columns.
        transforms: fitted, from data units to network space.
        network: the network with its best weights, in float32.
        description: the contents of `schema.json`.
        flags: the contents of `config.json`.
        step: the step that the weights were taken at.
        trained_on: where the data came from, with the path in `data`.
        cache: where parsed data is kept.
    """

    def __init__(self, directory: RunDirectory):
        from hachi_tf.models import network_from_dict
        from hachi_tf.training.checkpoints import Checkpoints, assign_arrays, load_arrays

        self.directory, self.path = directory, directory.path
        self.description = directory.read_json(directory.schema)
        self.flags = directory.read_json(directory.config)
        try:
            self.schema = Schema.from_dict(self.description["schema"])
            self.transforms = transform_from_dict(self.description["transforms"])
            network = dict(self.description["network"])
        except KeyError as error:
            raise UserError("a schema.json as hachi_tf.train writes it", f"no {error}") from error
        network["config"] = {**network["config"], "precision": "float32"}
        self.network = network_from_dict(network)
        if directory.best.exists():
            found = load_arrays(directory.best)
        else:
            found = Checkpoints(directory.checkpoints).latest()
        if found is None:
            raise UserError(
                "a run with at least one checkpoint",
                f"none in {directory.checkpoints}",
                "train it longer",
            )
        arrays, metadata = found
        self.step = metadata["step"]
        self.cache = directory.path.parent / ".cache"
        self.trained_on = {**self.description["data"], "data": self.flags["data"] or None}
        self.network.build()
        assign_arrays("network", self.network.weights, arrays, directory.path)

    @property
    def head(self) -> Any:
        """The network's head."""
        return self.network.head

    def dataset(self, split: str = "validation", data: str | None = None) -> Any:
        """A split of the data that the run was trained on, or of other data of its source.

        Raises:
            UserError: if the data are missing, of another schema, or lack the split.
        """
        trained_on = self.trained_on
        return read_split(
            trained_on["source"],
            data or trained_on["data"],
            split,
            self.schema,
            trained_on["validation_fraction"],
            self.cache,
        )


def read_split(
    source: str,
    data: str | None,
    split: str,
    schema: Schema,
    validation_fraction: float | None = None,
    cache_dir: pathlib.Path | None = None,
) -> Any:
    """One split of a source's data, checked against a model's columns.

    Args:
        source: the source's options, e.g. `"kanji"`.
        data: the path of its files, if it has any.
        split: e.g. `"validation"`.
        schema: the columns that the data must have.
        validation_fraction: as in training.
        cache_dir: where parsed data is kept.

    Raises:
        UserError: if the data are missing, have other columns, or lack the split.
    """
    from hachi_tf.data.dataset import load_datasets
    from hachi_tf.data.sources import make_source

    made = make_source(source, data)
    if made.schema.features != schema.features:
        raise UserError(
            f"data with the columns {', '.join(schema.names)}",
            ", ".join(made.schema.names),
            "name data of the kind that the model was trained on",
        )
    splits = load_datasets(made, validation_fraction, cache_dir)
    if split not in splits or not len(splits[split]):
        have = [name for name, dataset in splits.items() if len(dataset)]
        raise UserError(f"a split of {', '.join(have)}", repr(split))
    return splits[split]


def load_run(run_dir: str | pathlib.Path | None = None) -> Run:
    """Loads a run with its best weights.

    Args:
        run_dir: the run directory; the latest one under `runs/` by default.

    Raises:
        UserError: if it is not a run directory, or has no whole checkpoint.
    """
    return Run(RunDirectory(run_dir) if run_dir else RunDirectory.latest())


def open_model(path: str | pathlib.Path | None = None) -> Any:
    """Opens a run or an export to train from or to score with.

    Args:
        path: a run directory or an export; the latest run under `runs/` by default.

    Returns:
        Something with `path`, `network` (float32), `transforms`, `trained_on` (its data) and
        `cache` (where parsed data is kept, or None). No graph of an export is loaded.

    Raises:
        UserError: if the path is neither.
    """
    if not path or (pathlib.Path(path) / "schema.json").exists():
        return load_run(path)
    from hachi_tf.serving import manifest, saved_model

    version = manifest.find_version(path)
    described = manifest.read(version)
    return SimpleNamespace(
        path=version,
        network=saved_model.load_network(version),
        transforms=transform_from_dict(described["transforms"]),
        trained_on=described.get("data", {}),
        cache=None,
    )
