"""Noise as a pure function of a row's seed, the step and the channel.

There is no generator and no state: the numbers that a step needs can be had again at any time, in
any order, for any part of a sequence, on any device. The function is Threefry-2x32 with 20 rounds
(Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), keyed by the row's seed.
"""

from typing import Any

import numpy as np
import tensorflow as tf

_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = 0x1BD11BDA
_ROUNDS = 20


def uniforms(
    seed: tf.Tensor, first_step: tf.Tensor, num_steps: int | tf.Tensor, num_channels: int
) -> tf.Tensor:
    """Independent numbers, uniform in the open interval (0, 1), on a grid of 2^-23.

    Number (t, n) of a row depends on the row's seed, t and n alone: it is word n % 2 of the hash
    of the counter (t, n // 2), of which the upper 23 bits are kept.

    Args:
        seed: int32 `[B, 2]`.
        first_step: the step that the first number is for, int32 `[B]`.
        num_steps: T.
        num_channels: N.

    Returns:
        float32 `[B, T, N]`.
    """
    steps = first_step[:, tf.newaxis] + tf.range(num_steps)[tf.newaxis, :]
    pairs = tf.range((num_channels + 1) // 2)
    key = [
        tf.bitcast(word, tf.uint32)[:, tf.newaxis, tf.newaxis] for word in tf.unstack(seed, 2, 1)
    ]
    counter = [tf.bitcast(steps, tf.uint32)[..., tf.newaxis], tf.bitcast(pairs, tf.uint32)]
    words = tf.stack(threefry_2x32(key, counter), axis=-1)  # [B, T, N / 2 rounded up, 2]
    shape = tf.shape(words)
    words = tf.reshape(words, [shape[0], shape[1], -1])[..., :num_channels]
    words = tf.ensure_shape(words, [None, None, num_channels])
    return (tf.cast(tf.bitwise.right_shift(words, 9), tf.float32) + 0.5) * 2.0**-23


def uniforms_numpy(
    seed: np.ndarray, first_step: np.ndarray, num_steps: int, num_channels: int
) -> np.ndarray:
    """The same numbers as `uniforms`, bit for bit, without TensorFlow's operations.

    Args:
        seed: integers `[B, 2]`.
        first_step: integers `[B]`.
        num_steps: T.
        num_channels: N.

    Returns:
        float32 `[B, T, N]`.
    """
    seed, first_step = np.asarray(seed).astype(np.uint32), np.asarray(first_step).astype(np.uint32)
    steps = first_step[:, None] + np.arange(num_steps, dtype=np.uint32)
    pairs = np.arange((num_channels + 1) // 2, dtype=np.uint32)
    shape = (len(seed), num_steps, len(pairs))
    key = [np.broadcast_to(word[:, None, None], shape) for word in seed.T]
    counter = [np.broadcast_to(steps[..., None], shape), np.broadcast_to(pairs, shape)]
    words = np.stack(_threefry(key, counter, np.left_shift, np.right_shift), axis=-1)
    words = words.reshape(shape[0], shape[1], -1)[..., :num_channels]
    return ((words >> np.uint32(9)).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-23)


def threefry_2x32(key: Any, counter: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Threefry-2x32 with 20 rounds.

    Args:
        key: two uint32 tensors.
        counter: two uint32 tensors; all four shapes broadcast together.

    Returns:
        Two uint32 tensors.
    """
    key = [tf.convert_to_tensor(word, tf.uint32) for word in key]
    counter = [tf.convert_to_tensor(word, tf.uint32) for word in counter]
    return _threefry(key, counter, tf.bitwise.left_shift, tf.bitwise.right_shift)


def _threefry(key, counter, left_shift, right_shift):
    """The rounds, for NumPy arrays and TensorFlow tensors alike; additions wrap around."""
    kind = np.uint32
    keys = [*key, key[0] ^ key[1] ^ kind(_PARITY)]
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    for index in range(_ROUNDS):
        bits = _ROTATIONS[index % len(_ROTATIONS)]
        x = x + y
        y = (left_shift(y, kind(bits)) | right_shift(y, kind(32 - bits))) ^ x
        if index % 4 == 3:
            injection = index // 4 + 1
            x = x + keys[injection % 3]
            y = y + (keys[(injection + 1) % 3] + kind(injection))
    return x, y
