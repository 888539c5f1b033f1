"""From texts to what the soft window reads, inside the graph."""

import unicodedata

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
        codes = tf.strings.unicode_decode(text, "UTF-8").to_tensor(default_value=-1)  # [B, V]
        alphabet = tf.constant(self._codes, tf.int32)
        index = tf.searchsorted(alphabet, tf.reshape(codes, [-1]))
        index = tf.reshape(tf.minimum(index, self.size - 1), tf.shape(codes))
        known = tf.gather(alphabet, index) == codes
        lengths = tf.reduce_sum(tf.cast(known, tf.int32), 1)
        dropped = tf.reduce_sum(tf.cast(codes >= 0, tf.int32), 1) - lengths
        # Known characters move to the left; the window wants at least one column.
        width = tf.maximum(tf.reduce_max(tf.concat([lengths, [1]], 0)), 1)
        target = tf.cumsum(tf.cast(known, tf.int32), axis=1) - 1
        places = tf.where(known)
        rows = tf.cast(places[:, 0], tf.int32)
        places = tf.stack([rows, tf.boolean_mask(target, known)], 1)
        shape = tf.stack([tf.shape(codes)[0], width])
        index = tf.scatter_nd(places, tf.boolean_mask(index, known) + 1, shape) - 1  # -1: padding
        inked = tf.gather(tf.constant([0, *self._inked], tf.int32), index + 1)
        inked = tf.pad(tf.cumsum(inked, axis=1), [[0, 0], [2, 0]])  # before u = 0 ... U + 1
        characters = Characters.at(index, self.size)
        return TextContext(characters, lengths, inked, dropped)


def _is_blank(character: str) -> bool:
    return unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc", "Cf")
