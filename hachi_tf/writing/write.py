"""Lines of text written by a model, every line with a seed of its own."""

import collections
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError

CHUNK = 64
MAX_LINES = 2**16
_FIRST_CHARACTER = 0.5  # where the window comes from the prime to the text
MAX_AGAIN = MAX_RETRIES = 2**8 - 1


@dataclasses.dataclass(frozen=True)
class WrittenLine:
    """One line as the model wrote it.

    Attributes:
        text: what was asked for; empty for a blank line.
        events: float32 `[T, F]` in data units; `[0, F]` for a blank line.
        complete: whether the line has ended and no character was skipped.
        ended: whether the model ended the line, rather than being cut off.
        seed: int32 `[2]`, the row's seed that draws the line again.
        attempts: how many times it was drawn; 0 for a blank line.
    """

    text: str
    events: np.ndarray
    complete: bool
    ended: bool
    seed: np.ndarray
    attempts: int


def write_lines(
    model: Any,
    lines: Sequence[str],
    *,
    bias: float = 0.0,
    temperature: float = 1.0,
    seed: int = 0,
    style: str = "",
    prime: np.ndarray | None = None,
    prime_text: str | None = None,
    retries: int = 0,
    again: Mapping[int, int] | None = None,
    num_steps: int | None = None,
) -> list[WrittenLine]:
    """Writes lines in as few calls of the model as possible, up to 64 lines a call.

    Attempt k at line n is a pure function of (seed, n, k, `again` of n) and of the texts, as long
    as the lines before and after stay as many: every attempt is drawn at the line's own place in
    a batch of the same size. So `again` changes the lines that it names and no bit of the others.

    Args:
        model: a model of text, as `hachi_tf.load` returns it.
        lines: the lines; `""` for a blank one, which is not drawn.
        bias: 0 is unbiased, more is neater.
        temperature: 1 is unchanged, 0 takes the likeliest.
        seed: a number from 0 to 2^32 - 1.
        style: the name of a style that the model comes with; empty for none.
        prime: events `[P, F]` in the hand to write in.
        prime_text: the text of `prime`.
        retries: how many more times to draw a line that is not complete. Of several attempts the
            first complete one is kept, or else the one that got furthest in its text.
        again: by line number, counted from 1 with the blank lines, how many times the person
            asked for another version of it (`parse_again`).
        num_steps: the most events of a line; None for as many as its text needs.

    Returns:
        One `WrittenLine` a line.

    Raises:
        UserError: if an argument is out of range, or the model cannot write a line.
    """
    again = dict(again or {})
    _check(lines, seed, retries, again)
    blank = WrittenLine(
        "", np.zeros([0, len(model.schema)], np.float32), True, True, np.zeros(2, np.int32), 0
    )
    written = [blank] * len(lines)
    primed = prime is not None or bool(style)
    inked = [index for index, line in enumerate(lines) if line]
    for start in range(0, len(inked), CHUNK):
        chunk = inked[start : start + CHUNK]
        texts = [lines[index] for index in chunk]
        settings = {"bias": bias, "temperature": temperature, "text": texts, "style": style}
        if prime is not None:
            settings |= {"prime": prime, "prime_text": f"{prime_text} " if prime_text else ""}
        seeds = np.stack([row_seed(seed, index, again.get(index + 1, 0)) for index in chunk])
        reached = np.zeros(len(chunk))
        for attempt in range(retries + 1):
            pending = [
                (row, index)
                for row, index in enumerate(chunk)
                if not (
                    written[index].attempts
                    and (written[index].complete or too_long([written[index]], model.max_steps))
                )
            ]
            if not pending:
                break
            for row, index in pending:
                seeds[row] = row_seed(seed, index, again.get(index + 1, 0), attempt)
            drawn = model.sample(len(chunk), num_steps, seed=seeds, **settings)
            for row, index in pending:
                events = drawn.events[row]
                if primed:
                    events = without_prime(events, drawn.position[row])
                line = WrittenLine(
                    texts[row],
                    events,
                    bool(drawn.complete[row]),
                    bool(drawn.ended[row]),
                    seeds[row].copy(),
                    attempt + 1,
                )
                position = float(np.max(drawn.position[row], initial=0.0))
                if attempt and not line.complete and not position > reached[row]:
                    line = dataclasses.replace(written[index], attempts=attempt + 1)
                reached[row] = max(position, reached[row])
                written[index] = line
    return written


def too_long(lines: Sequence[WrittenLine], max_steps: int) -> list[int]:
    """The numbers, from 1, of lines that took all the events that a model draws in one call."""
    return [
        number
        for number, line in enumerate(lines, 1)
        if not line.ended and len(line.events) >= max_steps
    ]


def without_prime(events: np.ndarray, position: np.ndarray) -> np.ndarray:
    """A line without what its prime left to be finished, nor the way from there.

    Args:
        events: `[T, 3]`, drawn after a prime.
        position: `[T]`, the centre of the window; below half a character it is on the prime.

    Returns:
        The events after the last stroke that ends while the window is on the prime; the first of
        them starts where it stands.
    """
    before = np.cumprod(position < _FIRST_CHARACTER).astype(bool)
    finished = np.flatnonzero(before & (events[:, 2] > 0.5))
    events = np.array(events[finished[-1] + 1 if len(finished) else 0 :])
    events[:1, :2] = 0.0
    return events


def row_seed(seed: int, index: int, again: int = 0, attempt: int = 0) -> np.ndarray:
    """The seed int32 `[2]` of a line: the seed itself, and line, version and attempt in one word.

    The first attempt at a line has the seed that `model.sample` gives the row of that number.

    Args:
        seed: a number from 0 to 2^32 - 1.
        index: of the line, from 0 to 2^16 - 1.
        again: which version of the line, from 0 to 255.
        attempt: from 0 to 255.
    """
    return np.array([seed, index | again << 16 | attempt << 24], np.uint32).view(np.int32)


def parse_again(text: str) -> dict[int, int]:
    """Reads which lines to write again: `"3"` once more, `"3,3"` the version after, `"3,7"` both.

    Args:
        text: line numbers counted from 1, with commas; empty for none.

    Returns:
        How often each line number was named.

    Raises:
        UserError: if the text is something else.
    """
    numbers = [number.strip() for number in text.split(",")] if text.strip() else []
    if not all(number.isascii() and number.isdigit() and len(number) < 9 for number in numbers):
        raise UserError("line numbers such as --again=3 or --again=3,7", repr(text[:80]))
    return dict(collections.Counter(map(int, numbers)))


def _check(lines: Sequence[str], seed: int, retries: int, again: dict[int, int]) -> None:
    if not any(lines):
        raise UserError("a text to write", "nothing but spaces")
    if len(lines) > MAX_LINES:
        raise UserError(f"up to {MAX_LINES} lines", f"{len(lines)}", "write the text in parts")
    if not 0 <= seed < 2**32:
        raise UserError("a seed from 0 to 2^32 - 1", f"{seed}")
    if not 0 <= retries <= MAX_RETRIES:
        raise UserError(f"0 to {MAX_RETRIES} retries", f"{retries}")
    for number, count in again.items():
        if not 1 <= number <= len(lines):
            raise UserError(f"a line from 1 to {len(lines)} to write again", f"{number}")
        if not lines[number - 1]:
            raise UserError(
                "a line with text to write again",
                f"line {number}, which is blank",
                "count the blank lines too, from 1",
            )
        if not 0 <= count <= MAX_AGAIN:
            raise UserError(f"the same line again up to {MAX_AGAIN} times", f"{count}")
