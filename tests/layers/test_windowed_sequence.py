"""LSTM and window over sequences against NumPy in float64, values and gradients."""

import numpy as np
import pytest
import tensorflow as tf

from hachi_tf.layers.windowed_sequence import windowed_sequence
from tests.layers.windows import A, B, F, H, K, T, characters, relative, texts

NAMES = ("inputs", "h", "c", "kappa", "w", "kernel", "window_kernel", "recurrent_kernel", "bias",
         "params_kernel", "params_bias", "peepholes")  # fmt: skip
SHAPES = ((T, B, F), (B, H), (B, H), (B, K), (B, A), (F, 4 * H), (A, 4 * H), (H, 4 * H), (4 * H,),
          (H, 3 * K), (3 * K,), (3, H))  # fmt: skip
RESULTS = ((T, B, H), (T, B, A), (B, H), (B, K))  # outputs, windows, last c and kappa


def arguments(peepholes, seed=0, scale=0.7):
    """Random arguments of `windowed_sequence`, float64; nothing in the state is zero."""
    random = np.random.default_rng(seed)
    values = [scale * random.normal(size=shape) for shape in SHAPES[: 12 if peepholes else 11]]
    values[3] = random.uniform(0.2, 2.0, (B, K))
    return values


def upstream(seed=1):
    """Random derivatives of a loss by each result."""
    random = np.random.default_rng(seed)
    return [random.normal(size=shape) for shape in RESULTS]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numpy_forward(values, one_hot):
    """One step and formula after another; the results, and what each step has to remember."""
    inputs, h, c, kappa, w, kernel, window_kernel, recurrent, bias, k_params, b_params = values[:11]
    p = values[11] if len(values) > 11 else np.zeros((3, H))
    u, kept, outputs, windows = np.arange(1, one_hot.shape[1] + 1), [], [], []
    for x in inputs:
        z = x @ kernel + w @ window_kernel + h @ recurrent + bias
        i, f = sigmoid(z[:, :H] + p[0] * c), sigmoid(z[:, H : 2 * H] + p[1] * c)
        g = np.tanh(z[:, 2 * H : 3 * H])
        new = f * c + i * g
        o = sigmoid(z[:, 3 * H :] + p[2] * new)
        out = o * np.tanh(new)
        a, b, k = np.split(out @ k_params + b_params, 3, axis=1)
        moved = kappa + np.exp(k)
        offset = moved[:, :, None] - u  # [B, K, U]
        parts = np.exp(a)[:, :, None] * np.exp(-np.exp(b)[:, :, None] * offset**2)
        seen = np.einsum("bu,bua->ba", parts.sum(1), one_hot)
        kept.append((x, h, c, w, i, f, g, o, new, out, b, k, offset, parts))
        h, c, kappa, w = out, new, moved, seen
        outputs.append(h)
        windows.append(w)
    return (np.stack(outputs), np.stack(windows), c, kappa), kept


def numpy_gradients(values, one_hot, upstream, clip=np.inf):
    """Backpropagation through time, with the derivatives by the gates' pre-activations clipped."""
    _, kept = numpy_forward(values, one_hot)
    kernel, window_kernel, recurrent, k_params = values[5], values[6], values[7], values[9]
    p = values[11] if len(values) > 11 else np.zeros((3, H))
    d_outputs, d_windows, d_c, d_kappa = upstream
    d_h, d_w = np.zeros((B, H)), np.zeros((B, A))
    d_inputs = np.zeros(SHAPES[0])
    d_weights = [np.zeros(shape) for shape in SHAPES[5:]]
    for t in range(T - 1, -1, -1):
        x, h, c, w, i, f, g, o, new, out, b, k, offset, parts = kept[t]
        d_parts = np.einsum("bua,ba->bu", one_hot, d_w + d_windows[t])[:, None] * parts
        d_kappa = d_kappa - 2 * np.exp(b) * (d_parts * offset).sum(2)
        d_b = -np.exp(b) * (d_parts * offset**2).sum(2)
        d_params = np.concatenate([d_parts.sum(2), d_b, d_kappa * np.exp(k)], 1)
        d_h = d_h + d_outputs[t] + d_params @ k_params.T
        d_o = np.clip(d_h * np.tanh(new) * o * (1 - o), -clip, clip)
        d_c = d_c + d_h * o * (1 - np.tanh(new) ** 2) + d_o * p[2]
        d_i = np.clip(d_c * g * i * (1 - i), -clip, clip)
        d_f = np.clip(d_c * c * f * (1 - f), -clip, clip)
        d_g = np.clip(d_c * i * (1 - g**2), -clip, clip)
        d_z = np.concatenate([d_i, d_f, d_g, d_o], 1)
        d_p = np.stack([(d_i * c).sum(0), (d_f * c).sum(0), (d_o * new).sum(0)])
        parts = (x.T @ d_z, w.T @ d_z, h.T @ d_z, d_z.sum(0), out.T @ d_params, d_params.sum(0))
        for total, part in zip(d_weights, (*parts, d_p), strict=True):
            total += part
        d_inputs[t] = d_z @ kernel.T
        d_h, d_w = d_z @ recurrent.T, d_z @ window_kernel.T
        d_c = d_c * f + d_i * p[0] + d_f * p[1]
    return [d_inputs, d_h, d_c, d_kappa, d_w, *d_weights][: len(values)]


def by_tensorflow(values, upstream, dtype, clip=None, product_type=None, graph=True):
    """Results and gradients of `windowed_sequence`."""

    def run():
        tensors = [tf.constant(value, dtype) for value in values]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            inputs, h, c, kappa, w, *weights = tensors
            results = windowed_sequence(
                tf.cast(inputs, product_type or dtype),
                [h, c, kappa, w],
                *weights[:6],
                characters(texts()),
                tf.ones([T, B, 1], dtype),
                *weights[6:],
                clip_derivatives=clip,
            )
            pairs = zip(results, upstream, strict=True)
            losses = [tf.reduce_sum(tf.cast(r, dtype) * tf.constant(d, dtype)) for r, d in pairs]
            loss = tf.add_n(losses)
        return results, tape.gradient(loss, tensors)

    results, gradients = tf.function(run)() if graph else run()
    return [np.double(tf.cast(r, dtype)) for r in results], [np.double(g) for g in gradients]


@pytest.mark.parametrize("peepholes", [False, True])
@pytest.mark.parametrize(
    "dtype, product_type, tolerance",
    [(tf.float64, None, 1e-12), (tf.float32, None, 1e-5), (tf.float32, tf.bfloat16, 0.1)],
)
def test_values_and_gradients_equal_numpy(peepholes, dtype, product_type, tolerance):
    values, d = arguments(peepholes), upstream()
    want, gradients = numpy_forward(values, texts())[0], numpy_gradients(values, texts(), d)
    got = by_tensorflow(values, d, dtype, product_type=product_type)
    for got_value, want_value in zip(got[0], want, strict=True):
        assert relative(got_value, want_value) < tolerance
    for name, got_value, want_value in zip(NAMES, got[1], gradients, strict=False):
        assert relative(got_value, want_value) < tolerance, name


@pytest.mark.parametrize("peepholes", [False, True])
def test_gradients_equal_finite_differences_of_the_values(peepholes):
    values, d = arguments(peepholes, seed=3), upstream()
    gradients = numpy_gradients(values, texts(), d)

    def loss(index, position, change):
        changed = [value.copy() for value in values]
        changed[index][position] += change
        results = numpy_forward(changed, texts())[0]
        return sum((r * each).sum() for r, each in zip(results, d, strict=True))

    random = np.random.default_rng(2)
    for index, gradient in enumerate(gradients):
        for _ in range(5):
            position = tuple(random.integers(0, size) for size in gradient.shape)
            slope = (loss(index, position, 1e-6) - loss(index, position, -1e-6)) / 2e-6
            assert gradient[position] == pytest.approx(slope, rel=1e-5, abs=1e-7), NAMES[index]


@pytest.mark.parametrize("peepholes", [False, True])
def test_eager_execution_gives_the_same(peepholes):
    values, d = arguments(peepholes), upstream()
    want, got = by_tensorflow(values, d, tf.float64), by_tensorflow(values, d, tf.float64, graph=0)
    for got_value, want_value in zip([*got[0], *got[1]], [*want[0], *want[1]], strict=True):
        assert relative(got_value, want_value) < 1e-12


@pytest.mark.parametrize("peepholes", [False, True])
def test_clipped_derivatives_equal_numpy_and_bite(peepholes):
    values, d = arguments(peepholes), upstream()
    free = numpy_gradients(values, texts(), d)
    want = numpy_gradients(values, texts(), d, clip=0.1)
    got = by_tensorflow(values, d, tf.float64, clip=0.1)[1]
    for name, got_value, want_value in zip(NAMES, got, want, strict=False):
        assert relative(got_value, want_value) < 1e-12, name
    assert relative(want[6], free[6]) > 0.3
    loose = by_tensorflow(values, d, tf.float64, clip=1e3)[1]
    assert relative(loose[6], free[6]) < 1e-12


# The layer.
