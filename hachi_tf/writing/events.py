"""Events that go before a sample."""

import pathlib

import numpy as np

from hachi_tf import rendering
from hachi_tf.errors import UserError
from hachi_tf.midi import read_midi
from hachi_tf.midi.columns import control_of
from hachi_tf.rendering.events import MIDI, TABLES
from hachi_tf.schema import Schema
from hachi_tf.tables import bare_name, read_table, to_events

PRIME_SUFFIXES = (*TABLES, *MIDI, ".npz")


def read_events(path: pathlib.Path, schema: Schema) -> np.ndarray:
    """Reads a recorded table, a MIDI file, or the first sample of an .npz.

    Args:
        path: the file; its suffix says which it is.
        schema: the columns of the model that is to go on from there.

    Returns:
        Events `[T, F]` in data units.

    Raises:
        UserError: if it cannot be read, or has not the columns and classes of the schema.
    """
    suffix = path.suffix.lower()
    if suffix == ".npz":
        samples = rendering.read_npz(path)
        if not samples or samples[0].shape[1] != len(schema):
            raise UserError(f"an npz with samples of {', '.join(schema.names)}", str(path))
        return samples[0]
    if suffix in MIDI:
        controllers = [number for name in schema.names if (number := control_of(name)) is not None]
        table = read_midi(path, controllers, any(bare_name(n) == "tempo" for n in schema.names))
    elif suffix in TABLES:
        table = read_table(path)
    else:
        raise UserError(f"a file ending in {', '.join(PRIME_SUFFIXES)}", str(path))
    return to_events(table, schema)
