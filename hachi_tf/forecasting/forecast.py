"""Forecasts of series: what a model says of the rows after the last one."""

import csv
import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.forecasting.paths import draw_paths
from hachi_tf.rendering.fan_chart import LEVELS, Fan
from hachi_tf.series.dates import show_date
from hachi_tf.series.known import dates_of

_SHOWN = 3  # times as many rows before a forecast as in it, at least 60
_MOST_CHARTS = 8


@dataclasses.dataclass(frozen=True)
class Forecast:
    """What a model says of one series.

    Attributes:
        id: of the series.
        columns: names of the C predicted columns.
        history: float64 `[T, C]`, what the model has read.
        paths: float64 `[N, H, C]`, drawn.
        dates: datetime64[s] `[T + H]`; None if rows are not regular.
        truth: float64 `[H, C]`, what came, or None.
    """

    id: str
    columns: tuple[str, ...]
    history: np.ndarray
    paths: np.ndarray
    dates: np.ndarray | None = None
    truth: np.ndarray | None = None

    def quantiles(self, levels: Sequence[float] = LEVELS) -> np.ndarray:
        """Of the paths, float64 `[len(levels), H, C]`."""
        return np.nanquantile(self.paths, levels, axis=0)

    def fans(self) -> list[Fan]:
        """A chart for each column."""
        ahead = self.paths.shape[1]
        shown = min(max(_SHOWN * ahead, 60), len(self.history))
        dates = None if self.dates is None else self.dates[-(shown + ahead) :]
        quantiles = self.quantiles()
        return [
            Fan(
                f"{self.id}, {column}" if column not in ("value", self.id) else self.id,
                self.history[-shown:, index],
                quantiles[..., index],
                dates,
                None if self.truth is None else self.truth[:, index],
                self.paths[:3, :, index],
            )
            for index, column in enumerate(self.columns)
        ]


def forecast_series(
    model: Any, source: Any, horizon: int, num_paths: int, seed: int = 0,
    temperature: float = 1.0, context: int = 0, series: str = "",
) -> list[Forecast]:  # fmt: skip
    """Forecasts the rows after the end of each series.

    Args:
        model: a `hachi_tf.serving.model.Model` of series.
        source: a `TimeSeries`, reading as the model knows its columns.
        horizon: H, how many rows.
        num_paths: N, how many paths are drawn.
        seed: from 0 to 2^31 - 1.
        temperature: 1 as learned.
        context: how many of the last rows the model reads; 0 for `source.lead` at most.
        series: the id of the only series to forecast; "" for all.

    Raises:
        UserError: if there is no such series, or what is known of the future is missing.
    """
    schema, panel = model.schema, source.panel
    predicted = schema.columns(predicted=True)
    chosen = [each for each in panel.series if series in ("", each.id)]
    if not chosen:
        known = ", ".join(each.id for each in panel.series[:20])
        raise UserError(f"a series of {known}", repr(series))
    sequences = {each.id: each.events for each in source.read()}
    histories, known = [], []
    for each in chosen:
        events = sequences[f"{source.name}/{each.id}"]
        histories.append(events[-(context or source.lead) :].astype(np.float32))
        rows = source.known_rows(each.id, horizon)[len(each) :]
        known.append(rows.astype(np.float32))
    given = known if len(predicted) < len(schema) else None
    paths = draw_paths(model, histories, horizon, num_paths, seed, temperature, given)
    columns = tuple(schema.names[index] for index in predicted)
    forecasts = []
    for each, own in zip(chosen, paths, strict=True):
        values = sequences[f"{source.name}/{each.id}"][:, predicted]
        dates = None
        if panel.frequency.unit:
            dates = dates_of(panel, each, len(each) + horizon)
        forecasts.append(
            Forecast(each.id, columns, values, own[..., predicted].astype(np.float64), dates)
        )
    return forecasts


def charts(forecasts: Sequence[Forecast]) -> list[Fan]:
    """The first charts of all forecasts, as many as a page may have."""
    return [fan for each in forecasts for fan in each.fans()][:_MOST_CHARTS]


def save_csv(forecasts: Sequence[Forecast], path: str | os.PathLike) -> pathlib.Path:
    """Writes a row for each forecast value: series, date, step, column, mean and quantiles.

    Raises:
        UserError: for a place that cannot be written to.
    """
    path = pathlib.Path(path)
    with atomic_path(path) as aside, open(aside, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        names = [f"q{level:g}" for level in LEVELS]
        writer.writerow(["series", "date", "step", "column", "mean", *names])
        for each in forecasts:
            quantiles, mean = each.quantiles(), np.nanmean(each.paths, axis=0)
            for step, column in np.ndindex(mean.shape):
                date = "" if each.dates is None else show_date(each.dates[step - len(mean)])
                numbers = [mean[step, column], *quantiles[:, step, column]]
                writer.writerow(
                    [each.id, date, step + 1, each.columns[column], *(f"{n:.7g}" for n in numbers)]
                )
    return path
