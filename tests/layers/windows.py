"""Sizes and texts that the tests of the windowed LSTM share."""

import numpy as np
import tensorflow as tf

from hachi_tf.layers.soft_window import Characters

T, B, F, H, K, U, A = 7, 3, 4, 5, 2, 6, 4
CELLS = ("lstm", "peephole_lstm")


def characters(one_hot):
    """`Characters` of a one-hot array `[B, U, A]`."""
    one_hot = np.asarray(one_hot)
    index = np.where(one_hot.any(-1), one_hot.argmax(-1), -1)
    return Characters.at(tf.constant(index, tf.int32), one_hot.shape[-1])


def texts(seed=5):
    """Characters `[B, U, A]`; the last text is shorter."""
    one_hot = np.eye(A)[np.random.default_rng(seed).integers(0, A, (B, U))]
    one_hot[2, 4:] = 0.0
    return one_hot


def relative(got, want):
    """The largest error in units of the largest value."""
    return np.abs(got - want).max() / np.abs(want).max()
