"""Melodies: themes of four bars that bend to the chords they meet."""

from typing import NamedTuple

import numpy as np

from hachi_tf.data.sources.rhythm_harmony import Key
from hachi_tf.data.sources.rhythm_styles import Style, pattern_notes

LOWEST, HIGHEST = 69, 91
"""The pitches of melodies."""

CHORD_STEPS = (0, 2, 4)
"""Tones of a triad in degrees above its root: where notes that matter come to rest."""


class ThemeNote(NamedTuple):
    """A note of a theme.

    Attributes:
        start: sixteenths from the theme's beginning.
        length: in sixteenths.
        step: degrees above the note before.
        strong: whether it is to be a tone of the chord.
    """

    start: int
    length: int
    step: int
    strong: bool


def draw_theme(style: Style, generator: np.random.Generator) -> list[ThemeNote]:
    """A theme of four bars: a bar, its answer, the bar again, and a close on a long note."""
    first, answer = (style.melody[i] for i in generator.permutation(len(style.melody))[:2])
    cut = int(generator.choice([0, 4, 8]))
    close = (answer[:cut].rstrip("-") + "." * 16)[:cut] + "x" + "-" * 9
    close = (close + "." * 16)[:16]
    motif = _steps(first, generator)
    bars = [motif, _steps(answer, generator), motif, _steps(close, generator)]
    return [
        note._replace(start=note.start + 16 * number)
        for number, bar in enumerate(bars)
        for note in bar
    ]


def _steps(pattern: str, generator: np.random.Generator) -> list[ThemeNote]:
    """A bar's notes: mostly steps, and after a leap a step back."""
    notes, leap = [], 0
    for start, length, _ in pattern_notes(pattern):
        strong = start % 8 == 0 or length >= 4 or not notes
        if leap:
            step = -1 if leap > 0 else 1
        elif strong:
            step = int(generator.choice([-3, -2, -1, 0, 1, 2, 3, 4], p=_STRONG))
        else:
            step = int(generator.choice([-2, -1, 0, 1, 2], p=_WEAK))
        leap = step if abs(step) >= 3 else 0
        notes.append(ThemeNote(start, length, step, strong))
    return notes


_STRONG = (0.08, 0.14, 0.2, 0.12, 0.2, 0.14, 0.08, 0.04)
_WEAK = (0.05, 0.4, 0.1, 0.4, 0.05)


def play_theme(
    theme: list[ThemeNote],
    key: Key,
    halves: list[int],
    last: int,
    generator: np.random.Generator,
) -> list[tuple[int, int, int]]:
    """A theme over chords.

    Args:
        theme: as `draw_theme` gives it.
        key: the key.
        halves: roots of the chords, one for each half of a bar.
        last: the degree of the note before.
        generator: of the small changes that are made to a theme when it is played.

    Returns:
        Start and length in sixteenths, and the degree of each note.
    """
    low, high = key.nearest_degree(LOWEST) + 1, key.nearest_degree(HIGHEST) - 1
    notes, before = [], last
    for number, note in enumerate(theme):
        if number and not note.strong and generator.random() < 0.06:
            continue  # left out this time
        degree = last + note.step
        if generator.random() < 0.1:
            degree += int(generator.choice([-1, 1]))
        if note.strong:
            degree = _rest(degree, halves[note.start // 8], last, before)
        if degree > high:
            degree -= 7 if note.strong else 2
        if degree < low:
            degree += 7 if note.strong else 2
        before, last = last, degree
        notes.append((note.start, note.length, degree))
    return notes


def _rest(degree: int, root: int, last: int, before: int) -> int:
    """The chord's tone nearest to a degree; not a note's third time in a row, if it can be."""
    tones = [
        tone
        for tone in range(degree - 4, degree + 5)
        if (tone - root) % 7 in CHORD_STEPS and not tone == last == before
    ]
    return min(tones, key=lambda tone: (abs(tone - degree), abs(tone - last)))
