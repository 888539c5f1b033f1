"""Noise that is a pure function of seed, step and channel."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from hachi_tf.samplers.noise import threefry_2x32, uniforms, uniforms_numpy


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_vectors_published_with_random123(counter, key, expected):
    words = threefry_2x32(key, counter)
    assert tuple(int(word) for word in words) == expected


def test_uniforms_follow_their_definition():
    x, y = threefry_2x32([np.uint32(7), np.uint32(2**32 - 3)], [np.uint32(41), np.uint32(1)])
    row = uniforms(tf.constant([[7, -3]]), tf.constant([40]), 2, 5)[0, 1].numpy()
    expected = [((int(word) >> 9) + 0.5) / 2**23 for word in (x, y)]
    np.testing.assert_array_equal(row[2:4], np.float32(expected))


_SEEDS = np.array([[0, 0], [1, -1], [2**31 - 1, -(2**31)], [12345, 678]], np.int32)
_FIRST = np.array([0, 5, 2**31 - 4, 100], np.int32)


@pytest.mark.parametrize("num_channels", [1, 2, 3, 6])
def test_numpy_twin_gives_the_same_bits_eagerly_and_in_a_graph(num_channels):
    expected = uniforms_numpy(_SEEDS, _FIRST, 9, num_channels)
    assert expected.dtype == np.float32 and expected.shape == (4, 9, num_channels)
    eager = uniforms(tf.constant(_SEEDS), tf.constant(_FIRST), 9, num_channels)
    np.testing.assert_array_equal(eager, expected)
    signature = [
        tf.TensorSpec([None, 2], tf.int32),
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([], tf.int32),
    ]
    graph = tf.function(lambda *inputs: uniforms(*inputs, num_channels), signature)
    concrete = graph.get_concrete_function()
    assert concrete.output_shapes.as_list() == [None, None, num_channels]
    np.testing.assert_array_equal(graph(_SEEDS, _FIRST, 9), expected)
    assert not [op.type for op in concrete.graph.get_operations() if "Random" in op.type]
    assert graph(_SEEDS[:0], _FIRST[:0], 9).shape == (0, 9, num_channels)
    assert graph(_SEEDS, _FIRST, 0).shape == (4, 0, num_channels)


def test_rows_chunks_and_channels_do_not_depend_on_each_other():
    seed = np.array([[3, 4], [5, 6]], np.int32)
    whole = uniforms_numpy(seed, np.zeros(2, np.int32), 20, 6)
    chunk = uniforms(tf.constant(seed[1:]), tf.constant([7]), 4, 3)
    np.testing.assert_array_equal(chunk[0], whole[1, 7:11, :3])
    assert len(np.unique(whole)) == whole.size


def test_uniforms_stay_inside_the_open_interval():
    words = np.array([0, 1, 2**32 - 1, 2**31], np.uint32)
    numbers = ((words >> np.uint32(9)).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-23)
    assert 0.0 < numbers.min() and numbers.max() < 1.0
    sample = uniforms_numpy(np.stack([np.arange(1000), np.zeros(1000)], 1), np.zeros(1000), 100, 4)
    assert 0.0 < sample.min() and sample.max() < 1.0


def test_uniforms_are_uniform_and_uncorrelated_along_every_axis():
    seed = np.stack([np.arange(500), np.zeros(500)], 1).astype(np.int32)  # neighbouring seeds
    sample = uniforms_numpy(seed, np.zeros(500, np.int32), 100, 4).astype(np.float64)
    assert stats.kstest(sample.ravel(), "uniform").pvalue > 1e-3
    counts = np.histogram(sample, bins=256, range=(0, 1))[0]
    assert stats.chisquare(counts).pvalue > 1e-3
    bound = 4.0 / np.sqrt(sample.size / 2)
    centred = (sample - 0.5) * np.sqrt(12.0)
    assert abs((centred[1:] * centred[:-1]).mean()) < bound
    assert abs((centred[:, 1:] * centred[:, :-1]).mean()) < bound
    assert abs((centred[..., 1:] * centred[..., :-1]).mean()) < bound
