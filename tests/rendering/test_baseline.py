"""Tests of hachi_tf.rendering.baseline."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hachi_tf.rendering.baseline import baseline

HEIGHT = 10.0
# Highest and lowest point of a character, above and below its baseline.
SHAPES = {**dict.fromkeys("gjpqy,", (-8.0, 7.0)), **dict.fromkeys("-'\"", (-8.0, -6.0))}


def write(text, rng=None, jitter=0.0):
    """A zigzag a character on the baseline y = 0; half of a descender's stands on it."""
    runs = []
    for index, character in enumerate(text):
        if character != " ":
            high, low = SHAPES.get(character, (-8.0, 0.0))
            y = [min(low, 0.0), high, min(low, 0.0), high, low]
            x = 8.0 * index + np.array([0.0, 1.5, 3.0, 5.0, 7.0])
            runs.append(np.column_stack([x, y]))
            if rng is not None:
                runs[-1] = runs[-1] + jitter * rng.normal(size=[5, 2])
    return runs


@pytest.mark.parametrize(
    "text",
    [
        "the quick brown fox jumps over",
        "gypsy pygmy quay jog, guppy gyp",
        "of - dashes - and \"quotes\" 'so'",
        "a",
        "I, you",
        "10, 20 and 30!",
    ],
)
def test_neither_descenders_nor_dashes_shift_the_baseline(text):
    offset, slope = baseline(write(text), HEIGHT, text)
    assert abs(offset) < 0.1 * HEIGHT
    assert abs(slope) < 0.01


@settings(deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(-0.08, 0.08),
    st.floats(-1e4, 1e4),
    st.floats(-1e4, 1e4),
    st.sampled_from([1e-3, 1.0, 1e4]),
)
def test_slope_place_and_scale_are_found(seed, slope, left, top, scale):
    text = "some happy words, quite a long line of my own"
    runs = write(text, np.random.default_rng(seed), 0.3)
    moved = [(run + [0, 0] + [[0.0, slope * x] for x in run[:, 0]] + [left, top]) for run in runs]
    offset, found = baseline([scale * run for run in moved], scale * HEIGHT, text)
    assert abs(found - slope) < 0.012
    middle = 4.0 * len(text)
    at_middle = offset / scale + found * (left + middle)
    assert abs(at_middle - (top + slope * middle)) < 0.12 * HEIGHT


def test_a_steep_line_is_levelled_in_part_and_a_short_one_not_at_all():
    runs = write("a line that climbs a hill or two")
    steep = [run + [[0.0, -0.5 * x] for x in run[:, 0]] for run in runs]
    assert baseline(steep, HEIGHT, "")[1] == -0.12
    short = [run + [[0.0, -0.05 * x] for x in run[:, 0]] for run in write("abc")]
    assert baseline(short, HEIGHT, "abc")[1] == 0.0


def test_a_line_of_dashes_floats_above_its_baseline():
    offset, _ = baseline(write("- - -"), HEIGHT, "- - -")
    assert -7.0 < offset - 0.5 * HEIGHT < -5.0


def test_dots_and_nothing_have_a_baseline():
    assert baseline([], HEIGHT) == (0.0, 0.0)
    assert baseline([np.array([[3.0, 7.0]])], HEIGHT, ".") == (7.0, 0.0)
    same = np.array([[3.0, 7.0], [3.0, 7.0]])
    assert baseline([same], HEIGHT, ".") == (7.0, 0.0)
