"""Scores sequences with a network: nats and squared errors of each."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hachi_tf.data.pipeline import Pipeline, batch_signature
from hachi_tf.evaluation.baselines import trivial_baseline
from hachi_tf.evaluation.teacher_forcing import row_seeds, teacher_forcing
from hachi_tf.samplers import noise
from hachi_tf.schema import Schema
from hachi_tf.transforms import Transform

# The noise of columns with a quantum is the same in every evaluation.
EVALUATION_SEED = 0
# Longer sequences are read in parts of so many events, the state carried over.
PART_LENGTH = 4096


class Scores(NamedTuple):
    """Figures of N sequences.

    Attributes:
        nats: float64 `[N]`, minus the log-likelihood of each in network space (standardized).
        nats_data_units: float64 `[N]`, the same in data units.
        squared_error: float64 `[N]`, squared distance between the distribution's mean and the
            event over the continuous columns, in network space, summed over the steps.
        num_events: int64 `[N]`.
    """

    nats: np.ndarray
    nats_data_units: np.ndarray
    squared_error: np.ndarray
    num_events: np.ndarray

    def summary(self) -> dict[str, float]:
        """The figures of the literature: by step and by sequence."""
        steps, sequences = int(self.num_events.sum()), len(self.nats)
        return {
            "num_sequences": sequences,
            "num_events": steps,
            "nats_per_step": float(self.nats.sum() / steps),
            "nats_per_sequence": float(self.nats.sum() / sequences),
            "nats_per_step_data_units": float(self.nats_data_units.sum() / steps),
            "nats_per_sequence_data_units": float(self.nats_data_units.sum() / sequences),
            "squared_error_per_step": float(self.squared_error.sum() / steps),
        }


def spaced_subset(dataset: Any, max_events: int) -> Any:
    """Evenly spaced sequences of a `Dataset`, about `max_events` in all; None if it has none."""
    if dataset is None or not len(dataset):
        return None
    events = int(np.sum(dataset.lengths))
    return dataset.subset(range(0, len(dataset), max(round(events / max_events), 1)))


class Scorer:
    """Scores data sets with one network; compiled once.

    Args:
        network: a network of `hachi_tf.models`.
        transforms: from data units to network space.
    """

    def __init__(self, network: Any, transforms: Transform):
        self._network, self._transforms = network, transforms
        self._compiled = tf.function(
            self._score,
            input_signature=[
                batch_signature(len(network.schema)),
                [tf.TensorSpec([None, size], tf.float32) for size in network.state_shapes],
            ],
            autograph=False,
        )

    def __call__(self, dataset: Any, batch_size: int) -> Scores:
        """Scores all sequences of a `Dataset`, each as one whole, `batch_size` rows at a time."""
        pipeline = Pipeline(dataset, batch_size, shuffle=False)
        sums = np.zeros((3, len(dataset)))
        for batch in pipeline.batches(0, pipeline.steps_per_epoch):
            rows = batch["sequence"].numpy()
            state = [tf.zeros([len(rows), size]) for size in self._network.state_shapes]
            for part in _parts(batch):
                values, state = self._compiled(part, state)
                for total, value in zip(sums, values, strict=True):
                    np.add.at(total, rows, value.numpy().astype(np.float64))
        return Scores(*sums, np.asarray(dataset.lengths, np.int64))

    def _score(self, batch: dict[str, tf.Tensor], state: list[tf.Tensor]) -> tuple[Any, Any]:
        """Sums `[B]` over the steps of nats, nats in data units and squared error; the state."""
        network = self._network
        seeds = row_seeds(EVALUATION_SEED, 0, batch["index"])
        forced = teacher_forcing(
            batch["events"],
            batch["lengths"],
            batch["ends"],
            network.schema,
            self._transforms,
            seeds,
            batch["offset"],
            batch["begins"],
            batch["previous"],
        )
        context = network.encode(batch["text"])
        params, state = network(
            forced.inputs, initial_state=state, context=context, lengths=batch["lengths"]
        )
        nats = -network.head.log_prob(params, forced.targets)
        schema = network.schema
        kinds = [schema.features[column].kind for column in schema.columns(predicted=True)]
        continuous = np.array([i for i, kind in enumerate(kinds) if kind == "continuous"], int)
        error = tf.gather(network.head.mean(params) - forced.targets, continuous, axis=-1)
        error = tf.where(tf.math.is_nan(error), 0.0, error)  # a missing value has none
        values = (nats, nats - forced.log_det, tf.reduce_sum(error**2, -1))
        sums = tuple(tf.reduce_sum(tf.where(forced.mask, value, 0.0), -1) for value in values)
        return sums, state


def _parts(batch: dict[str, tf.Tensor]) -> Iterator[dict[str, tf.Tensor]]:
    """A batch of whole sequences in parts of at most `PART_LENGTH` events."""
    events, lengths = batch["events"], batch["lengths"]
    width = events.shape[1]
    if width <= PART_LENGTH:
        yield batch
        return
    for start in range(0, width, PART_LENGTH):
        left = tf.clip_by_value(lengths - start, 0, PART_LENGTH)
        yield batch | {
            "events": events[:, start : start + PART_LENGTH],
            "lengths": left,
            "ends": batch["ends"] & (left == lengths - start) & (left > 0),
            "offset": tf.fill(tf.shape(lengths), start),
            "begins": tf.fill(tf.shape(lengths), start == 0),
            "previous": events[:, max(start - 1, 0)],
        }


def dataset_baseline(train: Any, transforms: Transform, schema: Schema) -> Callable[[Any], float]:
    """Guessing without a network, in network space.

    Args:
        train: the `Dataset` whose statistics are guessed from.
        transforms: from data units to network space.
        schema: the columns.

    Returns:
        A function from a `Dataset` to the guess's nats a step.
    """
    quanta = np.float32([feature.quantum or 0.0 for feature in schema.features])
    first = np.zeros(1, np.int32)

    def flatten(dataset: Any) -> tuple[np.ndarray, np.ndarray]:
        ends = np.zeros(len(dataset.events), bool)
        ends[np.cumsum(dataset.lengths) - 1] = True
        events = dataset.events
        if quanta.any():  # the same for every data set of this size
            seed = np.array([[EVALUATION_SEED, len(events)]], np.int32)
            events = events + quanta * noise.uniforms_numpy(seed, first, *events.shape)[0]
        return transforms.forward(events), ends

    events, ends = flatten(train)
    baseline = trivial_baseline(events, schema, num_sequences=len(train))

    def guess(dataset: Any) -> float:
        events, ends = flatten(dataset)
        marks = ends if schema.end_of_sequence else None
        return -float(np.mean(baseline.log_prob(events, marks)))

    return guess
