"""What `sample` and `evaluate` do with a model of series."""

import json
import logging
import pathlib
from typing import Any

import numpy as np

from hachi_tf.data.sources import make_source
from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.forecasting.figures import Setup, default_horizon, series_figures
from hachi_tf.forecasting.forecast import charts, forecast_series, save_csv
from hachi_tf.rendering.fan_chart import LEVELS, save_fans
from hachi_tf.schema import Schema
from hachi_tf.series.dates import show_date

log = logging.getLogger(__name__)

SUFFIXES = (".png", ".svg", ".csv", ".json")
DEFAULT_OUTPUT = "forecast.svg"
_PATHS = 200
# What says nothing about a series.
_OTHERS = ("text", "style", "prime_text", "retries", "again", "page", "fix", "columns", "bias",
           "top_k", "stop", "keep_prime")  # fmt: skip


def open_source(trained_on: dict[str, Any], schema: Schema, data: str | None = None) -> Any:
    """The source of a model of series, reading as the model knows its columns.

    Args:
        trained_on: what the run or the export tells of its data.
        schema: the model's columns.
        data: a file to read instead of what it was trained on.

    Raises:
        UserError: if the model does not tell, or the file does not fit.
    """
    if not trained_on.get("source"):
        raise UserError("a model that tells what it was trained on", "one that does not")
    source = make_source(trained_on["source"], data or trained_on.get("data"))
    source.use_schema(schema)
    return source


def sample_series(config: Any, model: Any, trained_on: dict[str, Any], seed: int) -> dict[str, Any]:
    """Forecasts the rows after the last ones, and writes them.

    Args:
        config: the flags of `hachi_tf.sample`: `num_samples` paths (200 if it is 1), `num_steps`
            rows, `prime` for the only series, `data`, `temperature`, `output`.
        model: of series.
        trained_on: what it tells of its data.
        seed: of the paths.

    Raises:
        UserError: for flags that mean nothing here, or data or a file that cannot be used.
    """
    output = config.output or DEFAULT_OUTPUT
    if pathlib.Path(output).suffix.lower() not in SUFFIXES:
        raise UserError(f"--output with a suffix of {' '.join(SUFFIXES)} for series", output)
    for name in _OTHERS:
        if getattr(config, name):
            raise UserError(f"no --{name} for a model of series", str(getattr(config, name)))
    if config.top_p < 1.0:
        raise UserError("no --top_p for a model of series", str(config.top_p))
    source = open_source(trained_on, model.schema, config.data)
    horizon = config.num_steps or default_horizon(trained_on, source.panel.frequency.season)
    count = config.num_samples if config.num_samples > 1 else _PATHS
    context = int(trained_on.get("context", 0))
    forecasts = forecast_series(
        model, source, horizon, count, seed, config.temperature, context, config.prime
    )
    say_if_new(horizon, trained_on)
    result = {
        "num_paths": count,
        "num_steps": horizon,
        "lengths": [horizon] * count * len(forecasts),
        "forecasts": [describe(each) for each in forecasts],
    }
    suffix = pathlib.Path(output).suffix.lower()
    if suffix == ".csv":
        path = save_csv(forecasts, output)
    elif suffix == ".json":
        path = pathlib.Path(output)
        with atomic_path(path) as aside:
            aside.write_text(json.dumps(result["forecasts"], indent=1) + "\n", encoding="utf-8")
    else:
        path = save_fans(charts(forecasts), output)
        if len(forecasts) * len(forecasts[0].columns) > len(charts(forecasts)):
            log.warning("only the first %d are drawn: --prime=NAME for one", len(charts(forecasts)))
    return result | {"output": output, "files": [str(path)]}


def describe(forecast: Any) -> dict[str, Any]:
    """A forecast for JSON: by column the mean and the quantiles of each row."""
    quantiles = forecast.quantiles()
    dates = [] if forecast.dates is None else forecast.dates[-quantiles.shape[1] :]
    columns = {}
    for index, name in enumerate(forecast.columns):
        columns[name] = {"mean": np.nanmean(forecast.paths[..., index], axis=0).tolist()}
        for level, row in zip(LEVELS, quantiles[..., index], strict=True):
            columns[name][f"q{level:g}"] = row.tolist()
    return {"series": forecast.id, "dates": [show_date(date) for date in dates]} | columns


def say_if_new(horizon: int, trained_on: dict[str, Any]) -> None:
    """Says if a forecast goes on for longer than training's windows did."""
    trained = int(trained_on.get("horizon", 1))
    if trained_on.get("context") and horizon > trained:
        log.info(
            "%d rows are forecast, training saw %d after a context: evaluate says how good the "
            "later ones are",
            horizon,
            trained,
        )


def evaluate_series(config: Any, model: Any, held_out: Any, data: str | None) -> dict[str, Any]:
    """Figures of forecasts from many moments in held-out series, and a chart of the last ones.

    Args:
        config: the flags of `hachi_tf.evaluate`: `horizon`, `origins`, `num_paths`, `chart`.
        model: with `network`, `transforms` and `trained_on`.
        held_out: the `Dataset`, each series led by what came before.
        data: the path of the data, if any.

    Raises:
        UserError: if nothing as long is held out, or the chart cannot be written.
    """
    source = open_source(model.trained_on, model.network.schema, data)
    season = source.panel.frequency.season
    context = int(model.trained_on.get("context", 0))
    setup = Setup(
        config.horizon or default_horizon(model.trained_on, season),
        config.origins,
        config.num_paths,
        season,
        context,
        int(model.trained_on.get("horizon", 1)) if context else 0,
    )
    result, forecasts = series_figures(model.network, model.transforms, held_out, setup)
    if config.chart:
        save_fans(charts(forecasts), config.chart)
    return result
