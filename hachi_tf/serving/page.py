"""A page to give away: one HTML file that writes by itself, without network or server.

The weights are in it as float16, and its script is a plain JavaScript `step` of the network with
the noise of `hachi_tf.samplers.noise`, so that the same seed writes what `sample` writes, but for
rounding.
"""

import base64
import html
import importlib.resources
import json
import os
import pathlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.serving import manifest, page_model

SUFFIXES = (".html", ".htm")

# In the order in which one needs the other.
_LIBRARY = ("noise", "weights", "characters", "layers", "window", "network", "head", "sampler")
_SCREEN = ("curves", "sheet", "controls", "line", "writing", "wall", "story", "main")
_IMPORT = re.compile(r"^import .*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_TITLES = {"handwriting": "writes by hand", "strokes": "draws", "text": "goes on with a text"}


def write_page(export_dir: str | os.PathLike, path: str | os.PathLike) -> dict[str, Any]:
    """Writes an export as one HTML file.

    Of the export only `assets/hachi.json` and the weights are read; no graph is loaded.

    Args:
        export_dir: a version directory, or the directory of the versions.
        path: the file; ends in .html or .htm.

    Returns:
        As `save_page`.

    Raises:
        UserError: if there is no export, a page cannot draw what it draws, or the file cannot be
            written.
    """
    check_path(path)
    version_dir = manifest.find_version(export_dir)
    metadata = manifest.read(version_dir)
    return save_page(metadata, lambda: read_weights(version_dir, metadata), path)


def check_path(path: str | os.PathLike) -> None:
    """Refuses a file that is no HTML.

    Raises:
        UserError: if its name does not end so.
    """
    if pathlib.Path(path).suffix.lower() not in SUFFIXES:
        raise UserError("a file ending in .html for the page", str(path), "name it page.html")
    if pathlib.Path(path).is_dir():
        raise UserError("a file for the page", f"the folder {path}")


def save_page(metadata: dict[str, Any], weights: Any, path: str | os.PathLike) -> dict[str, Any]:
    """Writes a model as one HTML file.

    Args:
        metadata: what `hachi.json` of its export holds, or would.
        weights: a function that returns the network's weights, in its order.
        path: the file; ends in .html or .htm.

    Returns:
        `page`, the file; `bytes`; `kind`: `"handwriting"`, `"strokes"` or `"text"`; and
        `num_weights`.

    Raises:
        UserError: if a page cannot draw what the model draws, or the file cannot be written.
    """
    check_path(path)
    description = page_model.describe(metadata)
    content = render(description, weights(), metadata)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return {
        "page": str(path),
        "bytes": len(content),
        "kind": description["kind"],
        "num_weights": sum(int(np.prod(shape)) for _, shape in description["tensors"]),
    }


def render(
    description: dict[str, Any], weights: Sequence[np.ndarray], metadata: dict[str, Any]
) -> bytes:
    """The page's content, UTF-8.

    Args:
        description: as `page_model.describe` gives it.
        weights: the network's, in its order.
        metadata: what `hachi.json` holds.

    Raises:
        UserError: if the weights or styles are not those of the description.
    """
    styles = page_model.style_events(metadata, description["numColumns"])
    parts = {
        "title": html.escape(f"{description['name']} {_TITLES[description['kind']]}"),
        "style": _file("page.css"),
        # A "<" could end the element that it stands in.
        "model": json.dumps(description, separators=(",", ":")).replace("<", "\\u003c"),
        "weights": _base64(page_model.half_weights(weights, description)),
        "styles": _base64(styles),
        "script": script(),
    }
    page = re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _file("page.html"))
    return page.encode("utf-8", "xmlcharrefreplace")


def script(screen: bool = True) -> str:
    """The page's script: its modules as one.

    Args:
        screen: whether with what a person sees; without, it runs outside of a browser too.
    """
    names = _LIBRARY + _SCREEN if screen else _LIBRARY
    return "\n".join(_module(_file(f"{name}.js")) for name in names)


def read_weights(version_dir: pathlib.Path, metadata: dict[str, Any]) -> list[np.ndarray]:
    """The weights of an export, in the network's order; no graph is loaded.

    Args:
        version_dir: of the export.
        metadata: what `manifest.read` gives of it.

    Raises:
        UserError: if they are missing or damaged.
    """
    import tensorflow as tf

    checkpoint = str(version_dir / "variables" / "variables")
    try:
        reader = tf.train.load_checkpoint(checkpoint)
        return [
            reader.get_tensor(f"vars/{index}/.ATTRIBUTES/VARIABLE_VALUE")
            for index in range(len(metadata["variables"]))
        ]
    except (tf.errors.OpError, LookupError, RuntimeError, ValueError) as error:
        raise UserError(f"whole weights in {version_dir}", str(error), "export again") from error


def _module(text: str) -> str:
    """A module as a part of one file: what it exports is known to the modules after it."""
    names = ", ".join(_EXPORT.findall(text))
    body = _EXPORT.sub("", _IMPORT.sub("", text))
    return f"const {{ {names} }} = (() => {{\n{body}return {{ {names} }};\n}})();\n"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _file(name: str) -> str:
    """The text of one of the page's files."""
    folder = importlib.resources.files("hachi_tf.serving") / "page_files"
    return (folder / name).read_text(encoding="utf-8")
