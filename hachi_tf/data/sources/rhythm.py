"""Music for a small band that the project makes up itself, without end."""

import os
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from hachi_tf.data.sources.notes import note_transforms, notes_schema
from hachi_tf.data.sources.rhythm_band import Band
from hachi_tf.data.sources.rhythm_harmony import Key
from hachi_tf.data.sources.rhythm_player import perform
from hachi_tf.data.sources.rhythm_styles import STYLES
from hachi_tf.data.sources.source import Sequence, Source
from hachi_tf.errors import UserError
from hachi_tf.schema import Schema
from hachi_tf.transforms import Transform

CHANNELS = ("1", "2", "3", "10")
"""MIDI's channels, from 1 on, of melody, chords, bass and drums."""

_VALIDATION_PIECES = 128
_SPLITS = ("train", "validation")


class Piece(NamedTuple):
    """A piece and what it was made from.

    Attributes:
        events: `[T, 5]`, float64: time, 0_pitch, 1_velocity, 2_duration, 3_channel.
        style: a key of `STYLES`.
        key: root and mode.
        chords: the chords' roots as start in sixteenths and degree of the scale.
    """

    events: np.ndarray
    style: str
    key: Key
    chords: list[tuple[int, int]]


class Rhythm(Source):
    """Pieces of some 150 to 400 notes by rules: a drummer, a bass, chords and a melody.

    Styles, keys, chord progressions, forms, tempo, swing and how exactly the players play differ
    from piece to piece. Every piece is a pure function of the seed, the split, the epoch and its
    number. The columns are those of a MIDI file; drums have General MIDI's pitches.

    Args:
        data: must be None.
        pieces: training pieces an epoch.
        seed: of the pieces.
        styles: `"all"`, or names divided by commas: rock, funk, swing, bossa, ballad, house.

    Raises:
        UserError: if data is given or an option is out of range.
    """

    name = "rhythm"
    licence = "Apache-2.0"
    credit = "the hachi_tf authors"
    renderer = "events"
    default_head = "gaussian_mixture(coupling='mixture')"

    def __init__(
        self,
        data: str | os.PathLike | None = None,
        pieces: int = 512,
        seed: int = 0,
        styles: str = "all",
    ):
        super().__init__(data, pieces=pieces, seed=seed, styles=styles)
        if data is not None:
            raise UserError("no --data for rhythm, which makes its own", os.fspath(data))
        if not 1 <= pieces <= 1_000_000:
            raise UserError("pieces from 1 to 1,000,000", repr(pieces))
        if not 0 <= seed < 2**63:
            raise UserError("a seed from 0 to below 2**63", repr(seed))
        self._styles = _parse_styles(styles)

    @property
    def schema(self) -> Schema:
        """Columns time, 0_pitch, 1_velocity, 2_duration and 3_channel."""
        return notes_schema(CHANNELS)

    @property
    def splits(self) -> tuple[str, ...]:
        """Training and validation."""
        return _SPLITS

    def default_transforms(self) -> Transform:
        """Logarithms of times, logits of pitch and velocity, then mean 0 and deviation 1."""
        return note_transforms(self.schema)

    def read(self) -> Iterator[Sequence]:
        """Epoch 0 of the training pieces and 128 pieces of validation; see `Source.read`."""
        yield from self.epoch(0)
        for index in range(_VALIDATION_PIECES):
            yield self._sequence(1, 0, index)

    def epoch(self, number: int) -> Iterator[Sequence]:
        """The training pieces of an epoch; see `Source.epoch`."""
        for index in range(self.options["pieces"]):
            yield self._sequence(0, number, index)

    def piece(self, split: str, epoch: int, index: int) -> Piece:
        """One piece with its key and chords.

        Args:
            split: one of `splits`.
            epoch: its number; validation has only 0.
            index: the piece's number.
        """
        words = (self.options["seed"], _SPLITS.index(split), epoch, index)
        generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))
        style = STYLES[self._styles[generator.integers(len(self._styles))]]
        band = Band(style, generator)
        notes, chords = band.play(int(generator.integers(120, 280)))
        return Piece(perform(notes, style, generator), style.name, band.key, chords)

    def _sequence(self, split: int, epoch: int, index: int) -> Sequence:
        name = _SPLITS[split]
        events = self.piece(name, epoch, index).events
        return Sequence(events, None, f"rhythm/{name}-{epoch}-{index:06}", name)

    def _digest_inputs(self, digest) -> None:
        del digest  # everything follows from the options and the version


def _parse_styles(text: str) -> tuple[str, ...]:
    names = tuple(STYLES) if text == "all" else tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in STYLES:
            raise UserError(f"styles='all' or some of {', '.join(STYLES)}", ascii(name))
    return names
