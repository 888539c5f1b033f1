"""What is in a table of events: columns, ranges, what is missing, how fast events come."""

import collections
import os
from typing import Any

import numpy as np

from hachi_tf.tables import find_column, read_table

SUFFIXES = (".csv", ".txt", ".json", ".llll", ".mid", ".midi")
_PERCENTILES = (1, 10, 50, 90, 99)
_MOST_CLASSES = 24


def table_figures(path: str | os.PathLike) -> dict[str, Any]:
    """Describes a table, or the notes of a MIDI file.

    Args:
        path: of a file with one of `SUFFIXES`.

    Returns:
        For JSON: the number of rows, each column's kind, role, range and missing cells, and of a
        table with a time its duration, its events a second, and percentiles of its delays.

    Raises:
        UserError: if the file is no table.
    """
    table = _read(path)
    names = [column.name for column in table.columns]
    figures: dict[str, Any] = {
        "table": os.fspath(path),
        "rows": len(table.values[0]) if table.values else len(table.time),
        "temporal": table.time is not None,
    }
    if table.time is not None:
        figures |= _pace(table.time)
    duration = find_column(names, "duration")
    if duration is not None and not table.columns[duration].categorical:
        figures["durations_s"] = _percentiles(table.values[duration])
    figures["columns"] = {
        column.name: _column(column, values)
        for column, values in zip(table.columns, table.values, strict=True)
    }
    return figures


def _read(path: str | os.PathLike) -> Any:
    from hachi_tf.midi import read_midi

    is_midi = os.fspath(path).lower().endswith((".mid", ".midi"))
    return read_midi(path) if is_midi else read_table(path)


def _pace(time: np.ndarray) -> dict[str, Any]:
    """Of absolute times `[T]` in seconds."""
    delays = np.diff(time)
    length = float(time[-1] - time[0]) if len(time) else 0.0
    pace: dict[str, Any] = {"seconds": length}
    if length > 0:
        pace["events_per_s"] = len(delays) / length
        pace["delays_s"] = _percentiles(delays)
        pace["share_without_delay"] = float((delays < 0.0005).mean())
    return pace


def _percentiles(values: np.ndarray) -> dict[str, float]:
    values = values[np.isfinite(values)]
    if not len(values):
        return {}
    found = np.percentile(values, _PERCENTILES)
    return {f"p{each}": float(value) for each, value in zip(_PERCENTILES, found, strict=True)}


def _column(column: Any, values: np.ndarray) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "kind": "categorical" if column.categorical else "continuous",
        "role": "target" if column.target else "both",
    }
    if column.categorical:
        counts = collections.Counter(str(value) for value in values if value != "")
        figures |= {"missing": len(values) - counts.total(), "num_classes": len(counts)}
        figures["classes"] = dict(counts.most_common(_MOST_CLASSES))
        return figures
    present = values[~np.isnan(values)]
    figures["missing"] = len(values) - len(present)
    if len(present):
        figures |= {
            "mean": float(present.mean()),
            "std": float(present.std()),
            "min": float(present.min()),
            "max": float(present.max()),
            "integers": bool((present == np.rint(present)).all()),
            "different": len(np.unique(present)),
        }
    return figures
