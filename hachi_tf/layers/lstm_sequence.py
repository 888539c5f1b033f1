"""The LSTM as functions: over sequences, with a gradient of its own, and for one step.

Over sequences all inputs are projected by a few large matrix products first; only the recurrent
products are left to the loop, which keeps the gates. The gradient's loop is as lean, and the
gradients of the weights are large products after it. The recurrent product is made one gate at
a time: TensorFlow runs the four side by side on its threads, which costs less than waking the
threads for a part of one product each.
"""

import tensorflow as tf

_CLOSED = 1e4  # a pre-activation whose sigmoid is exactly 1, and that of its negative exactly 0


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
            gates = [
                tf.cast(h @ r + p[t], cell_type) for r, p in zip(recurrent, projected, strict=True)
            ]
            h, c, *kept = cell_forward(gates, c, *peepholes)
            h = tf.cast(h, product_type)
            values = (h, c, *kept)
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
                kept = [each.read(t + 1) for each in histories[2:]]
                c = histories[1].read(t)
                d_h += tf.cast(d_outputs[t], cell_type)
                d_gates, d_c = cell_backward(d_h, d_c, c, kept, clip_derivatives, *peepholes)
                d_gates = [tf.cast(each, product_type) for each in d_gates]
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
                results.append(peephole_gradient(tf.cast(d_gates, cell_type), cells))
            return [tf.cast(d, a.dtype) for d, a in zip(results, arguments, strict=True)]

        return (outputs[1:], tf.cast(last_h, cell_type), last_c), gradient

    weights = [kernel, recurrent_kernel, bias] + ([] if peepholes is None else [peepholes])
    outputs, last_h, last_c = run(inputs, h, c, *weights)
    outputs.set_shape([*inputs.shape[:2], size])
    return outputs, last_h, last_c


def cell_forward(gates, c, peepholes=None):
    """One step of the cells.

    Args:
        gates: pre-activations of the input, forget, candidate and output gates, `[B, H]` each.
        c: `[B, H]`, the cell before.
        peepholes: `[3, H]` or None.

    Returns:
        Output and cell, and what `cell_backward` wants kept: the four gates and the squashed
        cell, `[B, H]` each.
    """
    i, f, g, o = gates
    if peepholes is not None:
        i, f = i + peepholes[0] * c, f + peepholes[1] * c
    i, f, g = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g)
    c = f * c + i * g
    o = tf.sigmoid(o if peepholes is None else o + peepholes[2] * c)
    squashed = tf.tanh(c)
    return o * squashed, c, i, f, g, o, squashed


def cell_backward(d_h, d_c, c, kept, limit=None, peepholes=None):
    """The way back through `cell_forward`.

    Args:
        d_h: `[B, H]`, the derivative of the loss by the output.
        d_c: `[B, H]`, by the cell after the step.
        c: `[B, H]`, the cell before the step.
        kept: what `cell_forward` returned after output and cell.
        limit: the bound of the derivatives by the pre-activations, or None.
        peepholes: `[3, H]` or None.

    Returns:
        The derivatives by the four pre-activations, `[B, H]` each, and by the cell before.
    """

    def clip(derivative):
        return derivative if limit is None else tf.clip_by_value(derivative, -limit, limit)

    i, f, g, o, squashed = kept
    d_o = clip(tf.raw_ops.SigmoidGrad(y=o, dy=d_h * squashed))
    d_c += tf.raw_ops.TanhGrad(y=squashed, dy=d_h * o)
    if peepholes is not None:
        d_c += d_o * peepholes[2]
    d_i = clip(tf.raw_ops.SigmoidGrad(y=i, dy=d_c * g))
    d_f = clip(tf.raw_ops.SigmoidGrad(y=f, dy=d_c * c))
    d_g = clip(tf.raw_ops.TanhGrad(y=g, dy=d_c * i))
    d_c *= f
    if peepholes is not None:
        d_c += d_i * peepholes[0] + d_f * peepholes[1]
    return (d_i, d_f, d_g, d_o), d_c


def peephole_gradient(d_gates, cells):
    """The derivative by the peepholes `[3, H]`.

    Args:
        d_gates: `[T B, 4 H]`, by the pre-activations.
        cells: `[T + 1, B, H]`, from the one before the first step on.
    """
    d_i, d_f, _, d_o = tf.split(d_gates, 4, 1)
    pairs = ((d_i, cells[:-1]), (d_f, cells[:-1]), (d_o, cells[1:]))
    return tf.stack([tf.reduce_sum(d * tf.reshape(cell, tf.shape(d)), 0) for d, cell in pairs])


def pad_gates(inputs, valid, kernel):
    """Inputs and kernel that keep an LSTM still in the padding.

    One more input, 1 in the padding, shuts the input and output gates there and opens the forget
    gate: outputs become 0, cells stay, and no derivative passes.

    Args:
        inputs: a list of `[T, B, ...]`, finite in the padding.
        valid: bool `[T, B, 1]`.
        kernel: `[F, 4 H]`, for the inputs side by side.

    Returns:
        The inputs and the kernel, each with the one more.
    """
    padding = tf.cast(~valid, inputs[0].dtype)
    closed = tf.constant([-_CLOSED, _CLOSED, 0.0, -_CLOSED], kernel.dtype)
    closed = tf.repeat(closed, kernel.shape[1] // 4)
    return [*inputs, padding], tf.concat([kernel, closed[None]], 0)


def at_last_step(values, lengths, initial):
    """Of values `[T, B, ...]` each row's last `[B, ...]`; `initial` where a row has none."""
    rows = tf.range(tf.shape(lengths)[0])
    last = tf.stack([tf.maximum(lengths - 1, 0), rows], -1)
    return tf.cond(
        tf.shape(values)[0] > 0,
        lambda: tf.where(
            lengths[:, None] > 0, tf.cast(tf.gather_nd(values, last), initial.dtype), initial
        ),
        lambda: initial,
    )


def lstm_step(inputs, h, c, kernel, recurrent_kernel, bias, peepholes=None, one_hot=None):
    """One step of what `lstm_sequence` computes.

    Args:
        inputs: `[B, F]`; matrix products are made in its dtype. None if there are none but
            `one_hot`.
        h: `[B, H]`.
        c: `[B, H]`; gates and cell are computed in its dtype.
        kernel: `[F, 4 H]`, with `one_hot` the inputs' last.
        recurrent_kernel: `[H, 4 H]`.
        bias: `[4 H]`.
        peepholes: `[3, H]` or None.
        one_hot: int32 `[B]`, which one of more inputs before these is 1 while the others are 0,
            -1 for none; or None.

    Returns:
        The output and the cell, `[B, H]` each, in the dtype of `c`.
    """
    product_type, cell_type = c.dtype if inputs is None else inputs.dtype, c.dtype
    kernel = tf.cast(kernel, product_type)
    z = tf.cast(tf.cast(h, product_type) @ tf.cast(recurrent_kernel, product_type), cell_type)
    if inputs is not None:
        own = kernel if one_hot is None else kernel[kernel.shape[0] - inputs.shape[-1] :]
        z = tf.cast(inputs @ own, cell_type) + z
    if one_hot is not None:
        z += tf.cast(_rows(kernel, one_hot), cell_type)
    i, f, g, o = tf.split(z + tf.cast(bias, cell_type), 4, 1)
    if peepholes is not None:
        peepholes = tf.cast(peepholes, cell_type)
        i, f = i + peepholes[0] * c, f + peepholes[1] * c
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    if peepholes is not None:
        o += peepholes[2] * c
    return tf.sigmoid(o) * tf.tanh(c), c


def _rows(kernel, index):
    """Rows `[B, 4 H]` of the kernel, zeros for -1."""
    rows = tf.gather(kernel, tf.maximum(index, 0))
    # `tf.where` would broadcast the condition, which is several times slower.
    return tf.raw_ops.Select(condition=index >= 0, x=rows, y=tf.zeros_like(rows))
