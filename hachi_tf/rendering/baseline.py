"""The line that handwriting stands on, found from its ink."""

import numpy as np

from hachi_tf.rendering import curves

# Shares of the line height: the windows that the ink is cut into, and the shortest line whose
# slope can be told.
_WINDOW = 0.35
_SHORTEST = 6.0
_STEEPEST = 0.12
# At most so many windows are paired for the slope.
_PAIRED = 200

# Characters that hang below the baseline, and those that float above it; about half of the
# windows of a hanging one still end on the baseline.
_HANGING = frozenset("gjpqyçþµQ,;()[]{}|$§")
_FLOATING = frozenset("'\"`^*-~=+–—‘’“”°")
_HANGING_SHARE = 0.5
# Where the baseline is under a line of floating characters only, in line heights.
_BELOW = 0.5


def baseline(runs: list[np.ndarray], line_height: float, text: str = "") -> tuple[float, float]:
    """The baseline y = offset + slope x of a line of handwriting.

    The ink is cut into narrow windows across the line; what lies lowest in each is the end of a
    character, on the baseline or below. The slope is the median of the slopes between pairs of
    windows (Theil 1950). Then, from the highest to the lowest, the windows of characters that
    float come first (dashes, quotes), those that stand come next, those that hang come last
    (g, p, comma): the offset is that of the window in the middle of those that stand. So neither
    descenders nor dashes shift it.

    Args:
        runs: pen-down runs, arrays `[n, 2]` in data units, y grows downwards.
        line_height: the height of the middle of the ink, in data units.
        text: what the line says; without it half of the windows are taken to be higher.

    Returns:
        Offset in data units, and slope; zeros for a drawing without points.
    """
    if not runs:
        return 0.0, 0.0
    ink = np.concatenate([_dense(run, 0.25 * _WINDOW * line_height) for run in runs])
    window = np.floor((ink[:, 0] - ink[:, 0].min()) / (_WINDOW * line_height))
    order = np.lexsort([ink[:, 1], window])
    last = np.append(np.diff(window[order]) > 0, True)  # the lowest of each window
    x, y = ink[order[last]].T
    slope = _slope(x, y) if np.ptp(x) > _SHORTEST * line_height else 0.0
    levels = y - slope * x
    floating, standing, hanging = _shares(text)
    if text and not standing + hanging:
        return float(np.median(levels) + _BELOW * line_height), slope
    return float(np.quantile(levels, floating + standing / 2)), slope


def _dense(run: np.ndarray, spacing: float) -> np.ndarray:
    """Points along a run, no farther apart than `spacing`, at most 100 between two of its own."""
    run = curves.flatten(run)
    counts = np.ceil(np.hypot(*np.diff(run, axis=0).T) / spacing).clip(1, 100)
    index = np.append(0, np.cumsum(counts))
    at = np.arange(index[-1] + 1)
    return np.column_stack([np.interp(at, index, axis) for axis in run.T])


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    chosen = np.unique(np.linspace(0, len(x) - 1, _PAIRED).round().astype(int))
    x, y = x[chosen], y[chosen]
    first, second = np.triu_indices(len(x), 1)
    # Neighbours say nothing of the slope of the line.
    far = x[second] - x[first] > 0.2 * np.ptp(x)
    slopes = (y[second] - y[first])[far] / (x[second] - x[first])[far]
    return float(np.clip(np.median(slopes), -_STEEPEST, _STEEPEST))


def _shares(text: str) -> tuple[float, float, float]:
    """Shares of a line's windows in characters that float, stand and hang."""
    inked = [character for character in text if not character.isspace()]
    if not inked:
        return 0.0, 1.0, 0.0
    floating = sum(character in _FLOATING for character in inked) / len(inked)
    hanging = _HANGING_SHARE * sum(character in _HANGING for character in inked) / len(inked)
    return floating, 1.0 - floating - hanging, hanging
