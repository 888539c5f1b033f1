"""Files to learn from that a person has brought, and sources that bring their own."""

import contextlib
import importlib.util
import json
import pathlib
import sys
from typing import Any

from hachi_tf.data.sources import infer_source
from hachi_tf.errors import UserError
from hachi_tf.serving.failures import Failure
from hachi_tf.studio import processes
from hachi_tf.studio.names import check_name

# Sources that bring their own data: what these are, and packages that they need for that.
BUILT_IN: dict[str, tuple[str, tuple[str, ...]]] = {
    "kanji": ("Kanji, stroke by stroke", ()),
    "hershey": ("Lines of text in plotter fonts", ()),
    "rhythm": ("Drums, bass and melody, made up", ()),
    "text": ("The reference manual of Python", ()),
    "time_series": ("A series of measurements", ("statsmodels",)),
    "audio_frames": ("Synthetic voices", ("librosa", "soundfile", "soxr")),
}
# What a file is, by the source that reads it.
KINDS = {
    "text": "Text",
    "midi": "Notes",
    "event_table": "Events in a table",
    "time_series": "Series in a table",
    "sketch_rnn": "Sketches",
    "pen_lines": "Written lines",
    "audio_frames": "Sound",
}
_PREVIEW = 1000  # characters
_PREVIEW_BYTES = 4000
_RARE = 20  # times; a rarer character is badly learned
_SAID_S, _DRAWN_S = 120.0, 60.0


class DataFiles:
    """Files by name.

    Args:
        folder: where they lie.
    """

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self._kept: dict[tuple[str, int, int], dict[str, Any]] = {}

    def entries(self) -> list[dict[str, Any]]:
        """All files, and what source reads each."""
        found = []
        for path in sorted(self.folder.iterdir()):
            with contextlib.suppress(UserError, OSError):  # none of a name, or one that has gone
                if path.is_file() and self.target(path.name) == path:
                    found.append(self._entry(path))
        return found

    @staticmethod
    def _entry(path: pathlib.Path) -> dict[str, Any]:
        try:
            source = infer_source(path)
        except UserError:
            source = None
        size, what = path.stat().st_size, KINDS.get(source or "", source or "")
        return {"name": path.name, "bytes": size, "source": source, "what": what}

    @staticmethod
    def sources() -> list[dict[str, Any]]:
        """Sources, and whether they need a file."""
        own = [
            {"name": name, "title": title, "needs_file": False}
            for name, (title, needs) in BUILT_IN.items()
            if all(importlib.util.find_spec(each) for each in needs)
        ]
        files = [{"name": name, "title": what, "needs_file": True} for name, what in KINDS.items()]
        return own + files

    def target(self, name: str) -> pathlib.Path:
        """Where a file of a name belongs.

        Raises:
            UserError: if it is no name.
        """
        return self.folder / check_name(name, "name of a file")

    def path(self, name: str) -> pathlib.Path:
        """A file.

        Raises:
            Failure: if there is none of this name.
        """
        path = self.target(name)
        if not path.is_file():
            raise Failure("NOT_FOUND", f"expected a file that there is; got {name!r}")
        return path

    def accept(self, path: pathlib.Path) -> str:
        """The source that reads a file that has come.

        Raises:
            UserError: if none does, or the file is empty; then it is removed.
        """
        try:
            if not path.stat().st_size:
                raise UserError("a file with something in it", f"{path.name}, which is empty")
            return infer_source(path)
        except UserError as error:
            path.unlink(missing_ok=True)
            raise _without(error, path) from error

    def describe(self, name: str) -> dict[str, Any]:
        """What is in a file; read in a process of its own, since it may be anything.

        Raises:
            Failure: if there is none of this name.
            UserError: if it cannot be read.
        """
        path = self.path(name)
        status = path.stat()
        key = (name, status.st_size, status.st_mtime_ns)
        if key in self._kept:
            return self._kept[key]
        try:
            source = infer_source(path)
            flags = [f"--data={path}", "--json"]
            if source not in ("event_table", "midi"):  # of a table there is more to say
                flags.append(f"--source={source}")
            said = processes.run(processes.command("describe", *flags), self.folder, _SAID_S)
        except UserError as error:
            raise _without(error, path) from error
        figures = json.loads(said)
        self._kept[key] = {
            "name": name,
            "bytes": status.st_size,
            "source": source,
            "what": KINDS.get(source, source),
            "counts": _counts(figures),
            "rare": _rare(figures),
            "warnings": _warnings(source, figures),
            "preview": _preview(path) if source == "text" else None,
            "figures": {each: figures[each] for each in figures if each not in ("table", "source")},
        }
        return self._kept[key]

    def picture(self, name: str, suffix: str) -> bytes:
        """A picture of the first sequences of a file.

        Raises:
            Failure: if there is none of this name.
            UserError: if it cannot be read, or its kind has no picture.
        """
        path = self.path(name)
        arguments = [str(path), f".{suffix}"]
        return draw(arguments, self.folder, path)

    def delete(self, name: str) -> None:
        """Deletes a file.

        Raises:
            Failure: if there is none of this name.
        """
        self.path(name).unlink()


def draw(arguments: list[str], folder: pathlib.Path, path: pathlib.Path) -> bytes:
    """The picture that `hachi_tf.studio.data_picture` draws."""
    command = [sys.executable, "-m", "hachi_tf.studio.data_picture", *arguments]
    try:
        return bytes.fromhex(processes.run(command, folder, _DRAWN_S).strip())
    except UserError as error:
        raise _without(error, path) from error


def _without(error: UserError, path: pathlib.Path) -> UserError:
    """The error with the file's name instead of its path."""
    parts = (part.replace(str(path), path.name) for part in (error.expected, error.got, error.do))
    return UserError(*parts)


def _counts(figures: dict[str, Any]) -> dict[str, Any]:
    """Numbers with a name."""
    counts = {name: value for name, value in figures.items() if type(value) in (int, float)}
    for split, value in figures.get("splits", {}).items():
        for name in ("sequences", "events"):
            if name in value:
                counts[f"{name}_{split}"] = value[name]
    return counts


def _rare(figures: dict[str, Any]) -> list[list[Any]]:
    rarest = figures.get("rarest")
    pairs = rarest.items() if isinstance(rarest, dict) else ()
    return [[name, count] for name, count in pairs if count < _RARE]


def _warnings(source: str, figures: dict[str, Any]) -> list[str]:
    found = []
    characters = figures.get("characters")
    if source == "text" and characters is not None and characters < 100_000:
        found.append(
            f"{characters:,} characters are little: from fewer than 100,000 a network learns the "
            "words by heart; start from a model that can read, or keep it small"
        )
    if source == "text" and _rare(figures):
        found.append("rare characters are badly learned")
    return found


def _preview(path: pathlib.Path) -> str:
    with open(path, "rb") as file:
        return file.read(_PREVIEW_BYTES).decode("utf-8-sig", "replace")[:_PREVIEW]
