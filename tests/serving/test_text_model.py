"""Models of text in Python: strings in and out, streams, and errors that say what to do."""

import itertools

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving import saved_model
from hachi_tf.serving.text_model import TextModel
from hachi_tf.transforms import Chain


def joined(texts):
    return (b"" if isinstance(texts[0], bytes) else "").join(texts)


def test_loading_gives_a_model_of_text(text_model, text_networks, model):
    assert isinstance(text_model, TextModel) and isinstance(text_model, saved_model.LoadedModel)
    assert not isinstance(model, TextModel) and model.sample(1, 3, seed=1).texts is None
    assert text_model.alphabet is None
    network = text_networks["char"]
    run = saved_model.in_memory(network, Chain(), network.schema, 64)
    assert type(run) is TextModel and run.characters.characters == "\n abcdeé\N{GRINNING FACE}"


def test_samples_have_texts_of_their_kind(text_model):
    drawn = text_model.sample(3, [5, 0, 9], seed=4)
    kind = bytes if text_model.unit == "byte" else str
    assert [type(text) for text in drawn.texts] == [kind] * 3 and drawn.num_unknown is None
    assert [len(text) for text in drawn.texts] == [len(each) for each in drawn.events]
    again = text_model.sample(3, [5, 0, 9], seed=drawn.seed)
    assert again.texts == drawn.texts
    rest = text_model.continue_(drawn.state, 4, seed=drawn.seed)
    whole = text_model.sample(3, [9, 4, 13], seed=4)
    assert [a + b for a, b in zip(drawn.texts, rest.texts, strict=True)] == whole.texts


def test_settings_are_one_or_one_a_row(text_model):
    both = text_model.sample(2, 8, seed=1, top_k=[1, 0], top_p=[1.0, 0.5], temperature=[1, 2])
    assert text_model.sample(2, 8, seed=1, top_k=1).texts[0] == both.texts[0]
    other = text_model.sample(2, 8, seed=1, top_p=0.5, temperature=2)
    assert other.texts[1] == both.texts[1]


def test_a_prime_is_for_all_rows_or_one_a_row(text_models):
    chars = text_models["char"]
    one = chars.sample(2, 6, seed=3, prime_text="ab e\u0301")
    two = chars.sample(2, 6, seed=3, prime_text=["ab é", "zab é"])
    assert one.texts == two.texts and one.num_unknown.tolist() == [0, 0]
    assert two.num_unknown.tolist() == [0, 1]
    whole = chars.sample(1, 12, seed=3).texts[0]
    assert chars.sample(1, 7, seed=3, prime_text=whole[:5]).texts == [whole[5:]]
    lone = chars.sample(1, 3, seed=3, prime_text="a\ud800b")
    assert lone.num_unknown[0] > 0
    of_bytes = text_models["byte"]
    texts = [of_bytes.sample(1, 6, seed=3, prime_text=each).texts for each in ("aé", b"a\xc3\xa9")]
    assert texts[0] == texts[1]
    escaped = of_bytes.sample(1, 6, seed=3, prime_text="a\udcff")  # as arguments come in
    assert escaped.texts == of_bytes.sample(1, 6, seed=3, prime_text=b"a\xff").texts


def test_a_long_prime_is_read_in_parts(text_model, monkeypatch):
    longest, other = text_model.sample(2, [30, 11], seed=2).texts
    primes = [longest + ("%" if isinstance(longest, str) else b"%"), other]
    whole = text_model.sample(2, 20, seed=3, prime_text=primes)
    monkeypatch.setattr("hachi_tf.serving.text_model._LONG_PRIME", 7)
    parts = text_model.sample(2, 20, seed=3, prime_text=primes)
    assert parts.texts == whole.texts
    assert parts.num_unknown.tolist() == whole.num_unknown.tolist() == [1, 0]
    np.testing.assert_allclose(parts.state, whole.state, atol=1e-5)


def test_steps_are_a_sample(text_model):
    whole = text_model.sample(1, 5, seed=4, top_k=3).texts[0]
    state, texts = None, []
    for _ in range(5):
        step = text_model.step(state, seed=4, top_k=3)
        texts += step.texts
        state = step.state
    assert joined(texts) == whole
    sent = text_model.step(event=np.float32([[1], [2]]), seed=4)
    assert sent.event.shape == (2, 1) and len(sent.texts) == 2


def test_scores_come_by_text(text_models):
    chars, records = text_models["char"], text_models["records"]
    scores = chars.log_prob(text=["ab", "", "zac"])
    assert [len(each) for each in scores.step_log_prob] == [2, 0, 2]
    assert scores.num_unknown.tolist() == [0, 0, 1] and scores.log_prob[1] == 0
    assert chars.log_prob("ab").log_prob[0] == pytest.approx(scores.log_prob[0], rel=1e-5)
    rest = chars.log_prob("c", state=chars.log_prob("ab").state)
    total = chars.log_prob("abc").log_prob[0]
    assert rest.log_prob[0] + scores.log_prob[0] == pytest.approx(total, rel=1e-5)
    whole, going_on = records.log_prob("abc"), records.log_prob("abc", ended=False)
    np.testing.assert_allclose(whole.step_log_prob[0][:2], going_on.step_log_prob[0][:2], rtol=1e-5)
    assert whole.log_prob[0] < going_on.log_prob[0]  # this model's ends are rare
    assert chars.log_prob([]).log_prob.shape == (0,)


@pytest.mark.parametrize("chunk", [1, 7, 32, 1000])
def test_a_stream_is_one_sample(text_model, chunk):
    settings = {"temperature": 0.8, "top_k": 4, "top_p": 0.95, "seed": 6}
    whole = text_model.sample(1, 60, **settings).texts[0]
    whole = whole if isinstance(whole, str) else whole.decode("utf-8", "replace")
    pieces = list(text_model.stream(num_steps=60, chunk=chunk, **settings))
    assert "".join(pieces) == whole and all(pieces)
    assert len(pieces) > 5 if chunk == 1 else True


def test_a_stream_is_longer_than_a_call_and_begins_at_once(text_models):
    chars = text_models["char"]
    endless = chars.stream(seed=1, chunk=50)
    text = "".join(itertools.islice(endless, 4))
    assert len(text) == 200 > chars.max_steps
    assert "".join(chars.stream(num_steps=200, seed=1)) == text
    primed = "".join(chars.stream("ab", num_steps=10, seed=1))
    assert primed == chars.sample(1, 10, seed=1, prime_text="ab").texts[0]
    assert list(chars.stream(num_steps=0)) == []


def test_a_stream_of_records_ends_where_the_model_ends(text_models):
    records = text_models["records"]
    for seed in range(5):
        drawn = records.sample(1, seed=seed)
        if drawn.ended[0]:
            assert "".join(records.stream(seed=seed)) == drawn.texts[0]
            last = list(records.streams(1, seed=seed))[-1]
            assert last.ended[0] and not last.stopped[0]
            return
    raise AssertionError("no record that ends in 5 seeds")


@pytest.mark.parametrize("chunk", [1, 3, 50])
def test_a_stop_string_that_straddles_chunks_is_found(text_models, chunk):
    chars = text_models["char"]
    whole = chars.sample(1, 64, seed=8).texts[0]
    stop = whole[20:23]
    wanted = whole[: whole.index(stop)]
    assert "".join(chars.stream(num_steps=64, seed=8, stop=[stop], chunk=chunk)) == wanted
    assert "".join(chars.stream(num_steps=64, seed=8, stop=stop, chunk=chunk)) == wanted
    last = list(chars.streams(1, num_steps=64, seed=8, stop=[stop], chunk=chunk))[-1]
    assert last.stopped[0] and not last.ended[0]


def test_streams_side_by_side_are_those_of_single_rows(text_models):
    records = text_models["records"]
    texts = [""] * 4
    for drawn in records.streams(4, ["a", "", "b!", "cc"], seed=5, stop=["fe"], chunk=9):
        texts = [text + piece for text, piece in zip(texts, drawn.pieces, strict=True)]
    assert drawn.num_unknown.tolist() == [0, 0, 1, 0]
    whole = records.sample(4, prime_text=["a", "", "b!", "cc"], seed=5).texts
    starts = zip(whole, texts, strict=True)
    assert all(text.startswith(part) or part.startswith(text) for text, part in starts)
    for text, full, stopped in zip(texts, whole, drawn.stopped, strict=True):
        assert "fe" not in text
        assert full[len(text) : len(text) + 2] == "fe" if stopped else True


def test_a_network_that_is_not_finite_ends_a_stream(text_networks):
    from hachi_tf.models import network_from_dict, network_to_dict

    broken = network_from_dict(network_to_dict(text_networks["char"]))
    broken.build()
    broken.set_weights([weight * np.nan for weight in text_networks["char"].get_weights()])
    model = saved_model.in_memory(broken, Chain(), broken.schema, 8)
    assert len("".join(model.stream(num_steps=20, seed=1))) <= 20


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("sample", {"num_samples": 0}),
        ("sample", {"num_steps": 65}),
        ("sample", {"temperature": -1.0}),
        ("sample", {"temperature": np.nan}),
        ("sample", {"top_k": -1}),
        ("sample", {"top_k": 1.5}),
        ("sample", {"top_k": [1, 2]}),
        ("sample", {"top_p": 0.0}),
        ("sample", {"top_p": 1.01}),
        ("sample", {"top_p": np.nan}),
        ("sample", {"top_p": "all"}),
        ("sample", {"prime_text": 5}),
        ("sample", {"prime_text": b"ab"}),
        ("sample", {"prime_text": ["a", "b"]}),
        ("sample", {"prime_text": None}),
        ("continue_", {"state": np.zeros([1, 3])}),
        ("log_prob", {"text": [5]}),
        ("log_prob", {"text": "ab", "state": np.zeros([2, 37])}),
        ("step", {"event": np.zeros([1, 2])}),
        ("stream", {"num_steps": -1}),
        ("stream", {"num_steps": 1.5}),
        ("stream", {"chunk": 0}),
        ("stream", {"stop": ""}),
        ("stream", {"stop": ["a", ""]}),
        ("stream", {"temperature": -1}),
        ("stream", {"seed": -1}),
    ],
)
def test_bad_arguments_are_refused_in_one_line_before_anything_is_drawn(
    text_models, name, arguments
):
    with pytest.raises(UserError) as caught:
        getattr(text_models["char"], name)(**arguments)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_styles_and_fixed_columns_are_not_for_texts(text_networks, tmp_path):
    network = text_networks["char"]
    with pytest.raises(UserError, match="no styles and no fixed columns"):
        saved_model.export(network, Chain(), network.schema, tmp_path / "x", 8, fixable=True)
    assert not (tmp_path / "x").exists()
