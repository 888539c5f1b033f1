"""Sums, differences, products and quotients with numbers that are given, measured or drawn."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from hachi_tf.data.operations.operation import Batch, Operation, one_of
from hachi_tf.errors import UserError, shorten

STATISTICS = ("mean", "std")
_ROUNDING = 1e-7  # of float32
AXES = ("none", "time", "feature")


def statistic(values: np.ndarray, inside: np.ndarray, which: str, axis: str) -> np.ndarray:
    """The mean or the deviation of the values that are not missing.

    Args:
        values: `[B, T, C]`.
        inside: bool `[B, T, 1]`, false past the end.
        which: `"mean"`, or `"std"`, the deviation of a sample (over n - 1).
        axis: what they are taken over: `"time"`, `"feature"`, or both, `"none"`.

    Returns:
        `[B, T or 1, C or 1]`; NaN where there are too few values.
    """
    known = inside & ~np.isnan(values)
    count = _total(known, axis)
    with np.errstate(all="ignore"):
        mean = _total(np.where(known, values, 0.0), axis) / count
        if which == "mean":
            return mean
        squares = np.where(known, values - mean, 0.0) ** 2
        deviation = np.sqrt(_total(squares, axis) / (count - 1))
        # What rounding alone makes of equal numbers is no deviation.
        return np.where(deviation <= _ROUNDING * np.abs(mean), 0.0, deviation)


def _total(values: np.ndarray, axis: str) -> np.ndarray:
    """The sum of `[B, T, C]` over an axis, to the same bits with any padding of zeros."""
    if axis != "time":
        values = values.sum(axis=2, keepdims=True)
    # NumPy's sum adds in an order that depends on T, cumsum one after the other.
    return values if axis == "feature" else np.cumsum(values, axis=1)[:, -1:]


def measured(value: float | str | None, what: str) -> float | str | None:
    """A setting that is a number, or the name of a statistic in small letters."""
    if not isinstance(value, str):
        return value
    if value.lower() not in STATISTICS:
        raise UserError(f"{what} to be a number, mean or std", shorten(value))
    return value.lower()


class _Arithmetic(Operation):
    """A sum, difference, product or quotient.

    Args:
        value: a number, `"mean"` or `"std"`.
        axis: what a mean or deviation is over: `"time"` (one a column), `"feature"` (one an
            event), or `"none"` (one of all the columns and events together).
        **kwargs: as for `Operation`.
    """

    function: ClassVar[np.ufunc]

    def __init__(self, value: float | str, axis: str | None = "none", **kwargs):
        super().__init__(**kwargs)
        self._value = measured(value, f"value of {self._name}")
        self._axis = one_of(axis, AXES, f"axis of {self._name}")

    def compute(self, values: np.ndarray, batch: Batch, draw) -> np.ndarray:
        operand = self._value
        if isinstance(operand, str):
            operand = statistic(values, batch.inside, operand, self._axis)
        return self.function(values, operand)


class _Random(Operation):
    """A sum, difference, product or quotient with random numbers.

    Args:
        range: the least and the greatest, or of a normal distribution mean and deviation.
        axis: `"time"`, one number an event; `"feature"`, one a column; `"element"`, one each;
            `"none"`, one for the whole sequence.
        dist: `"uniform"` or `"normal"`.
        log: whether 2 to the power of the number is taken instead of the number.
        **kwargs: as for `Operation`.
    """

    function: ClassVar[np.ufunc]

    def __init__(
        self,
        range: tuple[float, float] = (0, 1),
        axis: str | None = "none",
        dist: str = "uniform",
        log: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self._range, self._log = range, log
        self._axis = one_of(axis, (*AXES, "element"), f"axis of {self._name}")
        self._dist = one_of(dist, ("uniform", "normal"), f"dist of {self._name}")
        if self._dist == "normal" and range[1] < 0:
            raise UserError(
                f"a deviation of at least 0 in range=(mean, deviation) of {self._name}", f"{range}"
            )

    def compute(
        self, values: np.ndarray, batch: Batch, draw: Callable[[int, int], np.ndarray]
    ) -> np.ndarray:
        _, num_steps, num_columns = values.shape
        num_steps = num_steps if self._axis in ("time", "element") else 1
        num_columns = num_columns if self._axis in ("feature", "element") else 1
        first, second = self._range
        operand = draw(num_steps, num_columns)
        if self._dist == "uniform":
            operand = first + (second - first) * operand
        else:  # Box and Muller 1958
            angle = 2 * np.pi * draw(num_steps, num_columns)
            operand = first + second * np.sqrt(-2 * np.log(operand)) * np.cos(angle)
        return self.function(values, np.exp2(operand) if self._log else operand)


class Add(_Arithmetic):
    """Adds a number, the mean or the deviation."""

    function = np.add


class Sub(_Arithmetic):
    """Subtracts a number, the mean or the deviation."""

    function = np.subtract


class Mul(_Arithmetic):
    """Multiplies by a number, the mean or the deviation."""

    function = np.multiply


class Div(_Arithmetic):
    """Divides by a number, the mean or the deviation; what a zero would divide stays."""

    function = np.divide

    def __init__(self, value: float | str, axis: str | None = "none", **kwargs):
        super().__init__(value, axis, **kwargs)
        if value == 0:
            raise UserError("a value of div other than 0", f"{value}")


class AddRand(_Random):
    """Adds random numbers."""

    function = np.add


class SubRand(_Random):
    """Subtracts random numbers."""

    function = np.subtract


class MulRand(_Random):
    """Multiplies by random numbers."""

    function = np.multiply


class DivRand(_Random):
    """Divides by random numbers."""

    function = np.divide
