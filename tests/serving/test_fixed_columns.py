"""Columns held fixed through the signatures of an export, and how people name them."""

import numpy as np
import pytest

from hachi_tf.errors import UserError
from hachi_tf.schema import Feature, Schema
from hachi_tf.serving import column_arguments, saved_model
from hachi_tf.transforms import Standardize

SCHEMA = Schema(
    (
        Feature("time", unit="s", quantum=0.001),
        Feature("channel", "categorical", classes=("1", "2", "10")),
        Feature("pedal", "binary"),
        Feature("pitch", quantum=1.0),
    )
)
TRANSFORMS = Standardize([0, 3], [0.5, 60.0], [0.5, 12.0])
TAKES_IT = {"serving_default", "sample", "continue", "sample_primed", "step"}


@pytest.fixture(scope="module")
def events_network():
    from hachi_tf.layers.heads import make_head
    from hachi_tf.models.prediction_network import PredictionNetwork

    head = make_head(SCHEMA, "gaussian_mixture(num_components=3, coupling='mixture')")
    network = PredictionNetwork(SCHEMA, head, num_layers=1, hidden_size=6)
    network.build()
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(0, 0.5, w.shape) for w in network.get_weights()])
    return network


@pytest.fixture(scope="module")
def events_model(events_network, tmp_path_factory):
    """Exported, looked through for operations that do more than compute, and loaded."""
    folder = tmp_path_factory.mktemp("exports") / "events"
    path = saved_model.export(events_network, TRANSFORMS, SCHEMA, folder, 20, fixable=True)
    return saved_model.load(path)


def test_signatures_name_the_input_where_it_is_taken(events_model, model):
    signatures = events_model.metadata["signatures"]
    for name, signature in signatures.items():
        assert ("fixed" in signature["inputs"]) == (name in TAKES_IT)
    assert signatures["step"]["inputs"]["fixed"] == {"dtype": "float32", "shape": [None, 4]}
    assert events_model.fixable and not model.fixable
    assert all("fixed" not in each["inputs"] for each in model.metadata["signatures"].values())


def test_a_label_a_number_or_one_a_row(events_model):
    free = events_model.sample(3, 6, seed=1)
    drawn = events_model.sample(3, 6, seed=1, fixed={"channel": "10", "pitch": [60, None, 61.5]})
    for row, pitch in enumerate((60, None, 61.5)):
        events = drawn.events[row]
        assert len(events) == 6 and (events[:, 1] == 2.0).all()
        if pitch:
            assert (events[:, 3] == pitch).all()
        assert (events[:, 0] != free.events[row][:, 0]).any()
    array = np.full([3, 4], np.nan)
    array[:, 1], array[[0, 2], 3] = 2, (60, 61.5)
    same = events_model.sample(3, 6, seed=1, fixed=array)
    np.testing.assert_array_equal(same.events, drawn.events)
    nothing = events_model.sample(3, 6, seed=1, fixed={})
    np.testing.assert_array_equal(nothing.events, free.events)


def test_steps_and_chunks_with_a_fixed_column_are_a_sample(events_model):
    fixed = {"channel": "1", "pedal": 1}
    whole = events_model.sample(1, 6, seed=2, fixed=fixed).events[0]
    first = events_model.sample(1, 2, seed=2, fixed=fixed)
    rest = events_model.continue_(first.state, 4, seed=2, fixed=fixed)
    np.testing.assert_array_equal(np.concatenate([first.events[0], rest.events[0]]), whole)
    state = None
    for event in whole:
        step = events_model.step(state, seed=2, fixed=fixed)
        np.testing.assert_array_equal(step.event[0], event)
        state = step.state
    primed = events_model.sample(1, 4, seed=2, fixed=fixed, prime=whole[:2]).events[0]
    assert (primed[:, 1:3] == [0, 1]).all()


def test_in_memory_is_the_same(events_network, events_model):
    same = saved_model.in_memory(events_network, TRANSFORMS, SCHEMA, 20, fixable=True)
    want, got = (m.sample(2, 5, seed=3, fixed={"pitch": 64}) for m in (events_model, same))
    np.testing.assert_array_equal(got.events, want.events)


def test_a_label_may_be_a_number():
    for value in ("10", 10, 10.0, np.int64(10), np.float32(10)):
        assert column_arguments.fixed({"channel": value}, SCHEMA, 1)[0, 1] == 2.0


@pytest.mark.parametrize(
    ("fixed", "words"),
    [
        ({"chanel": "1"}, "fixed columns among time, channel, pedal, pitch; got 'chanel'"),
        ({"channel": "3"}, "for channel one of 1, 2, 10; got '3'"),
        ({"channel": 0}, "for channel one of 1, 2, 10; got 0"),
        ({"channel": ["1", "x"]}, "for channel one of 1, 2, 10; got 'x'"),
        ({"pitch": "C4"}, "for pitch a finite number; got 'C4'"),
        ({"pitch": np.inf}, "for pitch a finite number"),
        ({"pitch": 10**400}, "for pitch a finite number"),
        ({"channel": 10**400}, "for channel one of 1, 2, 10"),
        ({"pitch": [60, 61, 62]}, "one value for pitch, or one for each of 2 rows; got 3"),
        ({"pedal": 0.5}, "for pedal a whole number from 0 to 1; got 0.5"),
        (np.zeros([2, 3]), r"fixed of shape \[2, 4\]"),
        (np.float32([[0, 3, 0, 0]] * 2), "for channel a whole number from 0 to 2; got 3.0"),
        ("channel=1", "numbers for fixed"),
    ],
)
def test_what_cannot_be_fixed_is_named_with_what_can(events_model, fixed, words):
    for call in (
        events_model.sample,
        lambda *_, **k: events_model.step(events_model_state(2), **k),
    ):
        with pytest.raises(UserError, match=words):
            call(2, fixed=fixed)


def events_model_state(rows):
    return np.zeros([rows, 2 + 4 + 12], np.float32)


def test_a_model_that_takes_none_says_so(model):
    with pytest.raises(UserError, match="this model takes none; got dx"):
        model.sample(fixed={"dx": 1})
    assert len(model.sample(1, 3, fixed={}).events) == 1
