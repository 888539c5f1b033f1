"""The `log_prob` signature: sums, padding, chunks, and the head it comes from."""

import numpy as np

ROWS = 6


def pick(inputs, rows):
    return {name: value[rows] for name, value in inputs.items()}


def test_log_prob_of_chunks_adds_up(call, drawn, begin):
    events, lengths = drawn["events"], drawn["lengths"]
    ended = drawn["ended"]
    whole = call("log_prob", events=events, lengths=lengths, state=begin(ROWS), ended=ended)
    cut = np.minimum(lengths, 3).astype(np.int32)
    first = call(
        "log_prob",
        events=events[:, :3],
        lengths=cut,
        state=begin(ROWS),
        ended=ended & (lengths <= 3),
    )
    rest = (lengths - cut).astype(np.int32)
    second = call("log_prob", events=events[:, 3:], lengths=rest, state=first["state"], ended=ended)
    total = first["log_prob"] + second["log_prob"]
    np.testing.assert_allclose(total, whole["log_prob"], rtol=1e-5)
    np.testing.assert_allclose(second["state"], whole["state"], atol=1e-5)
    np.testing.assert_array_equal(whole["state"][:, 0], lengths)
    np.testing.assert_array_equal(whole["state"][:, 1], ended)


def test_nothing_past_the_lengths_is_read(call, drawn, begin):
    lengths = drawn["lengths"]
    inputs = {"lengths": lengths, "state": begin(ROWS), "ended": drawn["ended"]}
    clean = call("log_prob", events=drawn["events"], **inputs)
    padding = np.arange(drawn["events"].shape[1])[None, :, None] >= lengths[:, None, None]
    for value in (np.nan, np.inf, 1e30):
        dirty = call(
            "log_prob", events=np.where(padding, np.float32(value), drawn["events"]), **inputs
        )
        for name in clean:
            np.testing.assert_array_equal(dirty[name], clean[name])
    assert (clean["step_log_prob"][padding[..., 0]] == 0).all()
    np.testing.assert_allclose(clean["step_log_prob"].sum(1), clean["log_prob"], rtol=1e-5)


def test_rows_without_events_score_zero_and_keep_their_state(call, drawn):
    state = drawn["state"]
    out = call(
        "log_prob",
        events=np.full([ROWS, 4, 3], np.nan, np.float32),
        lengths=np.zeros(ROWS, np.int32),
        state=state,
        ended=np.zeros(ROWS, bool),
    )
    assert (out["log_prob"] == 0).all() and (out["step_log_prob"] == 0).all()
    np.testing.assert_array_equal(out["state"], state)
    none = call(
        "log_prob",
        events=np.zeros([ROWS, 0, 3], np.float32),
        lengths=np.int32([9, -1, 0, 0, 0, 0]),
        state=state,
        ended=np.ones(ROWS, bool),
    )
    assert none["step_log_prob"].shape == (ROWS, 0)
    np.testing.assert_array_equal(none["state"], state)


def test_log_prob_is_the_heads_of_the_steps_params(call, network, transforms, alone, begin):
    """Params of `step`, scored by the head and `log_det`, equal `log_prob` in data units."""
    inputs, whole = alone
    inputs = {name: inputs[name] for name in ("seed", "bias", "temperature")}
    length = int(whole["lengths"][0])
    events = whole["events"][:, :length]
    scored = call(
        "log_prob",
        events=events,
        lengths=whole["lengths"],
        state=begin(),
        ended=whole["ended"],
    )
    state, expected = begin(), []
    for t in range(length):
        has_event = np.array([t > 0])
        event = events[:, t - 1] if t else np.zeros([1, 3], np.float32)
        out = call("step", state=state, event=event, has_event=has_event, **inputs)
        state = out["state"]
        middle = events[:, t] + np.float32([0, 0.125, 0])
        end = np.float32([[whole["ended"][0] and t == length - 1]])
        target = np.concatenate([transforms.forward(middle), end], axis=1)
        log_prob = network.head.log_prob(out["params"], target).numpy()[0]
        expected.append(log_prob - np.log(3.0) - np.log(4.0))
    np.testing.assert_allclose(scored["step_log_prob"][0], expected, rtol=2e-4, atol=2e-4)


def test_teacher_forced_scores_agree_across_batch_sizes(call, drawn, begin):
    inputs = {
        "events": drawn["events"],
        "lengths": drawn["lengths"],
        "state": begin(ROWS),
        "ended": drawn["ended"],
    }
    together = call("log_prob", **inputs)
    for row in range(ROWS):
        one = call("log_prob", **pick(inputs, slice(row, row + 1)))
        np.testing.assert_allclose(one["state"][0], together["state"][row], atol=1e-5)
        np.testing.assert_allclose(one["log_prob"][0], together["log_prob"][row], rtol=1e-5)
