"""Randomness as a function: the number that something needs follows from its place alone.

A generator with a state gives a row other numbers when other rows stand beside it. Here a number is
a hash of a seed and of the number's place, so it is the same in any batch and in any order. The
hash is SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"),
whose n-th output needs no other: a tenth of the operations that Threefry takes in NumPy.
"""

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_CHANNELS = np.uint64(2**16)  # numbers a step at most


def splitmix64(state: np.ndarray, number: np.ndarray | int) -> np.ndarray:
    """The output of SplitMix64 that comes after `number` others.

    Args:
        state: what the generators begin with, uint64.
        number: how many outputs come before it, integers; the shapes broadcast together.

    Returns:
        uint64, in at least one dimension.
    """
    number = np.atleast_1d(np.asarray(number, np.uint64))
    x = np.atleast_1d(state) + (number + np.uint64(1)) * _STEP
    x ^= x >> np.uint64(30)
    x *= _MIX_1
    x ^= x >> np.uint64(27)
    x *= _MIX_2
    x ^= x >> np.uint64(31)
    return x


def uniforms(seeds: np.ndarray, stream: int, num_steps: int, num_channels: int) -> np.ndarray:
    """Independent numbers, uniform in the open interval (0, 1), on a grid of 2^-52.

    Number (t, n) of a row depends on the row's seed, the stream, t and n alone.

    Args:
        seeds: integers `[B, 2]`.
        stream: which of the many streams of a seed, from 0 on.
        num_steps: T.
        num_channels: N, at most 65,536.

    Returns:
        float64 `[B, T, N]`.
    """
    words = np.asarray(seeds).astype(np.uint32).astype(np.uint64)
    state = splitmix64(splitmix64(words[:, 0] << np.uint64(32) | words[:, 1], 0), stream)
    steps, channels = np.arange(num_steps, dtype=np.uint64), np.arange(num_channels)
    numbers = steps[:, None] * _CHANNELS + channels.astype(np.uint64)
    hashed = splitmix64(state[:, None, None], numbers)
    return ((hashed >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def row_seeds(seed: int, epoch: int, index: np.ndarray) -> np.ndarray:
    """A seed for each example of a batch: a function of the run's seed, the epoch and the example.

    Args:
        seed: the run's.
        epoch: its number.
        index: the examples' numbers in the data set, integers `[B]`.

    Returns:
        int32 `[B, 2]`.
    """
    state = splitmix64(np.uint64(seed % 2**64), epoch)
    hashed = splitmix64(splitmix64(state, 0), np.asarray(index))
    words = np.stack([hashed >> np.uint64(32), hashed & np.uint64(2**32 - 1)], axis=-1)
    return words.astype(np.uint32).view(np.int32)
