"""Delays as their logarithms, so that no sample is ever negative."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.transforms.arithmetic import arithmetic, check_columns, spread
from hachi_tf.transforms.transform import Events, Transform, as_float32

_LARGEST = 1e9  # what `inverse` gives at most


class Delay(Transform):
    """`log(events)` on some columns: delays, durations, tempos.

    Whatever the network says, `inverse` gives a finite number from 0 up. A value that is missing
    (NaN) stays so. Columns that are not named pass through unchanged.

    Args:
        columns: the indices of the columns.
        smallest: what is taken for anything below it, 0 and negative numbers included.

    Raises:
        UserError: if an index comes twice or is below 0, or `smallest` is out of range.
    """

    def __init__(self, columns: Sequence[int], smallest: float = 1e-6):
        self.columns, self.smallest = check_columns(columns), float(smallest)
        if not 1e-30 <= self.smallest <= 1:
            raise UserError("a smallest delay from 1e-30 to 1", repr(smallest))

    def forward(self, events: Events) -> Events:
        """The logarithm of the named columns: `[..., F] -> [..., F]`, float32."""
        events = as_float32(events)
        present, logarithms = self._logarithms(events)
        return arithmetic(events).where(present, logarithms, events)

    def inverse(self, events: Events) -> Events:
        """The exponential of the named columns: `[..., F] -> [..., F]`, float32."""
        events = as_float32(events)
        xp = arithmetic(events)
        present = self._named(events) & ~xp.isnan(events)
        exponents = xp.minimum(xp.where(present, events, 0.0), np.float32(math.log(_LARGEST)))
        return xp.where(present, xp.exp(exponents), events)

    def log_det(self, events: Events) -> Events:
        """Minus the sum of the logarithms, for each step: `[..., F] -> [...]`.

        A missing value adds nothing.
        """
        events = as_float32(events)
        xp = arithmetic(events)
        present, logarithms = self._logarithms(events)
        return xp.sum(xp.where(present, -logarithms, 0.0))

    def ranges(self) -> dict[int, tuple[float, float]]:
        """From 0 up."""
        return dict.fromkeys(self.columns, (0.0, math.inf))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"columns": list(self.columns), "smallest": self.smallest}

    def _logarithms(self, events: Events) -> tuple[Events, Events]:
        """Which values are there and named, and finite logarithms, those of the others 0."""
        xp = arithmetic(events)
        present = self._named(events) & ~xp.isnan(events)
        smallest = np.float32(self.smallest)
        delays = xp.maximum(xp.where(present, events, 1.0), smallest)
        return present, xp.log(delays)

    def _named(self, events: Events) -> np.ndarray:
        return spread(self.columns, True, events.shape[-1], False)
