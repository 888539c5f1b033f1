"""The characters that a model can write, and what to do with those that it cannot."""

import collections
import dataclasses
import unicodedata
from collections.abc import Iterable

from hachi_tf.characters import LISTED, SAME_AS, describe, listing, neighbours, printed_parts
from hachi_tf.errors import UserError

ON_UNKNOWN = ("error", "drop", "replace")
RARE = 20  # a character used less often is badly learned


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A text as a model can write it.

    Attributes:
        text: the text, NFC, with known characters only.
        folded: unknown characters that were written as others that say the same, e.g. `’` as `'`.
        dropped: unknown characters that were left out, in order of first use.
        replaced: unknown characters that gave way to the nearest known one.
    """

    text: str
    folded: dict[str, str]
    dropped: list[str]
    replaced: dict[str, str]

    def remarks(self) -> list[str]:
        """What a person should know of it, a line each; other kinds of spaces are not worth one."""
        changed = {**self.folded, **self.replaced}
        pairs = [f"{describe(old)} as {new}" for old, new in changed.items() if not old.isspace()]
        remarks = [f"wrote {listing(pairs)}"] if pairs else []
        if self.dropped:
            remarks.append(f"left out {listing([describe(c) for c in self.dropped])}")
        return remarks


@dataclasses.dataclass(frozen=True)
class Alphabet:
    """The characters that a model knows: code points of NFC text.

    Args:
        characters: the characters, in any order; taken as they are, without normalization.

    Attributes:
        characters: the characters, each once, in the order of their code points.
    """

    characters: str

    def __post_init__(self):
        if any("\ud800" <= character <= "\udfff" for character in self.characters):
            raise UserError("characters of an alphabet that UTF-8 can hold", "a lone surrogate")
        object.__setattr__(self, "characters", "".join(sorted(set(self.characters))))

    @classmethod
    def from_texts(cls, texts: Iterable[str | None]) -> "Alphabet":
        """The characters that texts use; texts that are None have none."""
        return cls("".join(_count(texts)))

    def __len__(self) -> int:
        return len(self.characters)

    def __contains__(self, character: str) -> bool:
        return len(character) == 1 and character in self.characters

    def unknown(self, text: str) -> list[str]:
        """The characters of a text (after NFC) that are not known, each once, by first use."""
        return [
            character
            for character in dict.fromkeys(unicodedata.normalize("NFC", text))
            if character not in self
        ]

    def nearest(self, character: str, count: int = 3) -> list[str]:
        """Known characters that could stand for one: a typographic variant, another case or accent.

        After those come characters that look alike. A character without ink and one that looks
        like nothing else (an emoji, say) have nothing near.

        Args:
            character: one code point.
            count: the most characters returned.

        Returns:
            Known characters, the nearest first; may be empty.
        """
        found = (near for near in neighbours(character, self.characters) if near in self)
        return list(dict.fromkeys(near for near in found if near != character))[:count]

    def prepare(self, text: str, on_unknown: str = "error", keep: str = "") -> Prepared:
        r"""Makes a text one that the model can write.

        The text is normalized to NFC. Unknown characters that only print a known one differently
        (curly quotes, dashes, ellipses, ligatures, full width, spaces of any kind) are folded.

        Args:
            text: the text.
            on_unknown: what becomes of the others: `"error"`, `"drop"`, or `"replace"` by the
                nearest known one; those that have nothing near are dropped.
            keep: characters that are passed on as they are, e.g. `"\n"`.

        Returns:
            A `Prepared`.

        Raises:
            UserError: if a character is not known and `on_unknown` is `"error"`.
        """
        if on_unknown not in ON_UNKNOWN:
            raise UserError(f"on_unknown as one of {', '.join(ON_UNKNOWN)}", repr(on_unknown))
        unknown = [character for character in self.unknown(text) if character not in keep]
        folded = {character: self._fold(character) for character in unknown}
        folded = {character: fold for character, fold in folded.items() if fold}
        rest = [character for character in unknown if character not in folded]
        if rest and on_unknown == "error":
            raise UserError(
                f"the {len(self)} characters that the model knows",
                listing([self._with_nearest(character) for character in rest[:LISTED]], len(rest)),
                "--on_unknown=replace writes the nearest, --on_unknown=drop leaves them out",
            )
        replaced = {}
        if on_unknown == "replace":
            near = {character: self.nearest(character, 1) for character in rest}
            replaced = {character: found[0] for character, found in near.items() if found}
        dropped = [character for character in rest if character not in replaced]
        table = str.maketrans({**folded, **replaced, **dict.fromkeys(dropped, "")})
        prepared = unicodedata.normalize("NFC", text).translate(table)
        return Prepared(prepared, folded, dropped, replaced)

    def _fold(self, character: str) -> str:
        """The known characters that say the same; empty if there are none."""
        for same in SAME_AS.get(character, ""):
            if same in self:
                return same
        parts = printed_parts(character)
        folds = [part if part in self else self._fold(part) for part in parts]
        return "".join(folds) if all(folds) else ""

    def _with_nearest(self, character: str) -> str:
        near = ", ".join(map(describe, self.nearest(character)))
        return f"{describe(character)} (nearest: {near or 'none'})"


def rare_characters(texts: Iterable[str | None], threshold: int = RARE) -> dict[str, int]:
    """The characters that texts use less than `threshold` times, with how often, rarest first."""
    counts = sorted((count, character) for character, count in _count(texts).items())
    return {character: count for count, character in counts if count < threshold}


def report(texts: Iterable[str | None]) -> list[str]:
    """Lines that tell a person, before training, what the model will be able to write.

    Args:
        texts: the training texts.

    Returns:
        Lines of text: how many characters there are, which are rare, and which of the letters
        a-z and A-Z and the digits are missing.
    """
    texts = [text for text in texts if text]
    alphabet = Alphabet.from_texts(texts)
    shown = "".join(c for c in alphabet.characters if c.isprintable() and c != " ")
    shown = shown if len(shown) <= 120 else f"{shown[:117]}..."
    lines = [f"{len(alphabet)} characters: {shown}"]
    rare = rare_characters(texts)
    if rare:
        items = [f"{describe(c)} {count}" for c, count in list(rare.items())[:LISTED]]
        lines.append(
            f"{len(rare)} used less than {RARE} times, so badly learned: "
            f"{listing(items, len(rare))}"
        )
    ranges = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789")
    gaps = []
    for wanted in ranges:
        missing = "".join(character for character in wanted if character not in alphabet)
        if missing:
            gaps.append(f"{wanted[0]}-{wanted[-1]}" if missing == wanted else " ".join(missing))
    if gaps:
        lines.append(f"never used, so not to be written: {' '.join(gaps)}")
    return lines


def _count(texts: Iterable[str | None]) -> collections.Counter:
    counts = collections.Counter()
    for text in texts:
        counts.update(unicodedata.normalize("NFC", text or ""))
    return counts
