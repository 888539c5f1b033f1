"""Data of another unit brought to what a model knows."""

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from hachi_tf.data.dataset import Dataset
from hachi_tf.data.drawings import Drawing
from hachi_tf.data.line_scale import prepare_drawing
from hachi_tf.errors import UserError
from hachi_tf.rendering.strokes import to_polylines
from hachi_tf.schema import Schema

log = logging.getLogger(__name__)


def fit_splits(
    splits: dict[str, Dataset], schema: Schema, wanted: Schema, scale: Mapping[str, Any] | None
) -> dict[str, Dataset]:
    """Splits as a model reads them: as they are, or lines of writing at the model's scale.

    Args:
        splits: data sets by name.
        schema: their columns.
        wanted: the model's columns.
        scale: the scale of the lines that the model was trained on, if it was on lines.

    Returns:
        The splits; if only units differ, each line is scaled, levelled and cut into points anew
        by `prepare_drawing`, and one that is no line of writing is left out.

    Raises:
        UserError: if the columns are others, or their units are and the model has no scale.
    """
    if schema.features == wanted.features:
        return splits
    if not scale or _without_units(schema) != _without_units(wanted):
        raise UserError(
            f"data with the columns {', '.join(map(str, wanted.features))}",
            ", ".join(map(str, schema.features)),
            "name data of the kind that the model was trained on",
        )
    log.info("lines are brought to the scale of the model: %.4g high", scale["line_height"])
    return {name: _fit(dataset, scale) for name, dataset in splits.items()}


def _fit(dataset: Dataset, scale: Mapping[str, Any]) -> Dataset:
    events, kept = [np.zeros((0, dataset.num_features), np.float32)], []
    for index, line in enumerate(dataset):
        strokes = to_polylines(line)
        ends = np.cumsum([*map(len, strokes)])
        times = np.split(np.arange(ends[-1] if len(ends) else 0, dtype=float), ends[:-1])
        try:
            events.append(prepare_drawing(Drawing(strokes, times), scale))
            kept.append(index)
        except UserError as error:
            log.info("%s is left out: %s", dataset.ids[index], error)
    offsets = np.cumsum([0, *map(len, events[1:])], dtype=np.int64)
    chosen = ([values[index] for index in kept] for values in (dataset.ids, dataset.texts))
    return Dataset(np.concatenate(events), offsets, *chosen)


def _without_units(schema: Schema) -> list[Any]:
    return [dataclasses.replace(feature, unit="", quantum=None) for feature in schema.features]
