"""Rolling origins: forecasts from many moments in the past, each with what was known then."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.forecasting import scores
from hachi_tf.forecasting.naive import METHODS, naive_samples


@dataclasses.dataclass(frozen=True)
class Origin:
    """A moment to forecast from.

    Attributes:
        series: the number of the series in its data set.
        history: `[T, F]`, all rows before, or the last ones of them.
        future: `[H, F]`, what came.
    """

    series: int
    history: np.ndarray
    future: np.ndarray


def rolling_origins(dataset: Any, horizon: int, count: int) -> list[Origin]:
    """Moments in the part of each series that is held out, evenly spread.

    Args:
        dataset: held-out series, each led by what came before.
        horizon: H, how many rows after each moment.
        count: how many of each series, if there are as many.

    Raises:
        UserError: if no series has H rows that are held out, and a row before.
    """
    origins = []
    for index, events in enumerate(dataset):
        first = max(int(dataset.leads[index]), 1)
        last = len(events) - horizon
        if last < first:
            continue
        places = np.unique(np.round(np.linspace(first, last, min(count, last - first + 1))))
        origins += [
            Origin(index, events[:place], events[place : place + horizon])
            for place in places.astype(int)
        ]
    if not origins:
        longest = int(dataset.counted.max(initial=0))
        raise UserError(
            f"a series with {horizon} rows that are held out",
            f"at most {longest}",
            "shorten the horizon, or hold more out",
        )
    return origins


@dataclasses.dataclass(frozen=True)
class Figures:
    """Figures of one method's forecasts from O origins, of H steps of C columns.

    Attributes:
        crps: float64 `[O, H, C]` in data units, NaN where nothing came.
        quantile_loss: the same shape.
        covered: by the interval's share, the same shape: 1, 0 or NaN.
    """

    crps: np.ndarray
    quantile_loss: np.ndarray
    covered: dict[float, np.ndarray]

    @classmethod
    def of(cls, samples: Sequence[np.ndarray], futures: Sequence[np.ndarray]) -> "Figures":
        """From samples `[N, H, C]` and what came `[H, C]`, of each origin."""
        pairs = list(zip(samples, futures, strict=True))
        return cls(
            np.stack([scores.crps(own, values) for own, values in pairs]),
            np.stack([scores.quantile_loss(own, values) for own, values in pairs]),
            {
                share: np.stack([scores.covered(own, values, share) for own, values in pairs])
                for share in scores.INTERVALS
            },
        )


def naive_figures(
    origins: Sequence[Origin], columns: Sequence[int], season: int, log: Sequence[bool]
) -> dict[str, Figures]:
    """The figures of each simple method that every origin has history enough for.

    Args:
        origins: with histories that are long enough to know a season.
        columns: the C predicted columns.
        season: rows in a season.
        log: of each column, whether its steps are those of logarithms.
    """
    figures = {}
    futures = [origin.future[:, columns].astype(np.float64) for origin in origins]
    for method in METHODS:
        samples = []
        for origin in origins:
            own = [
                naive_samples(method, origin.history[:, column], len(origin.future), season, is_log)
                for column, is_log in zip(columns, log, strict=True)
            ]
            if any(each is None for each in own):
                break
            samples.append(np.stack(own, axis=-1))
        if len(samples) == len(origins):
            figures[method] = Figures.of(samples, futures)
    return figures


def scales(origins: Sequence[Origin], columns: Sequence[int]) -> np.ndarray:
    """The mean size of a step in each origin's history, float64 `[O, 1, C]`, never 0.

    Over it errors of series of any size can be averaged.
    """
    found = np.ones([len(origins), 1, len(columns)])
    for index, origin in enumerate(origins):
        for place, column in enumerate(columns):
            values = origin.history[:, column].astype(np.float64)
            steps = np.abs(np.diff(values[~np.isnan(values)]))
            found[index, 0, place] = steps.mean() if steps.any() else 1.0
    return found


def mean_known(values: np.ndarray, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """The mean of what is not NaN along axes; NaN where all is."""
    count = (~np.isnan(values)).sum(axis=axis)
    return np.nansum(values, axis=axis) / np.where(count > 0, count, np.nan)


def summarize(figures: Figures, scale: np.ndarray) -> dict[str, Any]:
    """Means over all origins, steps and columns."""
    scaled = figures.crps / scale
    return {
        "crps": float(mean_known(figures.crps)),
        "crps_scaled": float(mean_known(scaled)),
        "quantile_loss": float(mean_known(figures.quantile_loss)),
        "coverage": {f"{share:g}": float(mean_known(c)) for share, c in figures.covered.items()},
        "crps_scaled_by_step": [float(each) for each in mean_known(scaled, axis=(0, 2))],
    }


def paired_interval(
    differences: np.ndarray, groups: np.ndarray, share: float = 0.9, draws: int = 2000
) -> tuple[float, float]:
    """An interval for the mean of paired differences, by drawing whole groups again.

    Args:
        differences: `[O]`; NaN is left out.
        groups: `[O]`, what belongs together: forecasts from one moment are alike.
        share: of the interval.
        draws: how many times.

    Returns:
        Its ends.
    """
    numbers = np.unique(groups)
    sums = np.array([np.nansum(differences[groups == number]) for number in numbers])
    counts = np.array([(~np.isnan(differences[groups == number])).sum() for number in numbers])
    generator = np.random.Generator(np.random.Philox(key=0))
    chosen = generator.integers(len(numbers), size=[draws, len(numbers)])
    means = sums[chosen].sum(axis=1) / np.maximum(counts[chosen].sum(axis=1), 1)
    low, high = np.quantile(means, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def by_number(origins: Sequence[Origin]) -> np.ndarray:
    """Which forecast of its series each origin is, `[O]`: those of one number are of one time."""
    seen: dict[int, int] = {}
    numbers = []
    for origin in origins:
        seen[origin.series] = seen.get(origin.series, -1) + 1
        numbers.append(seen[origin.series])
    return np.array(numbers)
