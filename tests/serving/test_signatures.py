"""What the signatures promise about seeds, rows, chunks, padding and bad values."""

import numpy as np
import pytest

from hachi_tf.layers.heads import make_head

ROWS = 6


def begin(model, rows=1):
    return np.zeros([rows, model.state_size], np.float32)


def pick(inputs, rows):
    return {name: value[rows] for name, value in inputs.items()}


@pytest.fixture(scope="module")
def drawn(call, settings):
    return call("sample", **settings(ROWS))


@pytest.fixture(scope="module")
def alone(call, settings):
    """A row of at least 12 events drawn at batch size 1, and its inputs."""
    for seed in range(20):
        inputs = settings(1, seed=seed)
        out = call("sample", **inputs)
        if out["lengths"][0] >= 12:
            return inputs, out
    raise AssertionError("no long row in 20 seeds")


def test_names_types_and_shapes(model, version_dir):
    size, width = model.state_size, len(model.schema)
    signatures = model.metadata["signatures"]
    assert set(signatures) == set(model.signatures)
    assert signatures["serving_default"] == signatures["sample"]
    sample = {
        "seed": ("int32", [None, 2]),
        "num_steps": ("int32", [None]),
        "bias": ("float32", [None]),
        "temperature": ("float32", [None]),
    }
    outputs = {
        "events": ("float32", [None, None, width]),
        "lengths": ("int32", [None]),
        "ended": ("bool", [None]),
        "state": ("float32", [None, size]),
    }
    state = {"state": ("float32", [None, size])}
    prime = {"prime": ("float32", [None, None, width]), "prime_lengths": ("int32", [None])}
    settings = {name: sample[name] for name in ("seed", "bias", "temperature")}
    event = {"event": ("float32", [None, width])}
    params = make_head(model.schema, num_components=3).params_size
    scores = {"log_prob": ("float32", [None]), "step_log_prob": ("float32", [None, None])}
    expected = {
        "sample": (sample, outputs),
        "continue": (sample | state, outputs),
        "sample_primed": (sample | prime, outputs),
        "log_prob": (
            {
                "events": ("float32", [None, None, width]),
                "lengths": ("int32", [None]),
                "ended": ("bool", [None]),
            }
            | state,
            scores | state,
        ),
        "step": (
            state | event | {"has_event": ("bool", [None])} | settings,
            event | state | {"ended": ("bool", [None]), "params": ("float32", [None, params])},
        ),
    }
    for name, (inputs, outs) in expected.items():
        for kind, wanted in (("inputs", inputs), ("outputs", outs)):
            found = {k: (v["dtype"], v["shape"]) for k, v in signatures[name][kind].items()}
            assert found == wanted, (name, kind)


def test_events_are_zero_past_the_end_and_on_their_grid(drawn, settings):
    lengths, events = drawn["lengths"], drawn["events"]
    assert events.shape == (ROWS, settings(1)["num_steps"][0], 3)
    assert len(set(lengths)) > 1 and drawn["ended"].any()
    for row, length in enumerate(lengths):
        assert (events[row, length:] == 0).all()
        assert set(np.unique(events[row, :length, 2])) <= {0.0, 1.0}
        quanta = events[row, :length, 1] / 0.25
        np.testing.assert_array_equal(quanta, np.round(quanta))
    np.testing.assert_array_equal(drawn["ended"], lengths < events.shape[1])


def test_t_is_the_largest_number_of_steps(call, settings):
    inputs = settings(3) | {"num_steps": np.int32([5, -3, 9])}
    out = call("sample", **inputs)
    assert out["events"].shape[1] == 9
    assert out["lengths"][1] == 0 and (out["lengths"] <= [5, 0, 9]).all()
    inputs["num_steps"] = np.int32([2**31 - 1, -(2**31), 0])
    assert call("sample", **inputs)["events"].shape[1] == 64
    inputs["num_steps"] = np.int32([0, 0, -1])
    assert call("sample", **inputs)["events"].shape == (3, 0, 3)


def test_rows_do_not_depend_on_the_other_rows(call, settings, drawn):
    inputs, others = settings(ROWS), settings(ROWS, bias=2.0, temperature=0.5, seed=99)
    for row in range(ROWS):
        mixed = {name: value.copy() for name, value in others.items()}
        for name in inputs:
            mixed[name][row] = inputs[name][row]
        out = call("sample", **mixed)
        for name in drawn:
            np.testing.assert_array_equal(out[name][row], drawn[name][row])


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
def test_steps_equal_one_sample_bit_for_bit(call, model, alone, sent_back):
    inputs, whole = alone
    inputs = {name: inputs[name] for name in ("seed", "bias", "temperature")}
    state, event = begin(model), np.zeros([1, 3], np.float32)
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


def test_a_clients_events_step_as_log_prob_reads_them(call, model, alone, settings):
    """The params of a step after k events of a client are the teacher-forced ones."""
    inputs, whole = alone
    inputs = {name: inputs[name] for name in ("seed", "bias", "temperature")}
    events = whole["events"][:, :8]
    state = begin(model)
    for t in range(8):
        scored = call(
            "log_prob",
            events=events[:, : t + 1],
            lengths=np.int32([t + 1]),
            state=begin(model),
            ended=np.array([False]),
        )
        out = call("step", state=state, event=events[:, t], has_event=np.array([True]), **inputs)
        state = out["state"]
        after = call("continue", **settings(1, num_steps=1, seed=0) | inputs, state=scored["state"])
        np.testing.assert_allclose(state, after["state"], atol=1e-5)
        assert state[0, 0] == t + 2


def test_a_clients_event_revives_an_ended_sequence(call, settings, model):
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


def test_sample_primed_equals_log_prob_then_continue(call, model, settings, drawn):
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
        state=begin(model, ROWS),
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


def test_log_prob_of_chunks_adds_up(call, model, drawn):
    events, lengths = drawn["events"], drawn["lengths"]
    ended = drawn["ended"]
    whole = call("log_prob", events=events, lengths=lengths, state=begin(model, ROWS), ended=ended)
    cut = np.minimum(lengths, 3).astype(np.int32)
    first = call(
        "log_prob",
        events=events[:, :3],
        lengths=cut,
        state=begin(model, ROWS),
        ended=ended & (lengths <= 3),
    )
    rest = (lengths - cut).astype(np.int32)
    second = call("log_prob", events=events[:, 3:], lengths=rest, state=first["state"], ended=ended)
    total = first["log_prob"] + second["log_prob"]
    np.testing.assert_allclose(total, whole["log_prob"], rtol=1e-5)
    np.testing.assert_allclose(second["state"], whole["state"], atol=1e-5)
    np.testing.assert_array_equal(whole["state"][:, 0], lengths)
    np.testing.assert_array_equal(whole["state"][:, 1], ended)


def test_nothing_past_the_lengths_is_read(call, model, drawn):
    lengths = drawn["lengths"]
    inputs = {"lengths": lengths, "state": begin(model, ROWS), "ended": drawn["ended"]}
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


def test_rows_without_events_score_zero_and_keep_their_state(call, model, drawn):
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


def test_log_prob_is_the_heads_of_the_steps_params(call, model, network, transforms, alone):
    """Params of `step`, scored by the head and `log_det`, equal `log_prob` in data units."""
    inputs, whole = alone
    inputs = {name: inputs[name] for name in ("seed", "bias", "temperature")}
    length = int(whole["lengths"][0])
    events = whole["events"][:, :length]
    scored = call(
        "log_prob",
        events=events,
        lengths=whole["lengths"],
        state=begin(model),
        ended=whole["ended"],
    )
    state, expected = begin(model), []
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


def test_teacher_forced_scores_agree_across_batch_sizes(call, model, drawn):
    inputs = {
        "events": drawn["events"],
        "lengths": drawn["lengths"],
        "state": begin(model, ROWS),
        "ended": drawn["ended"],
    }
    together = call("log_prob", **inputs)
    for row in range(ROWS):
        one = call("log_prob", **pick(inputs, slice(row, row + 1)))
        np.testing.assert_allclose(one["state"][0], together["state"][row], atol=1e-5)
        np.testing.assert_allclose(one["log_prob"][0], together["log_prob"][row], rtol=1e-5)


def test_params_agree_across_batch_sizes(call, model, drawn, settings):
    inputs = pick(settings(ROWS), slice(None))
    del inputs["num_steps"]
    states, singles = begin(model, ROWS), [begin(model) for _ in range(ROWS)]
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


def test_temperature_zero_does_not_depend_on_the_seed(call, settings):
    # The end of a sequence ignores the temperature, so that lengths differ.
    a = call("sample", **settings(1, temperature=0.0, seed=1))
    b = call("sample", **settings(1, temperature=0.0, seed=2))
    both = min(a["lengths"][0], b["lengths"][0])
    assert both > 0
    np.testing.assert_array_equal(a["events"][0, :both], b["events"][0, :both])


@pytest.mark.parametrize(
    "name, value",
    [("bias", np.nan), ("bias", np.inf), ("temperature", np.nan), ("temperature", -0.5)],
)
def test_a_row_with_a_bad_setting_has_length_zero(call, model, settings, drawn, name, value):
    inputs = settings(ROWS)
    inputs[name][2] = value
    out = call("sample", **inputs)
    assert out["lengths"][2] == 0 and not out["ended"][2]
    assert (out["events"][2] == 0).all() and (out["state"][2] == 0).all()
    others = np.arange(ROWS) != 2
    for key in out:
        np.testing.assert_array_equal(out[key][others], drawn[key][others])
    del inputs["num_steps"]
    event = np.ones([ROWS, 3], np.float32)
    stepped = call(
        "step", state=drawn["state"], event=event, has_event=np.ones(ROWS, bool), **inputs
    )
    np.testing.assert_array_equal(stepped["state"][2], drawn["state"][2])
    assert (stepped["event"][2] == 0).all() and (stepped["params"][2] == 0).all()


def test_bad_numbers_in_a_state_stay_in_their_row(call, settings, drawn):
    state = drawn["state"].copy()
    state[:, 1] = 0
    inputs = settings(ROWS, num_steps=8)
    clean = call("continue", state=state, **inputs)
    dirty = state.copy()
    dirty[1], dirty[4] = np.nan, np.inf
    out = call("continue", state=dirty, **inputs)
    assert np.isfinite(out["events"]).all()
    others = [0, 2, 3, 5]
    np.testing.assert_array_equal(out["events"][others], clean["events"][others])


def test_extreme_settings_give_finite_events(call, settings):
    inputs = settings(ROWS)
    inputs["bias"] = np.float32([1e30, -1e30, -50, 3e38, 0, 100])
    inputs["temperature"] = np.float32([1, 1, 1e30, 1e-30, 3e38, 0])
    assert np.isfinite(call("sample", **inputs)["events"]).all()


def test_rows_of_another_number_are_refused(call, model, settings):
    import tensorflow as tf

    with pytest.raises(tf.errors.InvalidArgumentError, match="as many rows in each of seed"):
        call("continue", state=begin(model, 1), **settings(3))
    with pytest.raises(tf.errors.InvalidArgumentError, match="as many rows"):
        call("sample", **settings(3) | {"bias": np.zeros(1, np.float32)})


def test_a_state_of_another_width_is_refused(call, model, settings):
    import tensorflow as tf

    with pytest.raises(tf.errors.InvalidArgumentError, match=r"expected shape \[\?,37\]"):
        call("continue", state=np.zeros([1, model.state_size - 1], np.float32), **settings(1))


def test_an_empty_batch_is_fine(call, settings):
    out = call("sample", **settings(0))
    assert out["events"].shape == (0, 0, 3) and out["lengths"].shape == (0,)
