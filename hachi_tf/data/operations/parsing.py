"""Texts to operations that work on batches."""

from collections.abc import Mapping, Sequence

import numpy as np

from hachi_tf import options
from hachi_tf.data.operations import arithmetic, shaping
from hachi_tf.data.operations.operation import Batch, Operation
from hachi_tf.data.random import uniforms
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.tables import is_temporal
from hachi_tf.transforms import Bounded, Chain, Delay, Transform

OPERATIONS: dict[str, type[Operation]] = {
    "abs": shaping.Abs,
    "add": arithmetic.Add,
    "addrand": arithmetic.AddRand,
    "clip": shaping.Clip,
    "cumsum": shaping.CumSum,
    "diff": shaping.Diff,
    "div": arithmetic.Div,
    "divrand": arithmetic.DivRand,
    "mul": arithmetic.Mul,
    "mulrand": arithmetic.MulRand,
    "rev": shaping.Rev,
    "sort": shaping.Sort,
    "sub": arithmetic.Sub,
    "subrand": arithmetic.SubRand,
}


def parse_operations(
    text: str | Sequence[str],
    schema: Schema,
    limits: Mapping[int, tuple[float, float]] | None = None,
) -> "Operations":
    """Reads operations.

    Args:
        text: `name(key=value, ...)`, several with `;` or commas between them, or a list of such
            texts, as a flag that is given several times is. Letters may be large or small;
            words need no quotes.
        schema: the columns of the events.
        limits: as for `Operations`.

    Raises:
        UserError: if there is no such operation, setting, value or column; says which there are.
    """
    asked = [
        each for part in ([text] if isinstance(text, str) else text)
        for each in options.parse_list(part)
    ]  # fmt: skip
    operations = []
    for each in asked:
        kwargs = {key.lower(): value for key, value in each.kwargs.items()}
        if len(kwargs) < len(each.kwargs):
            raise UserError(f"each setting of {each.name} once", ", ".join(each.kwargs))
        lowered = options.Options(each.name.lower(), kwargs)
        made = options.construct(lowered, OPERATIONS, "known operation", schema=schema)
        operations.append(made)
    return Operations(operations, schema, limits)


class Operations:
    """Operations one after the other, on batches of sequences.

    When all are done, columns with a quantum are put back on their grid, and no delay is left
    below 0.

    Args:
        operations: in their order.
        schema: the columns of the events.
        limits: the least and the greatest value of columns, by their index, e.g. pitches.
    """

    def __init__(
        self,
        operations: Sequence[Operation],
        schema: Schema,
        limits: Mapping[int, tuple[float, float]] | None = None,
    ):
        self._operations, self._width = tuple(operations), len(schema)
        self.columns = sorted({index for each in operations for index in each.columns})
        """Indices of the columns that the operations may change."""
        limits = dict(limits or {})
        if is_temporal(schema):
            limits.setdefault(0, (0.0, np.inf))
        self._grid = []  # (column, quantum or None, low, high)
        for index in self.columns:
            quantum = schema.features[index].quantum
            if quantum is not None or index in limits:
                self._grid.append((index, quantum, *limits.get(index, (-np.inf, np.inf))))

    def __len__(self) -> int:
        return len(self._operations)

    def __call__(self, events: np.ndarray, lengths: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Applies the operations to each sequence on its own.

        What becomes of a sequence follows from its events and its seed: the sequences beside it
        and the padding behind it change nothing.

        Args:
            events: float `[B, T, F]` in data units, delays in the column of the time; NaN is
                missing, and stays.
            lengths: int `[B]`.
            seeds: int `[B, 2]`.

        Returns:
            New events of the same type `[B, T, F]`, zero past the end.
        """
        events, lengths = np.asarray(events), np.asarray(lengths)
        seeds = np.asarray(seeds)
        shape = (len(lengths), events.shape[1] if events.ndim == 3 else 0, self._width)
        if events.shape != shape or seeds.shape != (len(lengths), 2):
            raise ValueError(f"events {events.shape}, lengths {lengths.shape}, seeds {seeds.shape}")
        inside = (np.arange(shape[1]) < lengths[:, None])[..., None]
        original = events.astype(np.float64)
        batch = Batch(original.copy(), lengths, inside)
        for place, operation in enumerate(self._operations):
            operation(batch, _Draws(seeds, place))
        changed = batch.events
        for index, quantum, low, high in self._grid:
            values = changed[..., index]
            kept = values == original[..., index]
            if quantum is not None:
                values = np.where(kept, values, np.rint(values / quantum) * quantum)
            changed[..., index] = np.where(kept, values, np.clip(values, low, high))
        return np.where(inside, changed, 0.0).astype(events.dtype)

    def windows(
        self,
        events: np.ndarray,
        previous: np.ndarray,
        begins: np.ndarray,
        lengths: np.ndarray,
        seeds: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Applies the operations to windows of long sequences, each with the event before it.

        Args:
            events: `[B, T, F]`, as for a call.
            previous: `[B, F]`, the event before the first.
            begins: bool `[B]`, whether there is none, so that `previous` stays as it is.
            lengths: int `[B]`, of the windows.
            seeds: int `[B, 2]`.

        Returns:
            New events and new previous ones.
        """
        first = (~np.asarray(begins)).astype(np.int64)  # where the window begins, 0 or 1
        joined = np.concatenate([events, np.zeros_like(events[:, :1])], axis=1)
        goes_on = first[:, None, None] == 1
        joined = np.where(goes_on, np.concatenate([previous[:, None], events], axis=1), joined)
        changed = self(joined, np.asarray(lengths) + first, seeds)
        events = np.where(goes_on, changed[:, 1:], changed[:, :-1])
        return events, np.where(goes_on[:, 0], changed[:, 0], previous)


def limits_of(transform: Transform) -> dict[int, tuple[float, float]]:
    """The least and the greatest value of the columns for which transforms know one."""
    limits: dict[int, tuple[float, float]] = {}
    for each in transform.transforms if isinstance(transform, Chain) else [transform]:
        if isinstance(each, Delay):
            limits |= {column: (0.0, np.inf) for column in each.columns}
        elif isinstance(each, Bounded):
            limits |= dict(zip(each.columns, zip(each.low, each.high, strict=True), strict=True))
    return limits


class _Draws:
    """Uniform numbers for an operation: a stream of the rows' seeds at each call."""

    _MOST = 8  # calls of an operation

    def __init__(self, seeds: np.ndarray, place: int):
        self._seeds, self._stream = seeds, place * self._MOST

    def __call__(self, num_steps: int, num_channels: int) -> np.ndarray:
        self._stream += 1
        return uniforms(self._seeds, self._stream - 1, num_steps, num_channels)
