"""Text on diagrams: which font shows a character, and what stands for one that none shows."""

import functools
import unicodedata
from typing import Any

# Pillow brings one font with the letters of English. Others are looked for on the system, by the
# names that they have on Linux, macOS and Windows; those with many letters first.
SYSTEM_FONTS = (
    "DejaVuSans.ttf", "Arial Unicode.ttf", "segoeui.ttf", "NotoSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc", "msgothic.ttc",
)  # fmt: skip
_NO_CHARACTER = "\uffff"


@functools.cache
def built_in(size: int) -> Any:
    """Pillow's own font, `size` pixels high."""
    from PIL import ImageFont

    return ImageFont.load_default(size=size)


@functools.cache
def _system_font(name: str, size: int) -> Any:
    from PIL import ImageFont

    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


def shows(font: Any, character: str) -> bool:
    """Whether a font has a glyph with ink for a character."""
    mask, missing = font.getmask(character), font.getmask(_NO_CHARACTER)
    return mask.getbbox() is not None and bytes(mask) != bytes(missing)


def fonts(size: int) -> list[Any]:
    """The fonts at hand, `size` pixels high, the built-in one first."""
    found = [built_in(size), *(_system_font(name, size) for name in SYSTEM_FONTS)]
    return [font for font in found if font is not None]


def character_label(character: str, size: int) -> tuple[str, Any]:
    """What names a character on an axis: itself, or e.g. `U+3042` if no font at hand shows it.

    Args:
        character: one character.
        size: of the font, in pixels.

    Returns:
        The text to draw and the font to draw it with.
    """
    if _is_seen(character):
        for font in fonts(size):
            if shows(font, character):
                return character, font
    # The code is longer than a letter: a smaller font keeps it in its row.
    return f"U+{ord(character):04X}", built_in(max(size * 2 // 3, 8))


def word_label(word: str, size: int) -> tuple[str, Any]:
    """A word in the first font that shows all of it; else with `?` for what none shows.

    Args:
        word: one character or more, no spaces.
        size: of the font, in pixels.

    Returns:
        The text to draw and the font to draw it with.
    """
    if all(map(_is_seen, word)):
        for font in fonts(size):
            if all(shows(font, character) for character in word):
                return word, font
    font = built_in(size)
    shown = (c if _is_seen(c) and shows(font, c) else "?" for c in word)
    return "".join(shown), font


def _is_seen(character: str) -> bool:
    """Whether a character by itself leaves ink: no mark, space or control character."""
    return character.isprintable() and unicodedata.category(character)[0] not in "MZC"
