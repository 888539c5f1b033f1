"""What a score means for a text: bits a character and a byte, perplexity a word, compression."""

import bz2
import lzma
import math
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from hachi_tf.schema import Schema

# What an arithmetic coder adds to the bits of a text: the words in which it ends.
CODER_BYTES = 8
# Other compressors read no longer texts than this.
MOST_COMPRESSED_BYTES = 1 << 25


class TextSize(NamedTuple):
    """What a text is made of.

    Attributes:
        characters: how many a model can read.
        size: bytes of these in UTF-8.
        words: runs of anything but white space, within one sequence.
        unknown: characters, or bytes, that the model lacks.
    """

    characters: int
    size: int
    words: int
    unknown: int


def text_size(dataset: Any, schema: Schema) -> TextSize:
    """Counts a `Dataset` of a text schema, read once in chunks.

    Of bytes those that begin a character of UTF-8 are counted as characters, and white space is
    that of ASCII.
    """
    pieces = class_pieces(schema)
    of_bytes = schema.text_unit == "byte"
    # One more for what the model lacks, which is nothing to be counted, and part of a word.
    begins = [not (of_bytes and 0x80 <= piece[0] < 0xC0) for piece in pieces]
    begins = np.array([*begins, False])
    sizes = np.array([*map(len, pieces), 0])
    is_space = [piece.isspace() if of_bytes else piece.decode().isspace() for piece in pieces]
    is_space = np.array([*is_space, False])
    characters = size = words = unknown = 0
    after_space = True
    for classes, ends in _chunks(dataset, len(pieces)):
        characters += int(begins[classes].sum())
        size += int(sizes[classes].sum())
        unknown += int((classes == len(pieces)).sum())
        spaces = is_space[classes]
        before = np.concatenate([[after_space], spaces[:-1] | ends[:-1]])
        words += int((before & ~spaces).sum())
        after_space = bool(spaces[-1] | ends[-1])
    return TextSize(characters, size, words, unknown)


def text_scores(nats: float, dataset: Any, schema: Schema) -> dict[str, Any]:
    """What a score means for a text.

    Args:
        nats: of all its characters, with the ends of records where the schema has them.
        dataset: the text, a `Dataset`.
        schema: of a text.

    Returns:
        For JSON: the counts of `TextSize`; `bits_per_character` and `bits_per_byte`;
        `word_perplexity`, e to the power of the nats of all characters, white space too, divided
        by the number of words; None without words, or if it is beyond any number.
    """
    found, bits = text_size(dataset, schema), nats / math.log(2)
    exponent = nats / found.words if found.words else math.inf
    return {
        "num_characters": found.characters,
        "num_bytes": found.size,
        "num_words": found.words,
        "num_unknown": found.unknown,
        "bits_per_character": bits / max(found.characters, 1),
        "bits_per_byte": bits / max(found.size, 1),
        "word_perplexity": math.exp(exponent) if exponent < 700 else None,
    }


def compressed_sizes(nats: float, dataset: Any, schema: Schema) -> dict[str, int]:
    """How many bytes a text takes, for JSON.

    `compressed_bytes` is what an arithmetic coder with the model needs: the bits of the text, in
    whole bytes, and 8 for the coder's end. The model itself is not counted, as the programs gzip,
    bzip2 and xz are not, whose sizes of the same text at their strongest setting stand beside it
    (a line break after each record, where the schema knows where records end). They are left out
    for a text of more than 32 MiB, and all is for one with characters that the model lacks.
    """
    found = text_size(dataset, schema)
    if found.unknown:
        return {}
    sizes = {"compressed_bytes": math.ceil(nats / math.log(2) / 8) + CODER_BYTES}
    if found.size > MOST_COMPRESSED_BYTES:
        return sizes
    compressors = {
        "gzip_bytes": zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16),
        "bzip2_bytes": bz2.BZ2Compressor(9),
        # A larger dictionary than the text would change nothing but the memory that it takes.
        "xz_bytes": lzma.LZMACompressor(
            filters=[
                {
                    "id": lzma.FILTER_LZMA2,
                    "preset": 9 | lzma.PRESET_EXTREME,
                    "dict_size": max(4096, min(found.size, 1 << 26)),
                }
            ]
        ),
    }
    for name, compressor in compressors.items():
        size = sum(len(compressor.compress(text)) for text in utf8_chunks(dataset, schema))
        sizes[name] = size + len(compressor.flush())
    return sizes


def utf8_chunks(dataset: Any, schema: Schema) -> Iterator[bytes]:
    """A text of known characters in UTF-8, with a line break after each of its records."""
    pieces = class_pieces(schema)
    for classes, ends in _chunks(dataset, len(pieces)):
        parts = [pieces[index] for index in classes.tolist()]
        if schema.end_of_sequence:
            for place in np.flatnonzero(ends)[::-1]:
                parts.insert(place + 1, b"\n")
        yield b"".join(parts)


def class_pieces(schema: Schema) -> list[bytes]:
    """The bytes that each class of a text schema stands for."""
    classes = schema.features[0].classes
    if schema.text_unit == "byte":
        return [bytes([int(each, 16)]) for each in classes]
    return [each.encode() for each in classes]


def _chunks(dataset: Any, num_classes: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Classes int64 `[t]`, `num_classes` for what the model lacks, and where sequences end."""
    for events, ends in dataset.chunks():
        column = events[:, 0]
        yield np.where(np.isnan(column), num_classes, column).astype(np.int64), ends


def in_words(figures: dict[str, Any]) -> list[str]:
    """Lines for a person, of what `text_scores` and `compressed_sizes` returned."""
    lines = [
        f"{figures['bits_per_character']:.3f} bits a character, "
        f"{figures['bits_per_byte']:.3f} a byte"
    ]
    if figures["word_perplexity"] is not None:
        words = f"perplexity {figures['word_perplexity']:,.0f} a word, "
        lines.append(f"{words}of {figures['num_words']:,}")
    if figures["num_unknown"]:
        lines.append(
            f"{figures['num_unknown']:,} characters that the model does not know count for nothing"
        )
    if "compressed_bytes" in figures:
        others = [
            f"{name} {figures[f'{name}_bytes']:,}"
            for name in ("gzip", "bzip2", "xz")
            if f"{name}_bytes" in figures
        ]
        size = f"{figures['compressed_bytes']:,} bytes of {figures['num_bytes']:,}"
        lines.append(
            f"as an arithmetic coder would compress it: {size}"
            + "".join(f"; {other}" for other in others)
        )
    return lines
