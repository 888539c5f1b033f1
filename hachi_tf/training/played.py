"""Runs and exports to play live: first what they are, without TensorFlow, then a stepper."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.tables import Ranges, parse_fixed
from hachi_tf.transforms import transform_from_dict


@dataclasses.dataclass(frozen=True)
class Playable:
    """A model to play.

    Attributes:
        path: of the run or the export.
        schema: its columns.
        ranges: the least and the greatest value of columns, by their index, where known.
        fixable: whether columns can be held.
        is_export: whether it is an export, which plays without Keras.
        load: opens it; a function of nothing that returns what steps it. Imports TensorFlow.
    """

    path: str
    schema: Schema
    ranges: Ranges
    fixable: bool
    is_export: bool
    load: Callable[[], Any]

    def fixed(self, settings: Sequence[str]) -> dict[str, float | str]:
        """What columns are held at, by their full names.

        Args:
            settings: as `tables.parse_fixed` takes them.

        Raises:
            UserError: if the model has no such column, or it cannot have the value.
        """
        fixed = parse_fixed(settings, self.schema, self.ranges)
        if fixed and not self.fixable:
            raise UserError(
                "a model whose columns can be held for --fix",
                f"{self.path}, none of whose can",
                "export it again",
            )
        return fixed


def find_models(run_dir: str, export_dirs: Sequence[str]) -> list[Playable]:
    """Looks at the models that are to play; nothing heavy is imported.

    Args:
        run_dir: a run or an export; the latest run under `runs/` if nothing is named.
        export_dirs: exports instead.

    Raises:
        UserError: if one is missing, damaged, or reads texts.
    """
    exports = list(export_dirs)
    if run_dir and not pathlib.Path(run_dir, "config.json").is_file():
        exports = [run_dir]
    by_path = {path: _export(path) for path in dict.fromkeys(exports)}
    return [by_path[path] for path in exports] if exports else [_run(run_dir)]


def _export(path: str) -> Playable:
    from hachi_tf.serving import manifest

    version = manifest.find_version(path)
    metadata = manifest.read(version)

    @functools.cache  # two voices of one export share its graph; each has a state of its own
    def load() -> Any:
        from hachi_tf.serving.step_loader import load_step
        from hachi_tf.serving.stepper import Stepper

        return Stepper(load_step(version))

    return _playable(path, metadata, manifest.is_fixable(metadata), True, load)


def _run(path: str) -> Playable:
    from hachi_tf.training.run_directory import RunDirectory

    directory = RunDirectory(path) if path else RunDirectory.latest()
    described = directory.description()
    fixable = described["data"].get("renderer") == "events"

    def load() -> Any:
        from hachi_tf.serving.saved_model import in_memory
        from hachi_tf.serving.stepper import Stepper
        from hachi_tf.training.run import load_run

        run = load_run(directory.path)
        return Stepper(in_memory(run.network, run.transforms, run.schema, 1, fixable=fixable))

    return _playable(str(directory.path), described, fixable, False, load)


def _playable(
    path: str, described: dict[str, Any], fixable: bool, is_export: bool, load
) -> Playable:
    if described["network"].get("config", {}).get("alphabet") is not None:
        raise UserError("a model that reads no text, to play live", path)
    schema = Schema.from_dict(described["schema"])
    ranges = transform_from_dict(described["transforms"]).ranges()
    return Playable(path, schema, ranges, fixable, is_export, load)
