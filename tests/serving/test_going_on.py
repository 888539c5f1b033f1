"""Chunks, single steps and primes against one sample."""

import numpy as np
import pytest

ROWS = 6


def pick(inputs, rows):
    return {name: value[rows] for name, value in inputs.items()}


def test_a_shorter_sample_is_the_beginning_of_a_longer_one(call, settings, drawn):
    for steps in (1, 7, 20):
        short = call("sample", **settings(ROWS, num_steps=steps))
        np.testing.assert_array_equal(short["events"], drawn["events"][:, :steps])
        np.testing.assert_array_equal(short["lengths"], np.minimum(drawn["lengths"], steps))


def test_chunks_equal_one_sample_bit_for_bit(call, settings, alone):
    inputs, whole = alone
    out = call("sample", **inputs | {"num_steps": np.int32([3])})
    parts = [out["events"][0]]
    while not out["ended"][0] and sum(map(len, parts)) < 64:
        steps = min(5, 64 - sum(map(len, parts)))
        chunk = inputs | {"num_steps": np.int32([steps]), "state": out["state"]}
        out = call("continue", **chunk)
        parts.append(out["events"][0, : out["lengths"][0]])
    joined = np.concatenate(parts)
    np.testing.assert_array_equal(joined, whole["events"][0, : whole["lengths"][0]])
    np.testing.assert_array_equal(out["state"], whole["state"])
    np.testing.assert_array_equal(out["ended"], whole["ended"])


def test_chunks_of_a_batch_equal_one_sample(call, settings, drawn):
    inputs = settings(ROWS, num_steps=32)
    first = call("sample", **inputs)
    second = call("continue", **inputs, state=first["state"])
    joined = np.concatenate([first["events"], second["events"]], axis=1)
    np.testing.assert_array_equal(joined, drawn["events"])
    np.testing.assert_array_equal(second["state"], drawn["state"])


@pytest.mark.parametrize("sent_back", [False, True])
def test_steps_equal_one_sample_bit_for_bit(call, alone, sent_back, begin):
    inputs, whole = alone
    inputs = {name: inputs[name] for name in ("seed", "bias", "temperature")}
    state, event = begin(), np.zeros([1, 3], np.float32)
    length = whole["lengths"][0]
    for t in range(length):
        has_event = np.array([sent_back and t > 0])
        out = call("step", state=state, event=event, has_event=has_event, **inputs)
        state, event = out["state"], out["event"]
        np.testing.assert_array_equal(event[0], whole["events"][0, t])
    np.testing.assert_array_equal(state, whole["state"])
    np.testing.assert_array_equal(out["ended"], whole["ended"])
    if out["ended"][0]:
        frozen = call("step", state=state, event=event, has_event=np.array([False]), **inputs)
        assert (frozen["event"] == 0).all() and (frozen["params"] == 0).all()
        np.testing.assert_array_equal(frozen["state"], state)


def test_a_clients_events_step_as_log_prob_reads_them(call, alone, settings, begin):
    """The params of a step after k events of a client are the teacher-forced ones."""
    inputs, whole = alone
    inputs = {name: inputs[name] for name in ("seed", "bias", "temperature")}
    events = whole["events"][:, :8]
    state = begin()
    for t in range(8):
        scored = call(
            "log_prob",
            events=events[:, : t + 1],
            lengths=np.int32([t + 1]),
            state=begin(),
            ended=np.array([False]),
        )
        out = call("step", state=state, event=events[:, t], has_event=np.array([True]), **inputs)
        state = out["state"]
        after = call("continue", **settings(1, num_steps=1, seed=0) | inputs, state=scored["state"])
        np.testing.assert_allclose(state, after["state"], atol=1e-5)
        assert state[0, 0] == t + 2


def test_a_clients_event_revives_an_ended_sequence(call, settings):
    out = call("sample", **settings(ROWS))
    rows = np.flatnonzero(out["ended"])[:1]
    inputs = pick(settings(ROWS), rows)
    del inputs["num_steps"]
    event = np.float32([[1, 0.25, 0]])
    stepped = call(
        "step", state=out["state"][rows], event=event, has_event=np.array([True]), **inputs
    )
    assert stepped["state"][0, 0] == out["state"][rows][0, 0] + 1
    assert (stepped["params"] != 0).any()


def test_sample_primed_equals_log_prob_then_continue(call, settings, drawn, begin):
    lengths = np.minimum(drawn["lengths"], np.int32([4, 0, 2, 5, 1, 3])).astype(np.int32)
    prime = np.where(
        np.arange(5)[None, :, None] < lengths[:, None, None], drawn["events"][:, :5], 0
    )
    inputs = settings(ROWS, num_steps=16)
    primed = call("sample_primed", prime=prime, prime_lengths=lengths, **inputs)
    scored = call(
        "log_prob",
        events=prime,
        lengths=lengths,
        state=begin(ROWS),
        ended=np.zeros(ROWS, bool),
    )
    continued = call("continue", state=scored["state"], **inputs)
    for name, value in primed.items():
        np.testing.assert_array_equal(value, continued[name])
    none = call(
        "sample_primed",
        prime=np.zeros([ROWS, 0, 3], np.float32),
        prime_lengths=np.zeros(ROWS, np.int32),
        **inputs,
    )
    np.testing.assert_array_equal(none["events"], call("sample", **inputs)["events"])


def test_a_prime_that_is_a_samples_beginning_goes_on_like_it(call, settings, alone):
    inputs, whole = alone
    primed = call(
        "sample_primed",
        prime=whole["events"][:, :6],
        prime_lengths=np.int32([6]),
        **inputs | {"num_steps": np.int32([4])},
    )
    np.testing.assert_allclose(primed["events"][0], whole["events"][0, 6:10], atol=1e-3)


def test_params_agree_across_batch_sizes(call, drawn, settings, begin):
    inputs = pick(settings(ROWS), slice(None))
    del inputs["num_steps"]
    states, singles = begin(ROWS), [begin() for _ in range(ROWS)]
    for t in range(4):
        event = drawn["events"][:, t]
        has_event = np.full(ROWS, t > 0)
        together = call("step", state=states, event=event, has_event=has_event, **inputs)
        states = together["state"]
        for row in range(ROWS):
            one = pick(inputs | {"event": event, "has_event": has_event}, slice(row, row + 1))
            out = call("step", state=singles[row], **one)
            singles[row] = out["state"]
            np.testing.assert_allclose(out["params"][0], together["params"][row], atol=1e-5)
