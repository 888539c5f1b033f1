"""A text: read, and broken into lines that fit a width."""

import math
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering.strokes import all_to_polylines

# An average character is about this many line heights wide; for models that do not know theirs.
_ADVANCE = 0.75

# How wide characters are in most hands, relative to those not listed, and English on average.
_WIDTHS = {
    **dict.fromkeys("ijlI.,:;'!|`", 0.5),
    **dict.fromkeys('tfr()[]1-"', 0.75),
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ&", 1.25),
    **dict.fromkeys("mwMW@%", 1.5),
}
_MEAN_WIDTH = 0.93

_SPACES = re.compile("[ \t]+")
MAX_TEXT_BYTES = 1 << 20


def read_text(text: str) -> str:
    """The text of `--text`, from a file (`@FILE`) or the standard input (`-`) if it says so.

    Raises:
        UserError: if it cannot be read, or is no UTF-8.
    """
    if text != "-" and not text.startswith("@"):
        return text
    try:
        if text == "-":
            content = sys.stdin.buffer.read(MAX_TEXT_BYTES + 1)
        else:
            with open(text[1:], "rb") as file:
                content = file.read(MAX_TEXT_BYTES + 1)
        if len(content) > MAX_TEXT_BYTES:
            raise UserError(f"a text of at most {MAX_TEXT_BYTES:,} bytes", f"more in {text}")
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError("a text file in UTF-8", f"{text}: {reason}") from error


def clean(text: str) -> str:
    r"""Line ends of any kind as `\n`, one space between words, none at the ends of a line.

    Blank lines stay, but for those at the very end; a byte order mark at the beginning goes.
    """
    lines = text.lstrip("\ufeff \t").splitlines()
    return "\n".join(_SPACES.sub(" ", line).strip(" ") for line in lines).rstrip("\n")


def break_lines(text: str, width_of: Callable[[str], float], width: float) -> list[str]:
    """Breaks a text at spaces so that every line fits a width.

    A line end in the text stays one, a blank line stays blank. A word that is wider than the
    width gets lines of its own and is cut where they are full, without a hyphen: the lines hold
    every character of the text but spaces, in order.

    Args:
        text: the text.
        width_of: how wide a line would be, in the unit of `width`.
        width: the width to fit.

    Returns:
        The lines, `""` for a blank one. A line of a single character may be wider than `width`.

    Raises:
        UserError: if the width is no number above 0.
    """
    if not 0 < width < math.inf:
        raise UserError("a line width above 0", f"{width}")
    lines = []
    for paragraph in clean(text).split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if width_of(longer) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _cut(word, width_of, width)
            lines += full
        lines.append(line)
    return lines


def length_of(text: str) -> float:
    """How wide a line would be in average characters: an `m` counts more than an `i`."""
    return sum(_WIDTHS.get(character, 1.0) for character in text) / _MEAN_WIDTH


def advance_of(scale: Mapping[str, float]) -> float:
    """How wide a model writes a character on average, in data units.

    Args:
        scale: `line_height` in data units, and `advance` if the model knows it.
    """
    return float(scale.get("advance") or _ADVANCE * scale["line_height"])


def measured_advance(texts: Sequence[str], drawings: Sequence[np.ndarray]) -> float | None:
    """How wide a character is on average in lines that are already drawn, in data units.

    Args:
        texts: the text of each line.
        drawings: their stroke events, one array `[T, 3]` a line, in data units.

    Returns:
        The median over the lines of ink width over `length_of` the text; None if none has a width.

    Raises:
        UserError: if a drawing is not made of finite stroke events.
    """
    advances = []
    for text, runs in zip(texts, all_to_polylines(drawings) if drawings else [], strict=True):
        extent = np.ptp(np.concatenate(runs)[:, 0]) if runs else 0.0
        if text and extent > 0:
            advances.append(extent / length_of(text))
    return float(np.median(advances)) if advances else None


def _cut(word: str, width_of: Callable[[str], float], width: float) -> list[str]:
    """A word in the longest pieces that fit; marks stay with the character before them."""
    pieces, piece = [], ""
    for cluster in _clusters(word):
        if piece and width_of(piece + cluster) > width:
            pieces.append(piece)
            piece = ""
        piece += cluster
    return [*pieces, piece]


def _clusters(word: str) -> list[str]:
    clusters: list[str] = []
    for character in word:
        if clusters and unicodedata.combining(character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters
