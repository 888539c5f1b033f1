"""Sampling text: one character after the other, each fed back."""

import numpy as np

from tests.benchmarks import text_train


def hachi(threads, batch, steps):
    """The loop inside the graph that exports use."""
    import tensorflow as tf

    from hachi_tf.samplers.sampler import Sampler
    from hachi_tf.transforms import Chain
    from tests.benchmarks import tensorflow_networks

    tensorflow_networks.set_threads(threads)

    def build():
        network = text_train.hachi_network()
        sampler = Sampler(network, Chain(), network.schema, steps)
        run = tf.function(sampler.sample, autograph=False)
        seeds = tf.constant(np.arange(2 * batch).reshape(batch, 2), tf.int32)
        counts, zeros, ones = tf.fill([batch], steps), tf.zeros([batch]), tf.ones([batch])
        return lambda: run(seeds, counts, zeros, ones).events.numpy()

    return build


def pytorch(threads, batch, steps):
    """A step at a time under `no_grad`."""
    import torch

    from tests.benchmarks.torch_text import TorchTextNetwork

    torch.set_num_threads(threads)

    def build():
        network = TorchTextNetwork(text_train.LAYERS, text_train.UNITS, text_train.CLASSES).eval()

        @torch.no_grad()
        def work():
            character, states, text = torch.zeros(1, batch, dtype=torch.int64), None, []
            for _ in range(steps):
                logits, states = network(character, states)
                character = torch.multinomial(torch.softmax(logits[0], -1), 1).T
                text.append(character[0])
            return torch.stack(text)

        return work

    return build


CONTENDERS = {"hachi": hachi, "torch": pytorch}
