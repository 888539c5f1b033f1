"""What Unicode characters are called, which say the same, and which look alike."""

import unicodedata
from collections.abc import Iterator

# A one-line message names at most so many.
LISTED = 8

# Characters that say the same: any may stand for any other, an earlier one rather than a later.
_SAME = (
    "'’‘‛′ʼ`´",
    '"”“„‟″«»',
    "-–—‐‑‒―−",
    " \u00a0\t\n\r\v\f\u0085\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000",
    "…⋯",
    ",‚",
    "<‹",
    ">›",
    "/⁄∕",
)
# By character, those that say the same, itself among them.
SAME_AS = {character: group for group in _SAME for character in group}
# Compatibility characters of these kinds are only ways to print their parts: ligatures, full width.
_PRINTED_TAGS = ("<compat>", "<wide>", "<narrow>", "<noBreak>")

# What looks like a character on paper, the nearest first; letter case and accents come before.
_LOOKS_LIKE = {
    **{"0": "Oo", "1": "lI|", "2": "Zz", "5": "Ss", "6": "b", "8": "B", "9": "gq"},
    **{"O": "0", "Q": "O0", "I": "l1|", "l": "1I|", "o": "0", "S": "5$", "Z": "2", "B": "8"},
    **{"!": ".", "?": ".", ";": ":,", ":": ";.", ",": ".", "|": "lI1/", "/": "|", "\\": "/"},
    **{"(": "[{", "[": "({", "{": "([", ")": "]}", "]": ")}", "}": ")]", "_": "-", "~": "-"},
    **{"&": "+", "=": "-", "¡": "!i", "¿": "?", "·": ".", "•": "*-.", "×": "x*", "÷": ":/"},
    **{"<": "(", ">": ")", "°": "o", "€": "E", "£": "L", "$": "S", "¢": "c", "§": "S"},
    **{"©": "c", "®": "r", "ß": "B", "æ": "a", "œ": "o", "Æ": "A", "Œ": "O", "þ": "p", "ð": "d"},
    **dict(zip("АВЕКМНОРСТУХаеорсухіјѕ", "ABEKMHOPCTYXaeopcyxijs", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαιονυ", "ABEZHIKMNOPTYXaiovu", strict=True)),
}

_CONTROL_NAMES = {
    **{0x00: "NULL", 0x07: "BELL", 0x08: "BACKSPACE", 0x09: "TAB", 0x0A: "LINE FEED"},
    **{0x0B: "VERTICAL TAB", 0x0C: "FORM FEED", 0x0D: "CARRIAGE RETURN", 0x1B: "ESCAPE"},
    **{0x7F: "DELETE", 0x85: "NEXT LINE"},
}
_KINDS = {"Cc": "control character", "Co": "private use", "Cs": "surrogate", "Cn": "unassigned"}
# Letters and symbols of no ink.
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"


def describe(character: str) -> str:
    """A character as an error may show it: quoted if it has ink of its own, else by its name."""
    category = unicodedata.category(character)
    if category[0] not in "CMZ" and character not in _BLANK:
        return f'"{character}"' if character == "'" else f"'{character}'"
    name = _CONTROL_NAMES.get(ord(character)) or unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name or f'({_KINDS.get(category, category)})'}"


def listing(items: list[str], total: int | None = None) -> str:
    """Items in one line, at most eight of them, and how many more there are.

    Args:
        items: the items, the first eight at least.
        total: how many there are in all; the items given if None.
    """
    total = len(items) if total is None else total
    more = total - len(items[:LISTED])
    return ", ".join(items[:LISTED]) + (f" and {more} more" if more else "")


def printed_parts(character: str) -> str:
    """The characters that a ligature, a full-width character or the like is only a way to print.

    Empty for any other character.
    """
    tag, *codes = unicodedata.decomposition(character).split() or [""]
    parts = "".join(chr(int(code, 16)) for code in codes)
    return parts if tag in _PRINTED_TAGS and not any(map(unicodedata.combining, parts)) else ""


def neighbours(character: str, known: str) -> Iterator[str]:
    """Candidates for a character's nearest known one, the nearest first.

    Args:
        character: one code point.
        known: the known characters; some candidates are not among them.
    """
    yield from SAME_AS.get(character, "")
    compatible = unicodedata.normalize("NFKC", character)
    if len(compatible) == 1:
        yield compatible
    yield from _other_cases(character)
    base = _base(character)
    yield base
    bases = [(near, _base(near)) for near in known]
    yield from (near for near, its in bases if its == base)
    yield from _other_cases(base)
    yield from (near for near, its in bases if its.casefold() == base.casefold())
    yield from _LOOKS_LIKE.get(character, "")
    yield from _LOOKS_LIKE.get(base, "")


def _other_cases(character: str) -> Iterator[str]:
    yield from (other for other in (character.lower(), character.upper()) if len(other) == 1)


def _base(character: str) -> str:
    """A letter without its accents, kana as large unvoiced hiragana; others as they are."""
    base, *marks = unicodedata.normalize("NFKD", character)
    base = base if all(map(unicodedata.combining, marks)) else character
    name = unicodedata.name(base, "")
    if " LETTER " not in name:
        return base
    name = name.split(" WITH ")[0]
    if name.startswith(("HIRAGANA", "KATAKANA")):
        name = name.replace("KATAKANA", "HIRAGANA").replace("LETTER SMALL", "LETTER")
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return base
