"""Draws the first sequences of a file: `python -m hachi_tf.studio.data_picture FILE .svg`.

A process of its own, since the file may be anything. The picture goes to stdout in hexadecimal.
"""

import itertools
import pathlib
import sys
import tempfile
from typing import Any

import numpy as np

from hachi_tf.data.sources import infer_source, make_source
from hachi_tf.errors import UserError

_MOST = {"strokes": 24, "events": 4, "frames": 4, "series": 8}
_MOST_EVENTS = {"strokes": 2000, "events": 300, "frames": 1250, "series": 2000}


def draw(path: str, suffix: str) -> bytes:
    """The picture.

    Args:
        path: of a file that a source reads.
        suffix: `.svg` or `.png`.

    Raises:
        UserError: if it cannot be read, or its kind has no picture.
    """
    if suffix not in (".svg", ".png"):
        raise UserError("a picture as svg or png", suffix)
    source = make_source(infer_source(path), path)
    if source.renderer not in _MOST:
        raise UserError("data that can be drawn", source.renderer)
    first = list(itertools.islice(source.read(), _MOST[source.renderer]))
    most = _MOST_EVENTS[source.renderer]
    part = slice(-most, None) if source.renderer == "series" else slice(most)
    samples = [each.events[part].astype(np.float32) for each in first]
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder, f"data{suffix}")
        _save(source, [each.id for each in first], samples, target)
        return target.read_bytes()


def _save(source: Any, ids: list[str], samples: list[np.ndarray], target: pathlib.Path) -> None:
    from hachi_tf import rendering
    from hachi_tf.rendering.events import save_events
    from hachi_tf.rendering.fan_chart import LEVELS, Fan, save_fans

    schema = source.schema
    if source.renderer == "events":
        save_events(samples, target, schema)
    elif source.renderer == "frames":
        from hachi_tf.rendering.frames import save_frames

        if target.suffix != ".png":
            raise UserError("a picture of sound as png", target.suffix)
        save_frames(samples, target, source.framing)
    elif source.renderer == "series":  # charts of what came, without a forecast behind
        nothing = np.zeros([len(LEVELS), 0])
        fans = [
            Fan(f"{id.partition('/')[2]}, {schema.names[column]}", sample[:, column], nothing)
            for id, sample in zip(ids, samples, strict=True)
            for column in schema.columns(predicted=True)
        ]
        save_fans(fans[: _MOST["series"]], target)
    else:
        rendering.save(samples, target, columns=1 if source.has_text else None)


def main(argv: list[str]) -> int:
    """The program; returns the exit status."""
    try:
        sys.stdout.write(draw(*argv).hex())
    except UserError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
