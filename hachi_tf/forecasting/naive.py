"""Simple methods of forecasting, which people trust, and which a model has to beat.

Hyndman and Athanasopoulos, "Forecasting: principles and practice", sections 5.2 and 5.5: each says
what comes, and, from the errors that it made before, how sure it is.
"""

from statistics import NormalDist

import numpy as np

METHODS = {
    "last_value": "the last value",
    "drift": "the last value and its mean step",
    "seasonal": "the value a season ago",
}
"""Methods by name, and how they are called in a sentence."""


def naive_samples(
    method: str, history: np.ndarray, horizon: int, season: int = 1, log: bool = False,
    count: int = 200,
) -> np.ndarray | None:  # fmt: skip
    """What a simple method forecasts, as evenly spread samples of each step.

    Args:
        method: a key of `METHODS`.
        history: `[T]`, the values so far; NaN is missing.
        horizon: H, how many steps.
        season: rows in a season.
        log: whether steps are those of logarithms, for values above 0.
        count: N.

    Returns:
        float64 `[N, H]`; None if the history is too short.
    """
    values = np.asarray(history, np.float64)
    values = np.where(values > 0, values, np.nan) if log else values
    values = np.log(values) if log else values
    found = _moments(method, values, horizon, season)
    if found is None:
        return None
    loc, deviation = found
    samples = loc + deviation * _normal_quantiles(count)[:, None]
    return np.exp(np.minimum(samples, 700.0)) if log else samples


def naive_log_density(history: np.ndarray, log: bool = False) -> np.ndarray:
    """The log density, in nats, of each value after the last one: a Gaussian walk.

    Its mean and deviation are those of all steps in the history, so it knows more than a method
    could; a hard guess to beat.

    Args:
        history: `[T]`.
        log: whether the steps are those of logarithms.

    Returns:
        float64 `[T]`, in data units; NaN for the first value and what is missing.
    """
    values = np.asarray(history, np.float64)
    known = np.flatnonzero(~np.isnan(values) & ((values > 0) | (not log)))
    result = np.full(len(values), np.nan)
    if len(known) < 3:
        return result
    level = np.log(values[known]) if log else values[known]
    steps = np.diff(level)
    loc, deviation = steps.mean(), max(steps.std(), 1e-12)
    density = -0.5 * ((steps - loc) / deviation) ** 2 - np.log(deviation * np.sqrt(2 * np.pi))
    result[known[1:]] = density - (level[1:] if log else 0.0)
    return result


def _moments(
    method: str, values: np.ndarray, horizon: int, season: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and standard deviation of each step `[H]`."""
    known = values[~np.isnan(values)]
    steps, ahead = np.diff(known), np.arange(1, horizon + 1)
    if method == "seasonal":
        return _seasonal(values, ahead, season)
    if len(steps) < 2:
        return None
    if method == "last_value":
        deviation = np.sqrt(np.mean(steps**2))
        return np.full(horizon, known[-1]), deviation * np.sqrt(ahead)
    drift = steps.mean()
    deviation = steps.std(ddof=1) * np.sqrt(ahead * (1.0 + ahead / len(steps)))
    return known[-1] + drift * ahead, deviation


def _seasonal(
    values: np.ndarray, ahead: np.ndarray, season: int
) -> tuple[np.ndarray, np.ndarray] | None:
    if season < 2 or len(values) < 2 * season:
        return None
    errors = values[season:] - values[:-season]
    errors = errors[~np.isnan(errors)]
    loc = np.full(len(ahead), np.nan)
    for index, step in enumerate(ahead):
        for back in range(len(values) - season + (step - 1) % season, -1, -season):
            if not np.isnan(values[back]):
                loc[index] = values[back]
                break
    if len(errors) < 2 or np.isnan(loc).any():
        return None
    seasons = (ahead - 1) // season + 1
    return loc, np.sqrt(np.mean(errors**2)) * np.sqrt(seasons)


def _normal_quantiles(count: int) -> np.ndarray:
    """Evenly spread numbers of a standard normal distribution, `[count]`."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((index + 0.5) / count) for index in range(count)])
