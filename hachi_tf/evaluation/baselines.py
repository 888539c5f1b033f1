"""The trivial baseline: how well one guesses who knows the training set's averages only."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.schema import Schema

# The smallest standard deviation, as in the networks' own heads; a constant column has it.
_SMALLEST_SCALE = np.exp(-7.0)
_ROWS_AT_ONCE = 65536


@dataclasses.dataclass(frozen=True)
class TrivialBaseline:
    """One distribution for all steps, whatever came before.

    A Gaussian over the continuous columns together, a Bernoulli for each binary column, a
    categorical distribution for each categorical one, and a Bernoulli for the end of the sequence
    where the schema predicts it. Known columns are not predicted. As in the networks' heads, a
    missing (NaN) discrete value counts as certain, and so do the continuous columns of a row
    together if one of them is missing.

    Attributes:
        schema: the columns.
        loc: float64 `[D]`, mean of the D predicted continuous columns.
        covariance: float64 `[D, D]`.
        probabilities: by discrete column, the probability of each class (two for a binary one).
        end_probability: that a step is the last of its sequence; None without end of sequence.
    """

    schema: Schema
    loc: np.ndarray
    covariance: np.ndarray
    probabilities: dict[str, np.ndarray]
    end_probability: float | None = None

    def log_prob(self, events: np.ndarray, ends: np.ndarray | None = None) -> np.ndarray:
        """Log-probability (density) of each step in nats, float64 `[T]`.

        Args:
            events: `[T, F]`, in the space of the events that the baseline was made from.
            ends: bool `[T]`, the final steps; needed if and only if the schema predicts the end.

        Raises:
            UserError: if the shapes do not fit the schema, or a class is none of a column's.
        """
        events = _checked(events, self.schema)
        if (ends is None) != (self.end_probability is None):
            raise UserError(
                "final steps marked, if and only if the schema predicts the end",
                "none" if ends is None else "some",
            )
        total = np.zeros(len(events))
        columns = self.schema.columns("continuous", predicted=True)
        if columns:
            for start in range(0, len(events), _ROWS_AT_ONCE):
                rows = slice(start, start + _ROWS_AT_ONCE)
                total[rows] += self._gaussian(events[rows][:, columns].astype(np.float64))
        for column in _discrete(self.schema):
            log_probabilities = np.log(self.probabilities[self.schema.names[column]])
            classes, present = _classes(events, column, len(log_probabilities), self.schema)
            total[present] += log_probabilities[classes]
        if ends is not None:
            ends = np.asarray(ends, bool)
            if ends.shape != total.shape:
                raise UserError(f"{len(total)} marks of final steps", str(list(ends.shape)))
            total += np.log(np.where(ends, self.end_probability, 1 - self.end_probability))
        return total

    def _gaussian(self, values: np.ndarray) -> np.ndarray:
        factor = np.linalg.cholesky(self.covariance)
        residual = np.linalg.solve(factor, (values - self.loc).T)
        constant = len(self.loc) * np.log(2 * np.pi) / 2 + np.log(np.diag(factor)).sum()
        density = -0.5 * np.sum(residual**2, axis=0) - constant
        return np.where(np.isnan(values).any(axis=1), 0.0, density)


def trivial_baseline(
    train_events: np.ndarray | Callable[[], Iterable[np.ndarray]],
    schema: Schema,
    num_sequences: int | None = None,
) -> TrivialBaseline:
    """The baseline that knows the averages of a training set.

    The Gaussian has the mean and covariance of the rows in which no predicted continuous column is
    missing; directions in which its standard deviation is below e^-7 are widened to that.
    Frequencies are counted with one added to each class.

    Args:
        train_events: `[N, F]`, all steps of the training set, one sequence after the other; or a
            function that gives them in chunks, each time from the beginning.
        schema: the columns.
        num_sequences: of the training set; needed where the schema predicts the end.

    Returns:
        The baseline, in the space of `train_events`.

    Raises:
        UserError: if the shapes do not fit the schema, or a class is none of a column's.
    """
    if callable(train_events):
        chunks = train_events
    else:
        events = _checked(train_events, schema)
        chunks = partial(np.array_split, events, -(-len(events) // _ROWS_AT_ONCE) or 1)
    counts = {}
    for column in _discrete(schema):
        feature = schema.features[column]
        counts[column] = np.ones(2 if feature.kind == "binary" else len(feature.classes))
    num_events = 0
    for events in chunks():
        num_events += len(_checked(events, schema))
        for column, count in counts.items():
            classes, _ = _classes(events, column, len(count), schema)
            count += np.bincount(classes, minlength=len(count))
    probabilities = {schema.names[i]: count / count.sum() for i, count in counts.items()}
    end_probability = None
    if schema.end_of_sequence:
        if num_sequences is None:
            raise UserError("the number of sequences, since the schema predicts the end", "none")
        end_probability = (num_sequences + 1) / (num_events + 2)
    loc, covariance = _moments(chunks, schema.columns("continuous", predicted=True))
    return TrivialBaseline(schema, loc, covariance, probabilities, end_probability)


def _moments(
    chunks: Callable[[], Iterable[np.ndarray]], columns: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance in float64 of the rows without NaN; standard without such rows."""
    size = len(columns)

    def complete() -> Iterator[np.ndarray]:
        for events in chunks():
            rows = np.asarray(events)[:, columns]
            yield rows[~np.isnan(rows).any(axis=1)].astype(np.float64)

    count = sum(map(len, complete())) if columns else 0
    if not count:
        return np.zeros(size), np.eye(size)
    loc = sum(rows.sum(axis=0) for rows in complete()) / count
    covariance = sum((rows - loc).T @ (rows - loc) for rows in complete()) / count
    values, vectors = np.linalg.eigh(covariance)
    if values.min() < _SMALLEST_SCALE**2:
        covariance = (vectors * np.maximum(values, _SMALLEST_SCALE**2)) @ vectors.T
    return loc, covariance


def _checked(events: np.ndarray, schema: Schema) -> np.ndarray:
    events = np.asarray(events)
    if events.ndim != 2 or events.shape[1] != len(schema):
        raise UserError(f"rows of {', '.join(schema.names)}", f"shape {list(events.shape)}")
    return events


def _discrete(schema: Schema) -> list[int]:
    return schema.columns("binary", predicted=True) + schema.columns("categorical", predicted=True)


def _classes(
    events: np.ndarray, column: int, num_classes: int, schema: Schema
) -> tuple[np.ndarray, np.ndarray]:
    """The classes of a column where it is not missing, and where that is."""
    present = ~np.isnan(events[:, column])
    values = np.round(events[present, column]).astype(np.int64)
    if values.size and not 0 <= values.min() <= values.max() < num_classes:
        got = f"{values.min()} to {values.max()}"
        raise UserError(f"classes 0 to {num_classes - 1} in {schema.names[column]}", got)
    return values, present
