"""Events: what goes before a sample, and what is held fixed in it."""

import math
import pathlib
from collections.abc import Sequence

import numpy as np

from hachi_tf import rendering
from hachi_tf.errors import UserError
from hachi_tf.midi import find_column, read_midi
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


def parse_fixed(settings: Sequence[str], schema: Schema) -> dict[str, float | str]:
    """Reads what is held fixed, e.g. `["channel=1"]`.

    Args:
        settings: `name=value`, values as they stand in tables: numbers in data units, or classes.
            The number before a column's name may be left out.
        schema: the model's columns.

    Returns:
        Values by the columns' full names, e.g. `{"3_channel": "1"}`.

    Raises:
        UserError: if it is something else, or the model has no such column or class.
    """
    fixed: dict[str, float | str] = {}
    for setting in settings:
        name, equals, value = (part.strip() for part in setting.partition("="))
        index = find_column(schema.names, name.lstrip("~").rstrip("#"))
        if not equals or index is None:
            raise UserError(
                f"--fix=NAME=VALUE with a column of {', '.join(map(bare_name, schema.names))}",
                repr(setting),
            )
        feature = schema.features[index]
        if feature.name in fixed:
            raise UserError(f"--fix for {feature.name} once", repr(setting))
        if feature.kind == "categorical":
            if value not in feature.classes:
                raise UserError(f"--fix={name}= one of {', '.join(feature.classes)}", repr(value))
            fixed[feature.name] = value
            continue
        try:
            fixed[feature.name] = float(value)
        except ValueError:
            raise UserError(f"a number for --fix={name}=", repr(value)) from None
        if not math.isfinite(fixed[feature.name]):
            raise UserError(f"a finite number for --fix={name}=", repr(value))
    return fixed
