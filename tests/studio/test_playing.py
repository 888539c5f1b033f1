"""Answers for some rows each, joined."""

import numpy as np

from hachi_tf.studio.playing import join_rows


def test_rows_are_joined_with_zeros_behind():
    parts = [
        {"events": np.ones([2, 3, 2]), "lengths": np.int32([3, 1]), "position": np.ones([2, 3])},
        {"events": np.ones([1, 5, 2]), "lengths": np.int32([5]), "position": np.ones([1, 5])},
    ]
    joined = join_rows(parts)
    assert joined["events"].shape == (3, 5, 2) and joined["position"].shape == (3, 5)
    np.testing.assert_array_equal(joined["events"][:, :, 0].sum(1), [3, 3, 5])
    np.testing.assert_array_equal(joined["lengths"], [3, 1, 5])
