"""Bach's chorales as events, for measuring: `time, pitch, ~duration, voice#`."""

import json
import os
import pathlib

import numpy as np

from hachi_tf.schema import Feature, Schema

VOICES = ("soprano", "alto", "tenor", "bass")
SCHEMA = Schema(
    (
        Feature("time", unit="sixteenths", quantum=1.0),
        Feature("pitch", quantum=1.0),
        Feature("duration", unit="sixteenths", role="target", quantum=1.0),
        Feature("voice", "categorical", classes=VOICES),
    )
)


def find() -> pathlib.Path | None:
    """The file of chorales in the folder that `HACHI_TF_DATA` names, or None."""
    folder = os.environ.get("HACHI_TF_DATA")
    path = pathlib.Path(folder or ".") / "jsb_chorales" / "Jsb16thSeparated.json"
    return path if folder and path.is_file() else None


def read(path: pathlib.Path) -> dict[str, list[np.ndarray]]:
    """The pieces `[T, 4]` of the splits `train`, `valid` and `test`."""
    splits = json.loads(path.read_text(encoding="utf-8"))
    return {name: [events(piece) for piece in pieces] for name, pieces in splits.items()}


def events(piece: list[list[int]]) -> np.ndarray:
    """A grid of four voices `[S, 4]`, a pitch or -1 for a rest, as events `[T, 4]`.

    A pitch that goes on is one note: the grid does not tell a note from its repetition.
    """
    grid = np.asarray(piece)
    notes = []
    for voice in range(len(VOICES)):
        bounds = np.flatnonzero(np.diff(grid[:, voice])) + 1
        bounds = [0, *bounds.tolist(), len(grid)]
        for begin, end in zip(bounds[:-1], bounds[1:], strict=True):
            if grid[begin, voice] >= 0:
                notes.append((begin, voice, grid[begin, voice], end - begin))
    begin, voice, pitch, duration = np.array(sorted(notes), float).T
    return np.column_stack([np.diff(begin, prepend=begin[0]), pitch, duration, voice])
