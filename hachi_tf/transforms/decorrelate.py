"""Many columns that move together, as ones that do not."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.transforms.arithmetic import arithmetic, check_columns, check_width
from hachi_tf.transforms.transform import Events, Transform, as_float32, fill_steps


class Decorrelate(Transform):
    """A linear map of some columns to as many that are uncorrelated, as are their changes.

    With S the covariance of the columns, and C that of their changes from one step to the next,
    the rows w of the map solve C w = l S w and have w S w = 1. So the results have mean 0 and
    standard deviation 1, and what is left of them once the last step is known is uncorrelated
    too: a Gaussian with a diagonal covariance then says what else only a full one could. The
    slowest come first. A step with a missing value (NaN) is missing in all of these columns. What
    `inverse` gives is within the range of what was fitted on, whatever the network says, so that a
    network that goes on with its own results hears nothing it has never heard.

    Args:
        columns: the indices of the columns.
        quantum: the grid of the columns, 0 for none; its uniform noise counts as theirs, and
            values to fit on are the middles of its cells.
        loc: their means, or None until fitted.
        matrix: the map, `[C][C]`, one row a result; or None until fitted.
        low: the least value of each column that `inverse` gives; None for no limits.
        high: the greatest value of each.

    Raises:
        UserError: if the arguments do not fit together, or the map has no inverse in float32.
    """

    def __init__(
        self,
        columns: Sequence[int],
        quantum: float = 0.0,
        loc: Sequence[float] | None = None,
        matrix: Sequence[Sequence[float]] | None = None,
        low: Sequence[float] | None = None,
        high: Sequence[float] | None = None,
    ):
        self.columns, self.quantum = check_columns(columns), float(quantum)
        if not 0.0 <= self.quantum < float("inf"):
            raise UserError("a quantum from 0 up", repr(quantum))
        if (loc is None) != (matrix is None):
            raise UserError("both loc and matrix, or neither", "one of them")
        if (low is None) != (high is None):
            raise UserError("both low and high, or neither", "one of them")
        self.low, self.high = (None if each is None else np.float32(each) for each in (low, high))
        if low is not None and not (len(low) == len(high) == len(self.columns)):
            raise UserError(f"a low and a high for each of {len(self.columns)} columns", "others")
        self.loc = self.matrix = None
        if loc is None:
            return
        size = len(self.columns)
        self.loc, self.matrix = np.array(loc, np.float64), np.array(matrix, np.float64)
        if self.loc.shape != (size,) or self.matrix.shape != (size, size):
            raise UserError(f"a loc [{size}] and a matrix [{size}][{size}]", "other sizes")
        sign, self._log_det = np.linalg.slogdet(self.matrix)
        if not sign or not np.isfinite(self._log_det + self.loc.sum()):
            raise UserError("finite numbers, and a matrix with an inverse", "others")
        # Row vectors are multiplied from the left.
        self._map = self.matrix.T.astype(np.float32)
        self._inverse_map = np.linalg.inv(self.matrix).T.astype(np.float32)
        if not np.isfinite(self._inverse_map).all():
            raise UserError("a matrix with an inverse in float32", "another")

    def fit(self, sequences: Iterable[np.ndarray]) -> "Decorrelate":
        """Fits means, covariance and that of the changes, in float64.

        Steps with a missing value are left out, and so are changes from or to them. Directions
        that do not vary count as if they did, a little.

        Args:
            sequences: an iterable of arrays `[T, F]`; it is read once.

        Raises:
            UserError: if a value is infinite.
        """
        size = len(self.columns)
        count, changes = 0, 0
        total, squares, moves = np.zeros(size), np.zeros((size, size)), np.zeros((size, size))
        pivot, low, high = None, np.full(size, np.inf), np.full(size, -np.inf)
        for events in sequences:
            values = np.asarray(events, np.float64)[:, list(self.columns)]
            if np.isinf(values).any():
                raise UserError("finite numbers or NaN for missing", "an infinity")
            there = ~np.isnan(values).any(1)
            if not there.any():
                continue
            pivot = values[there].mean(0) if pivot is None else pivot  # against cancellation
            low = np.minimum(low, values[there].min(0))
            high = np.maximum(high, values[there].max(0))
            values = values - pivot
            total += values[there].sum(0)
            squares += values[there].T @ values[there]
            steps = np.diff(values, axis=0)[there[1:] & there[:-1]]
            moves += steps.T @ steps
            count, changes = count + int(there.sum()), changes + len(steps)
        pivot = np.zeros(size) if pivot is None else pivot
        mean = total / max(count, 1)
        covariance = squares / max(count, 1) - np.outer(mean, mean)
        change = moves / max(changes, 1)
        own = self.quantum**2 / 12  # the variance of the grid's noise
        floor = 1e-6 * np.trace(covariance) / max(size, 1) or 1.0
        covariance += (own + floor) * np.eye(size)
        change += (2 * own + floor) * np.eye(size)
        half = 0.5 * self.quantum  # of a cell, whose middle is known; its end is not reached
        limits = ((low - half).tolist(), (high + 0.998 * half).tolist()) if count else ()
        matrix = _diagonalize(covariance, change)
        return Decorrelate(self.columns, self.quantum, (mean + pivot).tolist(), matrix, *limits)

    def forward(self, events: Events) -> Events:
        """The named columns, mapped: `[..., F] -> [..., F]`, float32."""
        self._check_fitted()
        events = as_float32(events)
        return self._replace(events, lambda own: (own - self._loc()) @ self._map)

    def inverse(self, events: Events) -> Events:
        """The way back: `[..., F] -> [..., F]`, float32."""
        self._check_fitted()
        events = as_float32(events)
        return self._replace(events, self._within_limits)

    def _within_limits(self, own: Events) -> Events:
        found = own @ self._inverse_map + self._loc()
        if self.low is None:
            return found
        xp = arithmetic(found)
        return xp.minimum(xp.maximum(found, self.low), self.high)

    def log_det(self, events: Events) -> Events:
        """The logarithm of the map's determinant, for each step: `[..., F] -> [...]`."""
        self._check_fitted()
        return fill_steps(events, float(self._log_det))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; floats survive JSON to the last bit."""
        return {
            "columns": list(self.columns),
            "quantum": self.quantum,
            "loc": None if self.loc is None else self.loc.tolist(),
            "matrix": None if self.matrix is None else self.matrix.tolist(),
            "low": None if self.low is None else self.low.tolist(),
            "high": None if self.high is None else self.high.tolist(),
        }

    def _replace(self, events, change):
        """The events with the named columns changed."""
        width = events.shape[-1]
        check_width(self.columns, width)
        if not self.columns:
            return events
        if len(events.shape) == 1:  # a product of matrices wants two axes
            return self._replace(events[np.newaxis], change)[0]
        if self.columns == tuple(range(width)):
            return change(events)
        others = [column for column in range(width) if column not in self.columns]
        order = np.argsort([*self.columns, *others])
        xp = arithmetic(events)
        own = change(xp.take(events, list(self.columns)))
        return xp.take(xp.concat([own, xp.take(events, others)]), order)

    def _loc(self) -> np.ndarray:
        return self.loc.astype(np.float32)

    def _check_fitted(self):
        if self.loc is None:
            raise ValueError("this Decorrelate is not fitted: call fit, and use what it returns")


def _diagonalize(covariance: np.ndarray, change: np.ndarray) -> list[list[float]]:
    """The rows w with `change w = l covariance w` and `w covariance w = 1`, by rising l."""
    factor = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(factor, np.linalg.solve(factor, change).T)
    _, vectors = np.linalg.eigh(0.5 * (whitened + whitened.T))
    return np.linalg.solve(factor.T, vectors).T.tolist()
