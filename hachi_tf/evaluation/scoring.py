"""Scores sequences with a network: nats and squared errors of each."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hachi_tf.data.pieces import Pieces
from hachi_tf.data.pipeline import batch_signature, skipped
from hachi_tf.evaluation.baselines import trivial_baseline
from hachi_tf.evaluation.parts import score_parts
from hachi_tf.evaluation.teacher_forcing import (
    carried_sizes,
    row_seeds,
    split_carried,
    teacher_forcing,
)
from hachi_tf.samplers import noise
from hachi_tf.schema import Schema
from hachi_tf.transforms import Transform

# The noise of columns with a quantum is the same in every evaluation.
EVALUATION_SEED = 0
# Sequences of more events may be read in parts, side by side.
PART_LENGTH = 2048


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
        self._state_sizes = carried_sizes(network, transforms)

        def score(batch, state):
            figures, state, _ = score_batch(network, transforms, batch, state)
            return figures, state

        self._compiled = tf.function(
            score,
            input_signature=[
                batch_signature(len(network.schema)),
                [tf.TensorSpec([None, size], tf.float32) for size in self._state_sizes],
            ],
            autograph=False,
        )

    def __call__(self, dataset: Any, batch_size: int) -> Scores:
        """Scores all sequences of a `Dataset`, each as one whole, `batch_size` rows at a time."""
        scores, pieces = self.by_part(dataset, batch_size)
        sums = np.zeros([3, len(dataset)])
        for total, values in zip(sums, scores, strict=False):
            np.add.at(total, pieces.sequence, values)
        return Scores(*sums, np.asarray(dataset.counted, np.int64))

    def by_part(self, dataset: Any, batch_size: int) -> tuple[Scores, Pieces]:
        """Scores of the parts that long sequences were read in, of others as a whole.

        Each part is scored as what it is, the rest of a sequence of which everything before was
        read; see `score_parts`.

        Returns:
            The scores of all parts in order, and where these are.
        """
        limit = max(-(-int(dataset.lengths.sum()) // batch_size), PART_LENGTH)
        parts = score_parts(self._compiled, dataset, limit, batch_size, self._state_sizes)
        pieces = parts.pieces
        counted = pieces.length - skipped(dataset, pieces, pieces.start, pieces.length)
        return Scores(*parts.sums.T, counted), pieces


def score_batch(
    network: Any, transforms: Transform, batch: dict[str, tf.Tensor], state: list[tf.Tensor]
) -> tuple[tuple[tf.Tensor, tf.Tensor, tf.Tensor], list[tf.Tensor], tf.Tensor]:
    """The figures of a batch.

    Args:
        network: a network of `hachi_tf.models`.
        transforms: from data units to network space.
        batch: as `Pipeline.batches` yields it.
        state: that the rows go on from, as `carried_sizes` says.

    Returns:
        Nats, nats in data units and squared error, sums `[B]` over the steps; the state after the
        batch; and the nats of each step `[B, T]`, 0 past a row's end.
    """
    seeds = row_seeds(EVALUATION_SEED, 0, batch["index"])
    state, memory = split_carried(network, state)
    forced = teacher_forcing(
        batch["events"],
        batch["lengths"],
        batch["ends"],
        network.schema,
        transforms,
        seeds,
        batch["offset"],
        batch["begins"],
        batch["previous"],
        batch["skip"],
        memory,
    )
    context = network.encode(batch["text"])
    params, state = network(
        forced.inputs, initial_state=state, context=context, lengths=batch["lengths"]
    )
    state = state if forced.memory is None else [*state, forced.memory]
    nats = -network.head.log_prob(params, forced.targets)
    schema = network.schema
    kinds = [schema.features[column].kind for column in schema.columns(predicted=True)]
    continuous = np.array([i for i, kind in enumerate(kinds) if kind == "continuous"], int)
    error = tf.gather(network.head.mean(params) - forced.targets, continuous, axis=-1)
    error = tf.where(tf.math.is_nan(error), 0.0, error)  # a missing value has none
    values = (nats, nats - forced.log_det, tf.reduce_sum(error**2, -1))
    nats, *others = (tf.where(forced.mask, value, 0.0) for value in values)
    return tuple(tf.reduce_sum(value, -1) for value in (nats, *others)), state, nats


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

    def chunks(dataset: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        # The noise is the same for every data set of this size.
        seed, first = [[EVALUATION_SEED, int(dataset.lengths.sum())]], 0
        for events, ends in _what_counts(dataset) if dataset.leads.any() else dataset.chunks():
            if quanta.any():
                events = events + quanta * noise.uniforms_numpy(seed, [first], *events.shape)[0]
            first += len(events)
            yield transforms.forward(events), ends

    if transforms.state_size:
        chunks = _counted_chunks(transforms)

    baseline = trivial_baseline(
        lambda: (events for events, _ in chunks(train)), schema, num_sequences=len(train)
    )

    def guess(dataset: Any) -> float:
        total = 0.0
        for events, ends in chunks(dataset):
            total += baseline.log_prob(events, ends if schema.end_of_sequence else None).sum()
        return -float(total / dataset.counted.sum())

    return guess


def _what_counts(dataset: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each sequence's events that count, and which is its last."""
    for index, lead in enumerate(dataset.leads.tolist()):
        events = dataset.window(index, lead)
        yield events, np.arange(len(events)) == len(events) - 1


def _counted_chunks(transforms: Transform) -> Callable:
    """Reads sequences one by one, as transforms with a memory want, without what leads them."""

    def chunks(dataset: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for events, lead in zip(dataset, dataset.leads, strict=True):
            values = transforms.forward(events)[lead:]
            yield values, np.arange(len(values)) == len(values) - 1

    return chunks
