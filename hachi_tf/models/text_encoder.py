"""From texts to what the soft window reads, inside the graph."""

import unicodedata
from collections.abc import Sequence

import tensorflow as tf

from hachi_tf.layers.soft_window import Characters, TextContext


class TextEncoder:
    """Turns strings into a `TextContext`; characters that the alphabet lacks are left out.

    Texts are expected in Unicode's normal form C, as the alphabet is; a graph cannot normalize.

    Args:
        alphabet: the characters, each once.
    """

    def __init__(self, alphabet: str):
        characters = sorted(set(alphabet))
        self.size = len(characters)
        self._codes = [ord(character) for character in characters]
        self._inked = [int(not _is_blank(character)) for character in characters]

    def __call__(self, text: tf.Tensor) -> TextContext:
        """Encodes strings `[B]` in UTF-8."""
        # The window wants at least one column.
        index, lengths, dropped = known_characters(text, self._codes, min_width=1)
        inked = tf.gather(tf.constant([0, *self._inked], tf.int32), index + 1)
        inked = tf.pad(tf.cumsum(inked, axis=1), [[0, 0], [2, 0]])  # before u = 0 ... U + 1
        characters = Characters.at(index, self.size)
        return TextContext(characters, lengths, inked, dropped)


def known_characters(
    text: tf.Tensor,
    codes: Sequence[int],
    encoding: str = "UTF-8",
    replacement: int = 0xFFFD,
    min_width: int = 0,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The characters of texts that are known, the others left out.

    Args:
        text: string `[B]`.
        codes: the code points of the known characters, ascending.
        encoding: of the texts.
        replacement: a code point that stands for each part of a text that is none in the
            encoding; to be left out, one that is not known.
        min_width: the least U.

    Returns:
        Indices into `codes` int32 `[B, U]`, -1 past the end of a text, U that of the longest;
        the texts' lengths int32 `[B]`; and how many characters were left out, int32 `[B]`.
    """
    found = tf.strings.unicode_decode(text, encoding, replacement_char=replacement)
    found = found.to_tensor(default_value=-1)  # [B, V]
    alphabet = tf.constant(codes, tf.int32)
    index = tf.searchsorted(alphabet, tf.reshape(found, [-1]))
    index = tf.reshape(tf.minimum(index, len(codes) - 1), tf.shape(found))
    known = tf.gather(alphabet, index) == found
    lengths = tf.reduce_sum(tf.cast(known, tf.int32), 1)
    dropped = tf.reduce_sum(tf.cast(found >= 0, tf.int32), 1) - lengths
    # Known characters move to the left.
    width = tf.reduce_max(tf.concat([lengths, [min_width]], 0))
    target = tf.cumsum(tf.cast(known, tf.int32), axis=1) - 1
    places = tf.where(known)
    rows = tf.cast(places[:, 0], tf.int32)
    places = tf.stack([rows, tf.boolean_mask(target, known)], 1)
    shape = tf.stack([tf.shape(found)[0], width])
    index = tf.scatter_nd(places, tf.boolean_mask(index, known) + 1, shape) - 1
    return index, lengths, dropped


def _is_blank(character: str) -> bool:
    return unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc", "Cf")
