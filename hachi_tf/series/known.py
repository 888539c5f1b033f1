"""What is known of the rows of a series before they come: calendar, covariates, its name."""

from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.schema import Feature
from hachi_tf.series.calendar import CYCLES, calendar_values
from hachi_tf.series.panel import Panel, Series


def known_rows(
    panel: Panel, features: Sequence[Feature], name: str, num_future: int = 0
) -> np.ndarray:
    """The known columns of a series' rows, and of rows after its last value.

    Args:
        panel: with the series.
        features: the K known columns: calendar features, covariates, or `series` with the names
            of series for classes.
        name: the series' id.
        num_future: how many rows after its last value are wanted; 0 for those in the file.

    Returns:
        float64 `[T + num_future, K]`; of a class the index, NaN for one that is none.

    Raises:
        UserError: if the file does not tell enough of the future.
    """
    series = next(each for each in panel.series if each.id == name)
    count = len(series) + num_future if num_future else len(series.dates)
    cycles = {f"{cycle}_{part}" for cycle in CYCLES for part in ("sin", "cos")}
    rows = np.zeros([count, len(features)])
    for index, feature in enumerate(features):
        if feature.name in panel.covariates:
            rows[:, index] = _covariate(panel, series, feature, count, bool(num_future))
        elif feature.name in cycles:
            rows[:, index] = calendar_values(dates_of(panel, series, count), [feature.name])[:, 0]
        else:
            rows[:, index] = _place(feature, name)
    return rows


def dates_of(panel: Panel, series: Series, count: int) -> np.ndarray:
    """The dates of a series' first rows, and of those that would follow, `[count]`.

    Raises:
        UserError: if more are wanted than the file has, and its rows are not regular.
    """
    dates = series.dates[:count]
    if len(dates) < count:
        more = panel.frequency.dates(dates[-1], count - len(dates) + 1, series.dates)[1:]
        dates = np.concatenate([dates, more])
    return dates


def _covariate(
    panel: Panel, series: Series, feature: Feature, count: int, is_future: bool
) -> np.ndarray:
    own = series.covariates[panel.covariates.index(feature.name)][:count]
    if len(own) < count:
        raise UserError(
            f"{feature.name} for {count - len(series)} rows after the last value of {series.id}",
            f"{len(own) - len(series)}",
            "add rows with dates and covariates, and without values, at the end of the file",
        )
    if feature.kind == "categorical":
        return np.array([_place(feature, label) for label in own])
    values = own.astype(np.float64)
    if is_future and not feature.missing and np.isnan(values[len(series) :]).any():
        raise UserError(
            f"{feature.name} for each row after the last value of {series.id}", "an empty cell"
        )
    return values


def _place(feature: Feature, label: str) -> float:
    return float(feature.classes.index(label)) if label in feature.classes else np.nan
