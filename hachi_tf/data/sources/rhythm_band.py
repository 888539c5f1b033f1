"""What a band plays: drums, bass, chords and melody of a piece, in sixteenths."""

from typing import NamedTuple

import numpy as np

from hachi_tf.data.sources import rhythm_harmony as harmony
from hachi_tf.data.sources import rhythm_melody as melody
from hachi_tf.data.sources import rhythm_styles as styles

MELODY, CHORDS, BASS, DRUMS = range(4)
"""Voices, in the order of the schema's channels."""

BASS_LOWEST = 33
PHRASE = 64  # sixteenths
_FORMS = ("AABA", "ABAB", "AABB", "ABAC", "AABC")
# The bar in which melody and chords come in; drums and bass begin.
_ENTRANCES = ((0, 0), (0, 0), (4, 0), (2, 0), (4, 2), (1, 1))
_LOUDNESS = {MELODY: 92, CHORDS: 66, BASS: 84, DRUMS: 80}


class Note(NamedTuple):
    """A note as it is written.

    Attributes:
        start: sixteenths from the piece's beginning.
        length: how long it sounds, in sixteenths.
        pitch: MIDI's.
        velocity: MIDI's.
        voice: `MELODY`, `CHORDS`, `BASS` or `DRUMS`.
    """

    start: int
    length: float
    pitch: int
    velocity: float
    voice: int


class Band:
    """A style, a key and what was settled on before the piece.

    Args:
        style: the style.
        generator: draws everything.
    """

    def __init__(self, style: styles.Style, generator: np.random.Generator):
        self.style, self._generator = style, generator
        self.key = harmony.draw_key(generator)
        self._form = _FORMS[generator.integers(len(_FORMS))]
        self._sections: dict[str, dict] = {}
        self._enter = _ENTRANCES[generator.integers(len(_ENTRANCES))]
        self._fills = generator.choice([0.0, 0.6, 1.0])
        self._voicing, self._degree = None, self.key.nearest_degree(76)

    def play(self, target: int) -> tuple[list[Note], list[tuple[int, int]]]:
        """Phrases of four bars until there are `target` notes, then an ending.

        Returns:
            The notes, and the chords' roots as start in sixteenths and degree, one a half bar.
        """
        notes: list[Note] = []
        chords: list[tuple[int, int]] = []
        number = 0
        while len(notes) < target:
            notes += self._phrase(number, chords)
            number += 1
        notes += self._ending(number * PHRASE)
        chords.append((number * PHRASE, 0))
        return notes, chords

    def _section(self, letter: str) -> dict:
        """The chords, the theme and the patterns of a part of the form."""
        if letter not in self._sections:
            style, pick = self.style, self._pick
            self._sections[letter] = {
                "halves": harmony.draw_progression(self._generator, self.key.mode),
                "theme": melody.draw_theme(style, self._generator),
                "drums": pick(style.drums),
                "bass": [pick(style.bass), pick(style.bass)],
                "chords": pick(style.chords),
            }
        return self._sections[letter]

    def _phrase(self, number: int, chords: list[tuple[int, int]]) -> list[Note]:
        begin = number * PHRASE
        section = self._section(self._form[number % 4])
        following = self._section(self._form[(number + 1) % 4])["halves"][0]
        halves = section["halves"]
        chords += [(begin + 8 * i, root) for i, root in enumerate(halves)]
        fill = self._generator.random() < self._fills
        notes = self._drums(section["drums"], fill, crash=number > 0)
        notes += self._bass(section["bass"], [*halves, following])
        bar = 4 * number
        sounding = self._chords(section["chords"], halves)
        notes += [note for note in sounding if bar + note.start / 16 >= self._enter[1]]
        tune = self._melody(section["theme"], halves)
        notes += [note for note in tune if bar + note.start / 16 >= self._enter[0]]
        return [note._replace(start=note.start + begin) for note in notes]

    def _drums(self, patterns: dict[int, str], fill: bool, crash: bool) -> list[Note]:
        notes = []
        for bar in range(4):
            until = 16
            if fill and bar == 3:
                until = int(self._generator.choice([8, 12]))
            for instrument, pattern in patterns.items():
                for start, character in enumerate(pattern[:until]):
                    drum = instrument
                    if character == "." or (character == "g" and self._generator.random() < 0.5):
                        continue
                    change = {"X": 14, "x": -6, "g": -36}[character]
                    if crash and bar == start == 0 and drum in (styles.CLOSED, styles.RIDE):
                        drum = styles.CRASH
                    notes.append(self._drum(16 * bar + start, drum, change))
            if until < 16:
                notes += self._fill(16 * bar + until, (16 - until) // 4)
        return notes

    def _fill(self, start: int, beats: int) -> list[Note]:
        notes, tom = [], 0
        for beat in range(beats):
            for i, character in enumerate(self._pick(styles.FILLS)):
                drum = styles.SNARE if character == "s" else styles.TOMS[min(tom // 2, 2)]
                tom += character == "t"
                if character != ".":
                    notes.append(self._drum(start + 4 * beat + i, drum, 6 * beat + 8 * (i == 0)))
        return notes

    def _drum(self, start: int, drum: int, change: int) -> Note:
        length = styles.DRUM_SIXTEENTHS.get(drum, 0.5)
        return Note(start, length, drum, _LOUDNESS[DRUMS] + change, DRUMS)

    def _bass(self, patterns: list[str], halves: list[int]) -> list[Note]:
        gate, notes = self.style.gates[0], []
        for bar in range(4):
            pattern = patterns[bar % 2]
            if halves[2 * bar] != halves[2 * bar + 1] and pattern[8] != "r":
                pattern = pattern[:8] + "r" + pattern[9:]
            for start, length, character in styles.pattern_notes(pattern):
                half = 2 * bar + start // 8
                root, coming = self._low(halves[half]), self._low(halves[half + 1])
                tone = {"t": 2, "f": 4}.get(character, 0)
                pitch = self._low(halves[half] + tone)
                if pitch < root:
                    pitch += 12
                if character == "o":
                    pitch = root + 12
                if character == "a" and start >= 12:
                    pitch = coming + (-1 if coming > root else 1)
                accent = 8 if start % 8 == 0 else -4
                velocity = _LOUDNESS[BASS] + accent
                notes.append(Note(16 * bar + start, gate * length, pitch, velocity, BASS))
        return notes

    def _low(self, degree: int) -> int:
        """The pitch of a degree in the bass's lowest octave."""
        return BASS_LOWEST + (self.key.pitch(degree) - BASS_LOWEST) % 12

    def _chords(self, pattern: str, halves: list[int]) -> list[Note]:
        gate, notes = self.style.gates[1], []
        for bar in range(4):
            for start, length, character in styles.pattern_notes(pattern):
                root = halves[2 * bar + start // 8]
                steps = self.style.steps
                chord = harmony.voicing(self.key, root, steps, self._voicing)
                self._voicing, pitches = chord, chord
                if character != "c":
                    tones = [*chord, chord[0] + 12]
                    pitches = [tones[int(character)]]
                velocity = _LOUDNESS[CHORDS] + (8 if start % 4 == 0 else 0)
                notes += [
                    Note(16 * bar + start, gate * length, pitch, velocity, CHORDS)
                    for pitch in pitches
                ]
        return notes

    def _melody(self, theme: list[melody.ThemeNote], halves: list[int]) -> list[Note]:
        tune = melody.play_theme(theme, self.key, halves, self._degree, self._generator)
        gate, notes = self.style.gates[2], []
        for start, length, degree in tune:
            arc = 8 * np.sin(np.pi * start / PHRASE)
            velocity = _LOUDNESS[MELODY] + arc + (6 if start % 8 == 0 else -3)
            notes.append(Note(start, gate * length, self.key.pitch(degree), velocity, MELODY))
        self._degree = tune[-1][2]
        return notes

    def _ending(self, start: int) -> list[Note]:
        """The tonic, held."""
        length = 12.0
        chord = harmony.voicing(self.key, 0, (0, 2, 4), self._voicing)
        top = min(
            (degree for degree in range(self._degree - 4, self._degree + 5) if degree % 7 == 0),
            key=lambda degree: abs(degree - self._degree),
        )
        notes = [Note(start, length, pitch, _LOUDNESS[CHORDS] + 6, CHORDS) for pitch in chord]
        notes.append(Note(start, length, self.key.pitch(top), _LOUDNESS[MELODY] + 6, MELODY))
        notes.append(Note(start, length, self._low(0), _LOUDNESS[BASS] + 8, BASS))
        return notes + [self._drum(start, drum, 14) for drum in (styles.KICK, styles.CRASH)]

    def _pick(self, options):
        return options[self._generator.integers(len(options))]
