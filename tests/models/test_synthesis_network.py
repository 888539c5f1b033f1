"""The synthesis network: call and step, the window's path, stopping, wider alphabets."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from hachi_tf.errors import UserError
from hachi_tf.layers.heads import make_head
from hachi_tf.layers.soft_window import window_weights
from hachi_tf.models import network_from_dict, network_to_dict
from hachi_tf.models.synthesis_network import SynthesisNetwork
from tests.models.networks import STROKES, make_network

CELLS = ("lstm", "peephole_lstm")
TEXTS = ("abc de", "ed", "cab")
LENGTHS = [7, 4, 0]


def random_events(*shape):
    return tf.random.stateless_normal(shape, [1, 2])


def random_state(network, rows):
    """A state in which nothing but the path is zero."""
    random = np.random.default_rng(3)
    *state, path = [random.normal(size=(rows, n)).astype("f") for n in network.state_shapes]
    state[2] = np.abs(state[2])  # positions
    return [*state, 0.0 * path]


def by_steps(network, events, state, context):
    """Parameters `[B, T, P]` and the states before each step and after the last."""
    params, states = [], [state]
    for t in range(events.shape[1]):
        out, state = network.step(events[:, t], state, context)
        params.append(out)
        states.append(state)
    return tf.stack(params, 1).numpy(), states


def test_graves_network_has_121_outputs_and_3_7_million_weights():
    alphabet = "".join(map(chr, range(32, 32 + 57)))
    network = SynthesisNetwork(
        STROKES, make_head(STROKES, None, 20), alphabet, num_layers=3, hidden_size=400
    )
    network.build()
    lstm = sum(4 * 400 * (inputs + 400 + 1) for inputs in (4 + 57, 4 + 57 + 400, 4 + 57 + 400))
    window, output = (400 + 1) * 30, (1200 + 1) * 121
    weights = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
    assert weights == lstm + window + output == 3_654_951


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("num_layers", [1, 2, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_call_equals_iterated_step(cell, num_layers, begun):
    network = make_network(num_layers, cell)
    events, context = random_events(3, 7, 3), network.encode(TEXTS)
    start = random_state(network, 3) if begun else network.initial_state(3)
    params, state = network(events, start, context, tf.constant(LENGTHS))
    want, states = by_steps(network, events, start, context)
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(params[row, :length], want[row, :length], atol=1e-5)
        for got, expected in zip(state[:-1], states[length][:-1], strict=True):
            np.testing.assert_allclose(got[row], expected[row], atol=1e-5)
    np.testing.assert_array_equal(state[-1], start[-1])
    assert {each.dtype for each in [params, *state]} == {tf.float32}


@pytest.mark.parametrize("cell", CELLS)
def test_sequence_in_two_parts_equals_one(cell):
    network = make_network(3, cell)
    events, context = random_events(3, 8, 3), network.encode(TEXTS)
    whole, _ = network(events, context=context)
    first, state = network(events[:, :3], context=context)
    second, _ = network(events[:, 3:], initial_state=state, context=context)
    np.testing.assert_allclose(whole, tf.concat([first, second], 1), atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_nan_past_lengths_reaches_neither_values_nor_gradients(cell):
    network = make_network(2, cell, clip_derivatives=(10.0, 100.0))
    events, lengths = random_events(3, 7, 3), tf.constant(LENGTHS)
    mask = tf.sequence_mask(lengths, 7)

    @tf.function
    def loss_and_gradients(inputs):
        with tf.GradientTape() as tape:
            params, state = network(inputs, context=network.encode(TEXTS), lengths=lengths)
            nats = -network.head.log_prob(params, events)
            loss = tf.reduce_sum(tf.where(mask, nats, 0.0))
        variables = [v.value for v in network.trainable_variables]
        return [loss, *state, *tape.gradient(loss, variables)]

    clean = loss_and_gradients(tf.where(mask[..., None], events, 0.0))
    dirty = loss_and_gradients(tf.where(mask[..., None], events, np.nan))
    for one, other in zip(clean, dirty, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(one, other)
    assert all(np.any(each) for each in clean[-len(network.trainable_variables) :])


def test_the_first_step_of_a_text_is_marked_and_no_other():
    network = make_network()
    events, context = tf.zeros([1, 3, 3]), network.encode(["ab"])
    marked = network._encode_events(events, tf.zeros([1, 2]))
    assert marked.numpy().tolist() == [[[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]]
    _, state = network(events[:, :1], context=context)
    assert not np.any(network._encode_events(events, state[2]))
    _, state = network(events, context=context, lengths=tf.constant([0]))
    assert network._encode_events(events, state[2])[0, 0, 3] == 1.0


def test_every_layer_hears_of_the_text():
    """Another text changes the reader's next state, and upper layers within the same step."""
    network = make_network(3)
    start = random_state(network, 1)
    start[2] = np.ones_like(start[2])
    one, other = (
        network.step(random_events(1, 3), start, network.encode([text]))[1] for text in ("ab", "de")
    )
    same = [np.array_equal(a, b) for a, b in zip(one[:-1], other[:-1], strict=True)]
    h_c_kappa, w, above = same[:3], same[3], same[4:]
    assert all(h_c_kappa) and not w and not any(above)


def test_mixed_bfloat16_stays_close_and_keeps_weights_state_and_parameters_float32():
    for cell in CELLS:
        network = make_network(2, cell, precision="mixed_bfloat16")
        events, context = random_events(3, 7, 3), network.encode(TEXTS)
        params, state = network(events, context=context)
        assert params.dtype == tf.float32 and {s.dtype for s in state} == {tf.float32}
        assert {keras.backend.standardize_dtype(v.dtype) for v in network.weights} == {"float32"}
        plain, _ = make_network(2, cell)(events, context=context)
        np.testing.assert_allclose(params, plain, atol=0.05)


def test_window_for_pictures_equals_that_of_the_steps():
    network = make_network()
    events, context = random_events(3, 7, 3), network.encode(TEXTS)
    phi = network.window(events, context, tf.constant([7, 7, 7]))
    _, states = by_steps(network, events, network.initial_state(3), context)
    for t, state in enumerate(states[1:]):
        params = network.reader.window.params(state[0])
        np.testing.assert_allclose(phi[:, t], window_weights(params, state[2], 6)[1], rtol=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.1, 30.0), st.text(" abcde", max_size=9))
def test_window_never_goes_back_and_its_position_stays_on_the_text(seed, scale, text):
    network = PROPERTY
    random = np.random.default_rng(seed)
    network.set_weights([scale * random.normal(size=w.shape) for w in network.get_weights()])
    context = network.encode([text, "ab"])
    _, states = by_steps(network, random_events(2, 6, 3) * scale, network.initial_state(2), context)
    paths = [network.path(state) for state in states]
    for before, after in zip(states, states[1:], strict=False):
        assert (after[2].numpy() >= before[2].numpy()).all()
    for before, after in zip(paths, paths[1:], strict=False):
        assert (after.furthest.numpy() >= before.furthest.numpy()).all()
        assert (after.skipped.numpy() >= before.skipped.numpy()).all()
    for path in paths:
        assert np.isfinite(path).all()
        for row, length in enumerate((len(text), 2)):
            assert 0.0 <= path.position[row] <= (length + 1) * (1 + 1e-6)
            assert 0 <= path.furthest[row] <= length + 1


PROPERTY = make_network(2)


# Toy windows: one component that moves at a constant pace from u = 0, whatever the events are.


@pytest.mark.parametrize("cell", CELLS)
def test_a_wider_alphabet_writes_texts_of_the_old_one_with_the_same_bits(cell):
    old, new = make_network(3, cell, "bd e"), make_network(3, cell, " abcdeé私", seed=1)
    before = [weight.numpy() for weight in new.weights]
    new.adopt(old)
    events = random_events(2, 7, 3)
    results = []
    for network in (old, new):
        context = network.encode(["bed de", "d"])
        params, state = network(events, context=context, lengths=tf.constant([7, 4]))
        stepped, states = by_steps(network, events, network.initial_state(2), context)
        places = [network.alphabet.index(c) for c in old.alphabet]
        for each in (state, states[-1]):
            each[3] = tf.gather(each[3], places, axis=1)
        results.append([params, *state, stepped, *states[-1]])
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)
    # What belongs to new characters keeps its own first weights.
    kernel, first = next(
        (w.numpy(), b) for w, b in zip(new.weights, before, strict=True) if len(w.shape) == 2
    )
    fresh = [4 + new.alphabet.index(c) for c in "acé私"]
    np.testing.assert_array_equal(kernel[fresh], first[fresh])
    assert np.isfinite(new(events, context=new.encode(["é私", "ac"]))[0]).all()


def test_the_same_alphabet_is_taken_over_whole():
    old, new = make_network(seed=0), make_network(seed=1)
    new.adopt(old)
    for one, other in zip(old.weights, new.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_configuration_round_trip_through_json_and_keras_file(tmp_path):
    network = make_network(2, "peephole_lstm", dropout=0.25, clip_derivatives=(10.0, 100.0))
    again = network_from_dict(json.loads(json.dumps(network_to_dict(network))))
    again.build()
    again.set_weights(network.get_weights())
    events, context = random_events(3, 3, 3), network.encode(TEXTS)
    want = network(events, context=context)[0]
    np.testing.assert_array_equal(again(events, context=again.encode(TEXTS))[0], want)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded(events, context=context)[0], want)
    assert loaded.alphabet == " abcde" and loaded.events_per_character == 3.0


@pytest.mark.parametrize(
    "options",
    [
        {"alphabet": ""},
        {"cell": "gru"},
        {"window_components": 0},
        {"events_per_character": 0.0},
        {"num_layers": 2.5},
        {"num_layers": 0},
        {"hidden_size": 0},
        {"num_layers": 1, "dropout": 1.0},
        {"num_layers": 1, "clip_derivatives": (0.0, 1.0)},
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(options):
    head = make_head(STROKES, None, 1)
    with pytest.raises(UserError):
        SynthesisNetwork(STROKES, head, **{"alphabet": "ab", "num_layers": 2} | options)
