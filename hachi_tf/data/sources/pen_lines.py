"""Lines that a person wrote with a pen, a finger or a mouse, as the studio keeps them."""

import json
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from hachi_tf.data.sources.archives import digest_files
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.data.sources.strokes import stroke_events, stroke_schema
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.transforms import Standardize, Transform

FORMAT = "hachi_tf lines"
_MAX_BYTES = 256 << 20
_HEAD_BYTES = 200
_INTERVAL_S = 0.01  # from point to point, as pens are recorded
_MOST_POINTS = 5000  # of a stroke
_MOST_COORDINATE = 1e6


class PenLines(Source):
    """A .json of written lines: `{"format": "hachi_tf lines", "lines": [...]}`.

    A line has `id`, `text` and `strokes`, a list of lists of points `[x, y, t]`: pixels, y
    growing downwards, and seconds, which do not run backwards. Points are taken anew every
    10 ms, so that a slow pen and a fast one are told apart, whatever the screen's pace was.

    Args:
        data: the file.

    Raises:
        UserError: if there is no such file.
    """

    name = "pen_lines"
    has_text = True
    licence = "as the writer says"
    credit = "the writer"

    def __init__(self, data: str | os.PathLike | None = None):
        super().__init__(data)
        if self.data is None or not os.path.isfile(self.data):
            raise UserError(
                "a .json file of written lines",
                "none" if self.data is None else f"{self.data}, which is no file",
                "name it with --data",
            )

    @property
    def schema(self) -> Schema:
        """Columns dx, dy and end_of_stroke."""
        return stroke_schema("pixels", None)

    def default_transforms(self) -> Transform:
        """Offsets to mean 0 and standard deviation 1."""
        return Standardize([0, 1])

    @classmethod
    def recognizes(cls, path: str) -> bool:
        """Whether it is a .json that begins as such a file does."""
        if not path.lower().endswith(".json") or not os.path.isfile(path):
            return False
        try:
            with open(path, "rb") as file:
                head = file.read(_HEAD_BYTES)
        except OSError:
            return False
        return f'"{FORMAT}"'.encode() in head

    def read(self) -> Iterator[Sequence]:
        """Reads the lines; see `Source.read`."""
        for number, line in enumerate(read_lines(self.data)):
            where = f"line {number + 1} of {self.data}"
            strokes = check_strokes(line["strokes"], where)
            points = [_at_regular_times(stroke) for stroke in strokes]
            starts = np.cumsum([0, *map(len, points[:-1])])
            events = stroke_events(np.concatenate(points), starts)
            id = f"pen_lines/{number:05d}"
            yield Sequence(events, line["text"].strip() or None, id)

    def _digest_inputs(self, digest: Any) -> None:
        digest_files(self.data, ".json", digest)


def read_lines(path: str | os.PathLike) -> list[dict[str, Any]]:
    """The lines of a file, each with `id`, `text` and `strokes`; these are not looked at.

    Raises:
        UserError: if the file cannot be read, or is none of lines.
    """
    expected = f'{{"format": "{FORMAT}", "lines": [{{"text": "...", "strokes": [...]}}, ...]}}'
    try:
        if os.path.getsize(path) > _MAX_BYTES:
            raise UserError(f"a file of at most {_MAX_BYTES:,} bytes", f"more in {path}")
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(expected, f"{path} ({error})") from error
    lines = value.get("lines") if isinstance(value, dict) else None
    if not isinstance(lines, list) or value.get("format") != FORMAT:
        raise UserError(expected, f"something else in {path}")
    for number, line in enumerate(lines, 1):
        fits = isinstance(line, dict) and isinstance(line.get("strokes"), list)
        if not fits or not all(isinstance(line.get(key), str) for key in ("id", "text")):
            raise UserError(
                "id, text and strokes of each line", f"others in line {number} of {path}"
            )
    return lines


def check_strokes(strokes: Any, where: str) -> list[np.ndarray]:
    """The strokes of a line, arrays `[n, 3]` of x, y and seconds.

    Args:
        strokes: lists of points `[x, y, t]`.
        where: for the message.

    Raises:
        UserError: if there is none, a number is not finite, or times run backwards.
    """
    found = []
    for stroke in strokes if isinstance(strokes, list) else []:
        fits = isinstance(stroke, list) and all(
            isinstance(point, list) and len(point) == 3 and all(map(_is_number, point))
            for point in stroke
        )
        if not fits or not stroke:
            raise UserError("strokes of points [x, y, seconds]", f"something else in {where}")
        found.append(np.array(stroke, np.float64))
    if not found:
        raise UserError("a line with strokes", f"none in {where}", "write something")
    if np.diff(np.concatenate(found)[:, 2]).min(initial=0.0) < 0:
        raise UserError("times that do not run backwards", f"others in {where}")
    return found


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= _MOST_COORDINATE


def _at_regular_times(stroke: np.ndarray) -> np.ndarray:
    """The points `[m, 2]` of a stroke at equal times; its ends stay."""
    length_s = stroke[-1, 2] - stroke[0, 2]
    count = min(max(round(length_s / _INTERVAL_S), 1), _MOST_POINTS) + 1
    if length_s <= 0 or len(stroke) == 1:
        return stroke[:, :2]
    times = np.linspace(stroke[0, 2], stroke[-1, 2], count)
    return np.stack([np.interp(times, stroke[:, 2], stroke[:, axis]) for axis in (0, 1)], -1)
