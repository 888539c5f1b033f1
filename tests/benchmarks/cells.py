"""`python -m tests.benchmarks.cells`: vanilla RNN, GRU and LSTM at one task of long memory.

Copying after a delay, as next-step prediction: a few letters, a number of dots that differs from
sequence to sequence, a sign, and the letters again. How many nats each cell still loses on a letter
that it should remember is drawn over the steps of training and, once that is over, over the delay.
Nothing but the cell differs. The last line printed is a JSON object of the figures, which also
goes to a file beside the picture.
"""

import argparse
import json
import math
import pathlib
import time

import numpy as np

from hachi_tf.data.pipeline import Pipeline
from hachi_tf.schema import Feature, Schema

CELLS = ("rnn", "gru", "lstm")
NAMES = {"rnn": "vanilla RNN", "gru": "GRU", "lstm": "LSTM"}
LETTERS, COPIED = 8, 3
DOT, SIGN = LETTERS, LETTERS + 1
SCHEMA = Schema((Feature("symbol", "categorical", classes=(*"abcdefgh", ".", ">")),))
CHANCE = math.log(LETTERS)
LONGEST = 40  # dots
HIDDEN, BATCH, LEARNING_RATE = 96, 64, 0.005


def sequence(delay: int, random: np.random.Generator) -> np.ndarray:
    """One sequence `[2 COPIED + delay + 1, 1]`."""
    letters = random.integers(LETTERS, size=COPIED)
    dots = np.full(delay, DOT)
    return np.concatenate([letters, dots, [SIGN], letters])[:, None].astype(np.float32)


def dataset(delays: np.ndarray, seed: int):
    """A `Dataset` of one sequence a delay."""
    from hachi_tf.data.dataset import Dataset
    from hachi_tf.data.sources import Sequence

    random = np.random.default_rng(seed)
    made = (sequence(int(delay), random) for delay in delays)
    sequences = [Sequence(each, None, f"{index:06}") for index, each in enumerate(made)]
    return Dataset.from_sequences(sequences, 1)


def recall_nats(network, held_out):
    """A function that gives the nats a letter that is to be remembered, a number a sequence."""
    import tensorflow as tf

    from hachi_tf.data.pipeline import batch_signature
    from hachi_tf.evaluation.teacher_forcing import teacher_forcing
    from hachi_tf.transforms import Chain

    pipeline = Pipeline(held_out, 512, shuffle=False)

    @tf.function(input_signature=[batch_signature(1)], autograph=False)
    def score(batch):
        parts = (batch[name] for name in ("events", "lengths", "ends"))
        seeds = tf.zeros_like(batch["lengths"])[:, None]
        forced = teacher_forcing(*parts, SCHEMA, Chain(), tf.tile(seeds, [1, 2]))
        params, _ = network(forced.inputs, lengths=batch["lengths"])
        log_prob = network.head.log_prob(params, forced.targets)
        place = tf.range(tf.shape(log_prob)[1]) - batch["lengths"][:, None]
        asked = (place >= -COPIED) & (place < 0)
        return -tf.reduce_sum(tf.where(asked, log_prob, 0.0), 1) / COPIED

    def nats() -> np.ndarray:
        found = np.zeros(len(held_out))
        for batch in pipeline.batches(0, pipeline.steps_per_epoch):
            found[batch["sequence"].numpy()] = score(batch).numpy()
        return found

    return nats


def train(cell: str, steps: int, every: int, learned, held_out) -> dict:
    """Trains one cell; returns its figures."""
    import keras

    from hachi_tf.layers.heads import make_head
    from hachi_tf.models.prediction_network import PredictionNetwork
    from hachi_tf.training.trainer import Schedule, Trainer, num_weights
    from hachi_tf.transforms import Chain

    keras.utils.set_random_seed(0)
    network = PredictionNetwork(SCHEMA, make_head(SCHEMA), hidden_size=HIDDEN, cell=cell)
    network.build()
    schedule = Schedule(LEARNING_RATE, 50, steps, "cosine")
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    trainer = Trainer(network, Chain(), optimizer, schedule, clip_norm=1.0)
    recall, curve, started = recall_nats(network, held_out), [], time.monotonic()
    for batch in Pipeline(learned, BATCH).batches(0, steps):
        if trainer.step % every == 0:
            curve.append([trainer.step, float(recall().mean())])
        trainer.train_step(batch)
    nats = recall()
    delays = held_out.lengths - 2 * COPIED - 1
    by_delay = [[int(d), float(nats[delays == d].mean())] for d in np.unique(delays)]
    curve.append([trainer.step, float(nats.mean())])
    return {
        "nats": float(nats.mean()),
        "weights": num_weights(network),
        "seconds": round(time.monotonic() - started, 1),
        "by_step": curve,
        "by_delay": by_delay,
    }


def run(steps: int, sequences: int, longest: int) -> dict:
    """Trains the three on the same sequences in the same order; returns the figures."""
    random = np.random.default_rng(1)
    learned = dataset(random.integers(1, longest + 1, sequences), 2)
    held_out = dataset(np.repeat(np.unique(np.linspace(1, longest, 12).astype(int)), 64), 3)
    every = max(steps // 20, 1)
    return {
        "task": f"copying {COPIED} of {LETTERS} letters after 1 to {longest} steps",
        "chance_nats": CHANCE,
        "cells": {cell: train(cell, steps, every, learned, held_out) for cell in CELLS},
    }


def main(argv: list[str] | None = None) -> None:
    """Trains, draws, prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cells", description=__doc__)
    parser.add_argument("--output", default="cells.png", help="the figure, a .png or .svg")
    parser.add_argument("--steps", type=int, default=2000, help="of training, for each cell")
    parser.add_argument("--longest", type=int, default=LONGEST, help="the longest delay")
    options = parser.parse_args(argv)
    output = pathlib.Path(options.output)
    if output.suffix.lower() not in (".png", ".svg") or min(options.steps, options.longest) < 1:
        parser.error("expected --output=FILE.png or .svg, and --steps and --longest from 1")
    from tests.benchmarks.cells_figure import draw

    result = run(options.steps, 20_000, options.longest)
    draw(result, output)
    text = json.dumps(result)
    output.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    for cell, figures in result["cells"].items():
        print(f"{NAMES[cell]:12} {figures['nats']:6.3f} nats a letter, {figures['seconds']} s")
    print(f"{'chance':12} {CHANCE:6.3f}")
    print(text)


if __name__ == "__main__":
    main()
