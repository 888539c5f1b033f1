"""`assets/hachi.json`, which describes an export, and the directory that it lies in.

Nothing here loads a graph, or needs TensorFlow to read.
"""

import json
import os
import pathlib
import platform
from typing import Any

from hachi_tf import hachi_machi, ready
from hachi_tf.errors import UserError
from hachi_tf.serving import safety

FORMAT = 1
_MAX_BYTES = 64 << 20
_NAME = pathlib.Path("assets", "hachi.json")
# Keys that a reader relies on, with their types.
_REQUIRED = {
    "schema": dict,
    "transforms": dict,
    "network": dict,
    "variables": list,
    "max_steps": int,
    "state_size": int,
    "signatures": dict,
}


def version_numbers(export_dir: str | os.PathLike) -> list[int]:
    """The versions in a directory of exports, none if there is no such directory."""
    folder = pathlib.Path(export_dir)
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    numbers = [int(name) for name in names if name.isascii() and name.isdigit()]
    return sorted(number for number in numbers if str(number) in names)


def find_version(path: str | os.PathLike) -> pathlib.Path:
    """The version directory itself, or the newest one in a directory of versions.

    Args:
        path: of either; `exports/...` may be a ready one.

    Raises:
        UserError: if there is none.
    """
    path = ready.find(path)
    if path.suffix.lower() == ".pt":
        raise hachi_machi.retrain(str(path))
    if (path / "saved_model.pb").is_file():
        return path
    for version in reversed(version_numbers(path)):
        if (path / str(version) / "saved_model.pb").is_file():
            return path / str(version)
    got = "no such folder" if not path.is_dir() else "no saved_model.pb in it"
    if (path / "config.json").is_file():
        got = "a run directory"
    do = ready.hint(path, "exports") or "make one with python -m hachi_tf.export"
    raise UserError(f"an export at {path}", got, do)


def read(version_dir: pathlib.Path) -> dict[str, Any]:
    """What `hachi.json` of a version directory holds.

    Raises:
        UserError: if it is missing, damaged, or of a later format.
    """
    path = version_dir / _NAME
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError(f"more than {_MAX_BYTES} bytes")
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict) or value.get("format") != "hachi_tf":
            raise ValueError("something else")
        if value.get("format_version") != FORMAT:
            raise ValueError(f"format version {value.get('format_version')}")
        for key, kind in _REQUIRED.items():
            if not isinstance(value.get(key), kind):
                raise ValueError(f"no {key}")
        if not isinstance(value["network"].get("config"), dict):
            raise ValueError("no configuration of the network")
        if not isinstance(value.get("data", {}), dict) or not _are_styles(value.get("styles", [])):
            raise ValueError("data or styles of another kind")
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"a description of a hachi_tf export, format {FORMAT}, in {path}", str(error)
        ) from error
    return value


def describe(version_dir: pathlib.Path) -> dict[str, Any]:
    """What `describe` tells of an export, for JSON; its graph is not loaded.

    Args:
        version_dir: the export.

    Returns:
        The most telling keys of `hachi.json`, names of `styles`, `columns`, the size in `bytes`,
        and in `graph` whether the graph does nothing but compute.

    Raises:
        UserError: if `hachi.json` is missing or damaged.
    """
    told = read(version_dir)
    try:
        safety.check(version_dir)
        verdict = "computes, and nothing else"
    except UserError as error:
        verdict = f"REFUSED: {error}"
    files = [file for file in version_dir.rglob("*") if file.is_file()]
    kept = ("name", "data", "training", "metrics", "versions", "max_steps", "num_weights")
    return {
        "graph": verdict,
        "bytes": sum(file.stat().st_size for file in files),
        **{key: told[key] for key in kept if key in told},
        "styles": [style["name"] for style in told.get("styles", [])],
        "columns": told["schema"]["features"],
        "network": told["network"],
        "transforms": told["transforms"],
        "signatures": told["signatures"],
    }


def is_fixable(metadata: dict[str, Any]) -> bool:
    """Whether an export takes columns that are held fixed while others are drawn.

    Args:
        metadata: what `read` gives.
    """
    signature = metadata["signatures"].get("step", {})
    return "fixed" in signature.get("inputs", {})


def _are_styles(styles: Any) -> bool:
    """Whether styles are as `describe_styles` writes them."""
    return isinstance(styles, list) and all(
        isinstance(each, dict)
        and set(each) == {"name", "text", "events"}
        and isinstance(each["name"], str)
        and isinstance(each["text"], str)
        and isinstance(each["events"], list)
        and all(
            isinstance(event, list) and all(type(number) in (int, float) for number in event)
            for event in each["events"]
        )
        for each in styles
    )


def to_text(description: dict[str, Any]) -> str:
    """The text of `hachi.json`."""
    return json.dumps(description, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def write(version_dir: pathlib.Path, text: str) -> None:
    """Writes the text of `hachi.json` into a version directory."""
    path = version_dir / _NAME
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def versions() -> dict[str, Any]:
    """The format, and the versions of the packages that write it."""
    import importlib.metadata

    import hachi_tf

    def version(package):
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            return hachi_tf.__version__ if package == "hachi_tf" else "unknown"

    packages = ("hachi_tf", "tensorflow", "keras", "numpy")
    return {
        "format": "hachi_tf",
        "format_version": FORMAT,
        "versions": {package: version(package) for package in packages}
        | {"python": platform.python_version()},
    }


def describe_signatures(signatures: dict[str, Any]) -> dict[str, Any]:
    """Names, types and shapes of each signature's inputs and outputs, for JSON."""

    def describe(specs):
        return {
            name: {"dtype": spec.dtype.name, "shape": spec.shape.as_list()}
            for name, spec in specs.items()
        }

    return {
        name: {
            "inputs": describe({spec.name: spec for spec in _inputs(function)}),
            "outputs": describe(function.structured_outputs),
        }
        for name, function in signatures.items()
    }


def describe_styles(styles: Any) -> list[dict[str, Any]]:
    """The lines of the styles, for JSON."""
    return [
        {"name": each.name, "text": each.text, "events": [list(map(float, e)) for e in each.events]}
        for each in styles
    ]


def _inputs(function: Any) -> list[Any]:
    positional, _ = function.structured_input_signature
    return list(positional)
