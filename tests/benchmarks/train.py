"""Training: forward, loss, backward, clipping by global norm and Adam, on batches of strokes."""

import numpy as np

STEPS, BATCH, CLIP_NORM, LEARNING_RATE = 200, 32, 10.0, 1e-3


def strokes():
    """Inputs and targets `[B, T, 3]`, float32."""
    random = np.random.default_rng(0)
    events = random.normal(size=(BATCH, STEPS + 1, 3)).astype("f")
    events[..., 2] = events[..., 2] > 1.5
    return events[:, :-1], events[:, 1:]


def _tensorflow(make_network, threads):
    import keras
    import tensorflow as tf

    from tests.benchmarks import tensorflow_networks

    tensorflow_networks.set_threads(threads)

    def build():
        network = make_network(tensorflow_networks)
        variables = network.trainable_variables
        optimizer = keras.optimizers.Adam(LEARNING_RATE)
        optimizer.build(variables)

        @tf.function(autograph=False)
        def step(inputs, targets):
            with tf.GradientTape() as tape:
                params, _ = network(inputs, training=True)
                loss = -tf.reduce_mean(network.head.log_prob(params, targets))
            gradients = tape.gradient(loss, [variable.value for variable in variables])
            gradients, _ = tf.clip_by_global_norm(gradients, CLIP_NORM)
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return loss

        batch = [tf.constant(each) for each in strokes()]
        return lambda: step(*batch).numpy()

    return build


def hachi(threads):
    """`hachi_tf`, float32."""
    return _tensorflow(lambda networks: networks.hachi_network(), threads)


def hachi_bfloat16(threads):
    """`hachi_tf`, `mixed_bfloat16`."""
    return _tensorflow(lambda networks: networks.hachi_network("mixed_bfloat16"), threads)


def synthesis(threads):
    """`hachi_tf`'s synthesis network, float32."""
    return _tensorflow(lambda networks: networks.SynthesisNetwork(BATCH), threads)


def stock_keras(threads):
    """Keras's own LSTM layers."""
    return _tensorflow(lambda networks: networks.KerasNetwork(), threads)


def pytorch(threads):
    """PyTorch's `nn.LSTM`."""
    import torch

    from tests.benchmarks.torch_network import TorchNetwork, log_prob

    torch.set_num_threads(threads)

    def build():
        network = TorchNetwork()
        optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE, fused=True)
        inputs, targets = (torch.tensor(each).transpose(0, 1).contiguous() for each in strokes())

        def step():
            optimizer.zero_grad()
            loss = -log_prob(network(inputs)[0], targets).mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP_NORM)
            optimizer.step()
            return loss.item()

        return step

    return build


CONTENDERS = {
    "hachi": hachi,
    "hachi_bfloat16": hachi_bfloat16,
    "synthesis": synthesis,
    "keras": stock_keras,
    "torch": pytorch,
}
