"""Between texts and the classes of a text model, inside the graph."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hachi_tf.models.text_encoder import known_characters
from hachi_tf.schema import Schema

# Code points that can stand for what is no text, of which one is not among the characters.
_REPLACEMENTS = (0xFFFD, 0xFFFF, 0xFFFE, 0x10FFFF)


class Decoded(NamedTuple):
    """Texts as events.

    Attributes:
        events: float32 `[B, T, 1]`, the index of each character's or byte's class, zeros past the
            end of a text; T is the length of the longest.
        lengths: int32 `[B]`.
        num_unknown: int32 `[B]`, characters or bytes that were left out since the model lacks
            them, and parts of a text that are no UTF-8.
    """

    events: tf.Tensor
    lengths: tf.Tensor
    num_unknown: tf.Tensor


class TextCodec:
    """Turns strings into events and back.

    Args:
        schema: of a text model: one column of characters, or of bytes as two hexadecimal digits.

    Attributes:
        output: what texts of the model are called among a signature's outputs: `"text"`, UTF-8,
            or `"text_bytes"`, which need not be UTF-8.
    """

    def __init__(self, schema: Schema):
        classes = schema.features[0].classes
        of_bytes = schema.text_unit == "byte"
        self.output = "text_bytes" if of_bytes else "text"
        codes = [int(each, 16) if of_bytes else ord(each) for each in classes]
        # Latin 1 has a character for each byte, of the same number.
        self._encoding = "ISO-8859-1" if of_bytes else "UTF-8"
        self._pieces = [bytes([c]) if of_bytes else chr(c).encode() for c in codes]
        self._order = np.argsort(codes)
        self._codes = sorted(codes)
        self._replacement = next(each for each in _REPLACEMENTS if each not in codes)

    def decode(self, text: tf.Tensor) -> Decoded:
        """The events of texts, string `[B]`."""
        index, lengths, num_unknown = known_characters(
            text, self._codes, self._encoding, self._replacement
        )
        classes = tf.gather(tf.constant(self._order, tf.int32), tf.maximum(index, 0))
        events = tf.cast(tf.where(index >= 0, classes, 0), tf.float32)
        return Decoded(events[..., tf.newaxis], lengths, num_unknown)

    def encode(self, events: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """The texts, string `[B]`, of events float32 `[B, T, 1]`; the rest of a row is not read."""
        classes = tf.cast(tf.round(events[..., 0]), tf.int32)
        classes = tf.clip_by_value(classes, 0, len(self._pieces) - 1)
        pieces = tf.gather(tf.constant(self._pieces), classes)
        drawn = tf.sequence_mask(lengths, tf.shape(classes)[1])
        return tf.strings.reduce_join(tf.where(drawn, pieces, ""), axis=1)
