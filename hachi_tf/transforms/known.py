"""Columns that are inputs only, brought to mean 0 and standard deviation 1."""

from hachi_tf.transforms.standardize import Standardize
from hachi_tf.transforms.transform import Events, fill_steps


class StandardizeKnown(Standardize):
    """As `Standardize`, for columns that are never predicted: they add nothing to a density."""

    def fit(self, sequences) -> "StandardizeKnown":
        """See `Standardize.fit`."""
        fitted = super().fit(sequences)
        return StandardizeKnown(fitted.columns, fitted.loc, fitted.scale)

    def log_det(self, events: Events) -> Events:
        """Zeros, `[..., F] -> [...]`."""
        self._check_fitted()
        return fill_steps(events, 0.0)
