"""What `evaluate` tells of a model of series, beside its nats."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from hachi_tf.data.windows import Windows
from hachi_tf.forecasting import comparison
from hachi_tf.forecasting.forecast import Forecast
from hachi_tf.forecasting.naive import naive_log_density
from hachi_tf.forecasting.paths import draw_paths
from hachi_tf.forecasting.rolling import (
    Figures,
    Origin,
    naive_figures,
    rolling_origins,
    scales,
)
from hachi_tf.transforms import Chain, Changes

_SHORTEST, _LONGEST = 10, 60  # of a horizon that nobody has named
_FEWEST = 3  # rows before a forecast, if there are as many
_STEPS = 64  # of a model in memory; a longer horizon takes several calls


@dataclasses.dataclass(frozen=True)
class Setup:
    """How a model of series is to be tested.

    Attributes:
        horizon: how many rows a forecast has.
        origins: how many moments of each series it is made from.
        num_paths: how many paths are drawn from each.
        season: rows in a season.
        context: how many rows the model reads before; 0 for all that there are.
        window: how many rows at the end of the context and of the horizon training saw; 0 if its
            state was carried over.
        seed: of the paths.
    """

    horizon: int
    origins: int
    num_paths: int
    season: int
    context: int = 0
    window: int = 0
    seed: int = 0


def default_horizon(trained_on: dict[str, Any], season: int) -> int:
    """The rows of a forecast if nobody says how many: those of training, or two seasons.

    Args:
        trained_on: what a run or an export tells of its data.
        season: rows in a season.
    """
    trained = int(trained_on.get("horizon", 1))
    return trained if trained > 1 else int(np.clip(2 * season, _SHORTEST, _LONGEST))


def as_trained(dataset: Any, trained_on: dict[str, Any]) -> Any:
    """Held-out series in the windows of training, if the model was trained on windows."""
    context, horizon = trained_on.get("context", 0), trained_on.get("horizon", 1)
    return Windows(context, horizon, horizon).cut(dataset) if context else dataset


def are_logarithms(transforms: Any, columns: Sequence[int]) -> list[bool]:
    """Of which columns the network sees log returns."""
    parts = transforms.transforms if isinstance(transforms, Chain) else [transforms]
    found = {c for each in parts if isinstance(each, Changes) and each.log for c in each.columns}
    return [column in found for column in columns]


def series_figures(
    network: Any, transforms: Any, held_out: Any, setup: Setup
) -> tuple[dict[str, Any], list[Forecast]]:
    """Forecasts from many moments in held-out series, beside simple methods'.

    Args:
        network: of the model.
        transforms: from data units to the network's.
        held_out: a `Dataset`, each series led by what came before.
        setup: how to test.

    Returns:
        What `comparison.compare` tells, and `walk_nats_per_step_data_units`, minus the log density
        that a Gaussian walk gives each held-out value; and the last forecast of each series.

    Raises:
        UserError: if no series has as many held-out rows as a forecast.
    """
    from hachi_tf.serving.saved_model import in_memory

    schema = network.schema
    columns = schema.columns(predicted=True)
    log = are_logarithms(transforms, columns)
    origins = rolling_origins(held_out, setup.horizon, setup.origins)
    # Of a series that begins in what is held out, simple methods and the model know enough later.
    enough = max(2 * setup.season, setup.context, _FEWEST)
    origins = [origin for origin in origins if len(origin.history) >= enough] or origins
    model = in_memory(network, transforms, schema, _STEPS)
    histories = [origin.history[-setup.context :] for origin in origins]
    known = [origin.future[:, schema.known] for origin in origins] if schema.known else None
    paths = draw_paths(model, histories, setup.horizon, setup.num_paths, setup.seed, known=known)
    samples = paths[..., columns].astype(np.float64)
    futures = [origin.future[:, columns].astype(np.float64) for origin in origins]
    figures = {comparison.MODEL: Figures.of(samples, futures)}
    figures |= naive_figures(origins, columns, setup.season, log)
    result = comparison.compare(figures, scales(origins, columns), origins)
    result["walk_nats_per_step_data_units"] = _walk_nats(held_out, columns, log)
    if setup.window:
        result["window"] = setup.window
    return result, _last_forecasts(held_out, schema, origins, samples)


def _walk_nats(held_out: Any, columns: Sequence[int], log: Sequence[bool]) -> float:
    """Minus the mean log density of the counted values under Gaussian walks."""
    total, count = 0.0, 0
    for events, lead in zip(held_out, held_out.leads, strict=True):
        for column, is_log in zip(columns, log, strict=True):
            density = naive_log_density(events[:, column], is_log)[lead:]
            total -= np.nansum(density)
        count += len(events) - int(lead)
    return float(total / max(count, 1))


def _last_forecasts(
    held_out: Any, schema: Any, origins: Sequence[Origin], samples: np.ndarray
) -> list[Forecast]:
    columns = schema.columns(predicted=True)
    names = tuple(schema.names[column] for column in columns)
    last = {origin.series: index for index, origin in enumerate(origins)}
    return [
        Forecast(
            held_out.ids[series].partition("/")[2],
            names,
            origins[index].history[:, columns].astype(np.float64),
            samples[index],
            None,
            origins[index].future[:, columns].astype(np.float64),
        )
        for series, index in last.items()
    ]


def in_words(result: dict[str, Any], nats_data_units: float) -> list[str]:
    """Lines for a person.

    Args:
        result: what `series_figures` returned.
        nats_data_units: the model's own nats a step in data units.
    """
    walk = result["walk_nats_per_step_data_units"]
    better = walk - nats_data_units
    lines = [
        f"{nats_data_units:.3f} nats a step in data units, {abs(better):.3f} "
        f"{'better' if better >= 0 else 'WORSE'} than a Gaussian walk ({walk:.3f})"
    ]
    lines += comparison.in_words(result)
    window, steps = result.get("window", 0), result["num_steps"]
    if 0 < window < steps:
        by_step = result["methods"][comparison.MODEL]["crps_scaled_by_step"]
        lines.append(
            f"Training saw {window} rows after its context, a forecast has {steps}: scaled CRPS "
            f"{np.mean(by_step[:window]):.3f} within, {np.mean(by_step[window:]):.3f} beyond."
        )
    return lines
