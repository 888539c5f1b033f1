"""Series whose next value has a density that is known in closed form: an AR and a GARCH one."""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np
from scipy import stats

AR = (1.2, -0.5)
AR_DEVIATION = 0.7
OMEGA, ALPHA, BETA, DF = 0.05, 0.12, 0.83, 6.0
FIRST_PRICE = 100.0
BURN_IN = 500


@dataclasses.dataclass(frozen=True)
class Known:
    """A process.

    Attributes:
        options: of the source `time_series` that reads its series.
        draw: `(count, length, seed)` -> series float64 `[count, length]`.
        log_prob: series `[count, length]` -> the log density of each value given all before,
            in nats; of the first two values it is not to be had, and NaN.
        paths: `(history [T], horizon, count, seed)` -> float64 `[count, horizon]`.
    """

    options: str
    draw: Callable[[int, int, int], np.ndarray]
    log_prob: Callable[[np.ndarray], np.ndarray]
    paths: Callable[[np.ndarray, int, int, int], np.ndarray]


def draw_ar(count: int, length: int, seed: int) -> np.ndarray:
    """x[t] = 1.2 x[t-1] - 0.5 x[t-2] + 0.7 e, e standard normal."""
    noise = np.random.default_rng(seed).normal(0.0, AR_DEVIATION, [length + BURN_IN, count])
    values = np.zeros([length + BURN_IN, count])
    for t in range(2, len(values)):
        values[t] = AR[0] * values[t - 1] + AR[1] * values[t - 2] + noise[t]
    return values[BURN_IN:].T


def log_prob_ar(series: np.ndarray) -> np.ndarray:
    """See `Known.log_prob`."""
    result = np.full(series.shape, np.nan)
    mean = AR[0] * series[:, 1:-1] + AR[1] * series[:, :-2]
    result[:, 2:] = stats.norm.logpdf(series[:, 2:], mean, AR_DEVIATION)
    return result


def paths_ar(history: np.ndarray, horizon: int, count: int, seed: int) -> np.ndarray:
    """See `Known.paths`."""
    noise = np.random.default_rng(seed).normal(0.0, AR_DEVIATION, [horizon, count])
    values = [np.full(count, history[-2]), np.full(count, history[-1])]
    for own in noise:
        values.append(AR[0] * values[-1] + AR[1] * values[-2] + own)
    return np.stack(values[2:], axis=1)


def draw_garch(count: int, length: int, seed: int) -> np.ndarray:
    """Prices whose log returns, in percent, are GARCH(1, 1) with Student's t of 6 degrees."""
    generator = np.random.default_rng(seed)
    noise = generator.standard_t(DF, [length + BURN_IN, count]) * np.sqrt((DF - 2.0) / DF)
    variance = np.full(count, OMEGA / (1.0 - ALPHA - BETA))
    returns = np.zeros([length + BURN_IN, count])
    for t, own in enumerate(noise):
        returns[t] = np.sqrt(variance) * own
        variance = OMEGA + ALPHA * returns[t] ** 2 + BETA * variance
    return FIRST_PRICE * np.exp(np.cumsum(returns[BURN_IN:] / 100.0, axis=0)).T


def log_prob_garch(series: np.ndarray) -> np.ndarray:
    """See `Known.log_prob`; the variance before the first return is taken at its mean.

    What that leaves out is forgotten after some dozens of values.
    """
    returns = 100.0 * np.diff(np.log(series), axis=1)
    variances = _variances(returns)
    scale = np.sqrt(variances[:, :-1] * (DF - 2.0) / DF)
    result = np.full(series.shape, np.nan)
    density = stats.t.logpdf(returns, DF, 0.0, scale) + np.log(100.0) - np.log(series[:, 1:])
    result[:, 2:] = density[:, 1:]
    return result


def paths_garch(history: np.ndarray, horizon: int, count: int, seed: int) -> np.ndarray:
    """See `Known.paths`."""
    returns = 100.0 * np.diff(np.log(history))[None]
    variance = np.full(count, _variances(returns)[0, -1])
    generator = np.random.default_rng(seed)
    noise = generator.standard_t(DF, [horizon, count]) * np.sqrt((DF - 2.0) / DF)
    total, levels = np.zeros(count), []
    for own in noise:
        step = np.sqrt(variance) * own
        variance = OMEGA + ALPHA * step**2 + BETA * variance
        total = total + step
        levels.append(history[-1] * np.exp(total / 100.0))
    return np.stack(levels, axis=1)


def _variances(returns: np.ndarray) -> np.ndarray:
    """Of each return given those before, and of the next one, `[n, T] -> [n, T + 1]`."""
    variance = np.full(len(returns), OMEGA / (1.0 - ALPHA - BETA))
    found = [variance]
    for own in returns.T:
        variance = OMEGA + ALPHA * own**2 + BETA * variance
        found.append(variance)
    return np.stack(found, axis=1)


PROCESSES = {
    "ar": Known("time_series(calendar=(), transform='none')", draw_ar, log_prob_ar, paths_ar),
    "garch": Known(
        "time_series(calendar=(), transform='log_returns')",
        draw_garch,
        log_prob_garch,
        paths_garch,
    ),
}


def write(series: np.ndarray, path: pathlib.Path) -> None:
    """Writes series `[count, length]` as a long table, a row a day."""
    days = np.datetime64("1900-01-01") + np.arange(series.shape[1])
    lines = ["date,series,value"]
    for index, own in enumerate(series):
        lines += [f"{day},s{index:03d},{value:.9g}" for day, value in zip(days, own, strict=True)]
    path.write_text("\n".join(lines) + "\n")
