"""How legible a model writes: texts written by it and read back by a recognizer."""

import dataclasses
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.evaluation import tesseract

_STEPS = 4000  # of a sentence at most, where a run is read back


class Row(NamedTuple):
    """One text: what was read, whether it was complete, and after how many attempts."""

    text: str
    read: str
    complete: bool
    attempts: int


@dataclasses.dataclass(frozen=True)
class Readback:
    """Figures of texts that a model wrote; rates are shares from 0 on.

    Attributes:
        num_texts: how many.
        complete_rate: of the texts whose first attempt skipped no character and came to an end.
        complete_rate_with_retries: the same after retries.
        character_error_rate: edits between texts and readings over characters of the texts.
        reference_error_rate: the same for the reference's lines of the same texts, or None.
        rows: one `Row` a text.
    """

    num_texts: int
    complete_rate: float
    complete_rate_with_retries: float
    character_error_rate: float
    reference_error_rate: float | None
    rows: list[Row]

    def summary(self) -> dict[str, float | None]:
        """The figures without the rows, each name with `readback_` before it."""
        names = [field.name for field in dataclasses.fields(self) if field.name != "rows"]
        return {f"readback_{name}": getattr(self, name) for name in names}


def in_words(figures: dict[str, Any]) -> str:
    """A `Readback.summary` for a person."""
    get = {name.removeprefix("readback_"): value for name, value in figures.items()}.__getitem__
    words = (
        f"of {get('num_texts')} texts {get('complete_rate'):.1%} complete at once, "
        f"{get('complete_rate_with_retries'):.1%} with retries; "
        f"{get('character_error_rate'):.1%} of the characters misread"
    )
    if get("reference_error_rate") is None:
        return words
    return f"{words}, {get('reference_error_rate'):.1%} on the source's own lines"


def readback(
    model: Any,
    texts: Sequence[str],
    bias: float = 0.0,
    seed: int = 0,
    retries: int = 0,
    reference: Callable[[str], np.ndarray] | None = None,
) -> Readback:
    """Writes each text with a model and reads it back with tesseract.

    Tesseract reads some hands well and others badly, so the error rate says something only beside
    that of lines that are known to be right, written in the same hands: the reference's.

    Args:
        model: a model of text, as `hachi_tf.load` returns it.
        texts: in English, since it is read as such; none is empty.
        bias: 0 is unbiased, more is neater.
        seed: a number from 0 to 2^32 - 1.
        retries: how many more times to draw a text that is not complete.
        reference: a function from a text to stroke events `[T, 3]`, e.g. a source's own.

    Returns:
        The figures.

    Raises:
        UserError: if tesseract cannot be used, or the model cannot write a text.
    """
    from hachi_tf.writing.write import write_lines

    if not texts or not all(text.strip() for text in texts):
        raise UserError("texts to write and read back", "none, or an empty one")
    tesseract.find()  # before a model writes for nothing
    expected = None
    if reference is not None:
        expected = character_error_rate(
            texts, tesseract.read_lines([reference(text) for text in texts])
        )
    written = write_lines(model, texts, bias=bias, seed=seed, retries=retries)
    read = tesseract.read_lines([line.events for line in written])
    rows = [
        Row(text, reading, line.complete, line.attempts)
        for text, reading, line in zip(texts, read, written, strict=True)
    ]
    at_once = [row.complete and row.attempts == 1 for row in rows]
    return Readback(
        len(rows),
        sum(at_once) / len(rows),
        sum(row.complete for row in rows) / len(rows),
        character_error_rate(texts, read),
        expected,
        rows,
    )


def check(model: Any) -> None:
    """Says what is missing to read back a model, before anything is read or written.

    Raises:
        UserError: if the model writes no text, or tesseract is not there.
    """
    if not model.network.conditioned:
        raise UserError("a model that writes texts for --readback", f"{model.path}, which does not")
    tesseract.find()


def of_model(
    model: Any,
    export_dir: str,
    source: str,
    data: str | None,
    count: int,
    bias: float,
    retries: int,
) -> Readback:
    """Sentences that a model of text writes, read back by tesseract.

    Args:
        model: with `network` and `transforms`.
        export_dir: of the model if it is an export, else "".
        source: options of the source that writes the same sentences for comparison.
        data: the path of its files, if it has any.
        count: how many sentences.
        bias: as for `readback`, as are the retries.
        retries: how many.

    Raises:
        UserError: if tesseract cannot be used.
    """
    from hachi_tf.data.sources import make_source
    from hachi_tf.evaluation.sentences import sentences
    from hachi_tf.serving import saved_model

    network = model.network
    texts = sentences(count, characters=network.alphabet)
    if export_dir:
        writer = saved_model.load(export_dir)
    else:
        writer = saved_model.in_memory(network, model.transforms, network.schema, _STEPS)
    reference = source_writer(make_source(source, data))
    return readback(writer, texts, bias, retries=retries, reference=reference)


def source_writer(source: Any) -> Callable[[str], np.ndarray] | None:
    """A reference for `readback`: how a source of data writes a text itself, if it can.

    Each text has a hand of its own, which follows from the text.

    Args:
        source: a `Source`.
    """
    if source.name != "hershey":
        return None
    from hachi_tf.data.sources.hershey import write_text

    fonts, *others = (source.options[name] for name in ("fonts", "characters", "spacing"))
    return lambda text: write_text(text, fonts, zlib.crc32(text.encode()), *others)


def character_error_rate(wanted: Sequence[str], got: Sequence[str]) -> float:
    """Edits from the texts wanted to those got, over the characters wanted; may exceed 1.

    Raises:
        UserError: if there are not as many of both, or no character is wanted.
    """
    num_characters = sum(map(len, wanted))
    if len(wanted) != len(got) or not num_characters:
        counts = f"{len(wanted)} texts of {num_characters} characters and {len(got)} readings"
        raise UserError("a reading of each text, and texts with characters", counts)
    return sum(map(edit_distance, wanted, got)) / num_characters


def edit_distance(a: str, b: str) -> int:
    """The fewest insertions, deletions and substitutions of a character from `a` to `b`.

    Levenshtein 1966, by Wagner and Fischer's table (1974), a row at a time.
    """
    if not a or not b:
        return max(len(a), len(b))
    codes = np.array([ord(character) for character in b])
    columns = np.arange(len(b) + 1)
    row = columns  # row[j]: the distance from the beginning of a to b[:j]
    for character in a:
        above = row + 1
        above[1:] = np.minimum(above[1:], row[:-1] + (codes != ord(character)))
        # Insertions run along the row: min over k <= j of above[k] + j - k.
        row = np.minimum.accumulate(above - columns) + columns
    return int(row[-1])
