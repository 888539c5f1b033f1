"""Texts of any kind, arguments of any kind: what the signatures and the model make of them."""

import numpy as np
import pytest

from hachi_tf.errors import UserError

STEPS = 150


def test_whatever_people_type_is_written(writer):
    """Unknown characters are left out and counted, the rest is written."""
    texts = {
        "": 0,
        "a": 0,
        "bad egg " * 62 + "deaf": 0,  # 500 characters
        "\N{GRINNING FACE}": 1,
        "a\N{WOMAN}\u200d\N{PERSONAL COMPUTER}b": 3,
        "שלום": 4,
        "\u202edead\u202c": 2,
        "a\0b\x1b[1m\n\tc\x7f": 8,
        "e\u0301": 0,
        "\ud800b": 1,
        "   ": 0,
        "!?": 2,
    }
    out = writer.sample(len(texts), text=list(texts), seed=3, bias=0.5)
    assert out.num_unknown.tolist() == list(texts.values())
    known = ["".join(c for c in t.replace("e\u0301", "é") if c in writer.alphabet) for t in texts]
    for row, text in enumerate(known):
        events, position = out.events[row], out.position[row]
        assert np.isfinite(events).all() and len(position) == len(events) <= STEPS
        assert (position >= 0).all() and (position <= len(text) + 1 + 1e-4).all()
        assert bool(len(events)) == bool(text.strip())
        if not text.strip():
            assert out.ended[row] and out.complete[row]
        alone = writer.sample(1, text=list(texts)[row], seed=out.seed[row : row + 1], bias=0.5)
        np.testing.assert_allclose(alone.events[0][:8], events[:8], atol=1e-3)
    composed = writer.sample(1, text="é", seed=out.seed[8:9], bias=0.5)
    decomposed = writer.sample(1, text="e\u0301", seed=out.seed[8:9], bias=0.5)
    np.testing.assert_array_equal(composed.events[0], decomposed.events[0])


def test_bytes_that_are_no_text_fail_no_batch(ask, settings):
    texts = [b"a\xff\xfeb", b"\xc3", b"ab", b"\xed\xa0\x80", b"e\xcc\x81"]
    out = ask(
        "sample", **settings(5, num_steps=20), text=texts, style=[b"", b"", b"", b"\xff", b""]
    )
    assert out["num_unknown"][:3].tolist() == [2, 1, 0] and out["num_unknown"][4] == 1
    assert out["lengths"][1] == 0 and out["ended"][1] and out["lengths"][3] == 0
    assert (out["lengths"][[0, 2, 4]] > 0).all() and np.isfinite(out["events"]).all()


def test_an_empty_batch_is_written(ask, writer, settings):
    none = {"text": np.zeros([0], "S1")}
    out = ask("sample", **settings(0), **none, style=none["text"])
    assert out["events"].shape == (0, 0, 3) and out["position"].shape == (0, 0)
    scored = ask(
        "log_prob", events=np.zeros([0, 0, 3], np.float32), lengths=np.zeros(0, np.int32),
        ended=np.zeros(0, bool), state=np.zeros([0, writer.state_size], np.float32), **none,
    )  # fmt: skip
    assert scored["log_prob"].shape == (0,)


def test_model_gives_what_the_signatures_give(ask, writer, settings, writer_texts, writer_styles):
    drawn = writer.sample(3, text=writer_texts, style=["neat", "", "wild"], seed=7)
    inputs = settings(3, num_steps=STEPS)
    out = ask("sample", **inputs, text=writer_texts, style=["neat", "", "wild"])
    for row, length in enumerate(out["lengths"]):
        np.testing.assert_array_equal(drawn.events[row], out["events"][row, :length])
        np.testing.assert_array_equal(drawn.position[row], out["position"][row, :length])
    for name in ("ended", "complete", "num_unknown", "state"):
        np.testing.assert_array_equal(getattr(drawn, name), out[name])
    more = writer.continue_(drawn.state, text=writer_texts, style=["neat", "", "wild"])
    assert [len(each) for each in more.events] == [0, 0, 0]
    _, line, events = writer_styles[0]
    primed = writer.sample(2, 20, prime=events, prime_text=line, text="ab", seed=7)
    each = writer.sample(2, 20, prime=[events] * 2, prime_text=[line] * 2, text=["ab"] * 2, seed=7)
    np.testing.assert_array_equal(primed.events[1], each.events[1])
    whole = writer.sample(1, 5, text="ab", seed=4).events[0]
    state = None
    for event in whole:
        step = writer.step(state, text="ab", seed=4)
        np.testing.assert_array_equal(step.event[0], event)
        state = step.state
    scores = writer.log_prob([whole, whole[:0]], text=["ab", "a"], ended=False)
    assert np.isfinite(scores.log_prob).all() and scores.log_prob[1] == 0.0
    assert writer.log_prob([], text=[]).log_prob.shape == (0,)


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("sample", {}),
        ("sample", {"text": 5}),
        ("sample", {"text": b"ab"}),
        ("sample", {"text": np.array("ab")}),
        ("sample", {"text": ["a" * 500] * 500}),
        ("sample", {"text": ["ab", "c"]}),
        ("sample", {"text": [None]}),
        ("sample", {"text": "ab", "style": "ugly"}),
        ("sample", {"text": "ab", "style": ["neat", "wild"]}),
        ("sample", {"text": "ab", "prime": np.zeros([2, 3])}),
        ("sample", {"text": "ab", "prime": np.zeros([2, 3]), "prime_text": "a", "style": "neat"}),
        ("sample", {"text": "ab", "num_steps": STEPS + 1}),
        ("continue_", {"state": np.zeros([1, 3])}),
        ("log_prob", {"events": [np.zeros([4, 3])]}),
        ("step", {}),
    ],
)
def test_bad_arguments_are_refused_in_one_line(writer, name, arguments):
    with pytest.raises(UserError) as caught:
        getattr(writer, name)(**arguments)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_a_model_without_texts_takes_none(model):
    for arguments in ({"text": "ab"}, {"style": "neat"}, {"text": ["ab"]}):
        with pytest.raises(UserError):
            model.sample(1, **arguments)
