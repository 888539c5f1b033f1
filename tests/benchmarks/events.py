"""`python -m tests.benchmarks.events`: what a head that couples an event's columns wins.

Networks of equal size learn for equally many steps from the same dequantized data, once with a
full covariance and discrete columns inside the mixture's components, once with a diagonal one
and the discrete columns apart, which gets as many more components as make up for its smaller
ones. The data are a process whose density is known, and, if `HACHI_TF_DATA` names a folder with
`jsb_chorales/`, Bach's chorales (so that the PyPI package music21 is not needed for them). The
last line printed is a JSON object of held-out nats an event.
"""

import argparse
import json
import sys
import time

import numpy as np

from tests.benchmarks import chorales, known_process

COUPLED = "gaussian_mixture(num_components={}, covariance='full', coupling='mixture')"
APART = "gaussian_mixture(num_components={}, covariance='diag')"


def train(schema, transforms, sequences, head, layers, units, steps, rate=0.005, seed=0):
    """Trains a prediction network; batches of 32 pieces of up to 128 events.

    Returns:
        The network, and the fitted transforms.
    """
    import keras

    from hachi_tf.data.pipeline import Pipeline
    from hachi_tf.layers.heads import make_head
    from hachi_tf.models.prediction_network import PredictionNetwork
    from hachi_tf.training.optimizers import make_optimizer
    from hachi_tf.training.trainer import Schedule, Trainer

    keras.utils.set_random_seed(seed)
    middle = np.array([(feature.quantum or 0.0) / 2 for feature in schema.features])
    transforms = transforms.fit([each + middle for each in sequences])
    network = PredictionNetwork(schema, make_head(schema, head), layers, units)
    network.build()
    schedule = Schedule(rate, 50, steps, "cosine")
    optimizer = make_optimizer("adam", rate)
    trainer = Trainer(network, transforms, optimizer, schedule, seed, clip_norm=1.0)
    pipeline = Pipeline(as_dataset(sequences), 32, sequence_length=128, seed=seed)
    for batch in pipeline.batches(0, steps):
        trainer.train_step(batch)
    return network, transforms


def as_dataset(sequences):
    """A `Dataset` of arrays `[T, F]`."""
    from hachi_tf.data.dataset import Dataset

    offsets = np.cumsum([0, *map(len, sequences)])
    events = np.concatenate(sequences).astype(np.float32)
    return Dataset(events, offsets, list(map(str, range(len(sequences)))), [None] * len(sequences))


def score(network, transforms, sequences):
    """Nats an event in data units."""
    from hachi_tf.evaluation.scoring import Scorer

    return Scorer(network, transforms)(as_dataset(sequences), 32).summary()[
        "nats_per_step_data_units"
    ]


def equal_heads(schema, components):
    """Options of both heads, of which the one apart has no fewer parameters."""
    from hachi_tf.layers.heads import make_head

    coupled, more = COUPLED.format(components), components
    size = make_head(schema, coupled).params_size
    while make_head(schema, APART.format(more)).params_size < size:
        more += 1
    return {"coupled": coupled, "apart": APART.format(more)}


def compare(schema, transforms, training, held_out, components, layers, units, steps, rate=0.005):
    """Held-out nats an event in data units, weights and seconds of both heads."""
    from hachi_tf.training.trainer import num_weights

    result = {}
    for name, head in equal_heads(schema, components).items():
        start = time.perf_counter()
        network, fitted = train(schema, transforms, training, head, layers, units, steps, rate)
        result[name] = round(score(network, fitted, held_out), 4)
        result[f"{name}_weights"] = num_weights(network)
        result[f"{name}_s"] = round(time.perf_counter() - start, 1)
    return result


def known(steps):
    """The process with a known density: also the true nats of the same held-out events."""
    from hachi_tf.transforms import Standardize

    training, held_out = known_process.draw(2048, 0), known_process.draw(512, 1)
    schema, transforms = known_process.SCHEMA, Standardize([0, 1])
    result = compare(
        schema, transforms, list(training), list(held_out), 6, 1, 48, steps, rate=0.008
    )
    result["true"] = round(-float(known_process.log_prob(held_out).mean()), 4)
    result["entropy"] = round(known_process.entropy(), 4)
    return result


def bach(path, steps):
    """The chorales, scored on their test split."""
    from hachi_tf.transforms import Bounded, Chain, Delay, Standardize

    splits = chorales.read(path)
    transforms = Chain([Delay([0, 2]), Bounded([1], [0], [127], [1]), Standardize([0, 1, 2])])
    return compare(chorales.SCHEMA, transforms, splits["train"], splits["test"], 20, 1, 128, steps)


def main():
    """Runs both; prints a table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--known_steps", type=int, default=1000)
    parser.add_argument("--bach_steps", type=int, default=600)
    arguments = parser.parse_args()
    results = {"known": known(arguments.known_steps)}
    path = chorales.find()
    if path:
        results["bach"] = bach(path, arguments.bach_steps)
    else:
        print("HACHI_TF_DATA names no folder with jsb_chorales/: skipped", file=sys.stderr)
    for name, result in results.items():
        print(name)
        for key, value in result.items():
            print(f"  {key:16} {value:10g}")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
