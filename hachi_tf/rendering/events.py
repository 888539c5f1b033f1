"""Samples of events to files: tables, MIDI, numbers, and pictures over time."""

import contextlib
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.files import atomic_path
from hachi_tf.midi import write_midi
from hachi_tf.rendering import figure
from hachi_tf.rendering.save import numbered, save
from hachi_tf.rendering.timeline import timeline
from hachi_tf.schema import Schema
from hachi_tf.tables import SUFFIXES as TABLES
from hachi_tf.tables import to_table, write_table

MIDI, PICTURES = (".mid", ".midi"), (".png", ".svg")
SUFFIXES = (*TABLES, *MIDI, ".npz", *PICTURES)


def save_events(
    samples: Sequence[np.ndarray],
    path: str | os.PathLike,
    schema: Schema,
    titles: Sequence[str] | None = None,
) -> list[pathlib.Path]:
    """Writes samples of events; the suffix says how.

    - csv, json, txt, llll: tables with the time from the beginning and the names of classes;
    - mid, midi: the notes of samples that have a pitch;
    - npz: `events` `[B, T, F]` in data units, as `hachi_tf.rendering.read_npz` reads them;
    - png, svg: a picture over time, a piano roll of what has a pitch, else a lane a column.

    Several samples make one npz or picture. Tables and MIDI files are one a sample: `name.csv`,
    or `name-1.csv`, `name-2.csv` and so on. All are written aside before the first takes its name.

    Args:
        samples: one array `[T, F]` in data units a sample, delays in the column `time`.
        path: where to.
        schema: the columns.
        titles: a title for each sample, in pictures.

    Returns:
        The files.

    Raises:
        UserError: if the suffix is none of these, the samples do not fit it, or the place cannot
            be written to.
    """
    path = pathlib.Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"a file of events ending in {', '.join(SUFFIXES)}", str(path))
    if not len(samples):
        raise UserError("at least one sample", "none")
    if titles is not None and len(titles) != len(samples):
        raise UserError("one title a sample", f"{len(titles)} for {len(samples)}")
    if suffix == ".npz":
        return [save(samples, path, schema=schema)]
    tables = [to_table(np.asarray(sample), schema) for sample in samples]
    if suffix in PICTURES:
        page = timeline(tables, titles, vector=suffix == ".svg")
        content = page.document.encode() if suffix == ".svg" else figure.png(page.pixels)
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
        return [path]
    paths = numbered(path, len(tables))
    write = write_midi if suffix in MIDI else write_table
    with contextlib.ExitStack() as stack:
        for target, table in zip(paths, tables, strict=True):
            write(table, stack.enter_context(atomic_path(target)))
    return paths
