"""Hiragana and katakana for the `hershey` source, from the drawings of KanjiVG."""

import os

import numpy as np

from hachi_tf.data.sources.kanji import Kanji, package_files, read_subpaths
from hachi_tf.data.sources.strokes import simplify
from hachi_tf.data.sources.svg_paths import flatten
from hachi_tf.errors import UserError

HIRAGANA = "".join(map(chr, range(0x3041, 0x3094)))
KATAKANA = "".join(map(chr, range(0x30A1, 0x30F7)))
KANA = f"{HIRAGANA}{KATAKANA}ー、。"
_SCALE = 0.25  # font units to one of the 109 x 109 box: a kana gets about the height of a capital
_BOTTOM = 92.0  # of a kana, in units of the box; there the baseline is
_STEP, _TOLERANCE = 1.0, 0.6  # in units of the box; see `Kanji`


def kana_strokes() -> dict[str, list[np.ndarray]]:
    """Every kana's strokes, each `[N, 2]` in font units, y downwards from the baseline.

    Raises:
        UserError: if the package `kanjivg` is missing or damaged.
    """
    paths = {os.path.basename(path)[: -len(".svg")]: path for path in package_files()}
    missing = "".join(each for each in KANA if f"{ord(each):05x}" not in paths)
    if missing:
        raise UserError("a package kanjivg with all kana", f"one without {missing}")
    return {character: _strokes(paths[f"{ord(character):05x}"]) for character in KANA}


def kana_fingerprint() -> str:
    """A hash of the drawings."""
    return Kanji(codepoints="all").fingerprint()


def _strokes(path: str) -> list[np.ndarray]:
    points, starts = flatten(read_subpaths(path), _STEP)
    keep = simplify(points, starts, _TOLERANCE)
    points, starts = points[keep], (np.cumsum(keep) - 1)[starts]
    return np.split((points - [0, _BOTTOM]) * _SCALE, starts[1:])
