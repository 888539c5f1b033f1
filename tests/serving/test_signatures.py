"""What the signatures promise about shapes, rows and bad values."""

import numpy as np
import pytest

from hachi_tf.layers.heads import make_head

ROWS = 6


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
def test_a_row_with_a_bad_setting_has_length_zero(call, settings, drawn, name, value):
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


def test_rows_of_another_number_are_refused(call, settings, begin):
    import tensorflow as tf

    with pytest.raises(tf.errors.InvalidArgumentError, match="as many rows in each of seed"):
        call("continue", state=begin(1), **settings(3))
    with pytest.raises(tf.errors.InvalidArgumentError, match="as many rows"):
        call("sample", **settings(3) | {"bias": np.zeros(1, np.float32)})


def test_a_state_of_another_width_is_refused(call, model, settings):
    import tensorflow as tf

    with pytest.raises(tf.errors.InvalidArgumentError, match=r"expected shape \[\?,37\]"):
        call("continue", state=np.zeros([1, model.state_size - 1], np.float32), **settings(1))


def test_an_empty_batch_is_fine(call, settings):
    out = call("sample", **settings(0))
    assert out["events"].shape == (0, 0, 3) and out["lengths"].shape == (0,)
