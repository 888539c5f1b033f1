"""A trained run, or an export, with what it was trained on."""

import logging
import pathlib
from types import SimpleNamespace
from typing import Any

from hachi_tf import ready
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.training.run_directory import RunDirectory
from hachi_tf.transforms import transform_from_dict

log = logging.getLogger(__name__)


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
        self.description, self.flags = directory.description(), directory.flags()
        self.schema = Schema.from_dict(self.description["schema"])
        self.transforms = transform_from_dict(self.description["transforms"])
        network = self.description["network"]
        config = {**network.get("config", {}), "precision": "float32"}
        self.network = network_from_dict({**network, "config": config})
        found = None
        if directory.best.exists():
            try:
                found = load_arrays(directory.best)
            except UserError as error:
                log.warning("taking the last weights instead of the best: %s", error)
        found = found or Checkpoints(directory.checkpoints).latest()
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

        Args:
            split: its name.
            data: the path of other data, or of the same if they lie elsewhere now.

        Raises:
            UserError: if the data are missing, of another schema, or lack the split.
        """
        splits = data_splits(self.trained_on, self.schema, data or "", self.cache)
        return pick_split(splits, split)


def read_splits(
    source: str,
    data: str | None,
    schema: Schema,
    validation_fraction: float | None = None,
    cache_dir: pathlib.Path | None = None,
    scale: dict[str, float] | None = None,
) -> dict[str, Any]:
    """A source's data by split, as a model of some columns reads them.

    Args:
        source: the source's options, e.g. `"kanji"`.
        data: the path of its files, if it has any.
        schema: the columns that the data must have.
        validation_fraction: as in training.
        cache_dir: where parsed data is kept.
        scale: of the lines that the model was trained on, to which those of another unit are
            brought.

    Raises:
        UserError: if the data are missing or have other columns.
    """
    from hachi_tf.data.dataset import load_datasets
    from hachi_tf.data.fitting import fit_splits
    from hachi_tf.data.sources import make_source

    made = make_source(source, data)
    made.use_schema(schema)
    if scale is None and made.schema.features != schema.features:
        fit_splits({}, made.schema, schema, scale)  # says what does not fit before all is read
    return fit_splits(
        load_datasets(made, validation_fraction, cache_dir), made.schema, schema, scale
    )


def data_splits(
    trained_on: dict[str, Any], schema: Schema, data: str = "", cache: pathlib.Path | None = None
) -> dict[str, Any]:
    """The data that a model was trained on, by split, as it reads them.

    Args:
        trained_on: what its run or export tells of the data.
        schema: its columns.
        data: the path of the data, if it is not the one in `trained_on`.
        cache: where parsed data is kept.

    Raises:
        UserError: if the model does not tell, or the data are missing.
    """
    if not trained_on.get("source"):
        raise UserError("a model that tells what it was trained on", "one that does not")
    return read_splits(
        trained_on["source"],
        data or trained_on.get("data"),
        schema,
        trained_on.get("validation_fraction"),
        cache,
        trained_on.get("scale"),
    )


def pick_split(splits: dict[str, Any], split: str) -> Any:
    """One split's `Dataset`.

    Raises:
        UserError: if there is no such split, or nothing in it.
    """
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

    path = ready.find(path)
    if str(path).lower().endswith(".pt"):
        manifest.find_version(path)  # says what to do with a model of hachi machi
    if not manifest.version_numbers(path) and not (pathlib.Path(path) / "saved_model.pb").exists():
        raise UserError(
            "a run directory (with schema.json in it) or an export (with numbered versions)",
            str(path),
            "check the path",
        )
    version = manifest.find_version(path)
    described = manifest.read(version)
    return SimpleNamespace(
        path=version,
        network=saved_model.load_network(version),
        transforms=transform_from_dict(described["transforms"]),
        trained_on=described.get("data", {}),
        cache=None,
    )
