"""The classes of a text: its characters or bytes, counted, and as whole numbers."""

import collections
import logging
import re
import unicodedata
from collections.abc import Iterable

import numpy as np

log = logging.getLogger(__name__)

_CODE_POINTS = 0x110000
_MANY_CLASSES = 5000
_NAMED = 20  # characters in a message
_BLOCK = 1 << 18


def code_points(text: str | bytes) -> np.ndarray:
    """The code points of characters, or the bytes; unsigned `[n]`."""
    if isinstance(text, bytes):
        return np.frombuffer(text, np.uint8)
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le"), "<u4")


class Classes:
    """The different characters or bytes of a text.

    Args:
        texts: the text, in parts.
        unit: "char" or "byte".

    Attributes:
        names: as a schema has them: characters, or bytes as two hexadecimal digits; sorted.
        counts: int64 `[K]`, how often each occurs.
        unit: the same.
    """

    def __init__(self, texts: Iterable[str | bytes], unit: str):
        counts = np.zeros(_CODE_POINTS if unit == "char" else 256, np.int64)
        waiting, size = [], 0
        for text in texts:  # a call for each of a million lines would take long
            waiting.append(text)
            size += len(text)
            if size >= _BLOCK:
                _count(counts, waiting)
                waiting, size = [], 0
        _count(counts, waiting)
        found = np.flatnonzero(counts)
        self.unit, self.counts = unit, counts[found]
        self.names = tuple(chr(code) if unit == "char" else f"{code:02x}" for code in found)
        self._numbers = np.zeros(len(counts), np.min_scalar_type(max(len(found) - 1, 0)))
        self._numbers[found] = np.arange(len(found))

    @property
    def total(self) -> int:
        """How many characters or bytes there are in all."""
        return int(self.counts.sum())

    def encode(self, text: str | bytes) -> np.ndarray:
        """The number of each character's or byte's class, unsigned `[n]`."""
        return self._numbers[code_points(text)]

    def values(self, classes: tuple[str, ...]) -> np.ndarray:
        """Each class's number among those of a model, float32 `[K, 1]`; NaN for an unknown one."""
        places = {name: place for place, name in enumerate(classes)}
        return np.array([places.get(name, np.nan) for name in self.names], np.float32)[:, None]

    def missing(self, classes: tuple[str, ...]) -> list[tuple[str, int]]:
        """The classes that a model lacks, and how often each occurs; the most frequent first."""
        known = set(classes)
        pairs = zip(self.names, self.counts.tolist(), strict=True)
        return sorted((pair for pair in pairs if pair[0] not in known), key=lambda pair: -pair[1])

    def warn_of_replaced(self) -> None:
        """Says so if there are characters that stand for bytes which were no UTF-8."""
        if self.unit == "char" and (count := self.count_of("\ufffd")):
            log.warning("U+FFFD stands %s for bytes that were no UTF-8", _times(count))

    def warn_of_many(self) -> None:
        """Says so if there are very many classes, and of which scripts."""
        if len(self.names) > _MANY_CLASSES:
            log.warning(
                "%s different characters (%s): each is a class of its own, which makes the output "
                "layer large and slow; text(unit='byte') has 256 at most",
                f"{len(self.names):,}",
                ", ".join(f"{count:,} {script}" for script, count in self.scripts()[:5]),
            )

    def count_of(self, name: str) -> int:
        """How often a character occurs."""
        return int(self.counts[self.names.index(name)]) if name in self.names else 0

    def scripts(self) -> list[tuple[str, int]]:
        """How many of the characters are of each script, e.g. `("CJK", 4321)`; most first."""
        scripts = collections.Counter(map(_script, self.names))
        return scripts.most_common()


def named(pairs: list[tuple[str, int]]) -> str:
    """Characters and how often they occur, for a message: `'é' 12, U+200B 3, ...`."""
    shown = [
        f"{repr(name) if name.isprintable() else f'U+{ord(name):04X}'} {count:,}"
        if len(name) == 1
        else f"{name} {count:,}"
        for name, count in pairs[:_NAMED]
    ]
    return ", ".join(shown) + ", ..." * (len(pairs) > _NAMED)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _count(counts: np.ndarray, texts: list) -> None:
    if texts:
        found = np.bincount(code_points(texts[0][:0].join(texts)))
        counts[: len(found)] += found


def _script(character: str) -> str:
    """About the script of a character: the first word of its name, if it is a letter."""
    if not character.isalpha():
        return "no letters"
    word = re.split("[ -]", unicodedata.name(character, "unknown"), maxsplit=1)[0]
    return word if word == "CJK" else word.capitalize()
