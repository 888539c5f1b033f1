"""StackedRNN: the same numbers by sequence, by step and from Keras's layers; padding; dropout."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers import stacked_rnn
from hachi_tf.layers.stacked_rnn import CELLS, StackedRNN

B, T, F, H, L = 4, 6, 3, 5, 2
LENGTHS = [T, 3, 0, 1]
cells = pytest.mark.parametrize("cell", CELLS)


def stack(cell, dtype="float32", **options):
    """A built stack whose weights, biases and peepholes too, are random."""
    keras.utils.set_random_seed(1)
    layer = StackedRNN(L, H, cell, dtype=dtype, **options)
    layer.build((None, None, F))
    random = np.random.default_rng(0)
    layer.set_weights([w + 0.3 * random.normal(size=w.shape) for w in layer.get_weights()])
    return layer


def data(layer, seed=0):
    """Inputs `[B, T, F]` and a random state."""
    random = np.random.default_rng(seed)
    inputs = random.normal(size=(B, T, F)).astype("f")
    return inputs, [random.normal(size=(B, n)).astype("f") for n in layer.state_shapes]


def by_steps(layer, inputs, state):
    """Outputs `[B, T, L H]` and the state after each step, from `step`."""
    outputs, states = [], [state]
    for t in range(inputs.shape[1]):
        output, state = layer.step(inputs[:, t], state)
        outputs.append(output)
        states.append(state)
    return np.stack(outputs, 1), states


@cells
@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-5), ("mixed_bfloat16", 0.05)])
def test_call_equals_iterated_step(cell, dtype, tolerance):
    layer = stack(cell, dtype)
    inputs, state = data(layer)
    outputs, last = tf.function(layer)(inputs, initial_state=state)
    want, states = by_steps(layer, inputs, state)
    assert outputs.shape == (B, T, layer.output_size)
    np.testing.assert_allclose(tf.cast(outputs, "float32"), np.float32(want), atol=tolerance)
    for got, expected in zip(last, states[-1], strict=True):
        assert got.dtype == expected.dtype == tf.float32
        np.testing.assert_allclose(got, expected, atol=tolerance)


@cells
@pytest.mark.parametrize("below_size", [0, 2])
def test_a_step_takes_an_index_for_inputs_of_which_one_is_1(cell, below_size):
    layer = stack(cell, below_size=below_size)
    _, state = data(layer)
    index = np.int32([2, 0, -1, 1])
    below = np.random.default_rng(1).normal(size=(B, below_size)).astype("f")
    below = below if below_size else None
    outputs, states = layer.step(index, state, below)
    want, after = layer.step(tf.one_hot(index, F), state, below)
    np.testing.assert_allclose(outputs, want, atol=1e-6)
    for got, expected in zip(states, after, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-6)


@cells
@pytest.mark.parametrize("gpu", [False, True])
def test_state_is_each_rows_own_at_its_length(cell, gpu, monkeypatch):
    monkeypatch.setattr(stacked_rnn, "has_gpu", lambda: gpu)  # True: Keras runs the LSTM
    layer = stack(cell)
    inputs, state = data(layer)
    outputs, last = tf.function(layer)(inputs, initial_state=state, lengths=tf.constant(LENGTHS))
    want, states = by_steps(layer, inputs, state)
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(outputs[row, :length], want[row, :length], atol=1e-5)
        assert not np.any(outputs[row, length:])
        for got, expected in zip(last, states[length], strict=True):
            np.testing.assert_allclose(got[row], expected[row], atol=1e-5)


@functools.cache
def traced(layer):
    """What `values_and_gradients` calls, for rows of any number and length."""
    state = [tf.TensorSpec([None, size]) for size in layer.state_shapes]

    @tf.function(
        input_signature=[tf.TensorSpec([None, None, F]), state, tf.TensorSpec([None], tf.int32)]
    )
    def run(x, start, lengths):
        with tf.GradientTape() as tape:
            tape.watch([x, *start])
            outputs, last = layer(x, initial_state=start, lengths=lengths)
            valid = tf.sequence_mask(lengths, tf.shape(outputs)[1])[..., None]
            loss = tf.reduce_sum(tf.where(valid, outputs, 0.0) ** 2)
            loss += tf.add_n([tf.reduce_sum(tf.sin(each)) for each in last])
        weights = [weight.value for weight in layer.trainable_variables]
        return outputs, last, tape.gradient(loss, [x, *start, *weights])

    return run


def values_and_gradients(layer, inputs, state, lengths):
    """Of a loss over the outputs before `lengths` and the last state."""
    outputs, last, gradients = traced(layer)(inputs, state, lengths)
    return [outputs.numpy(), *[each.numpy() for each in [*last, *gradients]]]


@cells
def test_padding_reaches_neither_values_nor_gradients(cell):
    layer = stack(cell)
    inputs, state = data(layer)
    lengths = tf.constant(LENGTHS)
    clean = values_and_gradients(layer, inputs, state, lengths)
    for row, length in enumerate(LENGTHS):
        inputs[row, length:] = [np.nan, np.inf, 1e30]
    dirty = values_and_gradients(layer, inputs, state, lengths)
    for got, expected in zip(dirty, clean, strict=True):
        assert np.isfinite(got).all()
        np.testing.assert_array_equal(got, expected)
    d_inputs = dirty[1 + len(state)]
    assert all(not d_inputs[row, length:].any() for row, length in enumerate(LENGTHS))


@cells
def test_gradients_of_padded_rows_equal_those_of_rows_alone(cell):
    layer = stack(cell)
    inputs, state = data(layer)
    together = values_and_gradients(layer, inputs, state, tf.constant(LENGTHS))
    start = 1 + len(state)
    split = 1 + 2 * len(state) + 1  # outputs, last state, inputs, first state; weights follow
    total = [np.zeros_like(each) for each in together[split:]]
    for row, length in enumerate(LENGTHS):
        if not length:
            continue
        one = slice(row, row + 1)
        alone = values_and_gradients(
            layer, inputs[one, :length], [each[one] for each in state], tf.constant([length])
        )
        total = [a + b for a, b in zip(total, alone[split:], strict=True)]
        for got, expected in zip(together[start:split], alone[start:split], strict=True):
            got = got[one, :length] if got.ndim == 3 else got[one]
            np.testing.assert_allclose(got, expected, atol=1e-5)
    for got, expected in zip(together[split:], total, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-4)


@cells
def test_two_parts_with_the_state_carried_over_equal_one(cell):
    layer = stack(cell)
    inputs, state = data(layer)
    whole, last = layer(inputs, initial_state=state)
    first, middle = layer(inputs[:, :2], initial_state=state)
    second, end = layer(inputs[:, 2:], initial_state=middle)
    np.testing.assert_allclose(tf.concat([first, second], 1), whole, atol=1e-5)
    for got, expected in zip(end, last, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_values_and_gradients_equal_keras_layers_with_skip_connections(cell):
    layer = stack(cell)
    inputs, _ = data(layer)
    keras_class = {"lstm": keras.layers.LSTM}.get(cell, CELLS[cell])
    layers = [keras_class(H, return_sequences=True) for _ in range(L)]

    def by_keras(x):
        below = []
        for each in layers:
            below.append(each(tf.concat([x, *below[-1:]], -1)))
        return tf.concat(below, -1)

    by_keras(inputs)
    for each, own in zip(layers, layer.rnn_layers, strict=True):
        each.set_weights(own.get_weights())
    results = []
    for function, owner in ((lambda x: layer(x)[0], [layer]), (by_keras, layers)):
        with tf.GradientTape() as tape:
            outputs = function(tf.constant(inputs))
            loss = tf.reduce_sum(outputs**3)
        weights = [weight.value for each in owner for weight in each.trainable_variables]
        results.append([outputs, *tape.gradient(loss, weights)])
    for got, expected in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, atol=2e-5)


@cells
def test_no_steps_leave_the_state_alone(cell):
    layer = stack(cell)
    _, state = data(layer)
    outputs, last = layer(tf.zeros([B, 0, F]), initial_state=state, lengths=tf.zeros([B], tf.int32))
    assert outputs.shape == (B, 0, L * H)
    for got, expected in zip(last, state, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_dropout_follows_from_the_seed_alone():
    layer = stack("lstm", dropout=0.5)
    inputs, _ = data(layer)
    run = tf.function(lambda seed: layer(inputs, training=True, seed=seed)[0])
    one, again, other = (run(tf.constant(seed)).numpy() for seed in ([1, 2], [1, 2], [1, 3]))
    np.testing.assert_array_equal(one, again)
    assert (one != other).mean() > 0.5
    assert 0.4 < (one == 0).mean() < 0.6
    # Layer 0 sees no dropout, so what is left of it is doubled.
    plain = layer(inputs)[0].numpy()
    kept = one[..., :H] != 0
    np.testing.assert_allclose(one[..., :H][kept], 2 * plain[..., :H][kept], rtol=1e-5)
    # The layers above see it, also where they are themselves kept.
    above = one[..., H:] != 0
    assert (np.abs(one[..., H:] - 2 * plain[..., H:])[above] > 1e-4).mean() > 0.9
    assert (layer(inputs, training=True)[0].numpy() != one).any()
    np.testing.assert_array_equal(layer(inputs, training=False)[0], plain)


def test_clipping_reaches_every_layer():
    gradients = []
    for clip in (None, 1e-3):
        layer = stack("lstm", clip_derivatives=clip)
        inputs, state = data(layer)
        result = values_and_gradients(layer, inputs, state, tf.constant([T] * B))
        gradients.append(result[-3 * L :])
    for free, clipped in zip(*gradients, strict=True):
        assert np.abs(clipped).max() < 0.1 * np.abs(free).max()
    # Each bias gets one derivative a step and row.
    assert all(np.abs(each).max() <= 1e-3 * B * T + 1e-6 for each in gradients[1][2::3])


@cells
def test_fits_in_plain_keras_and_comes_back_from_a_file(cell, tmp_path):
    inputs = keras.Input((None, F))
    outputs, *_ = StackedRNN(2, H, cell, dropout=0.1)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(outputs))
    model.compile(keras.optimizers.Adam(0.03), "mse")
    x = np.random.default_rng(0).normal(size=(8, T, F)).astype("f")
    losses = model.fit(x, x[..., :1], epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x), model(x))


def test_without_cudnn_keras_never_runs_the_lstm(monkeypatch):
    monkeypatch.setattr(stacked_rnn, "has_gpu", lambda: True)
    layer = stack("lstm", use_cudnn=False)
    for each in layer.rnn_layers:
        monkeypatch.setattr(each, "call", None)
    outputs, _ = layer(data(layer)[0])
    assert np.isfinite(outputs).all()


@pytest.mark.parametrize(
    "options",
    [
        {"cell": "cells"},
        {"num_layers": 0},
        {"hidden_size": 2.5},
        {"dropout": 1.0},
        {"dropout": -0.1},
        {"clip_derivatives": 0.0},
        {"cell": "gru", "clip_derivatives": 1.0},
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(UserError):
        StackedRNN(**options)
