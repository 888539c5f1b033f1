"""Writing texts: where a row stops, and when it is complete."""

import numpy as np
import pytest
import tensorflow as tf

from tests.samplers.writers import PACE, make_sampler, random_network, toy, write


def first_past(place):
    """The first step at which the toy window is past a place."""
    return next(t for t in range(1, 1000) if PACE * t > place)


def lengths_by_hand(out, texts, pace=PACE):
    """Graves's rule; a stroke that has begun takes one more event, half a character's two."""
    lengths = []
    for row, text in enumerate(texts):
        passed = next(t for t in range(1, 1000) if pace * t > len(text) + 0.5)
        lifted = passed > 1 and out.events[row, passed - 2, 2] > 0.5
        lengths.append(passed - 1 if lifted else passed)
    return lengths


def test_a_row_ends_before_the_step_at_which_the_window_has_left_its_text():
    texts = ["abc", "a", "abcdefgh", "a b c"]
    out = write(toy(), texts)
    assert out.lengths.tolist() == lengths_by_hand(out, texts)
    assert out.ended.all() and out.complete.all() and not out.num_unknown.any()
    for row, length in enumerate(out.lengths):
        assert not out.events[row, length:].any() and not out.position[row, length:].any()
        assert out.position[row, length - 1] == pytest.approx(PACE * length, abs=0.35)
        assert (np.diff(out.position[row, :length]) > 0).all()


def test_a_row_that_jumped_a_character_with_ink_is_not_complete():
    texts = ["abcd", " a b", " a b ", "a b ", " a bc"]
    out = write(toy(2.0), texts)
    assert out.lengths.tolist() == lengths_by_hand(out, texts, 2.0) and out.ended.all()
    assert out.complete.tolist() == [False, True, True, False, False]


def test_a_learned_end_counts_once_all_characters_are_reached():
    """With an end at every event: that at which the last character with ink is the nearest."""
    texts = ["abc", "a", "ab  ", "a b"]
    out = write(toy(end_logit=30.0), texts)
    for row, (place, text) in enumerate(zip((3, 1, 2, 3), texts, strict=True)):
        length = out.lengths[row]
        assert out.position[row, length - 1] + 0.1 >= place
        assert length == 1 or out.position[row, length - 2] + 0.1 < place
        assert place == 1 or first_past(place - 0.5) <= length
        assert length < first_past(len(text) + 0.5)
    assert out.ended.all() and out.complete.all()
    out = write(toy(end_logit=-30.0), texts)
    assert out.lengths.tolist() == lengths_by_hand(out, texts)
    assert out.ended.all() and out.complete.all()


def test_a_window_that_hardly_moves_is_stopped_by_the_limit_of_its_text():
    sampler = toy(0.001, max_steps=130)
    out = write(sampler, ["a", "abc", "abcdefgh", "abcdefgh", ""])
    assert out.lengths.tolist() == [105, 115, 130, 130, 0]
    assert out.ended.tolist() == [False] * 4 + [True]
    assert out.complete.tolist() == [False] * 4 + [True]
    # The limit is one of the whole sequence, not of a chunk.
    more = write(sampler, ["a", "abc", "abcdefgh", "abcdefgh", ""], state=tf.constant(out.state))
    assert more.lengths.tolist() == [0, 0, 10, 10, 0]


def test_a_row_without_text_ends_at_once():
    texts = ["", "ab", "?!", "\N{GRINNING FACE}"]
    out, alone = write(toy(), texts), write(toy(), [""])
    for each, rows in ((out, [0, 2, 3]), (alone, [0])):
        assert not each.lengths[rows].any() and not each.state[rows, 2:].any()
        assert each.ended[rows].all() and each.complete[rows].all()
    assert out.num_unknown.tolist() == [0, 0, 2, 1] and out.lengths[1] > 0


def test_rows_may_have_settings_that_are_none():
    sampler = make_sampler(random_network())
    texts = ["abc", "bad", "ha", "e f"]
    want = write(sampler, texts)
    out = write(sampler, texts, bias=tf.constant([0, np.nan, 0, 0.0]))
    assert out.lengths[1] == 0 and not out.ended[1] and not out.complete[1]
    for row in (0, 2, 3):
        np.testing.assert_array_equal(out.events[row], want.events[row])
