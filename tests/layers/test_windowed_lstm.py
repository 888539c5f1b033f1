"""The lowest layer of the synthesis network: steps, lengths, dtypes, configuration."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.soft_window import Characters, TextContext
from hachi_tf.layers.windowed_lstm import WindowedLSTM
from tests.layers.windows import CELLS, A, B, F, H, K, T, characters, relative, texts


def make_layer(cell="lstm", dtype="float32", **options):
    """A built layer whose weights, biases and peepholes too, are random."""
    keras.utils.set_random_seed(1)
    layer = WindowedLSTM(H, A, K, 2.0, cell, dtype=dtype, **options)
    layer.build((None, None, F))
    random = np.random.default_rng(0)
    layer.set_weights([w + 0.4 * random.normal(size=w.shape) for w in layer.get_weights()])
    return layer


def make_context():
    return TextContext(characters(texts()), None, None, None)


def data():
    """Inputs `[B, T, F]` and a state in which nothing is zero."""
    random = np.random.default_rng(4)
    h, c, w = (random.normal(size=(B, size)).astype("f") for size in (H, H, A))
    return random.normal(size=(B, T, F)).astype("f"), [h, c, np.full((B, K), 0.75, "f"), w]


LENGTHS = [T, 3, 0]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-5), ("mixed_bfloat16", 0.05)])
def test_call_equals_iterated_step(cell, dtype, tolerance):
    layer, context = make_layer(cell, dtype), make_context()
    inputs, state = data()
    outputs, windows, last = tf.function(layer)(inputs, context, state)
    assert outputs.dtype == layer.compute_dtype and windows.dtype == tf.float32
    for t in range(T):
        h, w, _, state = layer.step(inputs[:, t], context, state)
        np.testing.assert_allclose(tf.cast(outputs[:, t], "float32"), h, atol=tolerance)
        np.testing.assert_allclose(windows[:, t], w, atol=tolerance)
    for got, expected in zip(last, state, strict=True):
        assert got.dtype == tf.float32
        np.testing.assert_allclose(got, expected, atol=tolerance)


@pytest.mark.parametrize("cell", CELLS)
def test_state_is_each_rows_own_at_its_length(cell):
    layer, context = make_layer(cell), make_context()
    inputs, state = data()
    outputs, _, last = layer(inputs, context, state, tf.constant(LENGTHS))
    for row, length in enumerate(LENGTHS):
        one, mine = slice(row, row + 1), [each[row : row + 1] for each in state]
        text = TextContext(characters(texts()[one]), None, None, None)
        if length:
            alone, _, mine = layer(inputs[one, :length], text, mine)
            np.testing.assert_allclose(outputs[one, :length], alone, atol=1e-6)
        assert not np.any(outputs[row, length:])
        for got, expected in zip(last, mine, strict=True):
            np.testing.assert_allclose(got[one], expected, atol=1e-6)


@functools.cache
def traced(layer):
    """What `values_and_gradients` calls, for rows of any number and length."""
    lengths, index = tf.TensorSpec([None], tf.int32), tf.TensorSpec([None, None], tf.int32)
    state = [tf.TensorSpec([None, size]) for size in (H, H, K, A)]

    @tf.function(input_signature=[tf.TensorSpec([None, None, F]), state, lengths, index])
    def run(x, start, lengths, index):
        text = TextContext(Characters.at(index, A), None, None, None)
        with tf.GradientTape() as tape:
            tape.watch([x, *start])
            outputs, windows, last = layer(x, text, start, lengths)
            valid = tf.sequence_mask(lengths, tf.shape(outputs)[1])[..., None]
            loss = tf.reduce_sum(tf.where(valid, tf.cast(outputs, tf.float32), 0.0) ** 2)
            loss += tf.reduce_sum(tf.where(valid, windows, 0.0) ** 2)
            loss += tf.add_n([tf.reduce_sum(tf.sin(each)) for each in last])
        weights = [weight.value for weight in layer.trainable_variables]
        return loss, last, tape.gradient(loss, [x, *start, *weights])

    return run


def values_and_gradients(layer, inputs, state, lengths, row=slice(None)):
    """Of a loss over the valid outputs and windows and the last state; `row` is the texts'."""
    index = np.where(texts().any(-1), texts().argmax(-1), -1)[row].astype("i")
    loss, last, gradients = traced(layer)(inputs, state, lengths, index)
    return [each.numpy() for each in [loss, *last, *gradients]]


@pytest.mark.parametrize("cell", CELLS)
def test_padding_reaches_neither_values_nor_gradients(cell):
    layer = make_layer(cell)
    inputs, state = data()
    lengths = tf.constant(LENGTHS)
    clean = values_and_gradients(layer, inputs, state, lengths)
    for row, length in enumerate(LENGTHS):
        inputs[row, length:] = [np.nan, np.inf, -np.inf, 1e30]
    dirty = values_and_gradients(layer, inputs, state, lengths)
    for got, expected in zip(dirty, clean, strict=True):
        assert np.isfinite(got).all()
        np.testing.assert_array_equal(got, expected)
    d_inputs = dirty[5]
    assert all(not d_inputs[row, length:].any() for row, length in enumerate(LENGTHS))
    assert all(np.any(each) for each in dirty[5:])


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_of_padded_rows_equal_those_of_rows_alone(cell):
    layer = make_layer(cell, clip_derivatives=0.2)
    inputs, state = data()
    lengths = [T, 3, 5]
    together = values_and_gradients(layer, inputs, state, tf.constant(lengths))
    total = [np.zeros_like(each) for each in together[10:]]
    for row, length in enumerate(lengths):
        one = slice(row, row + 1)
        alone = values_and_gradients(
            layer,
            inputs[one, :length],
            [each[one] for each in state],
            tf.constant([length]),
            one,
        )
        total = [a + b for a, b in zip(total, alone[10:], strict=True)]
        for got, expected in zip(together[5:10], alone[5:10], strict=True):
            got = got[one, :length] if got.ndim == 3 else got[one]
            np.testing.assert_allclose(got, expected, atol=1e-5)
    for got, expected in zip(together[10:], total, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_bfloat16_stays_close_to_float32(cell):
    inputs, state = data()
    results = [
        values_and_gradients(make_layer(cell, dtype), inputs, state, tf.constant(LENGTHS))
        for dtype in ("float32", "mixed_bfloat16")
    ]
    for want, got in zip(*results, strict=True):
        assert got.dtype == np.float32 and relative(got, want) < 0.1


def test_two_parts_with_the_state_carried_over_equal_one():
    layer, context = make_layer(), make_context()
    inputs, state = data()
    whole, windows, last = layer(inputs, context, state)
    first, seen, middle = layer(inputs[:, :2], context, state)
    second, more, end = layer(inputs[:, 2:], context, middle)
    np.testing.assert_allclose(tf.concat([first, second], 1), whole, atol=1e-5)
    np.testing.assert_allclose(tf.concat([seen, more], 1), windows, atol=1e-5)
    for got, expected in zip(end, last, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_no_steps_leave_the_state_alone():
    layer, (_, state) = make_layer(), data()
    for lengths in (None, tf.zeros([B], tf.int32)):
        outputs, windows, last = layer(tf.zeros([B, 0, F]), make_context(), state, lengths)
        assert outputs.shape == (B, 0, H) and windows.shape == (B, 0, A)
        for got, expected in zip(last, state, strict=True):
            np.testing.assert_array_equal(got, expected)


def test_another_cell_is_refused():
    with pytest.raises(UserError, match="lstm or peephole_lstm"):
        WindowedLSTM(H, A, cell="gru")


def test_configuration_round_trip():
    layer = make_layer("peephole_lstm", clip_derivatives=3.0, name="reader")
    again = WindowedLSTM.from_config(layer.get_config())
    again.build((None, None, F))
    again.set_weights(layer.get_weights())
    inputs, state = data()
    for one, other in zip(
        layer(inputs, make_context(), state), again(inputs, make_context(), state), strict=True
    ):
        tf.nest.map_structure(np.testing.assert_array_equal, one, other)
    assert again.clip_derivatives == 3.0 and again.name == "reader"
