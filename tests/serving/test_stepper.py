"""Steps for live playing: the same as the model's own, at a fraction of the cost."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.serving.stepper import Stepper


@pytest.fixture(scope="module")
def stepper(model):
    return Stepper(model)


def test_steps_are_the_models(model, stepper):
    ours = theirs = None
    events = [None, np.float32([[1, 2, 0]]), None, np.float32([[3, -4, 1]]), None]
    for number, event in enumerate(events):
        settings = dict(bias=0.5 * number, temperature=1.0 - 0.1 * number, seed=number)
        one, two = stepper.step(ours, event, **settings), model.step(theirs, event, **settings)
        np.testing.assert_allclose(one.event, two.event, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(one.state, two.state, rtol=1e-5, atol=1e-5)
        assert one.ended.tolist() == two.ended.tolist() and one.event.shape == (1, 3)
        ours, theirs = one.state, two.state


def test_steps_from_the_beginning_with_an_event_are_the_models(model, stepper):
    event = np.float32([[1, 2, 0]])
    one, two = stepper.step(event=event, seed=3), model.step(event=event, seed=3)
    np.testing.assert_allclose(one.event, two.event, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(one.state, two.state, rtol=1e-5, atol=1e-5)


def test_own_events_given_back_are_a_sample(model, stepper):
    whole = model.sample(1, num_steps=8, seed=11).events[0]
    event = state = None
    for wanted in whole:
        step = stepper.step(state, event, seed=11)
        np.testing.assert_allclose(step.event[0], wanted, rtol=1e-4, atol=1e-4)
        event, state = step.event, step.state


def test_where_no_event_is_drawn_it_is_nan(model, stepper):
    state = stepper.step(seed=0).state
    ended = np.array(state)
    ended[0, 1] = 1.0
    assert np.isnan(stepper.step(ended, seed=0).event).all()
    event = np.float32([[1, 2, 0]])
    assert np.isfinite(stepper.step(ended, event, seed=0).event).all()
    broken = np.array(state)
    broken[0, 5:] = np.nan
    for given in (None, event):
        assert np.isnan(stepper.step(broken, given, seed=0).event).all()
    assert np.isnan(stepper.step(state, None, bias=np.nan, seed=0).event).all()


def test_a_count_beyond_what_float32_tells_apart_goes_on(stepper):
    state = np.array(stepper.step(seed=0).state)
    state[0, 0] = 2.0**24
    step = stepper.step(state, np.float32([[1, 2, 0]]), seed=0)
    assert np.isfinite(step.event).all() and step.state[0, 0] == 2.0**24


@pytest.fixture(scope="module")
def fixable(make_network, transforms):
    from hachi_tf.schema import Feature, Schema
    from hachi_tf.serving.saved_model import in_memory

    channel = Feature("channel", "categorical", classes=("1", "2", "10"))
    schema = Schema((Feature("dx"), Feature("dy", quantum=0.25), channel))
    return in_memory(make_network(schema), transforms, schema, 4, fixable=True)


def test_steps_with_held_columns_are_the_models(fixable):
    stepper = Stepper(fixable)
    ours = theirs = None
    for number, fixed in enumerate([{"channel": "10", "dx": 2.5}, {"dx": 2.5}, None, {"dy": -1}]):
        one = stepper.step(ours, None, seed=number, fixed=fixed)
        two = fixable.step(theirs, None, seed=number, fixed=fixed)
        np.testing.assert_allclose(one.event, two.event, rtol=1e-5, atol=1e-5)
        for name, value in (fixed or {}).items():
            assert one.event[0, stepper.schema.names.index(name)] == (2 if value == "10" else value)
        ours, theirs = one.state, two.state


def test_held_columns_cost_no_other_step(fixable, monkeypatch):
    stepper = Stepper(fixable)
    monkeypatch.setattr(type(fixable), "step", None)
    held = {"channel": "2"}
    assert stepper.step(seed=1, fixed=held).event[0, 2] == 1.0
    held["channel"] = "1"  # what was given before has been copied
    assert stepper.step(seed=1, fixed=held).event[0, 2] == 0.0
    with pytest.raises(UserError, match="for channel one of 1, 2, 10; got '3'"):
        stepper.step(seed=1, fixed={"channel": "3"})
    assert stepper.step(seed=1, fixed=held).event[0, 2] == 0.0


def test_a_model_that_holds_none_says_so(stepper):
    with pytest.raises(UserError, match="this model takes none; got dx"):
        stepper.step(seed=1, fixed={"dx": 1.0})


def test_a_network_in_memory_steps_too(network, transforms, schema):
    from hachi_tf.serving.saved_model import in_memory

    stepper = Stepper(in_memory(network, transforms, schema, 4))
    assert stepper.schema is schema and np.isfinite(stepper.step(seed=1).event).all()


def test_a_model_that_reads_texts_is_refused(writer):
    with pytest.raises(UserError, match="a model of events"):
        Stepper(writer)


def test_what_xla_cannot_compile_is_stepped_without_it(model, caplog):
    import tensorflow as tf

    caplog.set_level("INFO")

    class Odd:
        """The model, with an operation in its step that XLA has not."""

        def __init__(self):
            vars(self).update(vars(model))
            for name in ("alphabet", "schema", "state_size", "fixable"):
                setattr(self, name, getattr(model, name))
            self.signatures = {"step": self.step}

        def step(self, **tensors):
            text = tf.strings.as_string(tensors["bias"])
            return model.signatures["step"](**tensors | {"bias": tf.strings.to_number(text)})

    stepper = Stepper(Odd())
    assert "without XLA" in caplog.text
    one, two = stepper.step(bias=0.5, seed=3), model.step(bias=0.5, seed=3)
    np.testing.assert_allclose(one.event, two.event, rtol=1e-5, atol=1e-5)
