"""KanjiVG: kanji, kana, Latin letters and digits with their strokes in the order of writing."""

import importlib.metadata
import logging
import os
import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

import numpy as np

from hachi_tf.data.sources.archives import digest_files, unreadable
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.data.sources.strokes import on_grid, simplify, stroke_events, stroke_schema
from hachi_tf.data.sources.svg_paths import Curve, flatten, parse_path
from hachi_tf.data.sources.xml_files import parse_xml
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.transforms import Standardize, Transform

log = logging.getLogger(__name__)
_PACKAGE = "kanjivg"
_FILE = re.compile(r"([0-9a-f]{5})(-[A-Za-z0-9]+)*\.svg", re.ASCII)
_MAX_BYTES = 1 << 20  # of a file; the largest of KanjiVG has some 20,000
_BATCH = 64  # drawings
_STEP = 1.0  # between points of a curve before it is simplified, in units of the 109 box


class Kanji(Source):
    """KanjiVG's drawings, each stroke simplified to a few points.

    Args:
        data: a folder of KanjiVG's SVG files, or None for those of the package `kanjivg`.
        tolerance: how far, in units of the 109 x 109 box of a drawing, a simplified stroke may
            lie from the original; 0 keeps every point, about one a unit.
        variants: also read the variants of a character, which are always in its split.
        codepoints: `"kanji"` for Chinese characters only, or `"all"`.
        quantum: the grid to which points are rounded, in units of the box, or None.

    Raises:
        UserError: if the package or the folder is missing, or an option is out of range.
    """

    name = "kanji"
    licence = "CC BY-SA 3.0"
    credit = "KanjiVG (https://kanjivg.tagaini.net), copyright Ulrich Apel"

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        tolerance: float = 0.75,
        variants: bool = False,
        codepoints: Literal["kanji", "all"] = "kanji",
        quantum: float | None = None,
    ):
        super().__init__(
            data,
            tolerance=tolerance,
            variants=variants,
            codepoints=codepoints,
            quantum=quantum,
        )
        if not 0 <= tolerance <= 109:
            raise UserError("a tolerance from 0 to 109", repr(tolerance))
        if codepoints not in ("kanji", "all"):
            raise UserError("codepoints of 'kanji' or 'all'", repr(codepoints))
        if quantum is not None and not 0 < quantum <= 109:
            raise UserError("a quantum above 0 and up to 109, or None", repr(quantum))

    @property
    def schema(self) -> Schema:
        """Columns dx, dy and end_of_stroke."""
        return stroke_schema("1/109 of the box", self.options["quantum"])

    def default_transforms(self) -> Transform:
        """Offsets to mean 0 and standard deviation 1."""
        return Standardize([0, 1])

    @classmethod
    def recognizes(cls, path: str) -> bool:
        """Whether the folder holds a file named as KanjiVG names them."""
        return os.path.isdir(path) and any(map(_FILE.fullmatch, os.listdir(path)))

    def read(self) -> Iterator[Sequence]:
        """Reads the drawings; see `Source.read`."""
        paths = [path for path in self._files() if self._is_wanted(path)]
        if not paths:
            raise UserError("drawings of KanjiVG", f"none in {self.data}", "check the folder")
        for index in range(0, len(paths), _BATCH):
            batch = paths[index : index + _BATCH]
            for path, events in zip(batch, self._events(batch), strict=True):
                stem = _stem(path)
                character = chr(int(stem[:5], 16))
                # A compatibility character is another's double and must be in its split.
                composed = unicodedata.normalize("NFC", character)
                group = "".join(f"{ord(each):05x}" for each in composed)
                yield Sequence(events, character, f"kanji/{stem}", group=group)
        log.info("KanjiVG: %s drawings", f"{len(paths):,}")

    def _is_wanted(self, path: str) -> bool:
        codepoint, _, variant = _stem(path).partition("-")
        if variant and not self.options["variants"]:
            return False
        return self.options["codepoints"] == "all" or _is_kanji(chr(int(codepoint, 16)))

    def _events(self, paths: list[str]) -> Iterator[np.ndarray]:
        """The events `[T, 3]` of some drawings; NumPy is faster on many strokes at once."""
        drawings = [read_subpaths(path) for path in paths]
        points, starts = flatten([subpath for each in drawings for subpath in each], _STEP)
        if self.options["tolerance"] > 0:
            keep = simplify(points, starts, self.options["tolerance"])
            points, starts = points[keep], (np.cumsum(keep) - 1)[starts]
        quantum = self.options["quantum"]
        if quantum is not None:
            points, starts = on_grid(points, starts, quantum)
        ends = np.cumsum([len(each) for each in drawings])
        bounds = np.append(starts, len(points))
        for begin, end in zip([0, *ends[:-1]], ends, strict=True):
            first = starts[begin]
            events = stroke_events(points[first : bounds[end]], starts[begin:end] - first)
            if quantum is not None:
                # Differences of whole steps are exact; only then do they become units.
                events[:, :2] *= quantum
            yield events

    def _files(self) -> list[str]:
        if self.data is None:
            return package_files()
        try:
            names = sorted(filter(_FILE.fullmatch, os.listdir(self.data)))
        except OSError as error:
            raise UserError(
                "a folder of KanjiVG's SVG files for kanji",
                f"{self.data} ({error.strerror or error})",
                "leave --data out to read the package kanjivg",
            ) from error
        return [os.path.join(self.data, name) for name in names]

    def _digest_inputs(self, digest) -> None:
        if self.data is not None:
            digest_files(self.data, ".svg", digest)
            return
        for name, checksum in sorted(_records(_distribution()).items()):
            digest.update(f"{name} {checksum}\n".encode())


def package_files() -> list[str]:
    """Paths of the drawings in the package `kanjivg`, sorted.

    Raises:
        UserError: if the package is missing.
    """
    distribution = _distribution()
    return sorted(str(distribution.locate_file(name)) for name in _records(distribution))


def _distribution() -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise UserError(
            f"the package {_PACKAGE}, which holds the drawings",
            "no such package",
            'pip install "hachi_tf[kanji]"',
        ) from None


def _records(distribution: importlib.metadata.Distribution) -> dict[str, str]:
    """The package's SVG files, by path, with the checksums of its installation."""
    return {
        str(file): file.hash.value if file.hash else ""
        for file in distribution.files or ()
        if _FILE.fullmatch(file.name)
    }


def read_subpaths(path: str) -> list[tuple[complex, list[Curve]]]:
    """The subpaths of a drawing, as `parse_path` gives them, in the order of writing.

    Raises:
        UserError: if the file cannot be read, or is no drawing.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    if len(content) > _MAX_BYTES:
        raise UserError(f"a drawing of at most {_MAX_BYTES:,} bytes", f"more in {path}")
    subpaths = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "path":
            subpaths.extend(parse_path(attributes["d"], path))

    parse_xml(content, path, start)
    if not subpaths:
        raise UserError("a drawing with paths", f"none in {path}", "remove the file")
    return subpaths


def _stem(path: str) -> str:
    return os.path.basename(path)[: -len(".svg")]


def _is_kanji(character: str) -> bool:
    name = unicodedata.name(character, "")
    return name.startswith(("CJK UNIFIED IDEOGRAPH-", "CJK COMPATIBILITY IDEOGRAPH-"))
