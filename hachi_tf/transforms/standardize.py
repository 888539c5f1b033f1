"""Columns to mean 0 and standard deviation 1."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.transforms.arithmetic import check_columns, spread
from hachi_tf.transforms.transform import Events, Transform, as_float32, fill_steps


class Standardize(Transform):
    """`(events - loc) / scale` on some columns, as in Graves 2013, section 4.

    Columns that are not named pass through unchanged.

    Args:
        columns: the indices of the columns to standardize.
        loc: their means, or None until fitted.
        scale: their standard deviations, above 0, or None until fitted.

    Raises:
        UserError: if the three do not fit together or a number is out of range.
    """

    def __init__(
        self,
        columns: Sequence[int],
        loc: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
    ):
        self.columns = check_columns(columns)
        if (loc is None) != (scale is None):
            raise UserError("both loc and scale, or neither", "one of them")
        self.loc = None if loc is None else tuple(float(value) for value in loc)
        self.scale = None if scale is None else tuple(float(value) for value in scale)
        if self.loc is None:
            return
        if not len(self.loc) == len(self.scale) == len(self.columns):
            raise UserError(
                f"one loc and one scale for each of {len(self.columns)} columns",
                f"{len(self.loc)} and {len(self.scale)}",
            )
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            scales = np.asarray(self.scale, np.float32)
            usable = np.isfinite(np.concatenate([np.float32(self.loc), scales, 1 / scales]))
        if not (usable.all() and (scales > 0).all()):
            raise UserError(
                "finite locs and finite scales above 0, in float32",
                f"loc={list(self.loc)}, scale={list(self.scale)}",
            )

    def fit(self, sequences: Iterable[np.ndarray]) -> "Standardize":
        """Fits mean and standard deviation over all steps, in float64.

        NaN means missing and is ignored. A column that does not vary, as far as float32 can
        tell, or has no value at all, gets scale 1.

        Args:
            sequences: an iterable of arrays `[T, F]`; it is read once.

        Raises:
            UserError: if a value is infinite.
        """
        columns = list(self.columns)
        count, mean, squares = np.zeros((3, len(columns)))
        for events in sequences:
            values = np.asarray(events, np.float64)[:, columns]  # [T, C]
            if np.isinf(values).any():
                raise UserError("finite numbers or NaN for missing", "an infinity")
            present = ~np.isnan(values)
            added = present.sum(0)
            own_mean = np.where(present, values, 0.0).sum(0) / np.maximum(added, 1)
            own_squares = np.square(np.where(present, values - own_mean, 0.0)).sum(0)
            # Chan, Golub & LeVeque 1979: means and squared deviations of two parts, joined.
            delta, total = own_mean - mean, np.maximum(count + added, 1)
            mean += delta * added / total
            squares += own_squares + np.square(delta) * count * added / total
            count += added
        scale = np.sqrt(squares / np.maximum(count, 1))
        smallest = np.maximum(np.abs(mean) * np.finfo(np.float32).eps, 1e-30)
        scale = np.where(scale > smallest, scale, 1.0)
        return Standardize(self.columns, mean.tolist(), scale.tolist())

    def forward(self, events: Events) -> Events:
        """`(events - loc) / scale` on the named columns: `[..., F] -> [..., F]`, float32."""
        events = as_float32(events)
        loc, _, inverse_scale = self._vectors(events)
        # A product, not a quotient: TensorFlow's graph optimizer turns a division by a constant
        # into a product, and NumPy and the graph would differ in the last bit.
        return (events - loc) * inverse_scale

    def inverse(self, events: Events) -> Events:
        """`events * scale + loc` on the named columns: `[..., F] -> [..., F]`, float32."""
        events = as_float32(events)
        loc, scale, _ = self._vectors(events)
        return events * scale + loc

    def log_det(self, events: Events) -> Events:
        """Minus the sum of the log scales, for each step: `[..., F] -> [...]`.

        A step with a missing value gets the same number.
        """
        self._check_fitted()
        return fill_steps(events, -float(np.sum(np.log(self.scale))))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; floats survive JSON to the last bit."""
        return {
            "columns": list(self.columns),
            "loc": None if self.loc is None else list(self.loc),
            "scale": None if self.scale is None else list(self.scale),
        }

    def _check_fitted(self):
        if self.loc is None:
            raise ValueError("this Standardize is not fitted: call fit, and use what it returns")

    def _vectors(self, events) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`loc`, `scale` and `1 / scale` of all columns, float32 `[F]`."""
        self._check_fitted()
        width = events.shape[-1]
        loc = spread(self.columns, self.loc, width, 0.0).astype(np.float32)
        scale = spread(self.columns, self.scale, width, 1.0).astype(np.float32)
        return loc, scale, np.float32(1.0) / scale
