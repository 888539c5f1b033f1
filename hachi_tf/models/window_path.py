"""How far the window of a synthesis network has come in its text."""

from typing import NamedTuple

import tensorflow as tf

from hachi_tf.layers.soft_window import TextContext


class Path(NamedTuple):
    """How far the window has come in the text, `[B]` each; positions are counted from 1.

    Attributes:
        furthest: the furthest character that ever had the largest weight.
        skipped: 1 if a character with ink never had, though a later one had.
        position: the centre of the window at the last step.
        passed: for how many steps by now the place after the text has had a larger weight than
            any character: 1 is Graves's rule for the end (section 5.3).
    """

    furthest: tf.Tensor
    skipped: tf.Tensor
    position: tf.Tensor
    passed: tf.Tensor


def places(context: TextContext) -> tf.Tensor:
    """Positions u of the longest text, and the one after it."""
    return tf.shape(context.characters.classes)[1] + 1


def between(furthest: tf.Tensor, place: tf.Tensor, context: TextContext) -> tf.Tensor:
    """How many characters with ink stand after `furthest` and before `place`; int32 `[B]`."""
    after = tf.cast(furthest, tf.int32) + 1
    after = tf.minimum(after, tf.shape(context.inked)[1] - 1)
    counts = tf.gather(context.inked, tf.stack([place, after], 1), batch_dims=1)
    return counts[:, 0] - counts[:, 1]


def follow(path: Path, log_phi: tf.Tensor, context: TextContext) -> Path:
    """The path after a step with log phi `[B, U + 1]`; the weights themselves may underflow."""
    numbers = tf.range(1, tf.shape(log_phi)[1] + 1)
    log_phi = tf.where(numbers <= context.lengths[:, None] + 1, log_phi, log_phi.dtype.min)
    largest = tf.argmax(log_phi, 1, output_type=tf.int32) + 1
    skips = between(path.furthest, largest, context) > 0
    # Sums in order, so that a row's do not depend on the length of another row's text.
    phi = tf.exp(log_phi - tf.reduce_max(log_phi, 1, keepdims=True))
    sums = tf.cumsum(tf.stack([phi, phi * tf.cast(numbers, tf.float32)]), axis=2)[..., -1]
    return Path(
        furthest=tf.maximum(path.furthest, tf.cast(largest, tf.float32)),
        skipped=tf.maximum(path.skipped, tf.cast(skips, tf.float32)),
        position=sums[1] / sums[0],
        passed=tf.where(largest > context.lengths, path.passed + 1.0, 0.0),
    )
