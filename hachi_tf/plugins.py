"""Sources and heads from a Python file of one's own.

The file says `SOURCES = {"name": Class}`, `HEADS = {"name": Class}`, or both. It is run, with all
that this means; a run that was trained with it remembers its name and hash, never its code, and
needs it given again.
"""

import hashlib
import importlib.util
import os
import pathlib
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.startup import silent_stderr

_PREFIX = "hachi_tf_plugin_"


def load(paths: Sequence[str | os.PathLike]) -> tuple[str, ...]:
    """Runs files and registers what they define.

    Args:
        paths: Python files.

    Returns:
        For each its name and the SHA-256 of its text, as a run keeps them.

    Raises:
        UserError: if a file is missing, does not run, defines no source and no head, or takes a
            name that there is already.
    """
    return tuple(_load(pathlib.Path(path)) for path in paths)


def _load(path: pathlib.Path) -> str:
    with silent_stderr():
        import tensorflow  # noqa: F401 - heads are made of it, and it chatters
    from hachi_tf.data import SOURCES, Source
    from hachi_tf.layers.heads import HEADS, Head

    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError("a Python file for --plugin", f"{path} ({error.strerror})") from error
    module = _run(path, digest)
    found = 0
    for name, registry, base in (("SOURCES", SOURCES, Source), ("HEADS", HEADS, Head)):
        given = getattr(module, name, {})
        if not isinstance(given, dict):
            raise UserError(f"{name} = {{'name': Class}} in {path}", type(given).__name__)
        for key, value in given.items():
            _check(path, name, key, value, base, registry.get(key))
        registry.update(given)
        found += len(given)
    if not found:
        raise UserError(f"SOURCES or HEADS with something in it, in {path}", "neither")
    return f"{path.name} sha256={digest}"


def _run(path: pathlib.Path, digest: str) -> ModuleType:
    """The module, run once in a process as long as its text is the same."""
    name = _PREFIX + digest[:16]
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserError("a Python file (.py) for --plugin", str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        said = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        raise UserError("a Python file that runs, for --plugin", f"{path}: {said}") from error
    return module


def _check(path: pathlib.Path, where: str, key: Any, value: Any, base: type, taken: Any) -> None:
    if not (isinstance(key, str) and key.isidentifier() and isinstance(value, type)):
        raise UserError(f"{where} = {{'name': Class}} in {path}", f"{key!r}: {value!r}"[:100])
    if not issubclass(value, base):
        raise UserError(f"a subclass of {base.__name__} in {where} of {path}", value.__name__)
    own = isinstance(taken, type) and taken.__module__.startswith(_PREFIX)
    if taken is not None and not own:
        raise UserError(f"a name of its own in {where} of {path}", f"{key}, which is taken")
