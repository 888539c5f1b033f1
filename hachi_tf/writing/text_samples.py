"""Samples of a model of text: drawn, shown while they are drawn, and compared with its data."""

import dataclasses
import json
import logging
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.writing import passages
from hachi_tf.writing.stream import check_stop
from hachi_tf.writing.text_prime import prepare_prime, read_prime, unescape

log = logging.getLogger(__name__)

SUFFIXES = (".txt", ".json")
_BATCH = 64  # records that are drawn at a time
_SHOWN = 70  # characters of a passage in a message
# What says nothing about a text.
_OTHERS = ("bias", "fix", "text", "style", "retries", "again", "page", "columns", "keep_prime")


@dataclasses.dataclass(frozen=True)
class TextSample:
    """A drawn text.

    Attributes:
        text: without the prime and the stop string; of a model of bytes with U+FFFD in place of
            what is no UTF-8.
        ended: whether it came to an end that the model has learned.
        stopped: whether it came to a stop string.
    """

    text: str
    ended: bool
    stopped: bool


class TextSamples:
    """Draws texts while it is iterated over, and yields them as one text, piece by piece.

    The prime stands at the beginning of each text. Of a model without line ends each text is a
    line; others are apart by a line with the number of the text. The last line has an end.

    Args:
        model: a model of text, as `hachi_tf.load` returns it.
        num_samples: how many texts.
        num_steps: the most characters or bytes of each; None for as many as the model wants.
        seed: a number from 0 to 2^32 - 1.
        prime: what goes before each, as `prepare_prime` returns it.
        stop: strings that end a text before them.
        **settings: `temperature`, `top_k` and `top_p`.

    Attributes:
        samples: the texts so far, whole ones.
    """

    def __init__(
        self,
        model: Any,
        num_samples: int,
        num_steps: int | None,
        seed: int,
        prime: str | bytes = "",
        stop: tuple[str, ...] = (),
        **settings: Any,
    ):
        self._model, self._count, self._seed = model, num_samples, seed
        self._settings = {"prime_text": prime, "num_steps": num_steps, "stop": stop, **settings}
        self._prime = prime if isinstance(prime, str) else prime.decode("utf-8", "replace")
        newline = "\n" if model.unit == "char" else "0a"
        self._a_line_each = newline not in model.schema.features[0].classes
        self.samples: list[TextSample] = []

    def __iter__(self) -> Iterator[str]:
        last = "\n"
        for number, pieces in enumerate(self._texts()):
            if number and not self._a_line_each:
                yield "\n" * (last != "\n") + f"\n--- {number + 1} ---\n\n"
            last = self._prime[-1:]
            if self._prime:
                yield self._prime
            for piece in pieces:
                last = piece[-1:] or last
                yield piece
            if self._a_line_each:
                yield "\n"
                last = "\n"
        if last != "\n":
            yield "\n"

    def _texts(self) -> Iterator[Iterator[str]]:
        """The pieces of each text; records of one call come whole."""
        size = _BATCH if self._model.schema.end_of_sequence and self._count > 1 else 1
        for first in range(0, self._count, size):
            numbers = range(first, min(first + size, self._count))
            seeds = np.array([[self._seed, number] for number in numbers], np.uint32)
            drawn = self._model.streams(len(numbers), seed=seeds.view(np.int32), **self._settings)
            if size == 1:
                yield self._noted(drawn)
                continue
            chunks = list(drawn)
            for row in range(len(numbers)):
                text = "".join(chunk.pieces[row] for chunk in chunks)
                self._note(text, chunks[-1], row)
                yield iter([text])

    def _noted(self, drawn: Iterator[Any]) -> Iterator[str]:
        pieces = []
        for chunk in drawn:
            pieces += chunk.pieces
            if chunk.pieces[0]:
                yield chunk.pieces[0]
        self._note("".join(pieces), chunk, 0)

    def _note(self, text: str, chunk: Any, row: int) -> None:
        sample = TextSample(text, bool(chunk.ended[row]), bool(chunk.stopped[row]))
        self.samples.append(sample)


def sample_texts(
    config: Any, opened: Any, seed: int, show: Callable[[str], None] | None
) -> dict[str, Any]:
    """Draws texts as flags say, shows or writes them, and says what of them was copied.

    Args:
        config: the flags (`hachi_tf.sample.SampleConfig`).
        opened: the model, a `Sampled`.
        seed: a number from 0 to 2^32 - 1.
        show: takes the texts piece by piece if they are not written to a file; None for nowhere.

    Returns:
        What was drawn, for JSON.

    Raises:
        UserError: if a flag is not for a model of text, the prime has characters that the model
            lacks, or a file cannot be read or written.
    """
    for name in _OTHERS:
        if getattr(config, name):
            do = "--prime_text=... is what it goes on from" if name == "text" else ""
            raise UserError(f"no --{name} with a model of text", repr(getattr(config, name)), do)
    if config.output and pathlib.Path(config.output).suffix.lower() not in SUFFIXES:
        raise UserError(f"--output with a suffix of {' '.join(SUFFIXES)} for text", config.output)
    if config.prime and config.prime_text:
        raise UserError("either --prime=FILE or --prime_text=TEXT", "both")
    model, training = opened.model, None
    text = read_prime(config.prime, model.unit) if config.prime else config.prime_text
    prime = prepare_prime(model, text, config.on_unknown)
    stop = check_stop([unescape(each) for each in config.stop])
    if config.data:
        training = opened.training()
    settings = {"temperature": config.temperature, "top_k": config.top_k, "top_p": config.top_p}
    told = TextSamples(model, config.num_samples, opened.num_steps, seed, prime, stop, **settings)
    if config.output or show is None:
        whole = "".join(told)
    else:
        try:
            for piece in told:
                show(piece)
        except KeyboardInterrupt:
            show("\n")
            raise
    shown = prime if isinstance(prime, str) else prime.decode("utf-8", "replace")
    result = {
        "prime_text": shown,
        "texts": [each.text for each in told.samples],
        "lengths": [len(each.text) for each in told.samples],
        "ended": [each.ended for each in told.samples],
        "stopped": [each.stopped for each in told.samples],
    }
    if config.output:
        path = pathlib.Path(config.output)
        if path.suffix.lower() == ".json":
            whole = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
        with atomic_path(path) as temporary:
            temporary.write_bytes(whole.encode())
    found = compare(model, training or opened.training(), shown, told.samples)
    files = [config.output] if config.output else []
    return result | found | {"files": files}


def compare(model: Any, training: Any, prime: str, samples: list[TextSample]) -> dict[str, Any]:
    """What of samples stands in the training text; says so.

    Args:
        model: the model that drew them.
        training: what it learned from, a `Dataset`, or None if that is not at hand.
        prime: what they began with.
        samples: the samples.

    Returns:
        For JSON: `copied`, the longest passage that stands word for word in the training text,
        with `length`, `text` and `sample`, counted from 1; and of records `new`, how many of the
        samples that have ended are none of the training records.
    """
    if training is None:
        return {}
    unit, classes = model.unit, model.schema.features[0].classes
    codes = [passages.encode(each.text, unit, classes) for each in samples]
    found = passages.longest_passage(codes, passages.training_codes(training))
    copied = codes[found.sample][found.begin : found.begin + found.length]
    text = passages.decode(copied, unit, classes)
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    log.info(
        "longest passage copied from the training text: %d %s: %r",
        found.length,
        "characters" if unit == "char" else "bytes",
        shown,
    )
    facts: dict[str, Any] = {
        "copied": {"length": found.length, "text": text, "sample": found.sample + 1}
    }
    if model.schema.end_of_sequence:
        whole = [
            passages.encode(prime + each.text, unit, classes) for each in samples if each.ended
        ]
        facts["new"] = passages.count_new(whole, training)
        log.info("%d of %d whole samples are new", facts["new"], len(whole))
    return facts
