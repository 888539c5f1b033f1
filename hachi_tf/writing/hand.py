"""A text by hand, as flags say: lines in one picture, or a letter on pages."""

import logging
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.rendering.page_files import save_pages
from hachi_tf.writing.letter import write_letter
from hachi_tf.writing.texts import write_texts
from hachi_tf.writing.write import WrittenLine, parse_again

log = logging.getLogger(__name__)

MAX_LINES = 1000  # of a text that goes into one picture


def settings_of(config: Any, seed: int, prime: Any) -> dict[str, Any]:
    """What `write_lines` wants of the flags.

    Args:
        config: the flags (`hachi_tf.sample.SampleConfig`).
        seed: a number from 0 to 2^32 - 1.
        prime: a `Prime`, or None.
    """
    return {
        "bias": config.bias,
        "temperature": config.temperature,
        "seed": seed,
        "style": config.style,
        "retries": config.retries,
        "again": parse_again(config.again),
        "prime": prime and prime.events,
        "prime_text": prime and prime.text,
    }


def write_pages(
    model: Any, config: Any, text: str, paper: Any, output: str, hand: dict[str, Any]
) -> dict[str, Any]:
    """Writes a letter; returns what was written, for JSON.

    Args:
        model: a model of handwriting.
        config: the flags.
        text: the text.
        paper: a `Page`.
        output: the file of the first page.
        hand: as `settings_of` returns it.

    Raises:
        UserError: if the text cannot be written.
    """
    letter = write_letter(model, text, paper, on_unknown=config.on_unknown, **hand)
    for remark in letter.remarks():
        log.warning("%s", remark)
    paths = [str(path) for path in save_pages(letter.pages, output)]
    return {
        "files": paths,
        "pages": paths,
        "lengths": [len(line.events) for line in letter.lines],
        "complete": [line.complete for line in letter.lines],
    }


def write_samples(
    model: Any, config: Any, text: str, hand: dict[str, Any]
) -> tuple[list[WrittenLine], dict[str, Any]]:
    """Writes a text's lines as samples; returns them and what was written, for JSON.

    Args:
        model: a model of handwriting.
        config: the flags.
        text: the text.
        hand: as `settings_of` returns it.

    Raises:
        UserError: if the text has too many lines, or cannot be written.
    """
    if len(text.splitlines()) > MAX_LINES:
        raise UserError(f"at most {MAX_LINES} lines, or --page=...", f"{len(text.splitlines())}")
    lines = write_texts(
        model, text, config.num_samples, config.on_unknown, config.num_steps, **hand
    )
    return lines, {
        "ended": [line.ended for line in lines],
        "text": [line.text for line in lines],
        "complete": [line.complete for line in lines],
        "attempts": [line.attempts for line in lines],
    }
