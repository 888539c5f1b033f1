"""Notes in a model's columns: what was played as an input, and an output as a note to play."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hachi_tf.errors import UserError
from hachi_tf.midi.columns import control_of
from hachi_tf.schema import Feature, Schema
from hachi_tf.tables import find_column, is_temporal

_VELOCITY, _DURATION_S, _CHANNEL = 80, 0.25, 1  # of a note whose model does not say
_SHORTEST_S, _LONGEST_S = 0.001, 600.0


class Note(NamedTuple):
    """One note.

    Attributes:
        pitch: 0 to 127.
        velocity: 1 to 127.
        channel: 1 to 16.
        duration_s: how long it lasts, above 0; None for one that has just begun.
    """

    pitch: int
    velocity: int
    channel: int = _CHANNEL
    duration_s: float | None = None


@dataclasses.dataclass(frozen=True)
class NoteColumns:
    """Where the columns of a model, those beside the time, hold the parts of a note.

    Attributes:
        features: all the columns.
        pitch: index of the column.
        velocity: index of the column, or None.
        duration: index of the column, or None.
        channel: index of the column, or None.
        controls: indices of controllers' columns by the controller's number.
    """

    features: tuple[Feature, ...]
    pitch: int
    velocity: int | None = None
    duration: int | None = None
    channel: int | None = None
    controls: Mapping[int, int] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, schema: Schema) -> "NoteColumns":
        """Finds the columns by their names, with a number before them or not: `0_pitch`, `pitch`.

        Raises:
            UserError: if no column is called pitch.
        """
        features = schema.features[is_temporal(schema) :]
        names = [feature.name for feature in features]
        parts = ("pitch", "velocity", "duration", "channel")
        found = {part: find_column(names, part) for part in parts}
        if found["pitch"] is None:
            raise UserError(
                "a model with a column pitch, for MIDI", ", ".join(names), "play it over OSC"
            )
        controls = {control_of(name): index for index, name in enumerate(names)}
        controls.pop(None, None)
        return cls(features, **found, controls=controls)

    def check_inputs(self) -> None:
        """Checks that notes tell enough to be inputs.

        Raises:
            UserError: if the model wants an input that is no part of a note.
        """
        known = {self.pitch, self.velocity, self.duration, self.channel, *self.controls.values()}
        wanted = [
            feature.name
            for index, feature in enumerate(self.features)
            if index not in known and feature.role != "target" and not feature.missing
        ]
        if wanted:
            raise UserError(
                "a model whose inputs are parts of notes, for MIDI", ", ".join(wanted),
                "play it over OSC",
            )  # fmt: skip

    def to_input(self, note: Note, controls: Mapping[int, int] | None = None) -> list[float | str]:
        """What `/input` takes for a note: a number or a label an input column.

        What is not known is missing, or a default if the model has never seen it missing: 0.25 s
        for a duration, 0 for a controller, and for a channel that it has never heard its first.

        Args:
            note: what was played.
            controls: the values of controllers by their number.
        """
        controls = controls or {}
        values = {self.velocity: note.velocity, self.channel: note.channel}
        values |= {index: controls.get(number) for number, index in self.controls.items()}
        values |= {self.duration: note.duration_s, self.pitch: note.pitch}
        defaults = {self.duration: _DURATION_S}
        row = []
        for index, feature in enumerate(self.features):
            value: float | str | None = values.get(index)
            if feature.role == "target":
                continue
            if feature.kind == "categorical" and value is not None:
                value = str(value)
                if value not in feature.classes and index == self.channel:
                    value = math.nan if feature.missing else feature.classes[0]
            elif value is None:
                value = math.nan if feature.missing else defaults.get(index, 0.0)
            row.append(value if isinstance(value, str) else float(value))
        return row

    def to_note(self, values: Sequence[float | str]) -> Note | None:
        """The note in what `/output` sends, brought into MIDI's ranges.

        Args:
            values: a number, or a label that reads as one, a column; NaN or "" is
                missing.

        Returns:
            The note; None if there is no pitch, or no loudness.
        """

        def part(index: int | None, default: float) -> float:
            value = math.nan if index is None else _number(values[index])
            return value if math.isfinite(value) else default

        pitch = part(self.pitch, math.nan)
        velocity = round(part(self.velocity, _VELOCITY))
        if math.isnan(pitch) or velocity < 1:
            return None
        return Note(
            min(max(round(pitch), 0), 127),
            min(velocity, 127),
            min(max(round(part(self.channel, _CHANNEL)), 1), 16),
            min(max(part(self.duration, _DURATION_S), _SHORTEST_S), _LONGEST_S),
        )

    def to_controls(self, values: Sequence[float | str]) -> dict[int, int]:
        """The controllers' values, 0 to 127, in what `/output` sends, by number."""
        found = {number: _number(values[index]) for number, index in self.controls.items()}
        return {
            number: min(max(round(value), 0), 127)
            for number, value in found.items()
            if math.isfinite(value)
        }


def _number(value: float | str) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan
