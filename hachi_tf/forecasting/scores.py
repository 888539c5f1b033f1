"""How good forecasts are that are given as samples."""

from collections.abc import Sequence

import numpy as np

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""The quantiles whose loss is averaged."""

INTERVALS = (0.5, 0.8, 0.9)
"""The central intervals whose coverage is told."""


def crps(samples: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The continuous ranked probability score: the smaller, the better.

    E|X - y| - E|X - X'| / 2 (Gneiting and Raftery 2007, eq. 21), without bias for any number of
    samples. Of one sure value it is the absolute error.

    Args:
        samples: `[N, ...]`, N at least 2.
        values: `[...]`, what came; NaN where nothing did.

    Returns:
        float64 `[...]`, in the values' unit.
    """
    samples = np.sort(np.asarray(samples, np.float64), axis=0)
    count = len(samples)
    weights = 2.0 * np.arange(count) - (count - 1)
    spread = np.tensordot(weights, samples, 1) / (count * (count - 1))
    return np.abs(samples - values).mean(axis=0) - spread


def quantile_loss(
    samples: np.ndarray, values: np.ndarray, levels: Sequence[float] = LEVELS
) -> np.ndarray:
    """Twice the pinball loss of the samples' quantiles, averaged over the levels.

    Args:
        samples: `[N, ...]`.
        values: `[...]`; NaN where nothing came.
        levels: of the quantiles, between 0 and 1.

    Returns:
        float64 `[...]`.
    """
    total = np.zeros(np.shape(values))
    for level, quantile in zip(levels, np.quantile(samples, levels, axis=0), strict=True):
        away = values - quantile
        total = total + 2.0 * np.where(away > 0, level * away, (level - 1.0) * away)
    return np.where(np.isnan(values), np.nan, total / len(levels))


def covered(samples: np.ndarray, values: np.ndarray, share: float) -> np.ndarray:
    """Whether values lie in the central interval of the samples, 1 or 0; NaN for NaN, `[...]`.

    The interval's ends are samples themselves, such that of N + 1 draws alike the last one lies
    between them with the probability that is nearest to `share`.

    Args:
        samples: `[N, ...]`.
        values: `[...]`.
        share: of the interval, e.g. 0.9.
    """
    ordered = np.sort(samples, axis=0)
    count = len(ordered)
    low = max(round((count + 1) * (1.0 - share) / 2.0), 1)
    inside = (values >= ordered[low - 1]) & (values <= ordered[count - low])
    return np.where(np.isnan(values), np.nan, inside)
