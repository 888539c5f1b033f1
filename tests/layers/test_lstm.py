"""LSTM against NumPy in float64 and against Keras: values and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.errors import UserError
from hachi_tf.layers.lstm import LSTM
from hachi_tf.layers.lstm_sequence import lstm_sequence, lstm_step
from hachi_tf.layers.peephole_lstm import PeepholeLSTM

T, B, F, H = 7, 3, 4, 5
NAMES = ("inputs", "h", "c", "kernel", "recurrent_kernel", "bias", "peepholes")


def arguments(peepholes=False, seed=0, scale=1.0):
    """Random arguments of `lstm_sequence`, float64."""
    random = np.random.default_rng(seed)
    shapes = [(T, B, F), (B, H), (B, H), (F, 4 * H), (H, 4 * H), (4 * H,), (3, H)]
    return [scale * random.normal(size=shape) for shape in shapes[: 7 if peepholes else 6]]


def upstream(seed=1):
    """Random derivatives of a loss with respect to outputs, last output and last cell."""
    random = np.random.default_rng(seed)
    return [random.normal(size=shape) for shape in ((T, B, H), (B, H), (B, H))]


def numpy_lstm(inputs, h, c, kernel, recurrent_kernel, bias, peepholes, upstream, clip=np.inf):
    """Values, and gradients by backpropagation through time, one step and formula after another."""
    p = np.zeros((3, H)) if peepholes is None else peepholes
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    kept, outputs = [], []
    for x in inputs:
        z = x @ kernel + h @ recurrent_kernel + bias
        i, f, g = sigmoid(z[:, :H] + p[0] * c), sigmoid(z[:, H : 2 * H] + p[1] * c), z[:, 2 * H :]
        g = np.tanh(g[:, :H])
        new = f * c + i * g
        o = sigmoid(z[:, 3 * H :] + p[2] * new)
        kept.append((x, h, c, i, f, g, o, new))
        h, c = o * np.tanh(new), new
        outputs.append(h)
    d_outputs, d_h, d_c = upstream
    d_inputs = np.zeros_like(inputs)
    d_kernel, d_recurrent = np.zeros_like(kernel), np.zeros_like(recurrent_kernel)
    d_bias, d_p = np.zeros_like(bias), np.zeros_like(p)
    for t in range(len(inputs) - 1, -1, -1):
        x, h_before, c_before, i, f, g, o, new = kept[t]
        d_h = d_h + d_outputs[t]
        d_o = np.clip(d_h * np.tanh(new) * o * (1 - o), -clip, clip)
        d_c = d_c + d_h * o * (1 - np.tanh(new) ** 2) + d_o * p[2]
        d_i = np.clip(d_c * g * i * (1 - i), -clip, clip)
        d_f = np.clip(d_c * c_before * f * (1 - f), -clip, clip)
        d_g = np.clip(d_c * i * (1 - g**2), -clip, clip)
        d_z = np.concatenate([d_i, d_f, d_g, d_o], 1)
        d_p += np.stack([(d_i * c_before).sum(0), (d_f * c_before).sum(0), (d_o * new).sum(0)])
        d_inputs[t] = d_z @ kernel.T
        d_kernel += x.T @ d_z
        d_recurrent += h_before.T @ d_z
        d_bias += d_z.sum(0)
        d_h = d_z @ recurrent_kernel.T
        d_c = d_c * f + d_i * p[0] + d_f * p[1]
    gradients = [d_inputs, d_h, d_c, d_kernel, d_recurrent, d_bias, d_p]
    return (np.stack(outputs), h, c), gradients[: 6 if peepholes is None else 7]


def tensorflow_lstm(values, upstream, dtype, clip=None, product_type=None, graph=True):
    """The same by `lstm_sequence`, in a graph or without."""

    def run():
        tensors = [tf.constant(value, dtype) for value in values]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            inputs, h, c, kernel, recurrent_kernel, bias, *peepholes = tensors
            inputs = tf.cast(inputs, product_type or dtype)
            results = lstm_sequence(
                inputs, h, c, kernel, recurrent_kernel, bias, *peepholes, clip_derivatives=clip
            )
            loss = tf.add_n(
                [
                    tf.reduce_sum(tf.cast(result, dtype) * tf.constant(d, dtype))
                    for result, d in zip(results, upstream, strict=True)
                ]
            )
        return results, tape.gradient(loss, tensors)

    results, gradients = tf.function(run)() if graph else run()
    return [np.double(tf.cast(r, dtype)) for r in results], [np.double(g) for g in gradients]


def relative(got, want):
    """The largest error in units of the largest value."""
    return np.abs(got - want).max() / np.abs(want).max()


@pytest.mark.parametrize("peepholes", [False, True])
@pytest.mark.parametrize(
    "dtype, product_type, tolerance",
    [(tf.float64, None, 1e-12), (tf.float32, None, 2e-6), (tf.float32, tf.bfloat16, 0.05)],
)
def test_values_and_gradients_equal_numpy(peepholes, dtype, product_type, tolerance):
    values, d = arguments(peepholes), upstream()
    want = numpy_lstm(*values, *([] if peepholes else [None]), d)
    got = tensorflow_lstm(values, d, dtype, product_type=product_type)
    for got_value, want_value in zip(got[0], want[0], strict=True):
        assert relative(got_value, want_value) < tolerance
    for name, got_value, want_value in zip(NAMES, got[1], want[1], strict=False):
        assert relative(got_value, want_value) < tolerance, name


@pytest.mark.parametrize("peepholes", [False, True])
def test_eager_execution_gives_the_same(peepholes):
    values, d = arguments(peepholes), upstream()
    want = tensorflow_lstm(values, d, tf.float64)
    got = tensorflow_lstm(values, d, tf.float64, graph=False)
    for got_value, want_value in zip([*got[0], *got[1]], [*want[0], *want[1]], strict=True):
        assert relative(got_value, want_value) < 1e-12


@pytest.mark.parametrize("peepholes", [False, True])
def test_clipped_derivatives_equal_numpy_and_bite(peepholes):
    values, d = arguments(peepholes), upstream()
    nothing = [] if peepholes else [None]
    free = numpy_lstm(*values, *nothing, d)[1]
    want = numpy_lstm(*values, *nothing, d, clip=0.1)[1]
    got = tensorflow_lstm(values, d, tf.float64, clip=0.1)[1]
    for name, got_value, want_value in zip(NAMES, got, want, strict=False):
        assert relative(got_value, want_value) < 1e-12, name
    assert relative(want[3], free[3]) > 0.3
    loose = tensorflow_lstm(values, d, tf.float64, clip=1e3)[1]
    assert relative(loose[3], free[3]) < 1e-12


def test_gradients_equal_finite_differences():
    values, d = arguments(True, scale=0.5), upstream()
    gradients = tensorflow_lstm(values, d, tf.float64)[1]

    def loss(index, position, change):
        changed = [value.copy() for value in values]
        changed[index][position] += change
        results = numpy_lstm(*changed, d)[0]
        return sum((r * each).sum() for r, each in zip(results, d, strict=True))

    random = np.random.default_rng(2)
    for index, gradient in enumerate(gradients):
        position = tuple(random.integers(0, size) for size in gradient.shape)
        slope = (loss(index, position, 1e-6) - loss(index, position, -1e-6)) / 2e-6
        assert gradient[position] == pytest.approx(slope, rel=1e-6, abs=1e-8), NAMES[index]


@pytest.mark.parametrize("peepholes", [False, True])
def test_sequence_equals_iterated_step(peepholes):
    inputs, h, c, *weights = (tf.constant(value, tf.float32) for value in arguments(peepholes))
    outputs, last_h, last_c = lstm_sequence(inputs, h, c, *weights)
    for t in range(T):
        h, c = lstm_step(inputs[t], h, c, *weights)
        np.testing.assert_allclose(outputs[t], h, atol=1e-6)
    np.testing.assert_allclose(last_h, h, atol=1e-6)
    np.testing.assert_allclose(last_c, c, atol=1e-6)


def test_no_steps_leave_the_state_alone():
    _, h, c, *weights = (tf.constant(value, tf.float32) for value in arguments())
    outputs, last_h, last_c = tf.function(lstm_sequence)(tf.zeros([0, B, F]), h, c, *weights)
    assert outputs.shape == (0, B, H)
    np.testing.assert_array_equal(last_h, h)
    np.testing.assert_array_equal(last_c, c)


def layer_and_keras(dtype="float32", **options):
    """Our layer and Keras's with the same weights."""
    ours = LSTM(H, dtype=dtype, seed=1, **options)
    theirs = keras.layers.LSTM(H, dtype=dtype, seed=1, **options)
    for layer in (ours, theirs):
        layer.build((B, T, F))
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def value_and_gradients(layer, inputs, **call):
    """Of a fixed random weighting of the layer's results."""

    @tf.function
    def run():
        x = tf.constant(inputs, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(x)
            results = tf.nest.flatten(layer(x, **call))
            weights = [np.random.default_rng(3).normal(size=r.shape) for r in results]
            loss = tf.add_n(
                [
                    tf.reduce_sum(tf.cast(r, "float32") * w)
                    for r, w in zip(results, weights, strict=True)
                ]
            )
        return results, tape.gradient(loss, [x, *[v.value for v in layer.trainable_variables]])

    results, gradients = run()
    return [np.double(tf.cast(each, "float32")) for each in [*results, *gradients]]


@pytest.mark.parametrize("dtype, tolerance", [("float32", 2e-6), ("mixed_bfloat16", 0.05)])
@pytest.mark.parametrize(
    "options",
    [
        {"return_sequences": True, "return_state": True},
        {"go_backwards": True, "return_sequences": True},
        {"use_bias": False},
        {"activation": "relu", "return_sequences": True},
        {"recurrent_dropout": 0.5},
    ],
    ids=lambda options: "-".join(options),
)
def test_layer_equals_keras(dtype, tolerance, options):
    ours, theirs = layer_and_keras(dtype, **options)
    inputs = arguments()[0].transpose(1, 0, 2)
    got, want = value_and_gradients(ours, inputs), value_and_gradients(theirs, inputs)
    for got_value, want_value in zip(got, want, strict=True):
        assert relative(got_value, want_value) < tolerance


def test_layer_with_a_mask_equals_keras():
    ours, theirs = layer_and_keras(return_sequences=True, return_state=True)
    inputs = arguments()[0].transpose(1, 0, 2)
    mask = tf.sequence_mask([T, 3, 1], T)
    got, want = (value_and_gradients(layer, inputs, mask=mask) for layer in (ours, theirs))
    for got_value, want_value in zip(got, want, strict=True):
        assert relative(got_value, want_value) < 2e-6


def test_input_dropout_equals_keras():
    ours, theirs = layer_and_keras(dropout=0.5)
    inputs = arguments()[0].transpose(1, 0, 2)
    got, want = (value_and_gradients(layer, inputs, training=True) for layer in (ours, theirs))
    assert relative(got[0], want[0]) < 2e-6
    assert (got[1] == 0).any()


@pytest.mark.parametrize("layer_class", [LSTM, PeepholeLSTM])
def test_layer_fits_and_comes_back_from_a_file(layer_class, tmp_path):
    model = keras.Sequential(
        [
            keras.Input((None, F)),
            layer_class(H, return_sequences=True, clip_derivatives=10.0),
            keras.layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    inputs = arguments()[0].transpose(1, 0, 2).astype("f")
    losses = model.fit(inputs, inputs[..., :1], epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(inputs), model(inputs))
    assert again.layers[0].clip_derivatives == 10.0


def test_clipping_where_the_fast_path_cannot_run_is_refused():
    inputs = tf.zeros([B, T, F])
    for layer in (LSTM(H, clip_derivatives=1.0), PeepholeLSTM(H, clip_derivatives=1.0)):
        with pytest.raises(ValueError, match="mask"):
            layer(inputs, mask=tf.ones([B, T], tf.bool))
    for options in ({"clip_derivatives": 0.0}, {"clip_derivatives": 1.0, "activation": "relu"}):
        with pytest.raises(UserError):
            LSTM(H, **options)
