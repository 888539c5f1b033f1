"""Lines of text written with single-stroke Hershey glyphs by made-up writers, without end."""

import functools
import hashlib
import importlib.metadata
import os
import unicodedata
from collections.abc import Iterator
from typing import Literal

import numpy as np

from hachi_tf.data.sources import hershey_fonts as fonts
from hachi_tf.data.sources import hershey_texts as texts
from hachi_tf.data.sources import hershey_writer as writer
from hachi_tf.data.sources.hershey_kana import kana_fingerprint
from hachi_tf.data.sources.hershey_makers import manual
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.data.sources.strokes import stroke_schema
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.transforms import Standardize, Transform

_VALIDATION_LINES = 512
_SPLITS = ("train", "validation")
_WRITE_TEXT = 2  # where a split's number stands in the seeds of lines


class Hershey(Source):
    """Lines of text, each in one of a few fonts and by a writer of its own.

    Every line is a pure function of the seed, the split, the epoch and its number. Writers
    differ in font, slant, size, aspect, spacing of letters and words, baseline, regularity,
    trembling, smooth distortion, speed and, in the script font, joined letters. A text is one
    for validation if its hash says so, so no text of validation is ever written in training.
    The texts use the words of the manual in Python's standard library, so other versions of
    Python may give other lines; the fingerprint tells.

    Args:
        data: must be None; the glyphs are those of the package `Hershey-Fonts`.
        lines: training lines an epoch.
        seed: of texts and writers.
        characters: `"ascii"` (the printable ones), `"latin"` (also letters with accents) or
            `"kana"` (also hiragana and katakana, drawn as the package `kanjivg` has them).
        fonts: `"all"`, or names divided by commas: futural, print, scripts.
        spacing: between points, in font units (of which a capital's height has 21).

    Raises:
        UserError: if data is given, an option is out of range, or a package is missing.
    """

    name = "hershey"
    has_text = True
    licence = "free use with credit (Hershey glyphs); MIT (package Hershey-Fonts)"
    credit = (
        "Hershey fonts: glyphs by Dr. A. V. Hershey, U. S. National Bureau of Standards; "
        "their format by James Hurt, Cognition, Inc.; package Hershey-Fonts by A. Kolinger"
    )

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        lines: int = 4096,
        seed: int = 0,
        characters: Literal["ascii", "latin", "kana"] = "latin",
        fonts: str = "all",
        spacing: float = writer.SPACING,
    ):
        super().__init__(
            data, lines=lines, seed=seed, characters=characters, fonts=fonts, spacing=spacing
        )
        if data is not None:
            raise UserError("no --data for hershey, which makes its own", os.fspath(data))
        if not 1 <= lines <= 1_000_000:
            raise UserError("lines from 1 to 1,000,000", repr(lines))
        if not 0 <= seed < 2**63:
            raise UserError("a seed from 0 to below 2**63", repr(seed))
        if characters not in texts.CHARACTERS:
            raise UserError(f"characters of {', '.join(texts.CHARACTERS)}", repr(characters))
        if not 1 <= spacing <= 10:
            raise UserError("a spacing from 1 to 10 font units", repr(spacing))
        self._fonts = _parse_fonts(fonts)

    @property
    def schema(self) -> Schema:
        """Columns dx, dy and end_of_stroke."""
        return stroke_schema("font units", None)

    @property
    def splits(self) -> tuple[str, ...]:
        """Training and validation."""
        return _SPLITS

    def default_transforms(self) -> Transform:
        """Offsets to mean 0 and standard deviation 1."""
        return Standardize([0, 1])

    def read(self) -> Iterator[Sequence]:
        """Epoch 0 of the training lines and 512 lines of validation; see `Source.read`."""
        yield from self.epoch(0)
        for index in range(_VALIDATION_LINES):
            yield self._line(1, 0, index)

    def epoch(self, number: int) -> Iterator[Sequence]:
        """The training lines of an epoch; see `Source.epoch`."""
        for index in range(self.options["lines"]):
            yield self._line(0, number, index)

    def _line(self, split: int, epoch: int, index: int) -> Sequence:
        characters = self.options["characters"]
        generator = _generator(self.options["seed"], split, epoch, index)
        text = texts.draw_text(generator, characters, held_out=split == 1)
        events = _write(text, self._fonts, characters, generator, self.options["spacing"])
        return Sequence(
            events, text, f"hershey/{_SPLITS[split]}-{epoch}-{index:06}", _SPLITS[split]
        )

    def _digest_inputs(self, digest) -> None:
        fonts.font(next(iter(self._fonts)), "ascii")
        digest.update(importlib.metadata.version(fonts.PACKAGE).encode())
        if self.options["characters"] == "kana":
            digest.update(kana_fingerprint().encode())
        digest.update(hashlib.sha256(" ".join(manual()).encode()).digest())


def write_text(
    text: str,
    font: str | None = None,
    seed: int = 0,
    characters: str = "latin",
    spacing: float = writer.SPACING,
) -> np.ndarray:
    """Writes a text as the source would, by a writer drawn from the seed.

    Args:
        text: what to write; at least one character of it is not a space.
        font: futural, print or scripts; None draws one, as often as the source does.
        seed: of the writer, and of the font if that is None.
        characters: `"ascii"`, `"latin"` or `"kana"`.
        spacing: between points, in font units.

    Returns:
        Events `[T, 3]`, float64: dx, dy in font units, y downwards, and end_of_stroke.

    Raises:
        UserError: for an unknown font or character, or a text without any.
    """
    if characters not in texts.CHARACTERS:
        raise UserError(f"characters of {', '.join(texts.CHARACTERS)}", repr(characters))
    if not 0 <= seed < 2**63:
        raise UserError("a seed from 0 to below 2**63", repr(seed))
    if not 1 <= spacing <= 10:
        raise UserError("a spacing from 1 to 10 font units", repr(spacing))
    text = unicodedata.normalize("NFC", text)
    known = set(fonts.alphabet(characters))
    unknown = sorted(set(text) - known)
    if unknown or not text.strip():
        got = ascii("".join(unknown)) if unknown else "none"
        raise UserError(f"a text of characters={characters!r}", got)
    generator = _generator(seed, _WRITE_TEXT, 0, 0)
    return _write(text, _parse_fonts(font or "all"), characters, generator, spacing)


def _write(text, weights, characters, generator, spacing) -> np.ndarray:
    bounds = np.cumsum(list(weights.values()))
    name = list(weights)[int(np.searchsorted(bounds, generator.random() * bounds[-1], "right"))]
    hand = writer.draw_hand(generator, is_script=name == "scripts")
    return writer.write_line(text, fonts.font(name, characters), hand, generator, spacing)


def _generator(seed: int, split: int, epoch: int, index: int) -> np.random.Generator:
    entropy = np.random.SeedSequence((seed, split, epoch, index))
    return np.random.Generator(np.random.Philox(entropy))


@functools.lru_cache
def _parse_fonts(text: str) -> dict[str, float]:
    names = list(fonts.FONTS) if text == "all" else [name.strip() for name in text.split(",")]
    for name in names:
        if name not in fonts.FONTS:
            raise UserError(f"fonts='all' or some of {', '.join(fonts.FONTS)}", ascii(name))
    return {name: fonts.FONTS[name] for name in names}
