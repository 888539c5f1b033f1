"""What the signatures of a model of text promise, for characters, bytes and records."""

import numpy as np
import pytest

ROWS = 5
PRIMES = {
    "char": ["ab é", "", "\N{GRINNING FACE}xx\n", "ccc", "d"],
    "byte": [b"ab\xc3\xa9", b"", b"\xff\x00zz", b"\n", b"a"],
    "records": ["abc", "", "g!?", "fed", "a"],
}


def output_of(model):
    return "text_bytes" if model.unit == "byte" else "text"


def primes(model):
    kind = "byte" if model.unit == "byte" else "records"
    texts = PRIMES[kind if model.schema.end_of_sequence or kind == "byte" else "char"]
    return [text if isinstance(text, bytes) else text.encode() for text in texts]


def no_steps(inputs):
    return {name: value for name, value in inputs.items() if name != "num_steps"}


def begin(model, rows=ROWS):
    return np.zeros([rows, model.state_size], np.float32)


def texts_of(model, events, lengths):
    """The texts of events, in Python."""
    classes = model.schema.features[0].classes
    if model.unit == "byte":
        classes = [bytes.fromhex(each) for each in classes]
    else:
        classes = [each.encode() for each in classes]
    rows = zip(events[..., 0].astype(int), lengths, strict=True)
    return [b"".join(classes[each] for each in row[:length]) for row, length in rows]


def test_names_types_and_shapes(text_model):
    size, text = text_model.state_size, output_of(text_model)
    signatures = text_model.metadata["signatures"]
    assert signatures["serving_default"] == signatures["sample"]
    ints, floats = ("int32", [None]), ("float32", [None])
    truncation = {"top_k": ints, "top_p": floats}
    settings = {"seed": ("int32", [None, 2]), "bias": floats, "temperature": floats} | truncation
    sample = settings | {"num_steps": ints}
    state = {"state": ("float32", [None, size])}
    drawn = {
        "events": ("float32", [None, None, 1]),
        "lengths": ints,
        "ended": ("bool", [None]),
        text: ("string", [None]),
    } | state
    ended = {"ended": ("bool", [None])}
    scored = {"text": ("string", [None])} | state
    scored |= ended if text_model.schema.end_of_sequence else {}
    unknown = {"num_unknown": ints}
    event = {"event": ("float32", [None, 1])}
    expected = {
        "sample": (sample, drawn),
        "continue": (sample | state, drawn),
        "sample_primed": (sample | {"prime_text": ("string", [None])}, drawn | unknown),
        "log_prob": (
            scored,
            {"log_prob": floats, "step_log_prob": ("float32", [None, None]), "lengths": ints}
            | state | unknown,
        ),
        "step": (
            settings | state | event | {"has_event": ("bool", [None])},
            event | state | ended | {text: ("string", [None])}
            | {"params": ("float32", [None, len(text_model.schema.features[0].classes)
                                      + text_model.schema.end_of_sequence])},
        ),
    }  # fmt: skip
    assert set(signatures) == {*expected, "serving_default"}
    for name, (inputs, outputs) in expected.items():
        for kind, wanted in (("inputs", inputs), ("outputs", outputs)):
            found = {k: (v["dtype"], v["shape"]) for k, v in signatures[name][kind].items()}
            assert found == wanted, (name, kind)


def test_texts_are_those_of_the_events(text_model, tell, text_settings):
    out = tell(text_model, "sample", **text_settings(ROWS))
    wanted = texts_of(text_model, out["events"], out["lengths"])
    assert list(out[output_of(text_model)]) == wanted
    assert len(set(wanted)) == ROWS


def test_a_shorter_sample_is_the_beginning_and_chunks_joined_are_the_whole(
    text_model, tell, text_settings
):
    text = output_of(text_model)
    whole = tell(text_model, "sample", **text_settings(ROWS, 40))
    first = tell(text_model, "sample", **text_settings(ROWS, 15))
    rest = tell(text_model, "continue", state=first["state"], **text_settings(ROWS, 25))
    joined = [a + b for a, b in zip(first[text], rest[text], strict=True)]
    assert joined == list(whole[text])
    np.testing.assert_array_equal(rest["state"], whole["state"])


@pytest.mark.parametrize("top_k, top_p", [(0, 1.0), (2, 1.0), (0, 0.6), (3, 0.8)])
def test_steps_are_a_sample(text_model, tell, text_settings, top_k, top_p):
    text = output_of(text_model)
    inputs = text_settings(ROWS, 12, top_k=top_k, top_p=top_p)
    whole = tell(text_model, "sample", **inputs)
    own = driven = begin(text_model)
    event, drawn = np.zeros([ROWS, 1], np.float32), [b""] * ROWS
    for t in range(12):
        goes_on = t < whole["lengths"]
        step = tell(text_model, "step", state=own, event=event * 0,
                    has_event=np.zeros(ROWS, bool), **no_steps(inputs))  # fmt: skip
        sent = tell(text_model, "step", state=driven, event=event,
                    has_event=np.full(ROWS, t > 0), **no_steps(inputs))  # fmt: skip
        np.testing.assert_array_equal(sent["event"][goes_on], step["event"][goes_on])
        assert (step[text][~goes_on] == b"").all() and (step["event"][~goes_on] == 0).all()
        own, driven, event = step["state"], sent["state"], sent["event"]
        drawn = [a + b for a, b in zip(drawn, step[text], strict=True)]
    assert drawn == list(whole[text])


def test_a_primed_sample_is_log_prob_and_then_continue(text_model, tell, text_settings):
    prime, text = primes(text_model), output_of(text_model)
    inputs = text_settings(ROWS, 20)
    primed = tell(text_model, "sample_primed", prime_text=prime, **inputs)
    ended = {"ended": np.zeros(ROWS, bool)} if text_model.schema.end_of_sequence else {}
    scored = tell(text_model, "log_prob", text=prime, state=begin(text_model), **ended)
    then = tell(text_model, "continue", state=scored["state"], **inputs)
    for name, value in then.items():
        np.testing.assert_array_equal(primed[name], value)
    np.testing.assert_array_equal(primed["num_unknown"], scored["num_unknown"])
    np.testing.assert_array_equal(scored["num_unknown"], [0, 0, 2, 0, 0])
    plain = tell(text_model, "sample", **inputs)
    assert primed[text][1] == plain[text][1]


def test_a_sample_goes_on_from_its_own_beginning(text_model, tell, text_settings):
    text = output_of(text_model)
    whole = tell(text_model, "sample", **text_settings(1, 30, seed=11))
    classes = texts_of(text_model, whole["events"], [10])
    rest = tell(text_model, "sample_primed", prime_text=classes, **text_settings(1, 20, seed=11))
    assert whole["lengths"][0] == 30
    assert classes[0] + rest[text][0] == whole[text][0]


def test_log_prob_of_chunks_adds_up_and_unknown_characters_count_for_nothing(text_model, tell):
    text = texts_of(text_model, np.float32([[[1], [2], [3], [1], [4], [2]]]), [6])[0]
    pieces = texts_of(text_model, np.float32([[[1], [2], [3]], [[1], [4], [2]]]), [3, 3])
    ended = {"ended": np.zeros(1, bool)} if text_model.schema.end_of_sequence else {}

    def score(text, state):
        return tell(text_model, "log_prob", text=[text], state=state, **ended)

    whole = score(text, begin(text_model, 1))
    first = score(pieces[0], begin(text_model, 1))
    second = score(pieces[1], first["state"])
    np.testing.assert_allclose(first["log_prob"] + second["log_prob"], whole["log_prob"], rtol=1e-5)
    np.testing.assert_allclose(second["state"], whole["state"], atol=1e-5)
    np.testing.assert_allclose(whole["step_log_prob"].sum(1), whole["log_prob"], rtol=1e-5)
    odd = score(pieces[0] + b"z%" + pieces[1], begin(text_model, 1))
    np.testing.assert_array_equal(odd["log_prob"], whole["log_prob"])
    assert odd["num_unknown"] == [2] and odd["lengths"] == whole["lengths"] == [6]
    nothing = score(b"%", whole["state"])
    assert nothing["log_prob"] == [0] and nothing["step_log_prob"].shape == (1, 0)
    np.testing.assert_array_equal(nothing["state"], whole["state"])


@pytest.mark.parametrize(
    "name, value",
    [("top_p", 0.0), ("top_p", -1.0), ("top_p", 1.5), ("top_p", np.nan), ("temperature", -0.5),
     ("temperature", np.nan), ("bias", np.inf)],
)  # fmt: skip
def test_a_row_with_a_bad_setting_has_length_zero(text_model, tell, text_settings, name, value):
    inputs = text_settings(ROWS, 10)
    clean = tell(text_model, "sample", **inputs)
    inputs[name][2] = value
    out = tell(text_model, "sample", **inputs)
    assert out["lengths"][2] == 0 and out[output_of(text_model)][2] == b""
    assert not out["ended"][2] and (out["state"][2] == 0).all()
    others = np.arange(ROWS) != 2
    for key in clean:
        np.testing.assert_array_equal(out[key][others], clean[key][others])
    event = {"event": np.ones([ROWS, 1], np.float32), "has_event": np.ones(ROWS, bool)}
    step = tell(text_model, "step", state=clean["state"], **event, **no_steps(inputs))
    np.testing.assert_array_equal(step["state"][2], clean["state"][2])
    assert step[output_of(text_model)][2] == b"" and (step["params"][2] == 0).all()


def test_numbers_of_any_kind_fail_no_batch(text_model, tell, text_settings):
    inputs = text_settings(ROWS, 10)
    inputs["top_k"] = np.int32([-(2**31), -1, 1, 2**31 - 1, 2])
    inputs["top_p"] = np.float32([1, 1e-30, 0.5, 0.999, 1])
    inputs["temperature"] = np.float32([1, 1e30, 1e-30, 3e38, 0])
    out = tell(text_model, "sample", **inputs)
    assert np.isfinite(out["events"]).all() and (out["lengths"] > 0).all()
    state = begin(text_model)
    state[0], state[1, 3:], state[3, 2] = np.nan, np.inf, 1e30
    state[2, 0], state[2, 2] = 3, 99  # the last event is of no class
    out = tell(text_model, "continue", state=state, **inputs)
    assert np.isfinite(out["events"]).all()
    events = np.float32([[np.nan], [-1], [99], [1e30], [np.inf]])
    stepped = tell(text_model, "step", state=begin(text_model), event=events,
                   has_event=np.ones(ROWS, bool), **no_steps(inputs))  # fmt: skip
    assert np.isfinite(stepped["params"]).all()
    texts = [b"\xff\xfe\xed\xa0\x80", b"a\xc3", b"\xf4\x90\x80\x80", b"\0" * 40, b"\xe2\x82"]
    ended = {"ended": np.ones(ROWS, bool)} if text_model.schema.end_of_sequence else {}
    scored = tell(text_model, "log_prob", text=texts, state=begin(text_model), **ended)
    assert np.isfinite(scored["log_prob"]).all()
    primed = tell(text_model, "sample_primed", prime_text=texts, **text_settings(ROWS, 5))
    np.testing.assert_array_equal(primed["num_unknown"], scored["num_unknown"])


def test_an_empty_batch_is_drawn_and_scored(text_model, tell, text_settings):
    nothing = np.zeros([0], "S1")
    out = tell(text_model, "sample", **text_settings(0))
    assert out["events"].shape == (0, 0, 1) and out[output_of(text_model)].shape == (0,)
    out = tell(text_model, "sample_primed", prime_text=nothing, **text_settings(0))
    assert out["num_unknown"].shape == (0,)
    ended = {"ended": np.zeros(0, bool)} if text_model.schema.end_of_sequence else {}
    scored = tell(text_model, "log_prob", text=nothing, state=begin(text_model, 0), **ended)
    assert scored["log_prob"].shape == (0,)
    with pytest.raises(Exception, match="expected as many rows"):
        tell(text_model, "log_prob", text=nothing, state=begin(text_model, 1),
             **{name: np.zeros(1, bool) for name in ended})  # fmt: skip
