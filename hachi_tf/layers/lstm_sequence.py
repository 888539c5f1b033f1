"""The LSTM as functions: over sequences, with a gradient of its own, and for one step.

Over sequences all inputs are projected by a few large matrix products first; only the recurrent
products are left to the loop, which keeps the gates. The gradient's loop is as lean, and the
gradients of the weights are large products after it. The recurrent product is made one gate at
a time: TensorFlow runs the four side by side on its threads, which costs less than waking the
threads for a part of one product each.
"""

import tensorflow as tf


def lstm_sequence(
    inputs, h, c, kernel, recurrent_kernel, bias, peepholes=None, clip_derivatives=None
):
    """Runs an LSTM over sequences, time first.

    Hochreiter and Schmidhuber 1997 with forget gates, in Keras's gate order (input, forget,
    candidate, output); with `peepholes` Graves 2013, eq. 7 to 11.

    Args:
        inputs: `[T, B, F]`; matrix products are made in its dtype.
        h: `[B, H]`, the output before the first step.
        c: `[B, H]`, the cell before the first step; gates and cells are computed in its dtype.
        kernel: `[F, 4 H]`.
        recurrent_kernel: `[H, 4 H]`.
        bias: `[4 H]`.
        peepholes: `[3, H]`, the diagonal weights from the cell to the input, forget and output
            gates (the output gate sees the cell after the step); or None.
        clip_derivatives: if given, every derivative of the loss with respect to a gate's
            pre-activation is clipped to `[-clip_derivatives, clip_derivatives]` at every step,
            before it flows on (Graves 2013, section 2.1); or None.

    Returns:
        The outputs `[T, B, H]` in the dtype of `inputs`, and the last output and cell `[B, H]` in
        the dtype of `c`.
    """
    product_type, cell_type = inputs.dtype, c.dtype
    size = recurrent_kernel.shape[0]
    steps = tf.shape(inputs)[0]

    @tf.custom_gradient
    def run(inputs, h, c, kernel, recurrent_kernel, bias, *peepholes):
        arguments = (inputs, h, c, kernel, recurrent_kernel, bias, *peepholes)
        inputs, h, kernel, recurrent_kernel, bias = (
            tf.cast(each, product_type) for each in (inputs, h, kernel, recurrent_kernel, bias)
        )
        peepholes = [tf.cast(each, cell_type) for each in peepholes]
        rows = tf.reshape(inputs, [-1, inputs.shape[-1]])  # [T B, F]
        in_time = [steps, tf.shape(inputs)[1], size]
        projected = [
            tf.reshape(tf.nn.bias_add(rows @ w, b), in_time)
            for w, b in zip(tf.split(kernel, 4, 1), tf.split(bias, 4), strict=True)
        ]
        recurrent = tf.split(recurrent_kernel, 4, 1)

        def forward(t, h, c, histories):
            i, f, g, o = (
                tf.cast(h @ r + p[t], cell_type) for r, p in zip(recurrent, projected, strict=True)
            )
            if peepholes:
                i, f = i + peepholes[0][0] * c, f + peepholes[0][1] * c
            i, f, g = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g)
            c = f * c + i * g
            o = tf.sigmoid(o + peepholes[0][2] * c if peepholes else o)
            squashed = tf.tanh(c)
            h = tf.cast(o * squashed, product_type)
            values = (h, c, i, f, g, o, squashed)
            return t + 1, h, c, [a.write(t + 1, v) for a, v in zip(histories, values, strict=True)]

        # Slot t + 1 belongs to step t, and slot 0 of outputs and cells to the initial state.
        histories = [
            tf.TensorArray(dtype, steps + 1, clear_after_read=False, element_shape=[None, size])
            for dtype in [product_type] + [cell_type] * 6
        ]
        histories[:2] = [histories[0].write(0, h), histories[1].write(0, c)]
        _, last_h, last_c, histories = tf.while_loop(
            lambda t, *_: t < steps, forward, [0, h, c, histories]
        )
        outputs = histories[0].stack()  # [T + 1, B, H]

        def gradient(d_outputs, d_h, d_c):
            transposed = [tf.transpose(r) for r in recurrent]

            def backward(t, d_h, d_c, history):
                i, f, g, o, squashed = (each.read(t + 1) for each in histories[2:])
                c = histories[1].read(t)
                d_h += tf.cast(d_outputs[t], cell_type)
                d_o = clip(tf.raw_ops.SigmoidGrad(y=o, dy=d_h * squashed))
                d_c += tf.raw_ops.TanhGrad(y=squashed, dy=d_h * o)
                if peepholes:
                    d_c += d_o * peepholes[0][2]
                d_i = clip(tf.raw_ops.SigmoidGrad(y=i, dy=d_c * g))
                d_f = clip(tf.raw_ops.SigmoidGrad(y=f, dy=d_c * c))
                d_g = clip(tf.raw_ops.TanhGrad(y=g, dy=d_c * i))
                d_c *= f
                if peepholes:
                    d_c += d_i * peepholes[0][0] + d_f * peepholes[0][1]
                d_gates = [tf.cast(each, product_type) for each in (d_i, d_f, d_g, d_o)]
                parts = [d @ r for d, r in zip(d_gates, transposed, strict=True)]
                d_h = tf.cast(tf.add_n(parts), cell_type)
                return t - 1, d_h, d_c, history.write(t, tf.concat(d_gates, 1))

            history = tf.TensorArray(product_type, steps, element_shape=[None, 4 * size])
            _, d_h, d_c, history = tf.while_loop(
                lambda t, *_: t >= 0,
                backward,
                [steps - 1, tf.cast(d_h, cell_type), d_c, history],
            )
            d_gates = tf.reshape(history.stack(), [-1, 4 * size])  # [T B, 4 H]
            before = tf.reshape(outputs[:-1], [-1, size])
            results = [
                tf.reshape(tf.matmul(d_gates, kernel, transpose_b=True), tf.shape(inputs)),
                d_h,
                d_c,
                tf.matmul(rows, d_gates, transpose_a=True),
                tf.matmul(before, d_gates, transpose_a=True),
                tf.reduce_sum(tf.cast(d_gates, cell_type), 0),
            ]
            if peepholes:
                cells = histories[1].stack()
                d_i, d_f, _, d_o = tf.split(tf.cast(d_gates, cell_type), 4, 1)
                results.append(
                    tf.stack(
                        [
                            tf.reduce_sum(d * tf.reshape(cell, [-1, size]), 0)
                            for d, cell in ((d_i, cells[:-1]), (d_f, cells[:-1]), (d_o, cells[1:]))
                        ]
                    )
                )
            return [tf.cast(d, a.dtype) for d, a in zip(results, arguments, strict=True)]

        return (outputs[1:], tf.cast(last_h, cell_type), last_c), gradient

    def clip(derivative):
        if clip_derivatives is None:
            return derivative
        return tf.clip_by_value(derivative, -clip_derivatives, clip_derivatives)

    weights = [kernel, recurrent_kernel, bias] + ([] if peepholes is None else [peepholes])
    outputs, last_h, last_c = run(inputs, h, c, *weights)
    outputs.set_shape([*inputs.shape[:2], size])
    return outputs, last_h, last_c


def lstm_step(inputs, h, c, kernel, recurrent_kernel, bias, peepholes=None):
    """One step of what `lstm_sequence` computes.

    Args:
        inputs: `[B, F]`; matrix products are made in its dtype.
        h: `[B, H]`.
        c: `[B, H]`; gates and cell are computed in its dtype.
        kernel: `[F, 4 H]`.
        recurrent_kernel: `[H, 4 H]`.
        bias: `[4 H]`.
        peepholes: `[3, H]` or None.

    Returns:
        The output and the cell, `[B, H]` each, in the dtype of `c`.
    """
    product_type, cell_type = inputs.dtype, c.dtype
    z = tf.cast(inputs @ tf.cast(kernel, product_type), cell_type)
    z += tf.cast(tf.cast(h, product_type) @ tf.cast(recurrent_kernel, product_type), cell_type)
    i, f, g, o = tf.split(z + tf.cast(bias, cell_type), 4, 1)
    if peepholes is not None:
        peepholes = tf.cast(peepholes, cell_type)
        i, f = i + peepholes[0] * c, f + peepholes[1] * c
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    if peepholes is not None:
        o += peepholes[2] * c
    return tf.sigmoid(o) * tf.tanh(c), c
