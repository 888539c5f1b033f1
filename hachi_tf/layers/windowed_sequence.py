"""An LSTM whose output moves a soft window that it reads at the next step, over sequences.

It is `lstm_sequence` with the window inside the loop, and with a gradient of its own for the same
reasons: all that does not hang on the step before is done by large products outside the loops.
"""

import tensorflow as tf

from hachi_tf.layers.lstm_sequence import cell_backward, cell_forward, peephole_gradient
from hachi_tf.layers.soft_window import (
    moves,
    window_backward,
    window_of,
    window_weights,
)


def windowed_sequence(
    inputs,
    state,
    kernel,
    window_kernel,
    recurrent_kernel,
    bias,
    params_kernel,
    params_bias,
    characters,
    moving,
    peepholes=None,
    clip_derivatives=None,
):
    """Runs LSTM and window over sequences, time first (Graves 2013, section 5.1).

    Args:
        inputs: `[T, B, F]`; matrix products are made in its dtype.
        state: h `[B, H]`, c `[B, H]`, kappa `[B, K]` and w `[B, A]` before the first step;
            cells and windows are computed in the dtype of c.
        kernel: `[F, 4 H]`, from the inputs to the gates.
        window_kernel: `[A, 4 H]`, from the window of the step before.
        recurrent_kernel: `[H, 4 H]`.
        bias: `[4 H]`.
        params_kernel: `[H, 3 K]`, from the output to the window's pre-activations.
        params_bias: `[3 K]`.
        characters: the texts' `Characters`.
        moving: `[T, B, 1]`, 1 where the window may move, 0 in the padding.
        peepholes: `[3, H]` or None.
        clip_derivatives: as for `lstm_sequence`.

    Returns:
        Outputs `[T, B, H]` in the dtype of `inputs`, windows `[T, B, A]`, and c and kappa after
        the last step, in the dtype of c.
    """
    product_type, cell_type = inputs.dtype, state[1].dtype
    size, steps = recurrent_kernel.shape[0], tf.shape(inputs)[0]
    num_components, num_classes = state[2].shape[-1], state[3].shape[-1]

    @tf.custom_gradient
    def run(inputs, h, c, kappa, w, kernel, window_kernel, recurrent_kernel, bias, *others):
        weights = (kernel, window_kernel, recurrent_kernel, bias, *others)
        arguments = (inputs, h, c, kappa, w, *weights)
        params_kernel, params_bias, *peepholes = others
        inputs, h, kernel, bias, params_kernel = (
            tf.cast(each, product_type) for each in (inputs, h, kernel, bias, params_kernel)
        )
        peepholes = [tf.cast(each, cell_type) for each in peepholes]
        joined = tf.concat([recurrent_kernel, window_kernel], 0)
        joined = tf.split(tf.cast(joined, product_type), 4, 1)  # [H + A, H] a gate
        rows = tf.reshape(inputs, [-1, inputs.shape[-1]])  # [T B, F]
        in_time = [steps, tf.shape(inputs)[1], size]
        projected = [
            tf.reshape(tf.nn.bias_add(rows @ k, b), in_time)
            for k, b in zip(tf.split(kernel, 4, 1), tf.split(bias, 4), strict=True)
        ]

        def forward(t, fed, c, kappa, histories):
            gates = [
                tf.cast(fed @ k + p[t], cell_type) for k, p in zip(joined, projected, strict=True)
            ]
            h, c, *kept = cell_forward(gates, c, *peepholes)
            h = tf.cast(h, product_type)
            params = tf.cast(h @ params_kernel, cell_type) + params_bias
            kappa += moves(params) * moving[t]
            _, phi = window_weights(params, kappa, tf.shape(characters.classes)[1])
            w = window_of(phi, characters, num_classes)
            fed = tf.concat([h, tf.cast(w, product_type)], 1)
            values = (fed, c, kappa, params, *kept)
            written = [a.write(t + 1, v) for a, v in zip(histories, values, strict=True)]
            return t + 1, fed, c, kappa, written

        # Slot t + 1 belongs to step t, slot 0 to the initial state.
        fed = tf.concat([h, tf.cast(w, product_type)], 1)
        types = [(product_type, size + num_classes), (cell_type, size), (cell_type, num_components)]
        types += [(cell_type, 3 * num_components)] + [(cell_type, size)] * 5
        histories = [
            tf.TensorArray(dtype, steps + 1, clear_after_read=False, element_shape=[None, width])
            for dtype, width in types
        ]
        histories[:2] = [histories[0].write(0, fed), histories[1].write(0, c)]
        _, _, last_c, last_kappa, histories = tf.while_loop(
            lambda t, *_: t < steps, forward, [0, fed, c, kappa, histories]
        )
        all_fed = histories[0].stack()  # [T + 1, B, H + A]
        outputs, windows = tf.split(all_fed[1:], [size, num_classes], 2)

        def gradient(d_outputs, d_windows, d_c, d_kappa):
            transposed = [tf.transpose(each) for each in joined]
            params_transposed = tf.transpose(params_kernel)
            d_windows = tf.cast(d_windows, cell_type)

            def backward(t, d_h, d_w, d_c, d_kappa, written):
                kappa, params, *kept = (each.read(t + 1) for each in histories[2:])
                d_params, d_kappa = window_backward(
                    params, kappa, characters, moving[t], d_w + d_windows[t], d_kappa
                )
                d_h += tf.cast(d_outputs[t], cell_type)
                d_h += tf.cast(tf.cast(d_params, product_type) @ params_transposed, cell_type)
                c = histories[1].read(t)
                d_gates, d_c = cell_backward(d_h, d_c, c, kept, clip_derivatives, *peepholes)
                d_gates = [tf.cast(each, product_type) for each in d_gates]
                parts = [d @ k for d, k in zip(d_gates, transposed, strict=True)]
                d_h, d_w = tf.split(tf.cast(tf.add_n(parts), cell_type), [size, num_classes], 1)
                values = (tf.concat(d_gates, 1), d_params)
                written = [a.write(t, v) for a, v in zip(written, values, strict=True)]
                return t - 1, d_h, d_w, d_c, d_kappa, written

            written = [
                tf.TensorArray(dtype, steps, element_shape=[None, width])
                for dtype, width in ((product_type, 4 * size), (cell_type, 3 * num_components))
            ]
            d_h, d_w = tf.zeros_like(c), tf.zeros_like(w)
            _, d_h, d_w, d_c, d_kappa, written = tf.while_loop(
                lambda t, *_: t >= 0,
                backward,
                [steps - 1, d_h, d_w, tf.cast(d_c, cell_type), d_kappa, written],
            )
            d_gates = tf.reshape(written[0].stack(), [-1, 4 * size])  # [T B, 4 H]
            d_params = tf.reshape(written[1].stack(), [-1, 3 * num_components])
            before = tf.reshape(all_fed[:-1], [-1, size + num_classes])
            d_joined = tf.matmul(before, d_gates, transpose_a=True)
            d_recurrent, d_window = tf.split(d_joined, [size, num_classes], 0)
            results = [
                tf.reshape(tf.matmul(d_gates, kernel, transpose_b=True), tf.shape(inputs)),
                d_h,
                d_c,
                d_kappa,
                d_w,
                tf.matmul(rows, d_gates, transpose_a=True),
                d_window,
                d_recurrent,
                tf.reduce_sum(tf.cast(d_gates, cell_type), 0),
                tf.matmul(
                    tf.reshape(outputs, [-1, size]),
                    tf.cast(d_params, product_type),
                    transpose_a=True,
                ),
                tf.reduce_sum(d_params, 0),
            ]
            if peepholes:
                cells = histories[1].stack()
                results.append(peephole_gradient(tf.cast(d_gates, cell_type), cells))
            return [tf.cast(d, a.dtype) for d, a in zip(results, arguments, strict=True)]

        return (outputs, tf.cast(windows, cell_type), last_c, last_kappa), gradient

    weights = [kernel, window_kernel, recurrent_kernel, bias, params_kernel, params_bias]
    weights += [] if peepholes is None else [peepholes]
    outputs, windows, last_c, last_kappa = run(inputs, *state, *weights)
    outputs.set_shape([*inputs.shape[:2], size])
    windows.set_shape([*inputs.shape[:2], num_classes])
    return outputs, windows, last_c, last_kappa
