"""Operations along time: sums, differences, limits, and another order."""

from typing import Any

import numpy as np

from hachi_tf.data.operations.arithmetic import AXES, measured, statistic
from hachi_tf.data.operations.operation import Batch, Operation, find_column, one_of
from hachi_tf.errors import UserError


class Abs(Operation):
    """Takes absolute values."""

    def compute(self, values: np.ndarray, batch: Batch, draw) -> np.ndarray:
        """The values without their signs."""
        return np.abs(values)


class CumSum(Operation):
    """Sums each column up to each event; what is missing adds nothing."""

    def compute(self, values: np.ndarray, batch: Batch, draw) -> np.ndarray:
        """The running sums."""
        missing = np.isnan(values)
        sums = np.cumsum(np.where(missing, 0.0, values), axis=1)
        sums[missing] = np.nan
        return sums


class Diff(Operation):
    """Takes the difference of each value to the last one that is known; the first becomes 0."""

    def compute(self, values: np.ndarray, batch: Batch, draw) -> np.ndarray:
        """The differences."""
        missing = np.isnan(values)
        if not missing.any():
            return np.diff(values, axis=1, prepend=values[:, :1])
        places = np.where(missing, -1, np.arange(values.shape[1])[:, None])
        last = np.maximum.accumulate(places, axis=1)  # -1 where nothing is known yet
        before = np.concatenate([np.full_like(last[:, :1], -1), last[:, :-1]], axis=1)
        known = np.take_along_axis(values, np.maximum(before, 0), axis=1)
        return values - np.where(before < 0, values, known)


class Clip(Operation):
    """Brings values within limits.

    Args:
        min: the least value: a number, `"mean"`, `"std"`, or None for no limit.
        max: the greatest value, in the same way.
        axis: what a mean or deviation is over, as for `add`.
        **kwargs: as for `Operation`.
    """

    def __init__(
        self,
        min: float | str | None = 0.0,
        max: float | str | None = None,
        axis: str | None = "none",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self._limits = measured(min, "min of clip"), measured(max, "max of clip")
        self._axis = one_of(axis, AXES, "axis of clip")
        low, high = self._limits
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            raise UserError("a max of clip of at least its min", f"min={low} and max={high}")

    def compute(self, values: np.ndarray, batch: Batch, draw) -> np.ndarray:
        """The values within the limits; where a limit cannot be measured there is none."""
        low, high = (
            statistic(values, batch.inside, limit, self._axis) if isinstance(limit, str) else limit
            for limit in self._limits
        )
        if low is not None:
            values = np.where(values < low, low, values)
        return values if high is None else np.where(values > high, high, values)


class Rev(Operation):
    """Turns sequences round: the last event comes first. Delays move like any other column."""

    moves = True

    def compute(self, values: np.ndarray, batch: Batch, draw) -> np.ndarray:
        """The values in the opposite order."""
        order = batch.lengths[:, None] - 1 - np.arange(values.shape[1])
        return np.take_along_axis(values, np.maximum(order, 0)[..., None], axis=1)


class Sort(Operation):
    """Orders events by a column; equal ones keep their order, missing ones come last.

    Args:
        by: the column: its place in `dims`, or without `dims` its number among all columns, in
            which the time is 0; or `"t"` or a name, which need not be in `dims`.
        descending: whether the greatest value comes first.
        **kwargs: as for `Operation`.
    """

    moves = True

    def __init__(self, by: int | str = 0, descending: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self._descending = descending
        if isinstance(by, str):
            self._by = find_column(by, kwargs["schema"], "sort")
        elif 0 <= by < len(self.columns):
            self._by = self.columns[by]
        else:
            names = [kwargs["schema"].names[index] for index in self.columns]
            places = ", ".join(f"{place} ({name})" for place, name in enumerate(names[:20]))
            raise UserError(f"by of sort as a place in dims: {places}, or a name", f"{by}")

    def compute(self, values: np.ndarray, batch: Batch, draw) -> np.ndarray:
        """The values in their new order."""
        keys = batch.events[..., self._by]
        keys = np.where(batch.inside[..., 0], -keys if self._descending else keys, np.nan)
        order = np.argsort(keys, axis=1, kind="stable")  # a NaN comes last, padding behind it
        return np.take_along_axis(values, order[..., None], axis=1)
