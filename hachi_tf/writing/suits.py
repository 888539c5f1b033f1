"""Which flags and files suit which models to sample from."""

import pathlib
from typing import Any

from hachi_tf.errors import UserError
from hachi_tf.rendering.events import SUFFIXES as EVENT_SUFFIXES
from hachi_tf.rendering.frames import SOUNDS
from hachi_tf.rendering.save import SUFFIXES as STROKE_SUFFIXES
from hachi_tf.writing.text_samples import SUFFIXES as TEXT_SUFFIXES

SUFFIXES = {"strokes": STROKE_SUFFIXES, "events": EVENT_SUFFIXES, "text": TEXT_SUFFIXES}
ALL_SUFFIXES = tuple(dict.fromkeys(STROKE_SUFFIXES + EVENT_SUFFIXES + TEXT_SUFFIXES + SOUNDS))
DEFAULT_STEPS = {"strokes": 700, "events": 256, "text": 1000, "frames": 1250, "series": 64}
"""The events of a sample, if nobody says how many, by what they are drawn as."""

DEFAULT_OUTPUT = "sample.svg"
"""Where strokes and events go; a text goes to stdout, a sound to `sample.wav`."""


def check_flags(config: Any, opened: Any, text: str) -> None:
    """Refuses flags that do not suit a model of strokes or events.

    Args:
        config: the flags (`hachi_tf.sample.SampleConfig`).
        opened: the model, a `Sampled`.
        text: what it is to write.

    Raises:
        UserError: if there is one.
    """
    model = opened.model
    if config.prime_text and not config.prime:
        raise UserError("--prime=..., which says --prime_text", "none")
    if bool(text) != (model.alphabet is not None):
        raise UserError(*(
            ("--text=..., since this model writes texts", "none")
            if model.alphabet
            else ("no --text: this model reads none", repr(config.text))
        ))  # fmt: skip
    for option in ("style", "prime_text", "again", "retries"):
        if model.alphabet is None and getattr(config, option):
            raise UserError(f"--{option} with a model that writes texts", opened.name)
    if config.fix and model.alphabet is not None:
        raise UserError("--fix with a model that reads no text", opened.name)
    if config.top_k or config.top_p < 1.0 or config.stop:
        raise UserError("--top_k, --top_p and --stop with a model of text", opened.name)
    if config.keep_prime:
        raise UserError("--keep_prime with a model of sound", opened.name)
    output = config.output or DEFAULT_OUTPUT
    if pathlib.Path(output).suffix.lower() not in SUFFIXES[opened.renderer]:
        suffixes = " ".join(SUFFIXES[opened.renderer])
        raise UserError(f"--output with a suffix of {suffixes} for {opened.renderer}", output)
