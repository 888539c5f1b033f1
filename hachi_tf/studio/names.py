"""Names of models, runs, data and lines: never paths."""

import pathlib
import re
import unicodedata

from hachi_tf.errors import UserError

_NAME = re.compile(r"\w[\w.-]{0,63}")
_MOST_BYTES = 200  # of a file's name; most systems allow 255
# Windows has devices of these names, whatever their suffix.
_DEVICES = {"CON", "PRN", "AUX", "NUL"} | {
    f"{port}{n}" for port in ("COM", "LPT") for n in "0123456789"
}


def check_name(name: object, what: str = "name") -> str:
    """A name that is a single part of a path on every system.

    Args:
        name: the name; brought to NFC.
        what: it names, for the message.

    Raises:
        UserError: if it is no such name.
    """
    name = unicodedata.normalize("NFC", name) if isinstance(name, str) else name
    fits = (
        isinstance(name, str)
        and _NAME.fullmatch(name)
        and not name.endswith(".")
        and len(name.encode("utf-8", "replace")) <= _MOST_BYTES
        and name.partition(".")[0].upper() not in _DEVICES
    )
    if not fits:
        shown = repr(name if not isinstance(name, str) else name[:80])
        raise UserError(
            f"a {what} of letters, digits and ._-, at most 64, a letter or digit first", shown
        )
    return name


def free_name(
    folder: pathlib.Path, wanted: str, taken: set[str] | frozenset[str] = frozenset()
) -> str:
    """The name itself, or with the first number behind it that nobody has yet.

    Args:
        folder: where it is to be.
        wanted: a name.
        taken: names that are used elsewhere.
    """
    wanted, number, name = wanted[:56].rstrip("."), 1, wanted
    while name in taken or (folder / name).exists():
        number += 1
        name = f"{wanted}-{number}"
    return name
