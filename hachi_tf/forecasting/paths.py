"""Paths into the future that a model draws after what came before."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_ROWS = 2048  # paths at a time


def draw_paths(
    model: Any,
    histories: Sequence[np.ndarray],
    horizon: int,
    num_paths: int,
    seed: int = 0,
    temperature: float = 1.0,
    known: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """Draws paths after each of some histories.

    Path p of a history follows from the seed, the history's place and p, whatever else is drawn.

    Args:
        model: a `hachi_tf.serving.model.Model`.
        histories: S arrays `[T, F]` in data units, which the model reads from their first row.
        horizon: H, at least 1.
        num_paths: N.
        seed: from 0 to 2^31 - 1.
        temperature: 1 as learned, above 1 wider.
        known: S arrays `[H, K]`, what is known of the rows to draw, for a model with such columns.

    Returns:
        float32 `[S, N, H, F]`; NaN where a path was cut short.
    """
    states = model.log_prob(histories, ended=False).state
    rows = np.repeat(np.arange(len(histories)), num_paths)
    own = rows * 65_536 + np.tile(np.arange(num_paths), len(states))
    seeds = np.stack([seed + 0 * rows, own], axis=1).astype(np.int32)
    paths = np.full([len(rows), horizon, len(model.schema)], np.nan, np.float32)
    for start in range(0, len(rows), _ROWS):
        part = slice(start, start + _ROWS)
        state = states[rows[part]]
        for step in range(0, horizon, model.max_steps):
            count = min(model.max_steps, horizon - step)
            given = {"seed": seeds[part], "temperature": temperature}
            if known is not None:
                given["known"] = [known[row][step : step + count] for row in rows[part]]
            drawn = model.continue_(state, count, **given)
            state = drawn.state
            for index, events in enumerate(drawn.events, start):
                paths[index, step : step + len(events)] = events
    return paths.reshape(len(histories), num_paths, horizon, -1)
