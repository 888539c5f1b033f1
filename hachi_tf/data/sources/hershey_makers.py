"""Makers of short texts: sentences, made-up words, numbers, code, foreign words, kana."""

import functools
import re
import string

import numpy as np

from hachi_tf.data.sources import hershey_words as words
from hachi_tf.data.sources.default_text import manual_chapters
from hachi_tf.data.sources.hershey_fonts import ASCII, LATIN
from hachi_tf.data.sources.hershey_kana import HIRAGANA, KANA, KATAKANA

_POOL = 256  # uniforms drawn at once
_SYMBOLS = string.punctuation
_BRACKETS = ("()", "[]", "{}", "<>", '""', "''", "``", "||", "**", "__", "()", "[]", "{}", "<>")
_RARE = "{{~~^^]]\\\\@=<#$%`&>}_[|/;"  # in texts of the other kinds
_INITIALS = string.ascii_uppercase + "QXZQXZXXXJRGVXX"
_ONLY_SMALL = set("ßıÿ")  # their capitals are others, or two letters
_VOWELS, _CONSONANTS = "aeiouy", "bcdfghjklmnpqrstvwxzbfgjkpqvz"


class Draw:
    """Quick draws from a generator's uniforms."""

    def __init__(self, generator: np.random.Generator):
        self._generator = generator
        self._left: list[float] = []

    def uniform(self) -> float:
        """A number from 0 to below 1."""
        if not self._left:
            self._left = self._generator.random(_POOL).tolist()
        return self._left.pop()

    def integer(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, both possible."""
        return low + int(self.uniform() * (high - low + 1))

    def one(self, choices):
        """One of a sequence."""
        return choices[int(self.uniform() * len(choices))]

    def digits(self, count: int) -> str:
        """That many digits."""
        return "".join(self.one("0123456789") for _ in range(count))


def _english(draw: Draw) -> str:
    def fill(match: re.Match) -> str:
        return _FILL[match.group(1)](draw)

    sentence = re.sub(r"\{(\w+)\}", fill, draw.one(words.SENTENCES))
    return re.sub(r"\b([Aa]) (?=[aeio]|un|ug)", r"\1n ", sentence)


def _verb(form: int):
    return lambda draw: draw.one(_VERBS)[form]


def _initial(draw: Draw) -> str:
    return f"{draw.one(_INITIALS)}. " if draw.uniform() < 0.15 else ""


def _plural(noun: str) -> str:
    if noun.endswith(("s", "x", "ch", "sh", "z")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


_VERBS = [verb.split(":") for verb in words.VERBS]
_FILL = {
    "noun": lambda draw: draw.one(words.NOUNS),
    "nouns": lambda draw: _plural(draw.one(words.NOUNS)),
    "past": _verb(0),
    "verb": _verb(1),
    "Verb": lambda draw: draw.one(_VERBS)[1].capitalize(),
    "ing": _verb(2),
    "went": lambda draw: draw.one(words.WENT),
    "adj": lambda draw: draw.one(words.ADJECTIVES),
    "adv": lambda draw: draw.one(words.ADVERBS),
    "Adv": lambda draw: draw.one(words.ADVERBS).capitalize(),
    "prep": lambda draw: draw.one(words.PLACES).replace("_", " "),
    "name": lambda draw: _initial(draw) + draw.one(words.NAMES),
    "city": lambda draw: draw.one(words.CITIES),
    "day": lambda draw: draw.one(words.DAYS),
    "count": lambda draw: draw.one(words.COUNTS),
}


@functools.lru_cache
def manual() -> list[str]:
    """The words of the language reference in Python's standard library, in order.

    Raises:
        UserError: if this Python came without it.
    """
    known = set(ASCII)
    return [
        word
        for chapter in manual_chapters()
        for word in chapter.split()
        if len(word) <= 14
        and any(map(str.isalnum, word))
        and set(word) <= known
        and sum(map(word.count, "*`=-_~.")) < 4
    ]


def _manual(draw: Draw) -> str:
    stretch = manual()
    begin = draw.integer(0, len(stretch) - 13)
    return " ".join(stretch[begin : begin + 12])


def _pseudo(draw: Draw) -> str:
    """Words that no language has, in which every pair of letters occurs."""
    length = draw.integer(2, 9)
    kind = draw.uniform()
    if kind < 0.6:
        vowel = draw.uniform() < 0.5
        letters = []
        for _ in range(length):
            letters.append(draw.one(_VOWELS if vowel else _CONSONANTS))
            vowel = not vowel if draw.uniform() < 0.8 else vowel
        word = "".join(letters)
    else:
        word = "".join(draw.one(string.ascii_lowercase) for _ in range(length))
    case = draw.uniform()
    if case < 0.35:
        word = word.capitalize()
    elif case < 0.6:
        word = "".join(draw.one(string.ascii_uppercase) for _ in range(length))
    elif case < 0.8:
        word = "".join(each.upper() if draw.uniform() < 0.5 else each for each in word)
    if draw.uniform() < 0.3:
        word += draw.one(",.;:!?-'&+/") if draw.uniform() < 0.5 else draw.one(_SYMBOLS)
    return word


def _number(draw: Draw) -> str:
    return draw.one(_NUMBERS)(draw)


_NUMBERS = (
    lambda draw: draw.digits(draw.integer(1, 6)),
    lambda draw: f"{draw.integer(1, 12)}:{draw.digits(2)} {draw.one(('am', 'pm', 'PM', 'h'))}",
    lambda draw: f"{draw.integer(1, 31)}/{draw.integer(1, 12)}/{draw.digits(4)}",
    lambda draw: f"{draw.integer(1, 31)} {draw.one(words.DAYS)} {draw.integer(1700, 2099)}",
    lambda draw: f"{draw.digits(4)}-{draw.digits(2)}-{draw.digits(2)}",
    lambda draw: f"${draw.integer(1, 999)}.{draw.digits(2)}",
    lambda draw: f"{draw.integer(1, 99)}%",
    lambda draw: f"({draw.digits(3)}) {draw.digits(3)}-{draw.digits(4)}",
    lambda draw: f"+{draw.digits(2)} {draw.digits(3)} {draw.digits(4)}",
    lambda draw: f"{draw.integer(2, 99)} {_plural(draw.one(words.NOUNS))}",
    lambda draw: f"{draw.integer(1, 99)} + {draw.integer(1, 99)} = {draw.integer(2, 198)}",
    lambda draw: f"No. {draw.integer(1, 999)}{draw.one('ABCDEFGHJKQXZ')}",
    lambda draw: (
        f"{draw.one(words.NOUNS)}@{draw.one(words.NOUNS)}.{draw.one(('com', 'org', 'jp'))}"
    ),
    lambda draw: f"#{draw.digits(3)} {draw.one(words.NAMES)} & {draw.one(words.NAMES)}",
)


def _code(draw: Draw) -> str:
    """Something like a program, with every symbol."""
    kind = draw.uniform()
    name = draw.one(words.NOUNS) if draw.uniform() < 0.5 else draw.one(string.ascii_letters)
    if kind < 0.22:
        open_, close = draw.one(_BRACKETS)
        inner = draw.one(words.ADJECTIVES) if draw.uniform() < 0.5 else draw.digits(2)
        return f"{open_}{inner}{close}" if draw.uniform() < 0.5 else f"{name}{open_}{inner}{close}"
    if kind < 0.55:
        other = draw.one(string.ascii_letters) if draw.uniform() < 0.6 else draw.digits(1)
        space = draw.one(("", " "))
        return f"{name}{space}{draw.one(_SYMBOLS)}{space}{other}"
    if kind < 0.7:
        return "".join(draw.one(_SYMBOLS) for _ in range(draw.integer(2, 4)))
    return f"{draw.one(_RARE)}{name}{draw.one(_RARE)}"


@functools.lru_cache
def _languages() -> list[list[str]]:
    return [each.split() for each in words.FOREIGN.values()]


@functools.lru_cache
def _by_letter() -> tuple[list[str], dict[str, list[str]]]:
    """The letters beyond ASCII, and the words in which each occurs."""
    letters = [letter for letter in LATIN if letter.isalpha()]
    known = [word for language in _languages() for word in language]
    return letters, {letter: [word for word in known if letter in word] for letter in letters}


def _foreign(draw: Draw) -> str:
    """Words of one language, or such with letters that would else be rare."""
    kind = draw.uniform()
    if kind < 0.15:
        language = draw.one(_languages())
        return " ".join(draw.one(language) for _ in range(3))
    letters, index = _by_letter()
    letter = draw.one(letters)
    if kind < 0.45 and index[letter]:
        word = draw.one(index[letter])
        return word.upper() if draw.uniform() < 0.2 and not set(word) & _ONLY_SMALL else word
    if kind < 0.86:
        same = [each for each in letters if each.isupper() == letter.isupper()]
        plain = string.ascii_uppercase if letter.isupper() else string.ascii_lowercase
        word = [
            draw.one(same if draw.uniform() < 0.6 else plain) for _ in range(draw.integer(2, 5))
        ]
        word.insert(draw.integer(0, len(word)), letter)
        return "".join(word)
    mark = draw.one(("«{}»", "¿{}?", "¡{}!", "£{}", "{}€", "{}°", "§{}", "{} €", "{}° C", "§ {}"))
    if "£€°§".find(mark.strip("{} C")) >= 0:
        return mark.format(draw.integer(1, 99))
    return mark.format(draw.one(draw.one(_languages())).strip("¿?¡!"))


def _kana(draw: Draw) -> str:
    """A word in kana, or kana at random."""
    kind = draw.uniform()
    if kind < 0.4:
        word = draw.one(words.KANA)
    else:
        script = draw.one((HIRAGANA, KATAKANA, KATAKANA, KANA))
        word = "".join(draw.one(script) for _ in range(draw.integer(2, 6)))
    return word + draw.one("、。") if draw.uniform() < 0.25 else word


def _makers(weights) -> list:
    total, makers = 0.0, []
    for weight, maker in weights:
        total += weight
        makers.append((total, maker))
    return makers


_ASCII_WEIGHTS = [(41, _english), (8, _manual), (17, _pseudo), (6, _number), (13, _code)]
MAKERS = {
    "ascii": _makers(_ASCII_WEIGHTS),
    "latin": _makers([*_ASCII_WEIGHTS, (22, _foreign)]),
    "kana": _makers([*_ASCII_WEIGHTS, (22, _foreign), (32, _kana)]),
}
