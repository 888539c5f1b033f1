"""A person's text, written: cleaned, brought to the model's characters, a sample a line."""

import logging
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.writing.lines import clean
from hachi_tf.writing.write import WrittenLine, too_long, write_lines

log = logging.getLogger(__name__)


def write_texts(
    model: Any,
    text: str,
    copies: int = 1,
    on_unknown: str = "error",
    num_steps: int | None = None,
    **hand: Any,
) -> list[WrittenLine]:
    """Writes the lines of a text that have ink; says what was replaced and what was too long.

    Args:
        model: a model of text.
        text: as the person gave it.
        copies: how often to write it.
        on_unknown: what becomes of characters that the model lacks.
        num_steps: the most events of a line; None for as many as its text needs.
        **hand: what else `write_lines` takes.

    Raises:
        UserError: if the text has no character that the model knows, or cannot be written.
    """
    prepared = model.alphabet.prepare(clean(text), on_unknown, keep="\n")
    for remark in prepared.remarks():
        log.warning("%s", remark)
    texts = [line.strip() for line in prepared.text.split("\n") if line.strip()]
    if not texts:
        raise UserError("a text with characters that the model knows", repr(text))
    steps = num_steps and min(num_steps, model.max_steps)
    lines = write_lines(model, texts * copies, num_steps=steps, **hand)
    for number in too_long(lines, model.max_steps) if steps is None else ():
        log.warning(
            "line %d takes more than the %d events that this export draws; break it, use "
            "--page, or export with a larger --max_steps",
            number,
            model.max_steps,
        )
    return lines
