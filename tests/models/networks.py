"""A small synthesis network for tests."""

import keras
import numpy as np

from hachi_tf.layers.heads import make_head
from hachi_tf.models.synthesis_network import SynthesisNetwork
from hachi_tf.schema import Feature, Schema

STROKES = Schema((Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary")))


def make_network(num_layers=2, cell="lstm", alphabet=" abcde", seed=0, **options):
    """A network whose weights, biases and peepholes too, are random."""
    keras.utils.set_random_seed(1)
    network = SynthesisNetwork(
        STROKES, make_head(STROKES, None, 3), alphabet, 2, 3.0, num_layers=num_layers,
        hidden_size=5, cell=cell, **options,
    )  # fmt: skip
    network.build()
    random = np.random.default_rng(seed)
    network.set_weights([w + 0.3 * random.normal(size=w.shape) for w in network.get_weights()])
    return network
