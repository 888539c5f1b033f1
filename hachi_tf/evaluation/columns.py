"""What was learned against the data, column by column."""

import pathlib
from typing import Any

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering import figure, histograms
from hachi_tf.schema import Schema
from hachi_tf.tables import is_temporal

_MOST_EVENTS, _FEWEST_EVENTS = 10_000, 500
_ROWS, _STEPS = 16, 700  # sequences at a time, and the most events of one
_SEED = 1


def draw_columns(model: Any, held_out: Any, output: str) -> dict[str, Any]:
    """Draws each column's histogram of held-out data and of samples at bias 0, temperature 1.

    Delays, a column `time` in seconds, stand on a logarithmic axis; the first one of a sequence
    is 0 by definition and left out.

    Args:
        model: as `hachi_tf.training.run.open_model` returns it.
        held_out: a `Dataset` of the same columns.
        output: the file, a .png.

    Returns:
        For JSON: how many events were compared, and for each column the share of events that
        would have to move for the two histograms to be equal.

    Raises:
        UserError: if the model needs a text or known columns, or a column has no value.
    """
    if model.network.conditioned:
        raise UserError("a model that reads no text for --picture=columns", str(model.path))
    schema = model.network.schema
    if schema.known:
        names = ", ".join(schema.names[column] for column in schema.known)
        raise UserError(
            "a model without known columns for --picture=columns", f"{model.path}, with {names}"
        )
    longest = int(min(max(held_out.lengths.max(), 2), _STEPS))
    wanted = int(np.clip(len(held_out.events), _FEWEST_EVENTS, _MOST_EVENTS))
    drawn = draw_samples(model, wanted, longest, _SEED)
    shown = compare_columns(schema, list(held_out), drawn)
    counts = [sum(map(len, each)) for each in (held_out, drawn)]
    captions = (f"held-out data, {counts[0]:,} events", f"samples, {counts[1]:,} events")
    pixels = histograms.page(shown, *captions)
    figure.save(pixels, pathlib.Path(output))
    height, width = pixels.shape[:2]
    return {
        "picture": "columns",
        "output": output,
        "width": width,
        "height": height,
        "events": {"data": counts[0], "samples": counts[1]},
        "share_apart": {each.name: round(each.distance, 4) for each in shown},
    }


def compare_columns(
    schema: Schema, data: list[np.ndarray], samples: list[np.ndarray]
) -> list[histograms.Histogram]:
    """A histogram a predicted column, of events `[T, F]` in data units.

    Raises:
        UserError: if a column of either has no value.
    """
    shown = []
    for index in schema.columns(predicted=True):
        feature = schema.features[index]
        is_delay = index == 0 and is_temporal(schema)
        values = [
            np.concatenate([each[is_delay:, index] for each in events] or [np.zeros(0)])
            for events in (data, samples)
        ]
        classes = ("0", "1") if feature.kind == "binary" else feature.classes
        shown.append(
            histograms.histogram(
                *values, feature.name, classes, feature.unit, feature.quantum, is_delay
            )
        )
    return shown


def draw_samples(model: Any, num_events: int, num_steps: int, seed: int) -> list[np.ndarray]:
    """Sequences of at most `num_steps` events `[T, F]`, together at least `num_events`."""
    from hachi_tf.serving.saved_model import in_memory

    sampler = in_memory(model.network, model.transforms, model.network.schema, num_steps)
    drawn, total = [], 0
    while total < num_events:
        events = sampler.sample(_ROWS, num_steps, seed=(seed + len(drawn)) % 2**32).events
        drawn += [each for each in events if len(each)]
        if not (added := sum(map(len, events))):
            break  # a network that ends every sequence before it begins
        total += added
    return drawn
