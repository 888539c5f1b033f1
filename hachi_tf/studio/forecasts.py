"""Forecasts of a model of series, for the page."""

from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.forecasting.figures import default_horizon
from hachi_tf.forecasting.forecast import Forecast, forecast_series
from hachi_tf.forecasting.programs import open_source
from hachi_tf.rendering.fan_chart import LEVELS
from hachi_tf.series.dates import show_date
from hachi_tf.studio.playing import Playing
from hachi_tf.studio.settings import Settings

_PATHS = 200
_SHOWN_PATHS = 20
_MOST_SERIES = 8
_HISTORY = 8  # times the horizon


def forecast(playing: Playing, settings: Settings, data: str) -> dict[str, Any]:
    """Forecasts the rows after the last ones.

    Args:
        playing: a model of series.
        settings: `num_steps` rows, `series` for one of several.
        data: path of the data, "" for what the model names.

    Returns:
        For JSON: `samples`, one a series, and `all_series`.

    Raises:
        UserError: if the data are not at hand.
    """
    forecasts, names = make_forecasts(playing, settings, data)
    return {"samples": [_describe(each) for each in forecasts], "all_series": names}


def make_forecasts(
    playing: Playing, settings: Settings, data: str
) -> tuple[list[Forecast], list[str]]:
    """Forecasts, and the names of all series; see `forecast`."""
    source = open_source(playing.trained_on, playing.model.schema, data or None)
    names = [each.id for each in source.panel.series]
    horizon = settings.num_steps or default_horizon(
        playing.trained_on, source.panel.frequency.season
    )
    count = settings.num_samples if settings.num_samples > 1 else _PATHS
    if not settings.series and len(names) > _MOST_SERIES:
        raise UserError(f"one of {len(names)} series", "none", f"e.g. {names[0]}")
    context = int(playing.trained_on.get("context", 0))
    found = forecast_series(
        playing.model, source, min(horizon, playing.model.max_steps), count, settings.seed,
        settings.temperature, context, settings.series,
    )  # fmt: skip
    return found, names


def _describe(found: Forecast) -> dict[str, Any]:
    horizon = found.paths.shape[1]
    shown = min(max(_HISTORY * horizon, 60), len(found.history))
    dates = [] if found.dates is None else found.dates[-(shown + horizon) :]
    quantiles = found.quantiles()
    columns = {}
    for index, name in enumerate(found.columns):
        paths = found.paths[..., index]
        rows = zip(LEVELS, quantiles[..., index], strict=True)
        columns[name] = {
            "history": found.history[-shown:, index].tolist(),
            "mean": np.nanmean(paths, axis=0).tolist(),
            "quantiles": {f"{level:g}": row.tolist() for level, row in rows},
            "paths": paths[:_SHOWN_PATHS].tolist(),
        }
    return {"series": found.id, "dates": [show_date(date) for date in dates], "columns": columns}
