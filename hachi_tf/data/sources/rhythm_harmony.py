"""Keys, chord progressions and voicings."""

import dataclasses
import functools

import numpy as np

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
"""Semitones of the scales' degrees above the root."""

# Each is four bars, one Roman numeral a bar, or two with a stroke between: the bar's halves.
_PROGRESSIONS = {
    "major": (
        "I V VI IV", "I VI IV V", "I VI II V", "I IV I V", "VI IV I V", "I III IV V",
        "I IV/V VI IV/V", "I/VI II/V I/VI IV/V", "IV I II/V I",
    ),
    "minor": (
        "I VI III VII", "I IV VII III", "I VII VI VII", "I IV I V", "I VI IV V",
        "I I IV/V I", "I/VII VI/VII I VI/VII", "VI VII I I",
    ),
    "dorian": ("I IV I IV", "I VII IV I", "I II III IV", "I IV/VII I IV", "I I VII IV"),
    "mixolydian": ("I VII IV I", "I V IV I", "I VII I IV", "I/VII IV I IV", "I I VII IV"),
}  # fmt: skip
_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
_MODES = {"major": 0.4, "minor": 0.3, "dorian": 0.15, "mixolydian": 0.15}

LOWEST, HIGHEST = 50, 69
"""The pitches between which chords are voiced."""


@dataclasses.dataclass(frozen=True)
class Key:
    """A root and a scale.

    Attributes:
        root: pitch class, 0 to 11, of which 0 is C.
        mode: a key of `SCALES`.
    """

    root: int
    mode: str

    def pitch(self, degree: int) -> int:
        """The MIDI pitch of a degree of the scale; degree 0 is the root between 0 and 11."""
        octave, step = divmod(degree, 7)
        return self.root + 12 * octave + SCALES[self.mode][step]

    def nearest_degree(self, pitch: int) -> int:
        """The degree whose pitch is nearest to a MIDI pitch."""
        near = 7 * ((pitch - self.root) // 12)
        return min(range(near, near + 8), key=lambda degree: abs(self.pitch(degree) - pitch))


def draw_key(generator: np.random.Generator) -> Key:
    """Any root; major and minor more often than the other two modes."""
    modes, shares = zip(*_MODES.items(), strict=True)
    return Key(int(generator.integers(12)), str(generator.choice(modes, p=shares)))


def draw_progression(generator: np.random.Generator, mode: str) -> list[int]:
    """The roots of four bars' chords as degrees 0 to 6, one for each half of a bar."""
    options = _PROGRESSIONS[mode]
    halves = []
    for bar in options[generator.integers(len(options))].split():
        roots = [_NUMERALS.index(numeral) for numeral in bar.split("/")]
        halves += [roots[0], roots[-1]]
    return halves


@functools.lru_cache(100_000)
def voicing(
    key: Key, root: int, steps: tuple[int, ...], before: tuple[int, ...] | None
) -> tuple[int, ...]:
    """The inversion of a chord that moves the voices least.

    Args:
        key: the key.
        root: the chord's root, a degree of the scale.
        steps: the chord's tones in degrees above the root, e.g. `(0, 2, 4)`.
        before: the voicing before, or None.

    Returns:
        Pitches, ascending, in close position between `LOWEST` and `HIGHEST`.
    """
    classes = {key.pitch(root + step) % 12 for step in steps}
    pitches = [pitch for pitch in range(LOWEST, HIGHEST + 1) if pitch % 12 in classes]
    size = len(classes)
    options = [tuple(pitches[i : i + size]) for i in range(len(pitches) - size + 1)]
    middle = (LOWEST + 6, LOWEST + 9, LOWEST + 13)

    def cost(chord):
        # A little towards the middle, or else the voices would wander off to one end.
        return _distance(chord, before or middle) + 0.3 * _distance(chord, middle)

    return min(options, key=cost)


def _distance(chord: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum(abs(one - two) for one, two in zip(chord, other, strict=False))
