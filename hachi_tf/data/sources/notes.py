"""Notes as events: `time, 0_pitch, 1_velocity, ~2_duration, 3_channel#`."""

from collections.abc import Sequence

from hachi_tf.schema import Feature, Schema
from hachi_tf.tables.events import TIME_QUANTUM_S
from hachi_tf.transforms import Bounded, Chain, Delay, Standardize, Transform

RANGES = {"0_pitch": (0.0, 127.0), "1_velocity": (1.0, 127.0)}
"""The least and the greatest value of notes' columns; 0 and 127 of controllers'."""


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
            Feature("time", unit="s", quantum=TIME_QUANTUM_S),
            Feature("0_pitch", quantum=1.0),
            Feature("1_velocity", quantum=1.0),
            Feature("2_duration", unit="s", role="target", quantum=TIME_QUANTUM_S),
            Feature("3_channel", kind="categorical", classes=tuple(channels)),
        )
    )


def note_transforms(schema: Schema) -> Transform:
    """The transforms of notes, not yet fitted.

    Delays, durations and tempos become logarithms, so that none is ever negative; pitches,
    velocities and controllers become logits, so that none is ever out of range; then all have
    mean 0 and deviation 1.

    Args:
        schema: that of `notes_schema`, or one with more continuous columns: of what has a unit,
            which is never negative, and of controllers.
    """
    positive = [index for index, feature in enumerate(schema.features) if feature.unit]
    bounded = [index for index in schema.columns("continuous") if index not in positive]
    features = [schema.features[index] for index in bounded]
    low, high = zip(*(RANGES.get(each.name, (0.0, 127.0)) for each in features), strict=True)
    quanta = [each.quantum or 0.0 for each in features]
    return Chain(
        [
            Delay(positive),
            Bounded(bounded, low, high, quanta),
            Standardize(schema.columns("continuous")),
        ]
    )
