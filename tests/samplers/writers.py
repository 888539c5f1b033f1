"""Samplers of small networks that read texts, and how tests call them."""

import functools

import numpy as np
import tensorflow as tf

from hachi_tf.layers.heads import make_head
from hachi_tf.models.synthesis_network import SynthesisNetwork
from hachi_tf.samplers.sampler import Sampler
from hachi_tf.schema import Feature, Schema
from hachi_tf.transforms import Standardize

COLUMNS = (Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary"))
TRANSFORMS = Standardize([0, 1], [1.0, -0.5], [3.0, 4.0])
ALPHABET, PACE = " abcdefgh", 0.28  # never halfway between two characters
SHAPES = {
    "seed": [None, 2],
    "prime": [None, None, 3],
    "events": [None, None, 3],
    "state": [None, None],
}


def toy_network(pace=PACE, end_logit=None):
    """A network whose window has moved by `pace` t after t steps, whatever the events are."""
    schema = Schema(COLUMNS, end_of_sequence=end_logit is not None)
    network = SynthesisNetwork(
        schema, make_head(schema, None, 1), ALPHABET, 1, 2.0, num_layers=2, hidden_size=4
    )
    network.build()
    for weight in network.weights:
        weight.assign(tf.zeros_like(weight))
    network.reader.window.bias.assign([0.0, 2.0, np.log(pace)])
    if end_logit is not None:
        network.output_layer.bias.assign([*[0.0] * (network.head.params_size - 1), end_logit])
    return network


def random_network(seed=0, pace=-1.5):
    """A network that writes about `exp(-pace)` events a character."""
    schema = Schema(COLUMNS)
    network = SynthesisNetwork(
        schema, make_head(schema, None, 3), ALPHABET, 2, 5.0, num_layers=2, hidden_size=5
    )
    network.build()
    random = np.random.default_rng(seed)
    network.set_weights([0.4 * random.normal(size=w.shape) for w in network.get_weights()])
    network.reader.window.bias.assign([0.0, 0.0, 0.5, 0.5, pace, pace])
    return network


@functools.cache
def toy(pace=PACE, end_logit=None, max_steps=200):
    return make_sampler(toy_network(pace, end_logit), max_steps)


def make_sampler(network, max_steps=200, styles=()):
    return Sampler(network, TRANSFORMS, network.schema, max_steps, styles)


def settings(rows, num_steps=200, seed=7):
    return {
        "seed": tf.constant([[seed, row] for row in range(rows)]),
        "num_steps": tf.fill([rows], num_steps),
        "bias": tf.zeros([rows]),
        "temperature": tf.ones([rows]),
    }


@functools.cache
def compiled(sampler, method, names):
    """A method of a sampler in a graph for rows of any number and length."""
    specs = [tf.TensorSpec(SHAPES.get(name, [None]), getattr(tf, dtype)) for name, dtype in names]

    def function(*tensors):
        named = {name: tensor for (name, _), tensor in zip(names, tensors, strict=True)}
        if "state" in named:
            named["state"] = tf.ensure_shape(named["state"], [None, sampler.layout.size])
        return getattr(sampler, method)(**named)

    return tf.function(function, input_signature=specs, autograph=False)


def call(sampler, method, **inputs):
    """The results of a method as arrays."""
    tensors = {name: tf.convert_to_tensor(value) for name, value in inputs.items()}
    names = tuple((name, tensor.dtype.name) for name, tensor in tensors.items())
    out = compiled(sampler, method, names)(*tensors.values())
    return tf.nest.map_structure(lambda each: each.numpy(), out)


def write(sampler, texts, num_steps=200, **more):
    """A sample of texts."""
    inputs = settings(len(texts), num_steps) | {"text": texts} | more
    return call(sampler, "sample", **inputs)
