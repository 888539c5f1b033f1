"""Samples to files: the suffix says how."""

import csv
import io
import json
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.rendering import animation, layout, raster, svg
from hachi_tf.schema import Feature, Schema

STROKES = Schema((Feature("dx"), Feature("dy"), Feature("end_of_stroke", "binary")))

SUFFIXES = (".svg", ".png", ".gif", ".npz", ".csv", ".json")


def save(
    samples: Sequence[np.ndarray],
    path: str | os.PathLike,
    *,
    schema: Schema = STROKES,
    titles: Sequence[str] | None = None,
    ink: str = layout.INK,
    stroke_width: float | None = None,
    columns: int | None = None,
    cell_size: int | None = None,
    smooth: bool = True,
) -> pathlib.Path:
    """Writes stroke samples as a picture (.svg .png .gif) or as numbers (.npz .csv .json).

    The file appears whole or not at all; a missing folder is made. Several samples become one
    contact sheet. Numbers are float32, in data units:

    - npz: `events` `[B, T, 3]`, zero past the end, and `lengths` `[B]`; `read_npz` reads it;
    - csv: a row a step, `sample` (counted from 0) before the schema's columns;
    - json: `columns`, the names, and `samples`, a list of `events` [T][3] (and `title`).

    Args:
        samples: stroke events, one array `[T, 3]` a sample, in data units.
        path: where to; the suffix chooses the format.
        schema: names and kinds of the columns in csv and json.
        titles: a title for each sample, in svg and json.
        ink: a colour, `#rgb`, `#rrggbb` or a CSS name; for pictures, as are all that follow.
        stroke_width: of the pen in pixels; None suits the cell.
        columns: cells in a row; None chooses.
        cell_size: longer side of a cell in pixels; None chooses.
        smooth: whether smooth curves join the points (corners stay); else straight lines.

    Returns:
        The path.

    Raises:
        UserError: if the suffix is none of these, samples are not finite stroke events, an option
            is out of its range, or the place cannot be written to.
    """
    path = pathlib.Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"a file ending in {', '.join(SUFFIXES)}", str(path))
    if titles is not None and len(titles) != len(samples):
        raise UserError("one title a sample", f"{len(titles)} for {len(samples)}")
    style = {
        "ink": ink,
        "stroke_width": stroke_width,
        "columns": columns,
        "cell_size": cell_size,
        "smooth": smooth,
    }
    if suffix == ".svg":
        content = svg.render(samples, titles=titles, **style).encode()
    elif suffix == ".png":
        content = raster.png(samples, **style)
    elif suffix == ".gif":
        content = animation.gif(samples, **style)
    elif suffix == ".npz":
        content = _npz(_rows(samples, schema))
    elif suffix == ".csv":
        content = _csv(_rows(samples, schema), schema).encode()
    else:
        content = _json(_rows(samples, schema), schema, titles).encode()
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return path


def numbered(path: pathlib.Path, count: int) -> list[pathlib.Path]:
    """So many files for one name: `name.csv`, or `name-1.csv`, `name-2.csv` and so on."""
    if count == 1:
        return [path]
    return [path.with_name(f"{path.stem}-{n}{path.suffix}") for n in range(1, count + 1)]


def read_npz(path: str | os.PathLike) -> list[np.ndarray]:
    """The samples that `save` wrote to an npz file: one float32 array `[T, F]` a sample.

    Nothing in the file is run: arrays of Python objects are refused.

    Raises:
        UserError: if the file is not there, or not such a file.
    """
    expected = "an npz file with numbers `events` [B, T, F] and `lengths` [B]"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            events = np.asarray(arrays["events"], np.float32)
            lengths = np.asarray(arrays["lengths"])
    except Exception as error:
        # A damaged zip raises half a dozen kinds of errors.
        raise UserError(expected, f"{path} ({error})") from error
    if (
        events.ndim != 3
        or lengths.shape != events.shape[:1]
        or lengths.dtype.kind not in "iu"
        or not np.all((lengths >= 0) & (lengths <= events.shape[1]))
    ):
        shapes = f"shapes {list(events.shape)} and {list(lengths.shape)}"
        raise UserError(expected, f"{path} ({shapes}, or lengths out of range)")
    return [row[:length].copy() for row, length in zip(events, lengths, strict=True)]


def _rows(samples: Sequence[np.ndarray], schema: Schema) -> list[np.ndarray]:
    """The samples as finite float32 `[T, F]`."""
    if not len(samples):
        raise UserError("at least one sample", "none")
    rows = []
    for index, sample in enumerate(samples):
        sample = np.asarray(sample)
        sample = sample.reshape(0, len(schema)) if not sample.size else sample
        if sample.ndim != 2 or sample.shape[1] != len(schema) or sample.dtype.kind not in "fiub":
            got = f"{sample.dtype} {list(sample.shape)} in sample {index}"
            raise UserError(f"rows of {', '.join(schema.names)}", got)
        with np.errstate(over="ignore"):
            sample = sample.astype(np.float32)
        bad = np.flatnonzero(~np.isfinite(sample).all(axis=1))
        if bad.size:
            raise UserError("finite float32 numbers", f"others in sample {index} at step {bad[0]}")
        rows.append(sample)
    return rows


def _npz(rows: list[np.ndarray]) -> bytes:
    lengths = np.array([len(row) for row in rows], np.int32)
    events = np.zeros([len(rows), lengths.max(), rows[0].shape[1]], np.float32)
    for padded, row in zip(events, rows, strict=True):
        padded[: len(row)] = row
    buffer = io.BytesIO()
    np.savez_compressed(buffer, events=events, lengths=lengths)
    return buffer.getvalue()


def _values(row: np.ndarray, schema: Schema) -> list[int | float]:
    """One step as Python numbers that print as short as float32 allows."""
    return [
        float(str(value)) if feature.kind == "continuous" else round(float(value))
        for value, feature in zip(row, schema.features, strict=True)
    ]


def _csv(rows: list[np.ndarray], schema: Schema) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["sample", *schema.names])
    for index, sample in enumerate(rows):
        writer.writerows([index, *_values(row, schema)] for row in sample)
    return buffer.getvalue()


def _json(rows: list[np.ndarray], schema: Schema, titles: Sequence[str] | None) -> str:
    samples = [{"events": [_values(row, schema) for row in sample]} for sample in rows]
    if titles is not None:
        samples = [{"title": title, **s} for title, s in zip(titles, samples, strict=True)]
    return json.dumps({"columns": schema.names, "samples": samples}, ensure_ascii=False) + "\n"
