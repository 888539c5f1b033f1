"""What is in the data of a source: columns, splits, ranges."""

from typing import Any

import numpy as np


def data_figures(source: str, data: str) -> dict[str, Any]:
    """Columns, splits and the range of each column.

    Args:
        source: options of the source; inferred from the path if empty.
        data: the path of its files, if it has any.

    Returns:
        Values for JSON.

    Raises:
        UserError: if the data cannot be read.
    """
    from hachi_tf.data.dataset import load_datasets
    from hachi_tf.data.sources import infer_source, make_source
    from hachi_tf.evaluation.text_figures import text_figures

    source = source or infer_source(data)
    made = make_source(source, data or None)
    origin = {"source": source, "licence": made.licence, "credit": made.credit}
    splits: dict[str, Any] = {}
    datasets = load_datasets(made)
    if made.schema.text_unit:
        for name, dataset in datasets.items():
            events = int(dataset.lengths.sum())
            splits[name] = {"sequences": len(dataset), f"{made.schema.names[0]}s": events}
        return {**origin, **text_figures(made), "splits": splits}
    for name, dataset in datasets.items():
        lengths, events = dataset.lengths, dataset.events.astype(np.float64)
        splits[name] = {"sequences": len(dataset), "events": int(lengths.sum())}
        if len(events):
            splits[name]["median_events"] = float(np.median(lengths))
            splits[name]["most_events"] = int(lengths.max())
            figures = {"mean": np.nanmean, "std": np.nanstd, "min": np.nanmin, "max": np.nanmax}
            splits[name]["columns"] = {
                column: {key: float(figure(events[:, index])) for key, figure in figures.items()}
                for index, column in enumerate(made.schema.names)
            }
    return {**origin, "columns": made.schema.to_dict()["features"], "splits": splits}
