"""Sound that the project makes itself: a few synthesized voices that play by rules."""

import numpy as np

from hachi_tf.data.sources import rhythm_harmony as harmony
from hachi_tf.data.sources.voices_synthesis import mix

SPLITS = ("train", "validation")
_KEYS = (("C", 0, "major"), ("G", 7, "major"), ("F", 5, "major"), ("A", 9, "minor"),
         ("D", 2, "minor"), ("E", 4, "minor"))  # fmt: skip
_TEMPOS = (96, 108, 120)  # beats a minute
# The chord's tones, 3 the root an octave higher, at the eighths of a bar.
_ARPEGGIOS = ((0, 1, 2, 3, 2, 1, 2, 1), (0, 2, 1, 2, 3, 2, 1, 2), (3, 2, 1, 0, 1, 2, 3, 2))
_SHAKES = ("..x...x.", "x.x.x.x.", "xxx.xxx.")
_BASS_LOWEST = 36


def piece(seed: int, split: str, index: int, seconds: float, sample_rate: int) -> np.ndarray:
    """A piece for bass, pluck, organ, shaker and drum: four bars of chords, over and over.

    Key, chords, tempo, the pluck's pattern and who plays differ from piece to piece; nothing
    differs within it but the loudness of the notes, a little.

    Args:
        seed: of all pieces.
        split: one of `SPLITS`.
        index: the piece's number.
        seconds: how long it is.
        sample_rate: samples a second.

    Returns:
        float32 `[n]`, within -1 and 1.
    """
    words = (seed, SPLITS.index(split), index)
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))
    _, root, mode = _KEYS[generator.integers(len(_KEYS))]
    key = harmony.Key(root, mode)
    halves = harmony.draw_progression(generator, mode)
    eighth = 30.0 / _TEMPOS[generator.integers(len(_TEMPOS))]
    arpeggio = _ARPEGGIOS[generator.integers(len(_ARPEGGIOS))]
    shakes = _SHAKES[generator.integers(len(_SHAKES))]
    has_organ, has_drum = generator.random(2) < 0.7
    notes, voicing = [], None
    for half in range(int(seconds / (4 * eighth)) + 1):
        degree, begin = halves[half % 8], 4 * half * eighth
        voicing = harmony.voicing(key, degree, (0, 2, 4), voicing)
        low = _BASS_LOWEST + (key.pitch(degree) - _BASS_LOWEST) % 12
        loudness = iter(np.exp(0.08 * generator.normal(size=32)))
        notes.append(("bass", low, begin, 3.8 * eighth, 0.36 * next(loudness)))
        if has_organ:
            notes += [("organ", p, begin, 4 * eighth, 0.07 * next(loudness)) for p in voicing]
        for step in range(4):
            place, start = 4 * (half % 2) + step, begin + step * eighth
            tone = (*voicing, voicing[0] + 12)[arpeggio[place]] + 12
            notes.append(("pluck", tone, start, 2 * eighth, 0.24 * next(loudness)))
            if shakes[place] == "x":
                notes.append(("shaker", 0, start, 0.15, 0.16 * next(loudness)))
            if has_drum and step == 0:
                notes.append(("drum", 0, start, 0.3, 0.4 * next(loudness)))
    return np.clip(mix(notes, seconds, sample_rate), -1.0, 1.0)
