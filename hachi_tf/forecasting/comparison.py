"""A model's forecasts beside simple methods', in numbers and in words."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hachi_tf.forecasting.naive import METHODS
from hachi_tf.forecasting.rolling import (
    Figures,
    Origin,
    by_number,
    mean_known,
    paired_interval,
    summarize,
)

MODEL = "model"


def compare(
    figures: dict[str, Figures], scale: np.ndarray, origins: Sequence[Origin]
) -> dict[str, Any]:
    """Figures of the model and of simple methods from the same origins.

    Args:
        figures: by method, `"model"` among them.
        scale: float64 `[O, 1, C]`, what errors are divided by before they are averaged.
        origins: the O origins.

    Returns:
        `methods`: by name what `summarize` tells; `best_naive`: the simple method with the least
        CRPS, or None; `difference`: the model's scaled CRPS less that method's, and
        `difference_interval`, 90%, paired over the origins.
    """
    methods = {name: summarize(own, scale) for name, own in figures.items()}
    naive = [name for name in methods if name != MODEL]
    best = min(naive, key=lambda name: methods[name]["crps_scaled"], default=None)
    result = {
        "num_origins": len(origins),
        "num_series": len({origin.series for origin in origins}),
        "num_steps": len(origins[0].future),
        "methods": methods,
        "best_naive": best,
    }
    if best is not None:
        apart = (figures[MODEL].crps - figures[best].crps) / scale
        differences = mean_known(apart, axis=(1, 2))
        result["difference"] = float(mean_known(apart))
        result["difference_interval"] = list(paired_interval(differences, by_number(origins)))
    return result


def in_words(result: dict[str, Any]) -> list[str]:
    """Lines for a person: a table, and whether the model is worth it."""
    lines = [
        f"forecasts of {result['num_steps']} rows from {result['num_origins']} moments in "
        f"{result['num_series']} series, each with what was known then",
        f"  {'':28}{'CRPS':>10}{'scaled':>9}{'quantile loss':>15}{'in 50%':>8}{'in 90%':>8}",
    ]
    for name, own in result["methods"].items():
        title = "this model" if name == MODEL else METHODS.get(name, name)
        coverage = own["coverage"]
        lines.append(
            f"  {title:28}{own['crps']:>10.4g}{own['crps_scaled']:>9.4f}"
            f"{own['quantile_loss']:>15.4g}{coverage['0.5']:>8.0%}{coverage['0.9']:>8.0%}"
        )
    lines.append("  (scaled: over the mean size of a step of the series)")
    return lines + verdict(result)


def verdict(result: dict[str, Any]) -> list[str]:
    """Whether the model beats the best simple method, and what its intervals are worth."""
    own = result["methods"][MODEL]
    lines = []
    if result["best_naive"] is not None:
        best = result["methods"][result["best_naive"]]["crps_scaled"]
        title = METHODS.get(result["best_naive"], result["best_naive"])
        percent = 100.0 / best if best else math.nan
        low, high = (percent * end for end in result["difference_interval"])
        share = percent * abs(result["difference"])
        interval = f"(90% interval: {low:+.1f}% to {high:+.1f}%)"
        if not best:
            lines.append(f"Nothing can beat {title}, which said exactly what came.")
        elif high < 0:
            lines.append(f"The model beats {title}: its CRPS is {share:.1f}% less {interval}.")
        elif low > 0:
            lines.append(
                f"The model is WORSE than {title}: its CRPS is {share:.1f}% more {interval}. "
                "Forecast with that instead, or give the model more data or time."
            )
        else:
            word = "less" if result["difference"] < 0 else "more"
            lines.append(
                f"The model does not clearly beat {title}: its CRPS is {share:.1f}% {word} "
                f"{interval}. What is simple is as good here, as far as these forecasts tell."
            )
    inside = own["coverage"]["0.9"]
    if not 0.85 <= inside <= 0.95:
        lines.append(
            f"Of its 90% intervals {inside:.0%} hold what came: they are too "
            f"{'narrow' if inside < 0.9 else 'wide'}."
        )
    return lines
