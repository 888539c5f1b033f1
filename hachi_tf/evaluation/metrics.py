"""Figures that compare networks."""

from typing import NamedTuple

import numpy as np

from hachi_tf.errors import UserError

_DRAWS_AT_ONCE = 2_000_000


class Interval(NamedTuple):
    """A mean difference and its 95% interval, in the unit of the values compared."""

    mean: float
    low: float
    high: float


def paired_bootstrap(
    a: np.ndarray,
    b: np.ndarray,
    weights: np.ndarray | None = None,
    seed: int = 0,
    num_resamples: int = 10000,
) -> Interval:
    """By how much `a` exceeds `b`, with a percentile bootstrap interval (Efron 1979).

    The pairs, one a sequence, are drawn again with replacement, since steps within a sequence
    depend on each other. With weights the figure is the ratio sum(weights * (a - b)) /
    sum(weights), and a pair's weight is drawn with it: nats a step come of nats a step in each
    sequence, weighted by its steps.

    Args:
        a: `[N]` figures of one network, N at least 2.
        b: `[N]` figures of the other on the same sequences.
        weights: `[N]` above 0; None for equal ones.
        seed: of the resampling.
        num_resamples: how often to resample.

    Returns:
        The mean of `a - b` and the 2.5% and 97.5% points of its distribution.

    Raises:
        UserError: if the figures are not finite and of one length, or a weight is not above 0.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    weights = np.ones_like(a) if weights is None else np.asarray(weights, np.float64)
    if a.ndim != 1 or a.shape != b.shape or a.shape != weights.shape or len(a) < 2:
        shapes = ", ".join(str(list(array.shape)) for array in (a, b, weights))
        raise UserError("two sequences or more, the same for both and the weights", shapes)
    if not np.isfinite(a - b).all() or not np.isfinite(weights).all() or not np.all(weights > 0):
        raise UserError("finite figures, and weights above 0", "others")

    count = len(a)
    weights = weights / weights.mean()
    weighted = weights * (a - b)
    rng = np.random.default_rng(seed)
    means = []
    for size in _chunks(num_resamples, max(1, _DRAWS_AT_ONCE // count)):
        drawn = rng.integers(count, size=[size, count])
        means.append(weighted[drawn].sum(axis=1) / weights[drawn].sum(axis=1))
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return Interval(float(weighted.mean()), float(low), float(high))


def _chunks(total: int, size: int) -> list[int]:
    return [min(size, total - start) for start in range(0, total, size)]
