"""The client over an export in this process."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving.client import Client


def test_an_export_or_a_loaded_model_answers_in_this_process(model, version_dir):
    expected = model.sample(2, num_steps=12, seed=3)
    for target in (model, version_dir):
        client = Client(target)
        found = client.sample(2, num_steps=12, seed=3)
        np.testing.assert_array_equal(found.state, expected.state)
        assert client.status() == {1: "AVAILABLE"}
        assert client.signatures == model.metadata["signatures"]
        state = np.zeros([1, model.state_size])
        settings = {"seed": [[7, 0]], "num_steps": [3], "bias": [0], "temperature": [1]}
        out = client.predict("continue", state=state, **settings)
        assert out["events"].shape == (1, 3, 3)


@pytest.mark.parametrize("num_steps", [None, 7, 20, 0])
def test_chunks_joined_are_one_sample(model, num_steps):
    chunks = list(Client(model).stream(num_steps, chunk=5, num_samples=1, seed=4, bias=0.2))
    whole = model.sample(1, num_steps=num_steps, seed=4, bias=0.2)
    events = np.concatenate([each.events[0] for each in chunks])
    np.testing.assert_array_equal(events, whole.events[0])
    assert chunks[-1].ended == whole.ended
    assert all(len(each.events[0]) == 5 for each in chunks[:-1])


def test_chunks_of_a_written_text_take_a_style_and_no_prime(writer):
    with pytest.raises(UserError, match="a style with a text that is written in chunks; got a pri"):
        prime = np.zeros([3, len(writer.schema)])
        Client(writer).stream(8, text="bad", prime=prime, prime_text="cab ")


def test_chunks_are_checked_before_anything_is_drawn(model):
    for options in ({"num_steps": -1}, {"num_steps": 1.5}, {"chunk": 0}, {"chunk": None}):
        with pytest.raises(UserError):
            Client(model).stream(**options)
