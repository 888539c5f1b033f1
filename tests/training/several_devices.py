"""`python -m tests.training.several_devices 2 [CASE ...]`: several CPU devices beside one.

Prints a JSON object: by what is trained, the largest differences of losses, of norms and of
weights over 50 steps, and how many rows a batch had, the last one of an epoch among them.
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.pipeline import Pipeline
from hachi_tf.data.sources.source import Sequence
from hachi_tf.layers.heads import make_head
from hachi_tf.models.prediction_network import PredictionNetwork
from hachi_tf.models.synthesis_network import SynthesisNetwork
from hachi_tf.schema import Feature, Schema
from hachi_tf.training.optimizers import make_optimizer
from hachi_tf.training.replicas import Replicas
from hachi_tf.training.trainer import Schedule, Trainer
from hachi_tf.training.weight_noise import WeightNoise
from hachi_tf.transforms import Standardize

STEPS = 50
SCHEMA = Schema((Feature("x", quantum=0.5), Feature("y"), Feature("b", "binary")), True)
TRANSFORM = Standardize([0, 1], [1.0, -1.0], [2.0, 3.0])
# What is trained: carried, synthesis, optimizer, noise, further options of the trainer.
CASES = {
    "whole": (False, False, "adam", None, {"clip_norm": 1.0}),
    "carried": (True, False, "adam", 0.05, {}),
    "sequence": (False, False, "graves_rmsprop", "adaptive", {"per_sequence": True}),
    "text": (False, True, "sgd", None, {"clip_norm": 0.1}),
}


def dataset() -> Dataset:
    """53 sequences of 1 to 40 events with texts of 1 to 4 letters."""
    random, sequences = np.random.default_rng(0), []
    for index in range(53):
        count = int(random.integers(1, 41))
        columns = [random.integers(0, 9, count) / 2, random.normal(size=count)]
        columns.append(random.random(count) < 0.4)
        text = "".join(random.choice(list("abc"), random.integers(1, 5)))
        sequences.append(Sequence(np.stack(columns, 1), text, str(index)))
    return Dataset.from_sequences(sequences, 3)


def train(replicas: Replicas, carry, synthesis, optimizer, noise, options):
    """Losses and norms `[STEPS, 2]`, weights, and the numbers of rows."""
    pipeline = Pipeline(dataset(), 5, 8 if carry else 0, carry=carry)
    kind = (lambda *a, **k: SynthesisNetwork(*a, "abc", 3, **k)) if synthesis else PredictionNetwork
    keras.utils.set_random_seed(0)
    with replicas.scope():
        head = make_head(SCHEMA, None, 3)
        layers = 1 if carry else 2
        network = kind(SCHEMA, head, num_layers=layers, hidden_size=6, dropout=0.3)
        network.build()
        if noise:
            deviation = 0.05 if noise == "adaptive" else noise
            noise = WeightNoise(network.trainable_variables, deviation, noise == "adaptive", 1000)
        trainer = Trainer(
            network, TRANSFORM, make_optimizer(optimizer, 0.01),
            Schedule(0.003, 0, 100, "constant"), carried_rows=pipeline.rows if carry else 0,
            weight_noise=noise, replicas=replicas, **options,
        )  # fmt: skip
    figures, rows = [], set()
    for batch in pipeline.batches(0, STEPS, replicas.shares):
        found = trainer.train_step(batch)
        figures.append([found["nats_per_step"], found["gradient_norm"]])
        if replicas.count > 1:
            rows.add(int(batch[0]["rows"]))
    return np.array(figures), trainer.arrays(), sorted(rows)


def main(count: int, cases: list[str]) -> None:
    """Trains on one device and on several."""
    each = [tf.config.LogicalDeviceConfiguration()] * count
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], each)
    devices = [device.name for device in tf.config.list_logical_devices("CPU")]
    mirrored = Replicas(tf.distribute.MirroredStrategy(devices))
    result = {}
    for name in cases or CASES:
        case = CASES[name]
        one, weights, _ = train(Replicas(), *case)
        several, others, rows = train(mirrored, *case)
        losses, norms = np.abs(several - one).max(0).tolist()
        moved = max(
            float(np.abs(other - value).max())
            for other, value in zip(others.values(), weights.values(), strict=True)
        )
        result[name] = {"losses": losses, "norms": norms, "weights": moved, "rows": rows}
    print(json.dumps(result))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
