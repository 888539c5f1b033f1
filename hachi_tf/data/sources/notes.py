"""Notes as events: `time, 0_pitch, 1_velocity, ~2_duration, 3_channel#`."""

from collections.abc import Sequence

from hachi_tf.schema import Feature, Schema
from hachi_tf.transforms import Bounded, Chain, Delay, Standardize, Transform

TIME_QUANTUM = 0.001
"""The grid of delays and durations, in seconds."""

RANGES = {"0_pitch": (0.0, 127.0), "1_velocity": (1.0, 127.0)}
"""The least and the greatest value of the columns that have both."""


def notes_schema(channels: Sequence[str]) -> Schema:
    """The schema of notes, with the columns that hachi machi gives those of a MIDI file.

    Args:
        channels: names of the channels, MIDI's numbers from 1 on, e.g. `("1", "10")`.

    Returns:
        Columns time (seconds since the note before began), 0_pitch, 1_velocity, 2_duration (in
        seconds; predicted, never an input, since it is not known when a note begins) and
        3_channel (the index of a channel).
    """
    return Schema(
        (
            Feature("time", unit="s", quantum=TIME_QUANTUM),
            Feature("0_pitch", quantum=1.0),
            Feature("1_velocity", quantum=1.0),
            Feature("2_duration", unit="s", role="target", quantum=TIME_QUANTUM),
            Feature("3_channel", kind="categorical", classes=tuple(channels)),
        )
    )


def note_transforms(schema: Schema) -> Transform:
    """The transforms of notes, not yet fitted; further columns of a schema are standardized.

    Delays and durations become logarithms, so that none is ever negative; pitches and velocities
    become logits, so that none is ever out of range; then all have mean 0 and deviation 1.

    Args:
        schema: that of `notes_schema`, or one with more continuous columns.
    """
    names = schema.names
    bounded = [name for name in names if name in RANGES]
    low, high = zip(*(RANGES[name] for name in bounded), strict=True)
    quanta = [schema.features[names.index(name)].quantum or 0.0 for name in bounded]
    return Chain(
        [
            Delay([names.index("time"), names.index("2_duration")]),
            Bounded([names.index(name) for name in bounded], low, high, quanta),
            Standardize(schema.columns("continuous")),
        ]
    )
