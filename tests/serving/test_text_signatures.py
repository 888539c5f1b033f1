"""What the signatures of a model that writes texts promise: chunks, steps, styles, rows, texts."""

import numpy as np
import pytest

STEPS = 150
OTHERS = ("", "b", "c" * 17, "dead beef " * 6, "a" * 130, "\N{GRINNING FACE}" * 40, "h é" * 170)


@pytest.fixture(scope="module")
def one(ask, settings):
    """A text written at batch size 1, and its inputs."""
    inputs = settings(1, num_steps=STEPS) | {"text": ["dad fed"]}
    out = ask("sample", style=[""], **inputs)
    assert 12 <= out["lengths"][0] < STEPS and out["ended"][0]
    return inputs, out


def same(found, expected, row=slice(None), names=None):
    for name in names or expected:
        np.testing.assert_array_equal(found[name][row], expected[name][row], err_msg=name)


def zeros(writer, rows=1):
    return np.zeros([rows, writer.state_size], np.float32)


def test_names_types_and_shapes(writer):
    signatures = writer.metadata["signatures"]
    assert signatures["serving_default"] == signatures["sample"]
    sample = {"seed", "num_steps", "bias", "temperature", "text"}
    drawn = {"events", "lengths", "ended", "state", "complete", "position", "num_unknown"}
    expected = {
        "sample": (sample | {"style"}, drawn),
        "continue": (sample | {"style", "state"}, drawn),
        "sample_primed": (sample | {"prime", "prime_lengths", "prime_text"}, drawn),
        "log_prob": (
            {"events", "lengths", "ended", "state", "text"},
            {"log_prob", "step_log_prob", "state"},
        ),
        "step": (
            {"state", "event", "has_event", "seed", "bias", "temperature", "text"},
            {"event", "state", "ended", "params"},
        ),
    }
    for name, (inputs, outputs) in expected.items():
        described = signatures[name]
        assert set(described["inputs"]) == inputs and set(described["outputs"]) == outputs, name
        for key in ("text", "style", "prime_text"):
            if key in inputs:
                assert described["inputs"][key] == {"dtype": "string", "shape": [None]}
        for key, dtype, shape in (
            ("complete", "bool", [None]),
            ("position", "float32", [None, None]),
            ("num_unknown", "int32", [None]),
        ):
            if key in outputs:
                assert described["outputs"][key] == {"dtype": dtype, "shape": shape}


def test_alphabet_and_styles_come_with_the_export(writer):
    assert writer.alphabet.characters == " abcdefghé"
    assert writer.styles == {"neat": "bed ", "wild": "ha?"}


def test_chunks_equal_one_sample_bit_for_bit(ask, one, settings):
    inputs, whole = one
    out = ask("sample", style=[""], **inputs | settings(1, num_steps=3))
    parts = [out]
    for _ in range(STEPS):
        if out["ended"][0]:
            break
        chunk = inputs | settings(1, num_steps=5) | {"state": out["state"]}
        out = ask("continue", style=[""], **chunk)
        parts.append(out)
    length = whole["lengths"][0]
    assert sum(part["lengths"][0] for part in parts) == length
    for name in ("events", "position"):
        joined = np.concatenate([part[name][0, : part["lengths"][0]] for part in parts])
        np.testing.assert_array_equal(joined, whole[name][0, :length])
    same(out, whole, names=("state", "ended", "complete", "num_unknown"))


@pytest.mark.parametrize("sent_back", [False, True])
def test_steps_equal_one_sample_bit_for_bit(ask, writer, one, sent_back):
    inputs, whole = one
    inputs = {name: inputs[name] for name in ("seed", "bias", "temperature", "text")}
    state, event = zeros(writer), np.zeros([1, 3], np.float32)
    for t in range(whole["lengths"][0]):
        has_event = np.array([sent_back and t > 0])
        out = ask("step", state=state, event=event, has_event=has_event, **inputs)
        state, event = out["state"], out["event"]
        np.testing.assert_array_equal(event[0], whole["events"][0, t])
        assert out["params"].any()
    if not out["ended"][0]:  # it ended where the window left the text, which draws no event
        out = ask("step", state=state, event=event, has_event=np.array([sent_back]), **inputs)
        assert not out["event"].any() and not out["params"].any()
    assert out["ended"][0]
    np.testing.assert_array_equal(out["state"], whole["state"])
    again = ask("step", state=out["state"], event=event, has_event=np.array([False]), **inputs)
    assert again["ended"][0] and not again["event"].any()
    np.testing.assert_array_equal(again["state"], out["state"])


def test_a_step_without_ink_to_write_has_ended(ask, writer, settings):
    inputs = settings(4) | {"text": ["", "a bad face", "  ", "!?"], "state": zeros(writer, 4)}
    del inputs["num_steps"]
    for has_event in (False, True):
        event = {"event": np.ones([4, 3], np.float32), "has_event": np.full(4, has_event)}
        out = ask("step", **inputs, **event)
        assert out["ended"].tolist() == [True, False, True, True]
        for name in ("event", "params"):
            assert out[name].any(1).tolist() == [False, True, False, False]


def test_log_prob_of_chunks_adds_up(ask, writer, one):
    inputs, whole = one
    events, length = whole["events"], int(whole["lengths"][0])
    text, ended = inputs["text"], whole["ended"]

    def score(events, state, ended):
        lengths = np.int32([events.shape[1]])
        return ask("log_prob", events=events, lengths=lengths, state=state, ended=ended, text=text)

    total = score(events[:, :length], zeros(writer), ended)
    np.testing.assert_allclose(total["log_prob"], total["step_log_prob"].sum(1), rtol=1e-6)
    state, parts = zeros(writer), []
    for first in range(0, length, 5):
        last = min(first + 5, length)
        out = score(events[:, first:last], state, ended & (last == length))
        state = out["state"]
        parts.append(out["step_log_prob"])
    np.testing.assert_allclose(np.concatenate(parts, 1), total["step_log_prob"], atol=1e-4)
    np.testing.assert_allclose(state[:, :-4], total["state"][:, :-4], atol=1e-4)  # but the path
    other = ask(
        "log_prob", events=events[:, :length], lengths=np.int32([length]), state=zeros(writer),
        ended=ended, text=["fed dad"],
    )  # fmt: skip
    assert abs(other["log_prob"][0] - total["log_prob"][0]) > 1e-3


def test_a_style_goes_on_from_the_state_after_its_line(ask, writer, settings, writer_styles):
    inputs = settings(4, num_steps=STEPS) | {"text": ["bad", "bad", "bad", "a é"]}
    style = ["neat", "wild", "", "neat"]
    out = ask("sample", **inputs, style=style)
    begin = ask("sample", **inputs | settings(4, num_steps=0), style=style)
    same(ask("continue", **inputs, style=style, state=begin["state"]), out)
    assert not begin["state"][2].any()
    for row, name in enumerate(style[:2]):
        ((_, text, events),) = (each for each in writer_styles if each[0] == name)
        scored = ask(
            "log_prob", events=events[None], lengths=np.int32([len(events)]), text=[text],
            state=zeros(writer), ended=np.array([False]),
        )  # fmt: skip
        found, wanted = begin["state"][row, :-4], scored["state"][0, :-4]  # but the path
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert (out["events"][0, :5] != out["events"][1, :5]).any()
    assert (out["events"][0, :5] != out["events"][2, :5]).any()
    assert out["num_unknown"].tolist() == [0, 1, 0, 0]  # the style's own "?"
    assert (out["position"][:, :1] < 2.5).all()


def test_no_style_is_no_style_and_an_unknown_one_draws_nothing(ask, settings):
    inputs = settings(3, num_steps=40) | {"text": ["bad"] * 3}
    plain = ask("sample", **inputs, style=["", "", ""])
    out = ask("sample", **inputs, style=["", "neat", "ugly"])
    same(out, plain, row=0)
    assert out["lengths"][2] == 0 and not out["ended"][2] and not out["complete"][2]
    assert not out["events"][2].any() and not out["state"][2].any()


def test_sample_primed_equals_log_prob_then_continue(ask, writer, settings, writer_styles):
    (_, line, events), _ = writer_styles
    inputs = settings(1, num_steps=60)
    primed = ask(
        "sample_primed", **inputs, prime=events[None], prime_lengths=np.int32([len(events)]),
        prime_text=[line], text=["bad"],
    )  # fmt: skip
    scored = ask(
        "log_prob", events=events[None], lengths=np.int32([len(events)]), text=[line + "bad"],
        state=zeros(writer), ended=np.array([False]),
    )  # fmt: skip
    out = ask("continue", **inputs, style=[""], text=[line + "bad"], state=scored["state"])
    same(out, primed, names=("events", "lengths", "ended", "num_unknown"))
    assert out["lengths"][0] > 5
    np.testing.assert_array_equal(out["state"][:, :-4], primed["state"][:, :-4])  # but the path
    within = np.arange(out["position"].shape[1]) < out["lengths"][:, None]
    shifted = np.where(within, out["position"] - len(line), 0.0)
    np.testing.assert_allclose(primed["position"], shifted, atol=1e-5)
    none = ask(
        "sample_primed", **inputs, prime=np.zeros([1, 0, 3], np.float32),
        prime_lengths=np.int32([0]), prime_text=[""], text=["bad"],
    )  # fmt: skip
    same(none, ask("sample", **inputs, style=[""], text=["bad"]))


@pytest.mark.parametrize("name", ["sample", "sample_primed", "log_prob", "step"])
def test_a_row_depends_on_no_other_rows_text(ask, writer, settings, writer_styles, name):
    """Not by a bit, however wide the longest text is."""
    (_, line, events), _ = writer_styles
    inputs = settings(3, num_steps=60)
    if name == "sample":
        inputs["style"] = ["neat", "", ""]
    elif name == "sample_primed":
        inputs |= {"prime": np.stack([events] * 3), "prime_lengths": np.int32([11, 0, 5])}
        inputs["prime_text"] = [line] * 3
    else:
        state = np.random.default_rng(2).random([3, writer.state_size]).astype(np.float32)
        del inputs["num_steps"]
        if name == "step":
            inputs |= {"state": state, "event": events[:3], "has_event": np.array([True] * 3)}
        else:
            inputs = {"events": np.stack([events] * 3), "lengths": np.int32([11, 3, 9])}
            inputs |= {"state": state, "ended": np.array([True] * 3)}
    for text in ("a face", "cab " * 12):
        expected = ask(name, **inputs, text=[text, "a", "b"])
        for other in OTHERS:
            found = ask(name, **inputs, text=[text, other, other[::2]])
            for key, value in expected.items():
                np.testing.assert_array_equal(found[key][0], value[0], err_msg=f"{key} {other}")
