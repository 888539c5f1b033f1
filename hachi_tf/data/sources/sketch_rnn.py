"""Sketches in the stroke-3 format of sketch-rnn (Ha and Eck 2017), as of QuickDraw."""

import os
from collections.abc import Iterator

import numpy as np

from hachi_tf.data.sources.archives import digest_files
from hachi_tf.data.sources.npz_files import read_npz
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.data.sources.strokes import on_grid, stroke_events, stroke_schema
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.transforms import Standardize, Transform

# The archive's arrays and the split of each.
_SPLITS = {"train": "train", "valid": "validation", "test": "test"}


class SketchRnn(Source):
    """An .npz of sketches, each `[N, 3]`: dx, dy, and 1 where the pen is lifted afterwards.

    A sketch's first row leads from nowhere to its first point: sketch-rnn draws it with the pen
    in the air. So N rows are N points, and the first one is the origin.

    Args:
        data: the .npz file, with the arrays `train`, `valid` and `test`, or `train` alone.
        clip: offsets beyond it are clipped to it, at the value that sketch-rnn has.
        quantum: the grid to which points are rounded, or None; QuickDraw's lie on one of 1.

    Raises:
        UserError: if there is no such file, or an option is out of range.
    """

    name = "sketch_rnn"
    licence = "as the sketches' owner says; QuickDraw is CC BY 4.0"
    credit = "as the sketches' owner says; QuickDraw is by Google"

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        clip: float = 1000.0,
        quantum: float | None = None,
    ):
        super().__init__(data, clip=clip, quantum=quantum)
        if self.data is None or not os.path.isfile(self.data):
            raise UserError(
                "an .npz file of sketches",
                "none" if self.data is None else f"{self.data}, which is no file",
                "name it with --data",
            )
        if not clip > 0:
            raise UserError("a clip above 0", repr(clip))
        if quantum is not None and not 0 < quantum <= clip:
            raise UserError("a quantum above 0 and up to clip, or None", repr(quantum))
        self._arrays: dict[str, list[np.ndarray]] | None = None

    @property
    def schema(self) -> Schema:
        """Columns dx, dy and end_of_stroke."""
        return stroke_schema("pixels", self.options["quantum"])

    @property
    def splits(self) -> tuple[str, ...]:
        """Those of the file, if it has more than one."""
        found = tuple(_SPLITS[name] for name in self._read_arrays())
        return found if len(found) > 1 else ()

    def default_transforms(self) -> Transform:
        """Offsets to mean 0 and standard deviation 1."""
        return Standardize([0, 1])

    @classmethod
    def recognizes(cls, path: str) -> bool:
        """Whether it is an .npz file."""
        return path.lower().endswith(".npz") and os.path.isfile(path)

    def read(self) -> Iterator[Sequence]:
        """Reads the sketches; see `Source.read`."""
        for name, sketches in self._read_arrays().items():
            for index, rows in enumerate(sketches):
                id = f"sketch_rnn/{name}/{index:07d}"
                yield Sequence(self._events(rows, id), None, id, _SPLITS[name])

    def _read_arrays(self) -> dict[str, list[np.ndarray]]:
        if self._arrays is None:
            arrays = read_npz(self.data, tuple(_SPLITS))
            if not arrays.get("train"):
                raise UserError("an .npz with sketches in its array train", f"none in {self.data}")
            self._arrays = {name: sketches for name, sketches in arrays.items() if sketches}
        return self._arrays

    def _events(self, rows: np.ndarray, id: str) -> np.ndarray:
        if rows.ndim != 2 or rows.shape[1] != 3 or not len(rows):
            raise UserError("sketches of rows dx, dy, pen lifted", f"shape {rows.shape} at {id}")
        rows = rows.astype(np.float64)
        clip, quantum = self.options["clip"], self.options["quantum"]
        if not np.isfinite(rows).all() or not np.isin(rows[:, 2], (0, 1)).all():
            raise UserError(
                "finite offsets, and 0 or 1 for the pen", f"others at {id}", "mend the file"
            )
        points = np.cumsum(rows[:, :2].clip(-clip, clip), axis=0)
        starts = np.flatnonzero(np.append(1, rows[:-1, 2]))
        if quantum is None:
            return stroke_events(points, starts)
        events = stroke_events(*on_grid(points, starts, quantum))
        events[:, :2] *= quantum
        return events

    def _digest_inputs(self, digest) -> None:
        digest_files(self.data, ".npz", digest)
