"""The loop with toy functions whose every number can be replayed in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.samplers.loop import sample_loop, select_rows
from hachi_tf.samplers.state import SamplerState, StateLayout

LAYOUT = StateLayout(2, [2])
# All numbers are small multiples of 1/8, so that float32 sums are exact.
NOISE = np.random.default_rng(0).integers(-8, 9, size=[3, 6, 2]).astype(np.float32) / 8


def forward(event):
    return event * 2.0 + 1.0


def step(inputs, network):
    """A leaky sum: the parameters are the inputs and what is left of the earlier ones."""
    total = network[0] * 0.5 + inputs
    return total, (total,)


def draw(params, noise, limit=100.0):
    event = params * 0.25 + noise
    return event, event[:, 0] >= limit


def replay(noise, num_steps, count=0, last=(0, 0), total=(0, 0), limit=100.0):
    """One row in plain Python."""
    events, last, total = [], np.float32(last), np.float32(total)
    for t in range(num_steps):
        total = total * 0.5 + (last * 2 + 1 if count else np.zeros(2, np.float32))
        last = total * 0.25 + noise[t]
        count += 1
        events.append(last)
        if last[0] >= limit:
            break
    return np.reshape(events, [-1, 2]), count, last, total


@tf.function
def run(num_steps, noise, packed, limit=100.0, num_params=0):
    out = sample_loop(
        forward,
        step,
        lambda params, noise, network: draw(params, noise, limit),
        LAYOUT.unpack(packed),
        noise,
        num_steps,
        num_params,
    )
    return out


def begin(rows=3):
    return LAYOUT.zeros(rows)


def test_events_and_state_equal_a_replay_in_numpy():
    num_steps = [6, 0, 4]
    out = run(tf.constant(num_steps), NOISE, begin())
    assert out.lengths.numpy().tolist() == num_steps
    assert out.events.shape == (3, 6, 2)
    for row, steps in enumerate(num_steps):
        events, count, last, total = replay(NOISE[row], steps)
        np.testing.assert_array_equal(out.events[row, :steps], events)
        np.testing.assert_array_equal(out.events[row, steps:], np.zeros([6 - steps, 2]))
        assert int(out.state.step_count[row]) == count
        np.testing.assert_array_equal(out.state.last_event[row], last)
        np.testing.assert_array_equal(out.state.network[0][row], total)


def test_a_row_stops_at_its_end_and_is_frozen():
    limit = 0.6
    out = run(tf.constant([6, 6, 6]), NOISE, begin(), tf.constant(limit))
    lengths = []
    for row in range(3):
        events, count, last, total = replay(NOISE[row], 6, limit=limit)
        lengths.append(len(events))
        np.testing.assert_array_equal(out.events[row, : len(events)], events)
        np.testing.assert_array_equal(out.state.last_event[row], last)
        np.testing.assert_array_equal(out.state.network[0][row], total)
        assert bool(out.state.ended[row]) == (last[0] >= limit)
    assert out.lengths.numpy().tolist() == lengths
    assert len(set(lengths)) > 1
    again = run(tf.constant([6, 6, 6]), NOISE, LAYOUT.pack(out.state), tf.constant(limit))
    ended = out.state.ended.numpy()
    assert ended.any() and (again.lengths.numpy()[ended] == 0).all()


def test_chunks_joined_equal_one_run():
    whole = run(tf.constant([6, 5, 3]), NOISE, begin())
    packed, parts = begin(), []
    for first, steps in ((0, [2, 2, 2]), (2, [3, 3, 1]), (5, [1, 0, 0])):
        out = run(tf.constant(steps), NOISE[:, first : first + max(steps)], packed)
        packed = LAYOUT.pack(out.state)
        parts.append([out.events[row, : steps[row]].numpy() for row in range(3)])
    for row, length in enumerate([6, 5, 3]):
        joined = np.concatenate([part[row] for part in parts])
        np.testing.assert_array_equal(joined, whole.events[row, :length])
    np.testing.assert_array_equal(packed, LAYOUT.pack(whole.state))


def test_a_row_stops_before_an_event_that_is_not_finite():
    noise = NOISE.copy()
    noise[1, 3, 1] = np.nan
    noise[2, 0, 0] = np.inf
    out = run(tf.constant([6, 6, 6]), noise, begin(), tf.constant(1e9))
    assert out.lengths.numpy().tolist() == [6, 3, 0]
    assert np.isfinite(out.events).all()
    _, _, last, total = replay(NOISE[1], 3)
    np.testing.assert_array_equal(out.state.last_event[1], last)
    np.testing.assert_array_equal(out.state.network[0][1], total)
    np.testing.assert_array_equal(LAYOUT.pack(out.state)[2], np.zeros(LAYOUT.size))
    np.testing.assert_array_equal(out.events[0], replay(NOISE[0], 6)[0])


def test_the_last_params_come_out_where_a_row_drew():
    out = run(tf.constant([2, 0, 1]), NOISE, begin(), num_params=2)
    np.testing.assert_array_equal(out.params[0], replay(NOISE[0], 2)[3])
    np.testing.assert_array_equal(out.params[1], [0, 0])
    np.testing.assert_array_equal(out.params[2], [0, 0])  # the start's input is zeros
    assert run(tf.constant([2, 0, 1]), NOISE, begin()).params is None


def test_an_end_may_be_left_out():
    state = SamplerState(tf.zeros(3, tf.int32), tf.zeros(3, tf.bool), tf.zeros([3, 2]), ())
    out = sample_loop(
        lambda event: event,
        lambda inputs, network: (inputs, network),
        lambda params, noise, network: (params + noise, None),
        state,
        NOISE,
        tf.constant([6, 2, 0]),
    )
    np.testing.assert_array_equal(out.events[0], np.cumsum(NOISE[0], axis=0))
    assert not out.state.ended.numpy().any()


@pytest.mark.parametrize("rows, steps", [(0, 6), (3, 0), (0, 0)])
def test_empty_batches_and_no_steps(rows, steps):
    out = run(tf.zeros(rows, tf.int32), NOISE[:rows, :steps], begin(rows))
    assert out.events.shape == (rows, steps, 2) and out.lengths.shape == (rows,)


def test_select_rows_takes_whole_rows():
    x, y = np.ones([3, 2]), np.zeros([3, 2])
    picked = select_rows(np.array([True, False, True]), x, y)
    np.testing.assert_array_equal(picked, [[1, 1], [0, 0], [1, 1]])
