"""Operations that draw numbers: their distributions, and that a row is its seed's alone."""

import numpy as np
import pytest
from scipy import stats

from hachi_tf.data.operations import limits_of, parse_operations
from hachi_tf.data.random import row_seeds
from hachi_tf.schema import Feature, Schema
from hachi_tf.transforms import Bounded, Chain, Delay, Standardize

SCHEMA = Schema(tuple(Feature(name) for name in "xyz"))
SHAPES = {"none": (1, 1), "time": (50, 1), "feature": (1, 3), "element": (50, 3)}


def draw(text, rows=400, fill=0.0, schema=SCHEMA):
    events = np.full((rows, 50, len(schema)), fill)
    return parse_operations(text, schema)(
        events, np.full(rows, 50), row_seeds(1, 0, np.arange(rows))
    )


@pytest.mark.parametrize("axis", SHAPES)
@pytest.mark.parametrize("dist", ["uniform", "normal"])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("name", ["addrand", "subrand", "mulrand", "divrand"])
def test_random_numbers_have_their_distribution_along_their_axis(name, axis, dist, log):
    steps, columns = SHAPES[axis]
    fill = 0.0 if name in ("addrand", "subrand") else 1.0
    found = draw(f"{name}(range=(-1, 2), axis={axis}, dist={dist}, log={log})", fill=fill)
    numbers = found[:, :steps, :columns]
    np.testing.assert_array_equal(found, np.broadcast_to(numbers, found.shape))
    numbers = {"subrand": -numbers, "divrand": 1 / numbers}.get(name, numbers)
    numbers = np.log2(numbers) if log else numbers
    expected = stats.uniform(-1, 3) if dist == "uniform" else stats.norm(-1, 2)
    assert len(np.unique(numbers)) == numbers.size
    assert stats.kstest(numbers.ravel(), expected.cdf).pvalue > 1e-3
    bound = 4.5 / np.sqrt(numbers.size)
    assert abs(np.mean((numbers - expected.mean()) / expected.std())) < bound
    assert abs(np.var(numbers) / expected.var() - 1) < 2 * bound


def test_defaults_are_one_number_from_0_to_1_for_a_sequence():
    numbers = draw("addrand()")[:, 0, 0]
    assert stats.kstest(numbers, "uniform").pvalue > 1e-3
    np.testing.assert_allclose(draw("addrand(range=(2, 1))")[:, 0, 0], 2 - numbers)


def test_operations_draw_numbers_of_their_own():
    both = draw("addrand(dims=0); addrand(dims=1)")[:, 0, :2]
    assert abs(np.corrcoef(both.T)[0, 1]) < 4.5 / np.sqrt(len(both))


@pytest.mark.parametrize("p", [0, 0.25, 0.9, 1])
@pytest.mark.parametrize("text", ["add(value=1, p={})", "rev(p={})", "addrand(axis=time, p={})"])
def test_p_is_the_share_of_sequences_that_are_changed_as_a_whole(text, p):
    rows = 2000
    events = np.broadcast_to(np.arange(3.0)[:, None], (rows, 3, 3))
    seeds = row_seeds(1, 0, np.arange(rows))
    found = parse_operations(text.format(p), SCHEMA)(events, np.full(rows, 3), seeds)
    changed = (found != events).reshape(rows, -1).mean(1)
    assert set(np.unique(changed)) <= {0.0, 2 / 3, 1.0}
    share = (changed > 0).mean()
    assert abs(share - p) <= 4.5 * np.sqrt(p * (1 - p) / rows)


TEXT = (
    "addrand(range=(-6, 6), dims=0); mulrand(axis=element, dist=normal, p=0.5); cumsum(p=0.5)"
    "; sub(value=mean, axis=none); div(value=std, axis=time); sort(by=x, p=0.5); rev(p=0.3)"
)


def test_a_row_follows_from_its_own_events_and_seed_to_the_last_bit():
    random = np.random.default_rng(0)
    events = random.normal(size=(20, 200, 3)).astype(np.float32)
    lengths, seeds = random.integers(1, 200, 20), row_seeds(5, 2, np.arange(20))
    apply = parse_operations(TEXT, SCHEMA)
    whole = apply(events, lengths, seeds)
    assert whole.dtype == np.float32
    for row, length in enumerate(lengths):
        alone = apply(events[row : row + 1, :length], lengths[[row]], seeds[[row]])
        np.testing.assert_array_equal(alone[0], whole[row, :length])
        assert not whole[row, length:].any()
    order = random.permutation(20)
    np.testing.assert_array_equal(apply(events[order], lengths[order], seeds[order]), whole[order])
    other = apply(events, lengths, row_seeds(5, 3, np.arange(20)))
    assert (other != whole).any(axis=(1, 2)).all()


def test_what_comes_in_stays_as_it_is():
    events = np.ones((2, 5, 3), np.float32)
    before = events.copy()
    parse_operations(TEXT, SCHEMA)(events, np.array([5, 3]), np.zeros((2, 2)))
    np.testing.assert_array_equal(events, before)
    nothing = parse_operations((), SCHEMA)
    assert len(nothing) == 0
    np.testing.assert_array_equal(nothing(events, np.array([5, 5]), np.zeros((2, 2))), events)


def test_empty_batches_and_sequences_pass():
    apply = parse_operations(TEXT + "; diff(); clip(max=mean); abs()", SCHEMA)
    for shape in [(0, 5, 3), (3, 0, 3), (3, 4, 3)]:
        found = apply(np.ones(shape), np.zeros(shape[0], int), np.zeros((shape[0], 2)))
        assert found.shape == shape and not found.any()


def test_windows_are_changed_together_with_the_event_before_them():
    events = np.arange(24, dtype=np.float32).reshape(2, 4, 3) ** 2
    previous = np.array([[7, 7, 7], [0, 0, 0]], np.float32)
    begins, lengths, seeds = np.array([False, True]), np.array([4, 3]), row_seeds(0, 0, [3, 4])
    apply = parse_operations("addrand(axis=time); diff(dims=0); sub(value=mean, dims=1)", SCHEMA)
    found, before = apply.windows(events, previous, begins, lengths, seeds)
    joined = np.concatenate([previous[:1, None], events[:1]], axis=1)
    expected = apply(joined, np.array([5]), seeds[:1])[0]
    np.testing.assert_array_equal(np.concatenate([before[:1], found[0]]), expected)
    np.testing.assert_array_equal(found[1:], apply(events[1:], lengths[1:], seeds[1:]))
    np.testing.assert_array_equal(before[1], previous[1])
    assert found.dtype == before.dtype == np.float32


def test_limits_come_from_the_transforms():
    chain = Chain([Delay([0, 3]), Bounded([1], [0.0], [127.0], 1.0), Standardize([0, 1, 3])])
    assert limits_of(chain) == {0: (0.0, np.inf), 3: (0.0, np.inf), 1: (0.0, 127.0)}
    assert limits_of(Standardize([0])) == {}
