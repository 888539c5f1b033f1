"""Pieces of sequences are consecutive, whole and the same whenever they are asked for."""

import numpy as np
import pytest

from hachi_tf.data.pieces import Cut, in_lanes


@pytest.mark.parametrize("phase", [0, 1, 4])
@pytest.mark.parametrize("limit", [0, 1, 5])
def test_pieces_cover_each_sequence_once_in_order(limit, phase):
    lengths, order = np.array([7, 0, 1, 23, 5]), np.array([3, 0, 1, 4, 2])
    if phase >= limit:
        phase = 0
    cut = Cut(lengths, limit, phase, order)
    numbers = np.arange(len(cut))
    pieces = cut[numbers]
    assert list(dict.fromkeys(pieces.sequence)) == [3, 0, 4, 2]
    for sequence, length in enumerate(lengths):
        own = pieces.sequence == sequence
        count = int(own.sum())
        stops = pieces.start[own] + pieces.length[own]
        np.testing.assert_array_equal(pieces.start[own], [0, *stops[:-1]][:count])
        assert stops.max(initial=0) == length
        assert pieces.ends[own].tolist() == [False] * (count - 1) + [True] * (count > 0)
        assert (pieces.length[own][int(phase > 0) : -1] == limit).all() or count < 2
    some = np.random.default_rng(0).permutation(numbers)
    for one, other in zip(cut[some], pieces, strict=True):
        np.testing.assert_array_equal(one, other[some])
    np.testing.assert_array_equal(cut.lengths(), pieces.length)


def test_no_sequence_has_no_piece():
    assert len(Cut(np.zeros(0), 5)) == len(Cut(np.zeros(3), 5)) == 0


@pytest.mark.parametrize("count, rows", [(10, 3), (9, 3), (3, 3), (100, 1), (2, 5)])
def test_lanes_share_all_pieces_in_order(count, rows):
    table = np.stack([in_lanes(count, rows, step) for step in range(-(-count // rows))])
    wanted = np.array_split(np.arange(count), rows)
    for lane, numbers in enumerate(wanted):
        np.testing.assert_array_equal(table[: len(numbers), lane], numbers)
        assert (table[len(numbers) :, lane] == -1).all()


def test_a_very_long_text_is_cut_without_a_list_of_its_pieces():
    cut = Cut(np.array([10**13]), 100, 7)
    assert len(cut) == 10**11 + 1
    (last,) = cut[np.array([10**11])].start
    assert last == 7 + (10**11 - 1) * 100
