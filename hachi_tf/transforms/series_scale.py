"""The scale of a series, learned while it is read."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.transforms.arithmetic import arithmetic, check_columns
from hachi_tf.transforms.stateful import StatefulTransform, pick, place
from hachi_tf.transforms.transform import Events

_LEAST_SHARE = 0.01  # of the smallest series' scale


class SeriesScale(StatefulTransform):
    """Values over the mean absolute value of their series so far, on some columns.

    So series of one form and different sizes look alike, also those that nobody has seen in
    training, and nothing of a series' future is used. A sequence's first value x has no scale
    yet: it becomes asinh(x / typical). A missing value (NaN) stays so. Columns that are not named
    pass through unchanged.

    The memory holds for each column how many values there were, then the mean absolute value of
    each.

    Args:
        columns: the indices of the columns.
        typical: the scales of most series, above 0, or None until fitted.
        least: what the scales are never below, above 0, or None until fitted.

    Raises:
        UserError: if they do not fit together or a number is out of range.
    """

    def __init__(
        self,
        columns: Sequence[int],
        typical: Sequence[float] | None = None,
        least: Sequence[float] | None = None,
    ):
        self.columns = check_columns(columns)
        self.state_size = 2 * len(self.columns)
        self.typical = None if typical is None else tuple(map(float, typical))
        self.least = None if least is None else tuple(map(float, least))
        if typical is None and least is None:
            return
        if not (typical and least and len(typical) == len(least) == len(self.columns)):
            raise UserError("a typical and a least scale for each column", "others")
        scales = np.float32([self.typical, self.least])
        if not (np.isfinite(scales).all() and (scales > 0).all()):
            raise UserError("finite scales above 0, in float32", f"{typical} and {least}")

    def fit(self, sequences: Iterable[np.ndarray]) -> "SeriesScale":
        """Fits the geometric mean of the series' scales, and the least one, in float64.

        Args:
            sequences: arrays `[T, F]` in data units.

        Raises:
            UserError: if a value is infinite.
        """
        found: list[list[float]] = [[] for _ in self.columns]
        for events in sequences:
            values = np.abs(np.asarray(events, np.float64)[:, list(self.columns)])
            if np.isinf(values).any():
                raise UserError("finite numbers or NaN for missing", "an infinity")
            for own, column in zip(found, values.T, strict=True):
                column = column[~np.isnan(column)]
                if column.any():
                    own.append(float(column.mean()))
        typical = [float(np.exp(np.mean(np.log(own)))) if own else 1.0 for own in found]
        least = [_LEAST_SHARE * min(own, default=1.0) for own in found]
        return SeriesScale(self.columns, typical, least)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; floats survive JSON to the last bit."""
        return {
            "columns": list(self.columns),
            "typical": self.typical and list(self.typical),
            "least": self.least and list(self.least),
        }

    def _forward(self, events, memory):
        xp = arithmetic(events)
        x = pick(events, self.columns)
        typical, scale, begun = self._scales(memory)
        first = xp.asinh(x / typical)
        return place(events, self.columns, xp.where(begun, x / scale, first))

    def _inverse(self, events, memory):
        xp = arithmetic(events)
        y = pick(events, self.columns)
        typical, scale, begun = self._scales(memory)
        first = xp.sinh(xp.minimum(xp.maximum(y, -60.0), 60.0)) * typical
        found = xp.where(begun, y * scale, first)
        present = ~xp.isnan(y)
        found = xp.minimum(xp.maximum(xp.where(present, found, 0.0), -1e30), 1e30)
        return place(events, self.columns, xp.where(present, found, np.nan))

    def _log_det(self, events, memory):
        xp = arithmetic(events)
        x = pick(events, self.columns)
        present = ~xp.isnan(x)
        typical, scale, begun = self._scales(memory)
        ratio = xp.where(present, x, 0.0) / typical
        first = -0.5 * xp.log1p(ratio * ratio) - np.log(typical)
        return xp.sum(xp.where(present, xp.where(begun, -xp.log(scale), first), 0.0))

    def _remember(self, events, memory):
        xp = arithmetic(events)
        x = pick(events, self.columns)
        size = len(self.columns)
        count, mean = memory[..., None, :size], memory[..., None, size:]
        present = ~xp.isnan(x)
        ones = xp.where(present, 1.0, xp.zeros_like(x))
        counts = xp.concat([count, count + xp.cumsum(ones, -2)], -2)
        sizes = xp.abs(xp.where(present, x, xp.zeros_like(x)))
        sums = xp.concat([count * mean, count * mean + xp.cumsum(sizes, -2)], -2)
        return xp.concat([counts, sums / xp.maximum(counts, 1.0)], -1)

    def _scales(self, memory: Events) -> tuple[np.ndarray, Events, Events]:
        """The typical scale `[C]`, the series' own, and whether there is one, `[..., C]`."""
        if self.typical is None:
            raise ValueError("this SeriesScale is not fitted: call fit, and use what it returns")
        size = len(self.columns)
        scale = arithmetic(memory).maximum(memory[..., size:], np.float32(self.least))
        return np.float32(self.typical), scale, memory[..., :size] > 0.5
