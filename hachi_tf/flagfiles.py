"""Flag files in YAML and TOML, hachi machi's among them.

A file names its program in `cmd` and gives one flag a line, its words joined by blanks, hyphens
or underscores; paths are relative to the file. hachi machi's commands and options are understood
as well, as far as something here corresponds to them.
"""

import logging
import math
import os
import pathlib
import tomllib
from collections.abc import Mapping
from typing import Any

from hachi_tf import hachi_machi
from hachi_tf.errors import UserError, shorten

log = logging.getLogger(__name__)

SUFFIXES = (".yaml", ".yml", ".toml")
PROGRAMS = ("train", "evaluate", "sample", "export", "serve", "perform", "record", "prepare",
            "describe")  # fmt: skip
_PATHS = {
    "chart", "compare", "compress", "data", "export_dir", "from_export", "init_from", "input",
    "log", "output", "per_sequence", "plugin", "prime", "replay", "run_dir", "sample",
    "studio_dir", "styles", "token_file",
}  # fmt: skip
_SEVERAL = {"data", "input"}  # flags of one value that names several files with commas
_MAX_BYTES = 1 << 20


def read(path: str | os.PathLike, program: str, known: Mapping[str, type]) -> list[str]:
    """Reads a YAML or TOML file into flags of the program that is running.

    Args:
        path: the file, `.yaml`, `.yml` or `.toml`.
        program: the program's name, e.g. `"train"`.
        known: the program's flags and their types; a `tuple` may be given several times.

    Returns:
        Flags as on a command line, e.g. `["--epochs=3", "--noresume"]`.

    Raises:
        UserError: if the file cannot be read, is for another program, or has a key or a value
            that the program has no flag for.
    """
    file = pathlib.Path(path)
    values = _load(file)
    command = values.pop("cmd", program)
    if not isinstance(command, str) or command not in (*hachi_machi.COMMANDS, *PROGRAMS):
        names = ", ".join(dict.fromkeys([*hachi_machi.COMMANDS, *PROGRAMS]))
        raise UserError(f"cmd as one of {names} in {file}", shorten(command))
    wanted = hachi_machi.COMMANDS.get(command, command)
    if wanted != program:
        raise UserError(
            f"a file for {program}",
            f"cmd: {command} in {file}",
            f"run python -m hachi_tf.{wanted} --flagfile={file}",
        )
    result: list[str] = []
    origins: dict[str, str] = {}
    for key, value in {**hachi_machi.DEFAULTS.get(command, {}), **values}.items():
        where = f"for {key!r} in {file}"
        _check(key, value, where)
        if value is None:
            continue
        try:
            flags, remark = hachi_machi.translate(command, key, value, known, file.parent)
        except UserError as error:
            raise UserError(f"{error.expected} {where}", error.got, error.do) from error
        if remark:
            log.warning("%s: %s", file, remark)
        for name, each in flags.items():
            if name not in known:
                do = hachi_machi.hint(program, key, known)
                raise UserError(f"a flag of {program}", f"{key!r} in {file}", do)
            if origins.setdefault(name, key) != key:
                raise UserError(f"--{name} once", f"{origins[name]!r} and {key!r} in {file}")
            folder = file.parent if name in _PATHS and key in values else pathlib.Path()
            result += _arguments(name, each, known[name], folder, where)
    return result


def _load(file: pathlib.Path) -> dict[str, Any]:
    """The values of a file by their keys, of which the words are joined by underscores."""
    is_toml = file.suffix.lower() == ".toml"
    try:
        with file.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise ValueError(f"more than {_MAX_BYTES} bytes")
        text = data.decode("utf-8-sig")
        values = tomllib.loads(text) if is_toml else _parse_yaml(text)
    except OSError as error:
        raise UserError("a readable file for --flagfile", f"{file} ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        said = f"{'TOML' if is_toml else 'YAML'} in {file}"
        raise UserError(said, str(error)[:200]) from error
    if not isinstance(values, dict):
        raise UserError(f"'name: value' on each line of {file}", shorten(values))
    result: dict[str, Any] = {}
    for key, value in values.items():
        name = "_".join(str(key).replace("-", " ").replace("_", " ").lower().split())
        if name in result:
            raise UserError(f"every name once in {file}", f"{shorten(key)} again")
        result[name] = value
    return result


def _parse_yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(where + (getattr(error, "problem", None) or str(error))) from error


def _check(key: str, value: Any, where: str) -> None:
    """Only numbers, texts, booleans and lists of those are values."""
    for item in value if isinstance(value, list) else [value]:
        is_finite = not isinstance(item, float) or math.isfinite(item)
        if item is not None and not (isinstance(item, bool | int | float | str) and is_finite):
            raise UserError(
                f"a finite number, a text, true, false, or a list of those {where}",
                "something nested" if isinstance(item, dict | list) else shorten(item),
                "write a text, e.g. - add(value=1, dims=0)" if key == "operations" else "",
            )


def _arguments(name: str, value: Any, kind: type, folder: pathlib.Path, where: str) -> list[str]:
    """The flag for a value, or those for the values of a list."""
    values = value if isinstance(value, list) else [value]
    if name in _PATHS:
        values = [_relative(name, str(each), folder) for each in values]
    if name in _SEVERAL and kind is not tuple:
        values = [",".join(values)]
    if len(values) > 1 and kind is not tuple:
        raise UserError(f"one value {where}", f"a list of {len(values)}")
    if any(isinstance(each, bool) != (kind is bool) for each in values):
        want = "true or false" if kind is bool else "a value that is not true or false"
        raise UserError(f"{want} {where}", shorten(value), "" if kind is bool else "quote a text")
    if kind is bool:
        return [f"--{name}" if each else f"--no{name}" for each in values]
    return [f"--{name}={each}" for each in values]


def _relative(name: str, text: str, folder: pathlib.Path) -> str:
    """A path, or several with commas between them, seen from where the program runs."""
    if name == "prime" and not (folder / text).exists():
        return text  # the id of a line
    model, equals, path = text.partition("=")  # as `serve` takes exports
    if name == "export_dir" and equals and not (folder / text).exists():
        return f"{model}={_relative(name, path, folder)}"
    parts = [part.strip() for part in text.split(",")] if name in _SEVERAL else [text]
    return ",".join(os.path.normpath(folder / part) if part else part for part in parts)
