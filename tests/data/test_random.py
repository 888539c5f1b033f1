"""Numbers that follow from their place alone."""

import numpy as np
import pytest
from scipy import stats

from hachi_tf.data.random import row_seeds, splitmix64, uniforms


def test_splitmix64_gives_the_published_numbers():
    published = [
        6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
        16408922859458223821,
    ]  # fmt: skip
    assert splitmix64(np.uint64(1234567), np.arange(5)).tolist() == published
    assert [int(splitmix64(np.uint64(1234567), n)[0]) for n in range(5)] == published


@pytest.mark.parametrize("seed", [0, 2**31 - 1, -(2**31), 2**32 - 1])
def test_seeds_of_any_sign_are_taken_without_a_warning(seed, recwarn):
    sample = uniforms(np.array([[seed, 1], [1, seed]]), 3, 4, 2)
    assert sample.shape == (2, 4, 2) and len(np.unique(sample)) == 16
    assert not recwarn.list


def test_a_number_follows_from_seed_stream_step_and_channel_alone():
    seeds = np.array([[3, 4], [-5, 6], [7, 8]], np.int32)
    whole = uniforms(seeds, 2, 20, 6)
    np.testing.assert_array_equal(uniforms(seeds[1:2], 2, 9, 4)[0], whole[1, :9, :4])
    assert not np.isin(uniforms(seeds, 3, 20, 6), whole).any()
    assert len(np.unique(whole)) == whole.size


def test_uniforms_are_uniform_and_uncorrelated_along_every_axis():
    seeds = np.stack([np.arange(500), np.zeros(500)], 1).astype(np.int32)  # neighbouring seeds
    sample = uniforms(seeds, 0, 100, 4)
    assert 0.0 < sample.min() and sample.max() < 1.0
    assert stats.kstest(sample.ravel(), "uniform").pvalue > 1e-3
    bound = 4.0 / np.sqrt(sample.size / 2)
    centred = (sample - 0.5) * np.sqrt(12.0)
    assert abs((centred[1:] * centred[:-1]).mean()) < bound
    assert abs((centred[:, 1:] * centred[:, :-1]).mean()) < bound
    assert abs((centred[..., 1:] * centred[..., :-1]).mean()) < bound
    other = (uniforms(seeds, 1, 100, 4) - 0.5) * np.sqrt(12.0)
    assert abs((centred * other).mean()) < bound


def test_row_seeds_differ_by_seed_epoch_and_example_and_by_nothing_else():
    index = np.arange(1000)
    seeds = row_seeds(3, 7, index)
    assert seeds.shape == (1000, 2) and seeds.dtype == np.int32
    np.testing.assert_array_equal(row_seeds(3, 7, index[[500, 2]]), seeds[[500, 2]])
    both = [seeds, row_seeds(3, 8, index), row_seeds(4, 7, index), row_seeds(7, 3, index)]
    assert len(np.unique(np.concatenate(both), axis=0)) == 4000
