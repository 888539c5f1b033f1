"""Small networks of text, and data sets of texts."""

import keras
import numpy as np

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.sources.source import Sequence
from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.schema import Feature, Schema


def char_schema(characters, **options):
    """The columns of a model of those characters."""
    feature = Feature("character", "categorical", classes=tuple(sorted(characters)))
    return Schema((feature,), **options)


def byte_schema(values, **options):
    """The columns of a model of those bytes."""
    classes = tuple(f"{value:02x}" for value in sorted(values))
    return Schema((Feature("byte", "categorical", classes=classes),), **options)


def text_dataset(texts, schema):
    """A data set of strings or of bytes; what the schema lacks is missing."""
    names = {name: index for index, name in enumerate(schema.features[0].classes)}
    sequences = []
    for index, text in enumerate(texts):
        units = [f"{unit:02x}" if isinstance(unit, int) else unit for unit in text]
        events = np.array([[names.get(unit, np.nan)] for unit in units])
        sequences.append(Sequence(events, None, str(index)))
    return Dataset.from_sequences(sequences, 1)


def text_network(schema, layers=1, size=6, cell="lstm", scale=0.5, **options):
    """A network with random weights."""
    keras.utils.set_random_seed(1)
    network = PredictionNetwork(schema, make_head(schema), layers, size, cell=cell, **options)
    network.build()
    random = np.random.default_rng(1)
    network.set_weights([scale * random.normal(size=w.shape) for w in network.get_weights()])
    return network
