"""Written notes to events: tempo, swing, and the small inexactness of people."""

import numpy as np

from hachi_tf.data.sources.rhythm_band import BASS, CHORDS, DRUMS, MELODY, Note
from hachi_tf.data.sources.rhythm_styles import Style

# How late each voice plays on average, in milliseconds.
_LAG = {MELODY: 6.0, CHORDS: 3.0, BASS: 4.0, DRUMS: 0.0}
_SHORTEST = 20  # milliseconds


def perform(notes: list[Note], style: Style, generator: np.random.Generator) -> np.ndarray:
    """Plays written notes.

    Args:
        notes: in any order.
        style: gives tempo and swing.
        generator: draws them, and the players' inexactness.

    Returns:
        Events `[T, 5]`, float64: delay (s), pitch, velocity, duration (s) and voice, in the
        order in which they begin. No note sounds on when its voice strikes the same pitch again.
    """
    tempo = generator.uniform(*style.tempos)  # quarters a minute
    swing = generator.uniform(*style.swing)
    looseness = generator.uniform(1.5, 7.0)  # milliseconds
    sixteenth = 15_000.0 / tempo  # milliseconds
    written = np.array(notes, np.float64)  # start, length, pitch, velocity, voice
    start = _swung(written[:, 0], style.swing_unit, swing) * sixteenth
    jitter = np.clip(generator.normal(size=len(notes)), -2.5, 2.5) * looseness
    voice = written[:, 4].astype(int)
    lag = np.array([_LAG[each] for each in range(4)])[voice]
    chord = np.where(voice == CHORDS, generator.uniform(0.0, 6.0, len(notes)), 0.0)  # rolled
    start = np.rint(start + jitter + lag + chord).astype(int)
    length = written[:, 1] * sixteenth * np.exp(0.05 * generator.normal(size=len(notes)))
    length = np.maximum(np.rint(length), _SHORTEST).astype(int)
    velocity = np.rint(written[:, 3] + 4.0 * generator.normal(size=len(notes)))
    velocity, pitch = np.clip(velocity, 1, 127), written[:, 2].astype(int)
    order = np.lexsort((pitch, voice, start))
    start, length, pitch, velocity, voice = (
        each[order] for each in (start, length, pitch, velocity, voice)
    )
    length = _until_struck_again(start, length, 128 * voice + pitch)
    delay = np.diff(start, prepend=start[0])
    return np.column_stack([delay / 1000, pitch, velocity, length / 1000, voice])


def _swung(start: np.ndarray, unit: int, share: float) -> np.ndarray:
    """Sixteenths with the first `unit` of every two lengthened to `share` of both."""
    pair, place = np.divmod(start, 2 * unit)
    early = place * 2 * share
    late = 2 * unit * share + (place - unit) * 2 * (1 - share)
    return 2 * unit * pair + np.where(place < unit, early, late)


def _until_struck_again(start: np.ndarray, length: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Lengths that end a millisecond before the next note of the same key, where there is one."""
    following, result = {}, []
    notes = zip(start[::-1].tolist(), length[::-1].tolist(), key[::-1].tolist(), strict=True)
    for begin, lasting, each in notes:
        again = following.get(each, begin + lasting + 1)
        result.append(max(min(lasting, again - begin - 1), 1))
        following[each] = begin
    return np.array(result[::-1])
