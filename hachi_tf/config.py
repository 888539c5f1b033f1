"""Frozen dataclasses <-> absl flags <-> `config.json`: what a program was asked to do."""

import dataclasses
import json
import os
import pathlib
import sys
import types
import typing
from collections.abc import Iterable, Sequence
from typing import Any

from absl import flags

from hachi_tf import flagfiles, hachi_machi, plugins, ready
from hachi_tf.errors import UserError, shorten

_MAX_NAME = 100  # characters of a flag's name
_MAX_INTEGER = 2**63 - 1


def flag(
    default: Any,
    help: str,
    *,
    group: str = "General",
    choices: Sequence[str] = (),
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
) -> Any:
    """A dataclass field that becomes a flag.

    Args:
        default: the flag's default; its type follows from the field's annotation.
        help: one sentence for `--help`, with the unit of a number that has one.
        group: the heading that it stands under in `--help`.
        choices: the values allowed, if there are only some.
        low: the smallest number allowed.
        high: the largest number allowed.
        above: a number that the value must exceed.
    """
    metadata = dict(help=help, group=group, choices=tuple(choices), low=low, high=high, above=above)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class ProgramConfig:
    """Flags that every program has."""

    debug: bool = flag(False, "Show the traceback of an error.")
    plugin: tuple = flag(
        (),
        "Python file with SOURCES or HEADS of your own; it is run. Runs trained with it need it.",
    )

    def __post_init__(self):
        for field in dataclasses.fields(self):
            _check(field, getattr(self, field.name))

    @classmethod
    def base(cls, found: dict[str, Any]) -> dict[str, Any]:
        """Values for flags that were not given, apart from their defaults.

        Args:
            found: the flags that were given.
        """
        return {}

    def to_json(self) -> str:
        """The configuration as a JSON object, one key a flag."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str = "config.json") -> "ProgramConfig":
        """The configuration that `to_json` wrote.

        Raises:
            UserError: if the text is not a JSON object of this program's flags.
        """
        try:
            value = json.loads(text)
            if not isinstance(value, dict):
                raise ValueError("not an object")
            unknown = set(value) - {field.name for field in dataclasses.fields(cls)}
        except (ValueError, TypeError, RecursionError) as error:
            raise UserError(f"a JSON object in {where}", str(error)) from error
        if unknown:
            raise UserError(
                f"flags that this version knows in {where}",
                ", ".join(sorted(unknown)),
                "use the version of hachi_tf that wrote it",
            )
        tuples = {field.name for field in dataclasses.fields(cls) if field.type is tuple}
        value = {
            key: tuple(item) if key in tuples and isinstance(item, list) else item
            for key, item in value.items()
        }
        try:
            return cls(**value)
        except TypeError as error:
            raise UserError(f"values of the flags' types in {where}", str(error)) from error


def base_type(field: dataclasses.Field) -> tuple[type, bool]:
    """The field's type without `None`, and whether it may be None."""
    if isinstance(field.type, types.UnionType):
        inner = [kind for kind in typing.get_args(field.type) if kind is not type(None)]
        return inner[0], True
    return field.type, False


def program_name(cls: type[ProgramConfig]) -> str:
    """The program that a class of flags belongs to: `TrainConfig` -> `"train"`."""
    return cls.__name__.removesuffix("Config").lower()


def _kinds(cls: type[ProgramConfig]) -> dict[str, type]:
    return {field.name: base_type(field)[0] for field in dataclasses.fields(cls)}


def _check(field: dataclasses.Field, value: Any) -> None:
    kind, optional = base_type(field)
    if value is None and optional:
        return
    rule = field.metadata
    name = f"--{field.name}"
    if kind is tuple:
        if not isinstance(value, tuple) or not all(isinstance(e, str | os.PathLike) for e in value):
            raise UserError(f"texts for {name}", shorten(value))
        return
    if kind in (int, float):
        allowed = (int, float) if kind is float else int
        largest = _MAX_INTEGER if isinstance(value, int) else sys.float_info.max
        is_number = isinstance(value, allowed) and not isinstance(value, bool)
        if not is_number or not abs(value) <= largest:
            raise UserError(f"a finite number for {name}", shorten(value))
        low, high, above = rule["low"], rule["high"], rule["above"]
        if low is not None and value < low:
            raise UserError(f"{name} of at least {low}", f"{value}")
        if high is not None and value > high:
            raise UserError(f"{name} of at most {high}", f"{value}")
        if above is not None and value <= above:
            raise UserError(f"{name} above {above}", f"{value}")
    elif not isinstance(value, kind):
        raise UserError(f"a value of type {kind.__name__} for {name}", shorten(value))
    if rule["choices"] and value not in rule["choices"]:
        raise UserError(f"{name} as one of {', '.join(rule['choices'])}", repr(value))


def expand_flagfiles(
    argv: Iterable[str],
    folder: str = ".",
    _open: tuple[str, ...] = (),
    cls: type[ProgramConfig] = ProgramConfig,
) -> list[str]:
    """Replaces each `--flagfile=` by the flags in it.

    Flag files may nest; a nested path is relative to the file that it stands in. Empty lines and
    lines that begin with `#` or `//` are skipped. Later flags win over earlier ones. A file named
    `.yaml`, `.yml` or `.toml` is one that `flagfiles.read` understands.

    Raises:
        UserError: if a file is missing, is not text, or includes itself.
    """
    result = []
    arguments = iter(argv)
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not (name.startswith("--") and name.replace("-", "") == "flagfile"):
            if argument.startswith("--"):
                argument = "--" + name[2:].replace("-", "_") + equals + value
            result.append(argument)
            continue
        value = value if equals else next(arguments, "")
        if not value:
            raise UserError("--flagfile=FILE", "no file")
        path = os.path.normpath(ready.find(os.path.join(folder, value)))
        if path in _open:
            raise UserError("flag files that do not include themselves", path)
        if path.lower().endswith(flagfiles.SUFFIXES):
            result += flagfiles.read(path, program_name(cls), _kinds(cls))
            continue
        try:
            lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError as error:
            do = ready.hint(path, "configs") or "python -m hachi_tf.describe --ready lists some"
            raise UserError("a file of flags", f"{path}, which does not exist", do) from error
        except (OSError, ValueError) as error:
            raise UserError("a readable text file for --flagfile", f"{path} ({error})") from error
        lines = [line.strip() for line in lines]
        lines = [line for line in lines if line and not line.startswith(("#", "//"))]
        result += expand_flagfiles(lines, os.path.dirname(path), (*_open, path), cls)
    return result


def parse(cls: type[ProgramConfig], argv: Sequence[str], positional: str = "") -> ProgramConfig:
    """Reads a command line into a configuration.

    Args:
        cls: the program's dataclass.
        argv: the arguments without the program's name.
        positional: the field that one argument without a flag goes to, if any.

    Raises:
        UserError: for an unknown flag, a value out of range, or too many arguments.
    """
    values = flags.FlagValues()
    for field in dataclasses.fields(cls):
        kind, _ = base_type(field)
        define = {
            bool: flags.DEFINE_bool,
            int: flags.DEFINE_integer,
            float: flags.DEFINE_float,
            str: flags.DEFINE_string,
            tuple: flags.DEFINE_multi_string,
        }[kind]
        default = None if kind is tuple else field.default
        define(field.name, default, field.metadata["help"], flag_values=values)
    arguments = expand_flagfiles(argv, cls=cls)
    for name in (argument.partition("=")[0] for argument in arguments):
        if name.startswith("-") and len(name) > _MAX_NAME:  # absl would look for similar ones
            raise UserError("flags as --help lists them", name[:_MAX_NAME] + "...")
    try:
        rest = values(["program", *arguments])[1:]
    except flags.UnrecognizedFlagError as error:
        name = error.flagname
        do = hachi_machi.hint(program_name(cls), name, _kinds(cls))
        raise UserError("flags as --help lists them", f"--{name}", do) from error
    except (flags.Error, ValueError) as error:  # a ValueError for --noNAME=1
        raise UserError("flags as --help lists them", str(error)) from error
    found = {}
    for field in dataclasses.fields(cls):
        if values[field.name].present:
            value = values[field.name].value
            found[field.name] = tuple(value) if base_type(field)[0] is tuple else value
    if "plugin" in found:
        found["plugin"] = plugins.load(found["plugin"])
    if rest and (not positional or positional in found):
        raise UserError("no argument without a flag", rest[0], "see --help")
    if len(rest) > 1:
        raise UserError(f"one path (--{positional})", " ".join(rest), "quote a path with spaces")
    if rest:
        found[positional] = rest[0]
    return cls(**{**cls.base(found), **found})
