"""Sampling: one event after the other, each fed back."""

import numpy as np


def hachi(threads, batch, steps):
    """The loop inside the graph that exports use."""
    import tensorflow as tf

    from hachi_tf.samplers.sampler import Sampler
    from hachi_tf.transforms import Chain
    from tests.benchmarks import tensorflow_networks

    tensorflow_networks.set_threads(threads)

    def build():
        network = tensorflow_networks.hachi_network()
        sampler = Sampler(network, Chain(), network.schema, steps)
        run = tf.function(sampler.sample, autograph=False)
        seeds = tf.constant(np.arange(2 * batch).reshape(batch, 2), tf.int32)
        counts, zeros, ones = tf.fill([batch], steps), tf.zeros([batch]), tf.ones([batch])
        return lambda: run(seeds, counts, zeros, ones).events.numpy()

    return build


def pytorch(threads, batch, steps):
    """A step at a time under `no_grad`."""
    import torch

    from tests.benchmarks.torch_network import TorchNetwork, sample

    torch.set_num_threads(threads)

    def build():
        network = TorchNetwork().eval()

        @torch.no_grad()
        def work():
            event, states, events = torch.zeros(1, batch, 3), None, []
            for _ in range(steps):
                params, states = network(event, states)
                event = sample(params[0])[None]
                events.append(event[0])
            return torch.stack(events)

        return work

    return build


CONTENDERS = {"hachi": hachi, "torch": pytorch}
