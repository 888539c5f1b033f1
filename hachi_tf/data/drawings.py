"""Drawings of a pen from files: SVG, JSON, npz."""

import dataclasses
import json
import math
import os
import pathlib
import zipfile
from typing import Any

import numpy as np

from hachi_tf.data import svg_drawings
from hachi_tf.errors import UserError
from hachi_tf.rendering.save import read_npz
from hachi_tf.rendering.strokes import to_polylines

_MAX_BYTES = {".svg": 4 << 20, ".json": 16 << 20, ".npz": 16 << 20}  # of a file
_MAX_UNPACKED_BYTES = 256 << 20  # of an npz file's arrays
_MAX_COORDINATE = 1e9
_JSON = 'strokes as [[[x, y], ...], ...] or {"strokes": [[{"x": ..., "y": ..., "t": ...}, ...]]}'


@dataclasses.dataclass(frozen=True)
class Drawing:
    """Strokes of a pen, in the order of drawing.

    Attributes:
        strokes: arrays `[n, 2]`, float64, n >= 1: x and y in any unit, y growing downwards.
        times: arrays `[n]`, float64, in any unit: when the pen was there; they do not decrease
            within a stroke. None if unknown.
        text: what is written, if the file says so.
    """

    strokes: list[np.ndarray]
    times: list[np.ndarray] | None = None
    text: str | None = None


def read_drawing(path: str | os.PathLike) -> Drawing:
    """Reads a drawing; the suffix says how.

    - svg: paths, lines, polylines and polygons that have a stroke, in the order of the file, with
      the transforms of all groups they are in (`svg_drawings`);
    - json: a list of strokes, or an object with `strokes` and perhaps `text`. A stroke is a list
      of points (or an object with `points`), a point `[x, y]`, `[x, y, t]`, or an object with
      `x`, `y` and perhaps `t` or `time`. Also what `--output=*.json` writes, its first sample;
    - npz: what `--output=*.npz` writes, its first sample.

    Times are taken if every point has one and they run backwards in no stroke.

    Args:
        path: of the file.

    Raises:
        UserError: if the file cannot be read, is too large, is none of these, holds no stroke,
            or is an SVG of filled outlines.
    """
    path = pathlib.Path(path)
    suffix = path.suffix.lower()
    if suffix not in _MAX_BYTES:
        raise UserError(f"a drawing that ends in {', '.join(_MAX_BYTES)}", str(path))
    max_bytes = _MAX_BYTES[suffix]
    try:
        with open(path, "rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise UserError(
            "a drawing that can be read", f"{path} ({error.strerror or error})", "check the path"
        ) from error
    if len(content) > max_bytes:
        raise UserError(
            f"a drawing of at most {max_bytes:,} bytes", f"more in {path}", "draw one line of text"
        )
    if suffix == ".svg":
        drawing = Drawing(svg_drawings.read_svg(content, str(path)))
    elif suffix == ".npz":
        drawing = Drawing(_npz(path))
    else:
        drawing = _json(content, str(path))
    if not drawing.strokes:
        raise UserError("a drawing with strokes", f"none in {path}", "draw something")
    if not all(np.all(np.abs(stroke) <= _MAX_COORDINATE) for stroke in drawing.strokes):
        raise UserError(f"coordinates within {_MAX_COORDINATE:g}", f"others in {path}")
    return drawing


def _npz(path: pathlib.Path) -> list[np.ndarray]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        size = 0  # read_npz says what is wrong
    if size > _MAX_UNPACKED_BYTES:
        raise UserError(
            f"a drawing of at most {_MAX_UNPACKED_BYTES:,} bytes when unpacked",
            f"{size:,} in {path}",
            "do not trust the file",
        )
    samples = read_npz(path)
    if samples and samples[0].shape[1] != 3:
        raise UserError(
            "events of strokes: dx, dy, end_of_stroke",
            f"{samples[0].shape[1]} columns in {path}",
        )
    return to_polylines(samples[0], str(path)) if samples else []


def _json(content: bytes, name: str) -> Drawing:
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UserError("a JSON file", f"{name} ({error})") from None
    text = None
    if isinstance(value, dict):
        if "samples" in value:
            return _own_json(value, name)
        text = value.get("text")
        value = value.get("strokes")
        if text is not None and not isinstance(text, str):
            raise UserError("a string as text", f"something else in {name}")
    if not isinstance(value, list):
        raise UserError(_JSON, f"something else in {name}")
    rows = [_stroke(stroke, f"stroke {index} of {name}") for index, stroke in enumerate(value)]
    rows = [row for row in rows if len(row)]
    return Drawing([row[:, :2] for row in rows], _times(rows), text)


def _own_json(value: dict[str, Any], name: str) -> Drawing:
    """What `hachi_tf.rendering.save` writes."""
    samples, columns = value["samples"], value.get("columns")
    if columns != ["dx", "dy", "end_of_stroke"] or not isinstance(samples, list):
        raise UserError(
            "samples with the columns dx, dy, end_of_stroke", f"others in {name}", f"or {_JSON}"
        )
    if not samples:
        return Drawing([])
    events = samples[0].get("events") if isinstance(samples[0], dict) else None
    if not isinstance(events, list):
        raise UserError("a list of events in each sample", f"something else in {name}")
    rows = [_numbers(row, (3,), f"event {index} of {name}") for index, row in enumerate(events)]
    text = samples[0].get("text")
    return Drawing(
        to_polylines(np.array(rows).reshape(-1, 3), name),
        text=text if isinstance(text, str) else None,
    )


def _stroke(value: Any, name: str) -> np.ndarray:
    """x, y and time `[n, 3]`; the time is NaN where a point has none."""
    if isinstance(value, dict):
        value = value.get("points")
    if not isinstance(value, list):
        raise UserError(_JSON, f"something else as {name}")
    rows = []
    for point in value:
        if isinstance(point, dict):
            time = point.get("t", point.get("time"))
            point = [point.get("x"), point.get("y"), *([] if time is None else [time])]
        row = _numbers(point, (2, 3), f"a point in {name}")
        rows.append(row if len(row) == 3 else [*row, math.nan])
    return np.array(rows, np.float64).reshape(-1, 3)


def _numbers(value: Any, counts: tuple[int, ...], name: str) -> list[float]:
    """A list of finite numbers."""
    fits = isinstance(value, list) and len(value) in counts
    if not fits or not all(type(each) in (int, float) for each in value):
        raise UserError(f"{' or '.join(map(str, counts))} numbers", f"something else as {name}")
    try:
        row = [float(each) for each in value]
    except OverflowError:
        row = [math.inf]
    if not all(map(math.isfinite, row)):
        raise UserError("finite numbers", f"others as {name}")
    return row


def _times(rows: list[np.ndarray]) -> list[np.ndarray] | None:
    times = [row[:, 2] for row in rows]
    if not times or not np.isfinite(np.concatenate(times)).all():
        return None
    waits = [np.diff(each) for each in times]
    if any((wait < 0).any() for wait in waits):
        return None
    # A stroke that took no time was not timed.
    moved = [len(np.unique(row[:, :2], axis=0)) > 1 for row in rows]
    if any(wait.sum() <= 0 for wait, has_moved in zip(waits, moved, strict=True) if has_moved):
        return None
    return times
