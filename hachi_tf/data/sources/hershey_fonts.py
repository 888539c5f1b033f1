"""The glyphs of the `hershey` source: dense polylines, cut at corners, in font units."""

import dataclasses
import functools
import importlib
import importlib.metadata
import unicodedata

import numpy as np

from hachi_tf.data.sources import hershey_marks as marks
from hachi_tf.data.sources.hershey_curves import linked, segments, turning, zigzag
from hachi_tf.data.sources.hershey_kana import KANA, kana_strokes
from hachi_tf.errors import UserError

PACKAGE = "Hershey-Fonts"
FONTS = {"futural": 0.35, "print": 0.35, "scripts": 0.3}  # and how often each is written
ASCII = "".join(map(chr, range(0x20, 0x7F)))
LATIN = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ"
    "ĄąĆćČčĎďĘęĚěĞğİıŁłŃńŇňŐőŒœŘřŚśŞşŠšŤťŮůŰűŸŹźŻżŽž"
    "¡¿«»£€°§"
)
_BASELINE = 9.0  # of Hershey's glyphs, whose y grows downwards
_SCRIPT_SLANT = 0.36  # of Hershey's script letters: x per unit of height
# Script letters of which so many first strokes are written without lifting the pen, those that a
# line from the left may lead to, and those that end where a line to the right may begin.
_FLOWING = {"d": 2, "g": 2, "m": 3, "n": 2, "p": 3, "q": 2, "s": 2, "t": 2, "u": 2, "w": 2, "y": 2}
_ENTERED, _LEFT = "befhijklmnprstuvwxyz", "abcdefghklmnopqrsuvwyz"
_SIDE = 3.0  # units of room beside a glyph of our own
_TURN = 75.0  # degrees between two points of a curve, at most
_MARKS = {
    "\u0300": "grave",
    "\u0301": "acute",
    "\u0302": "circumflex",
    "\u0303": "tilde",
    "\u0306": "breve",
    "\u0307": "dot",
    "\u0308": "diaeresis",
    "\u030a": "ring",
    "\u030b": "double acute",
    "\u030c": "caron",
    "\u0327": "cedilla",
    "\u0328": "ogonek",
}
# Letters with a bar: the base letter and the bar from the letter's own box, as shares of it.
_BARRED = {
    "ø": ("o", (-0.05, 1.1), (1.05, -0.1)),
    "Ø": ("O", (-0.05, 1.08), (1.05, -0.08)),
    "ł": ("l", (-0.8, 0.62), (1.2, 0.42)),
    "Ł": ("L", (-0.25, 0.62), (0.4, 0.42)),
}
_BARRED_SCRIPT = _BARRED | {
    "ø": ("o", (0.0, 1.1), (0.65, -0.1)),
    "Ł": ("L", (0.15, 0.62), (0.75, 0.42)),
    "ł": ("l", (-0.1, 0.62), (0.8, 0.42)),
}


@dataclasses.dataclass(frozen=True)
class Glyph:
    """One character of a font.

    Attributes:
        points: `[N, 2]`, x and y of all segments; x 0 is the left margin, y 0 the baseline.
        starts: `[S]`, the index of each segment's first point. A stroke is one or several
            segments that meet in corners; neighbours repeat the point where they meet.
        lifts: `[S]`, bool: the pen is lifted after the segment.
        least: `[S]`, into how many intervals a segment is cut at least, because it turns.
        width: how far the pen moves on.
        enters, leaves: whether a line may lead to its first point from the left, and from its
            last point to the right.
    """

    points: np.ndarray
    starts: np.ndarray
    lifts: np.ndarray
    least: np.ndarray
    width: float
    enters: bool = False
    leaves: bool = False


_SPACE = Glyph(
    points=np.zeros((0, 2)),
    starts=np.zeros(0, int),
    lifts=np.zeros(0, bool),
    least=np.zeros(0, int),
    width=13.0,
)


def alphabet(characters: str) -> str:
    """The characters of `"ascii"`, `"latin"` or `"kana"`, each of which includes the one before."""
    return {"ascii": ASCII, "latin": ASCII + LATIN, "kana": ASCII + LATIN + KANA}[characters]


@functools.lru_cache
def font(name: str, characters: str) -> dict[str, Glyph]:
    """The glyphs of a font.

    Args:
        name: a key of `FONTS`.
        characters: `"ascii"`, `"latin"` or `"kana"`.

    Returns:
        Every character's glyph; a space has no points.

    Raises:
        UserError: if the package with the glyphs is missing.
    """
    drawn = _drawn(name)
    if characters == "kana":
        drawn = drawn | _kana()
    glyphs = {" ": _SPACE}
    for character in alphabet(characters):
        if character != " ":
            strokes, left, right = _compose(character, drawn, name)
            glyph = _glyph(strokes, left, right)
            if name == "scripts":
                base = unicodedata.normalize("NFD", character)[0]
                glyph = dataclasses.replace(
                    glyph, enters=base in _ENTERED, leaves=character in _LEFT
                )
            glyphs[character] = glyph
    return glyphs


# A drawn character: its strokes, each `[N, 2]`, and its left and right margins.
Drawn = tuple[list[np.ndarray], float, float]


@functools.lru_cache
def _drawn(name: str) -> dict[str, Drawn]:
    """The font's printable ASCII characters and our own letters."""
    drawn = _hershey("futural")
    for text, own in ((ASCII, marks.PUNCTUATION), (LATIN, marks.LETTERS)):
        drawn |= {character: _own(own[character]) for character in text if character in own}
    if name == "print":
        drawn |= {character: _own(path) for character, path in marks.PRINT.items()}
    if name == "scripts":
        slanted = {character: _slant(each) for character, each in drawn.items()}
        script = _hershey("scripts")
        drawn = slanted | {each: script[each] for each in script if each.isalpha()}
    return drawn


def _hershey(name: str) -> dict[str, Drawn]:
    """A font of the package, its strokes in a natural order."""
    try:
        package = importlib.import_module("HersheyFonts")
    except ImportError:
        raise UserError(
            f"the package {PACKAGE}, which holds the glyphs",
            "no such package",
            'pip install "hachi_tf[hershey]"',
        ) from None
    reader = package.HersheyFonts()
    reader.load_default_font(name)
    drawn = {}
    for character, glyph in reader.all_glyphs.items():
        if character not in ASCII or not glyph.strokes:
            continue
        strokes = [np.array(stroke, float) for stroke in glyph.strokes if len(stroke) > 1]
        strokes = [stroke - [0, _BASELINE] for stroke in strokes]
        if character in "ij":  # the dot, a ring in the package, comes last
            strokes.sort(key=_height, reverse=True)
            centre = strokes.pop().mean(0)
            strokes.append(centre + [[-0.35, -0.75], [0.35, 0.75]])
        is_zigzag = name == "futural" and character in "AMNVWvw"
        strokes = zigzag(strokes) if is_zigzag else linked(strokes)
        left = glyph.left_offset
        if name == "scripts" and character in _FLOWING:
            flowing = np.concatenate(strokes[: _FLOWING[character]])
            strokes = [flowing, *strokes[_FLOWING[character] :]]
        drawn[character] = strokes, left, left + glyph.char_width
    return drawn


@functools.lru_cache
def _kana() -> dict[str, Drawn]:
    return {character: _with_margins(strokes) for character, strokes in kana_strokes().items()}


def _own(path: str) -> Drawn:
    return _with_margins(
        [
            np.array([point.split(",") for point in stroke.split()], float)
            for stroke in path.split(";")
        ]
    )


def _with_margins(strokes: list[np.ndarray]) -> Drawn:
    x = np.concatenate(strokes)[:, 0]
    return strokes, x.min() - _SIDE, x.max() + _SIDE


def _slant(drawn: Drawn) -> Drawn:
    strokes, left, right = drawn
    strokes = [stroke @ [[1, 0], [-_SCRIPT_SLANT, 1]] for stroke in strokes]
    x = np.concatenate(strokes)[:, 0]
    middle = (x.min() + x.max() - left - right) / 2
    return [stroke - [middle, 0] for stroke in strokes], left, right


def _height(stroke: np.ndarray) -> float:
    return np.ptp(stroke[:, 1])


def _compose(character: str, drawn: dict[str, Drawn], name: str) -> Drawn:
    """A character as it is, or a letter with a bar or accents."""
    if character in drawn:
        return drawn[character]
    slant = _SCRIPT_SLANT if name == "scripts" else 0.0
    barred = _BARRED_SCRIPT if slant else _BARRED
    if character in barred:
        base, *ends = barred[character]
        strokes, left, right = drawn[base]
        points = np.concatenate(strokes)
        low, high = points.min(0), points.max(0)
        bar = low + np.array(ends) * np.maximum(high - low, [4.0, 0.0])
        return [*strokes, bar], left, right
    base, *accents = unicodedata.normalize("NFD", character)
    strokes, left, right = drawn[base]
    for accent in accents:
        strokes = _accented(base, strokes, _MARKS[accent], slant)
    x = np.concatenate(strokes)[:, 0]  # an accent may be wider than its letter
    return strokes, min(left, x.min() - 1), max(right, x.max() + 1)


def _accented(base: str, strokes: list[np.ndarray], accent: str, slant: float) -> list[np.ndarray]:
    below = accent in ("cedilla", "ogonek")
    if base in "ij" and not below:
        strokes = strokes[:-1]  # without the dot
    points = np.concatenate(strokes)
    body = points[points[:, 1] <= 0.5]
    low, high = body.min(0), body.max(0)
    x = (low[0] + high[0]) / 2
    if below:
        x = high[0] - 1.5 if accent == "ogonek" else x
        return [*strokes, *(stroke + [x, 0.0] for stroke in _own(marks.ACCENTS[accent])[0])]
    top = low[1]
    own = [stroke @ [[1, 0], [-slant, 1]] for stroke in _own(marks.ACCENTS[accent])[0]]
    if slant:
        x = x + slant * (-top) / 2
    return [*strokes, *(stroke + [x, top] for stroke in own)]


def _glyph(strokes: list[np.ndarray], left: float, right: float) -> Glyph:
    pieces, lifts = [], []
    for stroke in strokes:
        parts = segments(stroke)
        pieces += parts
        lifts += [False] * (len(parts) - 1) + [True]
    return Glyph(
        points=np.concatenate(pieces) - [left, 0],
        starts=np.cumsum([0, *map(len, pieces[:-1])]),
        lifts=np.array(lifts),
        least=np.array([max(1, round(turning(piece) / _TURN)) for piece in pieces]),
        width=right - left,
    )
