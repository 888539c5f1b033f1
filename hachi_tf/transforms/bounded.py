"""Columns with a range as logits, so that no sample is ever out of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.transforms.arithmetic import arithmetic, check_columns, spread
from hachi_tf.transforms.transform import Events, Transform, as_float32

_MARGIN = 1e-6  # of the range: how near to its ends numbers are told apart


class Bounded(Transform):
    """`logit((events - low) / (high + quantum - low))` on some columns, e.g. pitches.

    A column on a grid has uniform noise of one quantum in training, so its values reach from
    `low` to `high + quantum`; what `inverse` gives, floored to the grid, is from `low` to `high`
    whatever the network says. A value that is missing (NaN) stays so. Columns that are not named
    pass through unchanged; numbers out of the range are taken for its ends.

    Args:
        columns: the indices of the columns.
        low: the least value of each.
        high: the greatest value of each.
        quantum: the grid of each, 0 for none; or one number for all.

    Raises:
        UserError: if the four do not fit together, or a range is none in float32.
    """

    def __init__(
        self,
        columns: Sequence[int],
        low: Sequence[float],
        high: Sequence[float],
        quantum: Sequence[float] | float = 0.0,
    ):
        self.columns = check_columns(columns)
        self.low, self.high = tuple(map(float, low)), tuple(map(float, high))
        if isinstance(quantum, int | float):
            quantum = [quantum] * len(self.columns)
        self.quantum = tuple(map(float, quantum))
        if not len(self.columns) == len(self.low) == len(self.high) == len(self.quantum):
            raise UserError(
                f"a low, a high and a quantum for each of {len(self.columns)} columns",
                f"{len(self.low)}, {len(self.high)} and {len(self.quantum)}",
            )
        with np.errstate(all="ignore"):
            low, top, quantum = self._ends()
            span = np.float32(top - low)
            # The rounding of numbers of this size, in float32.
            coarse = np.spacing(np.maximum(np.abs(low), np.abs(top)).astype(np.float32))
            margin = np.maximum(_MARGIN * span, 4 * coarse)
            usable = np.isfinite(span) & (top - quantum > low) & (quantum >= 0)
            usable &= (margin < 1e-3 * span) & ((quantum == 0) | (margin < quantum / 4))
        if not usable.all():
            raise UserError(
                "lows below highs and quanta from 0 up, with steps that float32 tells apart",
                f"low={list(self.low)}, high={list(self.high)}, quantum={list(self.quantum)}",
            )
        self._margin = np.float32(margin)

    def forward(self, events: Events) -> Events:
        """The logits of the named columns: `[..., F] -> [..., F]`, float32."""
        events = as_float32(events)
        xp = arithmetic(events)
        present, below, above, _ = self._distances(events)
        return xp.where(present, xp.log(below) - xp.log(above), events)

    def inverse(self, events: Events) -> Events:
        """From logits back to the range: `[..., F] -> [..., F]`, float32."""
        events = as_float32(events)
        xp = arithmetic(events)
        low, top, span, margin = self._vectors(events)
        present = self._named(events) & ~xp.isnan(events)
        logits = xp.where(present, events, 0.0)
        small = xp.exp(-xp.abs(logits))
        distance = xp.maximum(span * (small / (1.0 + small)), margin)  # to the nearer end
        values = xp.where(logits < 0.0, low + distance, top - distance)
        return xp.where(present, values, events)

    def log_det(self, events: Events) -> Events:
        """The sum of the logarithms of the slopes, for each step: `[..., F] -> [...]`.

        A missing value adds nothing.
        """
        events = as_float32(events)
        xp = arithmetic(events)
        present, below, above, span = self._distances(events)
        slopes = np.log(span) - xp.log(below) - xp.log(above)
        return xp.sum(xp.where(present, slopes, 0.0))

    def ranges(self) -> dict[int, tuple[float, float]]:
        """From `low` to `high`."""
        return dict(zip(self.columns, zip(self.low, self.high, strict=True), strict=True))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; floats survive JSON to the last bit."""
        names = ("columns", "low", "high", "quantum")
        return {name: list(getattr(self, name)) for name in names}

    def _distances(self, events: Events) -> tuple[Events, Events, Events, np.ndarray]:
        """Which values are there and named, how far they are from both ends, and the spans."""
        xp = arithmetic(events)
        low, _, span, margin = self._vectors(events)
        present = self._named(events) & ~xp.isnan(events)
        below = xp.where(present, events - low, 0.5 * span)
        below = xp.minimum(xp.maximum(below, margin), span - margin)
        return present, below, span - below, span

    def _ends(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        low, high, quantum = np.array([self.low, self.high, self.quantum], np.float64)
        return low, high + quantum, quantum

    def _vectors(self, events: Events) -> tuple[np.ndarray, ...]:
        """Low end, upper end, the span between and the margin of all columns, float32 `[F]`."""
        low, top, _ = self._ends()
        parts = ((low, 0.0), (top, 1.0), (top - low, 1.0), (self._margin, 0.25))
        width = events.shape[-1]
        return tuple(
            spread(self.columns, values, width, other).astype(np.float32) for values, other in parts
        )

    def _named(self, events: Events) -> np.ndarray:
        return spread(self.columns, True, events.shape[-1], False)
