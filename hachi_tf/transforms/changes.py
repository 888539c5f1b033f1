"""Steps from value to value: differences, and the log returns of prices."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.transforms.arithmetic import arithmetic, check_columns
from hachi_tf.transforms.stateful import StatefulTransform, last_known, pick, place

_LARGEST = 1e30
_MOST_LOG = math.log(_LARGEST)


class Changes(StatefulTransform):
    """The difference from the last value on some columns, or that of logarithms; standardized.

        y[t] = (g(x[t]) - g(x[t - 1]) - loc) / scale,   g(x) = x or log(x)

    A sequence's first value has none before it: y[0] = (g(x[0]) - first_loc) / first_scale, so
    that a sequence can be had back from its steps. A missing value (NaN) stays so, and the next
    one's step is that from the last value that is there; in logarithms a value that is not above 0
    counts as missing. Columns that are not named pass through unchanged.

    The memory holds for each column 1 if there was a value, then the last value of each in data
    units: "the last price".

    Args:
        columns: the indices of the columns.
        log: whether steps are those of logarithms: the log returns of prices.
        loc: the steps' means, or None until fitted, as are the next three.
        scale: their standard deviations, above 0.
        first_loc: the means of g(x).
        first_scale: the standard deviations of g(x), above 0.

    Raises:
        UserError: if they do not fit together or a number is out of range.
    """

    def __init__(
        self,
        columns: Sequence[int],
        log: bool = False,
        loc: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        first_loc: Sequence[float] | None = None,
        first_scale: Sequence[float] | None = None,
    ):
        self.columns, self.log = check_columns(columns), bool(log)
        self.state_size = 2 * len(self.columns)
        numbers = (loc, scale, first_loc, first_scale)
        self._numbers = None
        if all(each is None for each in numbers):
            return
        if any(each is None or len(each) != len(self.columns) for each in numbers):
            raise UserError("loc, scale, first_loc and first_scale for each column", "others")
        self._numbers = tuple(tuple(map(float, each)) for each in numbers)
        scales = np.float32([self._numbers[1], self._numbers[3]])
        if not (np.isfinite(np.float32(self._numbers)).all() and (scales > 0).all()):
            raise UserError("finite locs and finite scales above 0, in float32", str(numbers))

    def fit(self, sequences: Iterable[np.ndarray]) -> "Changes":
        """Fits means and standard deviations of steps and of values, in float64.

        A column that does not vary, as far as float32 can tell, gets scale 1.

        Args:
            sequences: arrays `[T, F]` in data units.

        Raises:
            UserError: if a value is infinite.
        """
        steps: list[list[np.ndarray]] = [[] for _ in self.columns]
        levels: list[list[np.ndarray]] = [[] for _ in self.columns]
        for events in sequences:
            values = np.asarray(events, np.float64)[:, list(self.columns)]
            if np.isinf(values).any():
                raise UserError("finite numbers or NaN for missing", "an infinity")
            for index, column in enumerate(values.T):
                known = column[column > 0] if self.log else column[~np.isnan(column)]
                known = np.log(known) if self.log else known
                levels[index].append(known)
                steps[index].append(np.diff(known))
        loc, scale = _moments(steps, levels, not self.log)
        first_loc, first_scale = _moments(levels, levels, True)
        return Changes(self.columns, self.log, loc, scale, first_loc, first_scale)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; floats survive JSON to the last bit."""
        names = ("loc", "scale", "first_loc", "first_scale")
        numbers = self._numbers or (None,) * 4
        fitted = {name: each and list(each) for name, each in zip(names, numbers, strict=True)}
        return {"columns": list(self.columns), "log": self.log, **fitted}

    def ranges(self) -> dict[int, tuple[float, float]]:
        """Prices are above 0."""
        return dict.fromkeys(self.columns, (0.0, math.inf)) if self.log else {}

    def _forward(self, events, memory):
        xp = arithmetic(events)
        loc, scale, first_loc, first_scale = self._vectors()
        x, present, begun, last = self._parts(events, memory)
        step = (self._step(xp, x, last) - loc) * (1.0 / scale)
        level = ((xp.log(x) if self.log else x) - first_loc) * (1.0 / first_scale)
        return place(events, self.columns, xp.where(present, xp.where(begun, step, level), np.nan))

    def _inverse(self, events, memory):
        xp = arithmetic(events)
        loc, scale, first_loc, first_scale = self._vectors()
        y = pick(events, self.columns)
        present = ~xp.isnan(y)
        y = xp.where(present, xp.minimum(xp.maximum(y, -_LARGEST), _LARGEST), 0.0)
        begun, last = self._memory(memory)
        step, level = y * scale + loc, y * first_scale + first_loc
        if self.log:
            last = xp.where(begun, last, 1.0)
            small = xp.minimum(xp.maximum(step, -0.5), 0.5)
            near = last + last * xp.expm1(small)
            room = xp.minimum(xp.maximum(xp.log(last) + step, -_MOST_LOG), _MOST_LOG)
            far = xp.exp(room)
            found = xp.where(xp.abs(step) < 0.5, near, far)
            first = xp.exp(xp.minimum(xp.maximum(level, -_MOST_LOG), _MOST_LOG))
        else:
            found, first = last + step, level
        found = xp.where(begun, found, first)
        found = xp.minimum(xp.maximum(found, -_LARGEST), _LARGEST)
        return place(events, self.columns, xp.where(present, found, np.nan))

    def _log_det(self, events, memory):
        xp = arithmetic(events)
        _, scale, _, first_scale = self._vectors()
        x, present, begun, _ = self._parts(events, memory)
        slopes = xp.where(begun, -np.log(scale), -np.log(first_scale))
        slopes = slopes - xp.log(x) if self.log else slopes
        return xp.sum(xp.where(present, slopes, 0.0))

    def _remember(self, events, memory):
        xp = arithmetic(events)
        x = pick(events, self.columns)
        before, last = self._memory(memory)
        x = xp.concat([last[..., None, :], x], -2)
        present = self._present(xp, x)
        present = xp.concat([before[..., None, :], present[..., 1:, :]], -2)
        found, begun = last_known(x, present)
        return xp.concat([xp.where(begun, 1.0, xp.zeros_like(found)), found], -1)

    def _present(self, xp, x):
        present = ~xp.isnan(x)
        return present & (xp.where(present, x, 1.0) > 0.0) if self.log else present

    def _parts(self, events, memory):
        """Values with 1 in place of what is missing, what is there, and the memory's parts."""
        xp = arithmetic(events)
        x = pick(events, self.columns)
        present = self._present(xp, x)
        return xp.where(present, x, 1.0), present, *self._memory(memory)

    def _memory(self, memory):
        """Whether each column has a last value, bool `[..., C]`, and that value."""
        size = len(self.columns)
        return memory[..., :size] > 0.5, memory[..., size:]

    def _step(self, xp, x, last):
        """From the last value to the next; in logarithms exact for a small step too."""
        if not self.log:
            return x - last
        last = xp.where(last > 0.0, last, 1.0)
        far = xp.log(x) - xp.log(last)
        share = xp.where(xp.abs(far) < 0.5, (x - last) / last, 0.0)
        return xp.where(xp.abs(far) < 0.5, xp.log1p(share), far)

    def _vectors(self) -> tuple[np.ndarray, ...]:
        if self._numbers is None:
            raise ValueError("this Changes is not fitted: call fit, and use what it returns")
        return tuple(np.float32(self._numbers))


def _moments(
    parts: list[list[np.ndarray]], levels: list[list[np.ndarray]], rounds: bool
) -> tuple[list[float], list[float]]:
    """Means and standard deviations of columns, 1 where float32 sees nothing vary."""
    loc, scale = [], []
    for own, level in zip(parts, levels, strict=True):
        values = np.concatenate([*own, np.zeros(0)])
        seen = np.concatenate([*level, np.zeros(0)])
        mean = float(values.mean()) if len(values) else 0.0
        deviation = float(values.std()) if len(values) else 0.0
        largest = float(np.abs(seen).max(initial=0.0)) if rounds else 1.0
        smallest = max(largest * float(np.finfo(np.float32).eps), 1e-30)
        loc.append(mean)
        scale.append(deviation if deviation > smallest else 1.0)
    return loc, scale
