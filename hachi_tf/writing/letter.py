"""A letter: a text prepared, broken into lines, written in one hand and laid on pages."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from hachi_tf.alphabet import Prepared
from hachi_tf.errors import UserError
from hachi_tf.rendering.page import LaidOut, Page, lay_out
from hachi_tf.writing.lines import advance_of, break_lines, clean, length_of, measured_advance
from hachi_tf.writing.write import WrittenLine, write_lines

# Lines are broken at this share of the width, because some come out wider than expected.
_FILL = 0.93
# A line that is shrunk by less is not worth a word.
_VISIBLE_SHRINK = 0.97
# Characters of the line that shows the hand.
_HAND = 32
_NO_BREAK_SPACE = "\u00a0"


@dataclasses.dataclass(frozen=True)
class Letter:
    """A written letter.

    Attributes:
        prepared: the text as the model can write it, and what was changed in it.
        lines: the lines as the model wrote them.
        pages: the lines on their pages.
    """

    prepared: Prepared
    lines: list[WrittenLine]
    pages: LaidOut

    def remarks(self) -> list[str]:
        """What a person should know: characters changed, lines cut short or made smaller."""
        remarks = self.prepared.remarks()
        for number, line in enumerate(self.lines, 1):
            if not line.complete:
                what = "skipped characters" if line.ended else "stopped before its end"
                remarks.append(
                    f"line {number} {what} ({_short(line.text)}); try more --retries, "
                    f"--again={number} or more --bias"
                )
        for line in self.pages.shrunk:
            if line.shrink < _VISIBLE_SHRINK:
                remarks.append(
                    f"line {line.number} was too large and shrunk to {line.shrink:.0%} "
                    f"({_short(line.text)})"
                )
        return remarks


def write_letter(
    model: Any,
    text: str,
    page: Page,
    *,
    bias: float = 0.0,
    temperature: float = 1.0,
    seed: int = 0,
    style: str = "",
    prime: np.ndarray | None = None,
    prime_text: str | None = None,
    retries: int = 0,
    again: Mapping[int, int] | None = None,
    on_unknown: str = "error",
) -> Letter:
    """Writes a text on pages.

    Where the lines break depends on how wide the hand writes, never on the lines as drawn, so
    that `again` moves no word. The width is measured on the prime, or on one line in the style.
    Without either, a text of several lines would be in as many hands: the model first writes one
    line of it, and that line primes all others.

    Args:
        model: a model of text, as `hachi_tf.load` returns it.
        text: the text; line ends and blank lines are kept.
        page: the paper.
        bias: as for `write_lines`, as are all that follow but the last.
        temperature: 1 is unchanged, 0 takes the likeliest.
        seed: the same seed writes the same letter.
        style: the name of a style that the model comes with; empty for none.
        prime: events `[P, F]` in the hand to write in.
        prime_text: the text of `prime`.
        retries: how many more times to draw a line that is not complete.
        again: line numbers to write again, see `parse_again`.
        on_unknown: what becomes of characters that the model does not know: `"error"`, `"drop"`
            or `"replace"` by the nearest.

    Returns:
        A `Letter`.

    Raises:
        UserError: if the model does not write text, the text has unknown characters or none at
            all, or an argument is out of range.
    """
    if model.alphabet is None or not model.scale:
        raise UserError("a model that was trained on handwriting with its text", "another one")
    keep = "\n" + _NO_BREAK_SPACE * (" " in model.alphabet)
    prepared = model.alphabet.prepare(clean(text), on_unknown, keep)
    prepared = dataclasses.replace(prepared, text=clean(prepared.text))
    line_height = float(model.scale["line_height"])
    width = _FILL * page.line_width(line_height)
    settings = {"bias": bias, "temperature": temperature, "seed": seed, "retries": retries}
    hand = {"style": style, "prime": prime, "prime_text": prime_text}

    def broken(advance: float) -> list[str]:
        lines = break_lines(prepared.text, lambda line: advance * length_of(line), width)
        return [line.replace(_NO_BREAK_SPACE, " ").strip(" ") for line in lines]

    advance = advance_of(model.scale)
    lines = broken(advance)
    if prime is not None and not style:
        advance = measured_advance([prime_text or ""], [prime]) or advance
    elif len(lines) > 1 and any(lines):
        words = " ".join(prepared.text.replace(_NO_BREAK_SPACE, " ").split())
        (line,) = write_lines(model, break_lines(words, len, _HAND)[:1], **settings, **hand)
        if line.complete:
            advance = measured_advance([line.text], [line.events]) or advance
            if not style:
                hand |= {"prime": line.events, "prime_text": line.text}
    lines = broken(advance)
    written = write_lines(model, lines, again=again, **settings, **hand)
    pages = lay_out(lines, [line.events for line in written], page, line_height)
    return Letter(prepared, written, pages)


def _short(text: str) -> str:
    return repr(text if len(text) <= 30 else f"{text[:27]}...")
