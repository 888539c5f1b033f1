"""How a network best sees the values of series."""

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.series.dates import show_date
from hachi_tf.series.panel import Panel

# What walks rather than stays: steps whose deviation is below this share of the values'.
_WALKS = 0.3
# From the least value to the greatest so much, and steps are shares rather than differences.
_GROWS = 2.0


def suggest_transform(panel: Panel) -> str:
    """`"log_returns"`, `"differences"`, `"scale"` or `"none"`.

    Judged by the first half of each series, since what comes later is to be predicted.
    """
    halves = [each.values[: max(len(each) // 2, 3)] for each in panel.series]
    halves = [half for half in halves if not np.isnan(half).all()]
    steps = np.concatenate([np.diff(half, axis=0).ravel() for half in halves])
    if np.isnan(steps).all():  # of rows side by side one is always missing
        columns = [column for half in halves for column in half.T]
        steps = np.concatenate([np.diff(column[~np.isnan(column)]) for column in columns])
    spreads = np.concatenate([(half - np.nanmean(half)).ravel() for half in halves])
    if not len(steps) or not np.nanstd(steps) < _WALKS * np.nanstd(spreads):
        return "scale" if len(panel.series) > 1 else "none"
    above = all(np.nanmin(half) > 0 for half in halves)
    above = above and all(np.nanmin(each.values) > 0 for each in panel.series)
    if above and max(np.nanmax(half) / np.nanmin(half) for half in halves) > _GROWS:
        return "log_returns"
    return "differences"


def check_positive(panel: Panel) -> None:
    """Checks that log returns can be had.

    Raises:
        UserError: naming the first value that is not above 0.
    """
    for each in panel.series:
        below = np.argwhere(each.values <= 0)
        if len(below):
            row, column = below[0]
            raise UserError(
                f"values above 0 in {panel.values[column]}, for log returns",
                f"{each.values[row, column]:g} in {each.id} on {show_date(each.dates[row])}",
                "choose transform='differences', or 'scale'",
            )
