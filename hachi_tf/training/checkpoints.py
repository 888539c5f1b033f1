"""Checkpoints: one npz of plain numbers each, written aside and renamed in."""

import json
import logging
import pathlib
import re
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path

log = logging.getLogger(__name__)

_METADATA = "metadata.json"
_KEPT = 2  # checkpoints


def save_arrays(path: pathlib.Path, arrays: dict[str, np.ndarray], metadata: dict) -> None:
    """Writes named arrays and a JSON object into one npz; the old file stays until it is whole."""
    text = np.frombuffer(json.dumps(metadata).encode(), np.uint8)
    with atomic_path(path) as aside, open(aside, "wb") as file:
        np.savez(file, **arrays, **{_METADATA: text})


def load_arrays(path: pathlib.Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Reads what `save_arrays` wrote; checksums are verified.

    Raises:
        UserError: if the file is missing, cut short, damaged or foreign.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        metadata = json.loads(arrays.pop(_METADATA).tobytes())
        if not isinstance(metadata, dict) or not isinstance(metadata.get("step"), int):
            raise ValueError("without a step")
        return arrays, metadata
    except Exception as error:  # a damaged zip raises almost anything, some with bytes of the file
        said = "".join(letter if letter.isprintable() else "?" for letter in str(error)[:100])
        raise UserError(
            "a whole checkpoint of hachi_tf", f"{path} ({said})", "use another one"
        ) from error


def variable_arrays(prefix: str, variables: list) -> dict[str, np.ndarray]:
    """Values of Keras variables by a name that holds their order and path."""
    return {
        f"{prefix}.{number}.{variable.path.replace('/', '.')}": np.asarray(variable.value)
        for number, variable in enumerate(variables)
    }


def assign_arrays(prefix: str, variables: list, arrays: dict[str, np.ndarray], where: Any) -> None:
    """Sets Keras variables to what `variable_arrays` returned; all of them or none.

    Args:
        prefix: what their names begin with, e.g. `"network"`.
        variables: in the order in which they were when they were saved.
        arrays: what `load_arrays` returned.
        where: they came from, for the error.

    Raises:
        UserError: if a variable is missing or has another shape.
    """
    names = {name: re.match(rf"{prefix}\.(\d+)\.", name) for name in arrays}
    by_number = {int(found[1]): arrays[name] for name, found in names.items() if found}
    want = [tuple(variable.shape) for variable in variables]
    got = [by_number[number].shape for number in sorted(by_number)]
    if want != got:
        other = [shape for shape, wanted in zip(got, want, strict=False) if shape != wanted]
        raise UserError(
            f"{len(want)} weights of this network's shapes in {where}",
            f"{len(got)}" + (f", one of {list(other[0])}" if other else ""),
            "check that the run directory belongs to this configuration",
        )
    for number, variable in enumerate(variables):
        variable.assign(by_number[number])


class Checkpoints:
    """The checkpoints of a run, of which the last two are kept.

    Args:
        folder: where they are.
    """

    def __init__(self, folder: pathlib.Path):
        self._folder = pathlib.Path(folder)

    def _paths(self) -> list[pathlib.Path]:
        found = self._folder.glob("step-*.npz")
        return sorted(path for path in found if re.fullmatch(r"step-\d{9}\.npz", path.name))

    def save(self, step: int, arrays: dict[str, np.ndarray], metadata: dict[str, Any]) -> None:
        """Writes the checkpoint of a step, then removes the oldest ones."""
        self._folder.mkdir(parents=True, exist_ok=True)
        save_arrays(self._folder / f"step-{step:09d}.npz", arrays, metadata)
        for path in self._paths()[:-_KEPT]:
            path.unlink(missing_ok=True)

    def latest(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """The newest whole checkpoint, or None; one that is damaged is named and passed over."""
        for path in reversed(self._paths()):
            try:
                return load_arrays(path)
            except UserError as error:
                log.warning("passing over a damaged checkpoint: %s", error)
        return None
