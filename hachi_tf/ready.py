"""Configurations and exports that come with hachi_tf, by the names that they have in a checkout.

A wheel carries them in `hachi_tf/ready/`, so that `--flagfile=configs/kanji.flags` and
`--export_dir=exports/kanji` work in any folder. A file of one's own under that name comes first.
"""

import difflib
import os
import pathlib

_FOLDERS = ("configs", "exports")


def find(path: str | os.PathLike) -> pathlib.Path:
    """The path itself; or, if nothing lies there, the ready file or folder of that name."""
    own = pathlib.Path(path)
    parts = own.parts
    if parts[:1] and parts[0] in _FOLDERS and ".." not in parts and not own.exists():
        ready = _root() / own
        if ready.exists():
            return ready
    return own


def hint(path: str | os.PathLike, folder: str) -> str:
    """What to do where nothing was found: the nearest ready name in `configs` or `exports`."""
    ready = [each.name for each in (_root() / folder).glob("*") if each.suffix in ("", ".flags")]
    names = [f"{folder}/{name}" for name in ready]
    if pathlib.Path(path).as_posix() in names:
        return f"the ready one, which it hides, is {_root() / path}"
    near = difflib.get_close_matches(pathlib.Path(path).as_posix(), names, n=1)
    return f"did you mean {near[0]}?" if near else ""


def listing() -> dict[str, str | dict[str, str]]:
    """The folder that they lie in, and what each configuration and export is for, by its name."""
    configurations = sorted((_root() / "configs").glob("*.flags"))
    exports = sorted((_root() / "exports").glob("*/README.md"))
    return {
        "folder": str(_root()),
        "configurations": {f"configs/{path.name}": _comment(path) for path in configurations},
        "exports": {f"exports/{path.parent.name}": _paragraph(path) for path in exports},
    }


def _root() -> pathlib.Path:
    """The folder that holds them: the package's own, in a checkout the one around the package."""
    package = pathlib.Path(__file__).resolve().parent
    return package / "ready" if (package / "ready").is_dir() else package.parent


def _comment(path: pathlib.Path) -> str:
    """The first sentences of a configuration: the comment that it begins with."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return " ".join(lines)


def _paragraph(path: pathlib.Path) -> str:
    """The first paragraph of an export's README."""
    lines = path.read_text(encoding="utf-8").splitlines()
    texts = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return texts[0] if texts else ""
