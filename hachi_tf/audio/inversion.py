"""Frames back to sound."""

import numpy as np

from hachi_tf.audio.extra import require
from hachi_tf.audio.framing import Framing

_ROUNDS = 32  # of Griffin and Lim's algorithm
_UNMIXING_ROUNDS = 30
_SEED = 0
_SMALLEST = 1e-12


def to_samples(frames: np.ndarray, framing: Framing, rounds: int = _ROUNDS) -> np.ndarray:
    """A sound whose frames are about those given.

    Frames know no phases: the fast Griffin-Lim algorithm (Perraudin, Balazs & Sondergaard 2013)
    finds some that fit together. The same frames always give the same sound.

    Args:
        frames: `[T, F]` in dB.
        framing: how they were made.
        rounds: how often the phases are improved.

    Returns:
        Samples, float32 `[T hop]`; nothing for no frame. They may be louder than full scale.

    Raises:
        UserError: if librosa is not installed.
    """
    librosa = require("librosa", "to make sound of frames")
    if not len(frames):
        return np.zeros(0, np.float32)
    length = len(frames) * framing.hop
    # librosa goes from the middle of the first frame to that of the last, and wants a window.
    more = max(framing.window // framing.hop + 1 - len(frames), 1)
    power = framing.powers(np.pad(frames, [(0, more), (0, 0)], "edge"))
    if framing.bands is not None:
        power = from_bands(power, framing.filters())
    if not power.any():
        return np.zeros(length, np.float32)
    # librosa's window is not scaled: a sine of full scale has magnitude window / 4.
    sound = librosa.griffinlim(
        np.sqrt(power).T * (framing.window / 4),
        n_iter=rounds,
        hop_length=framing.hop,
        n_fft=framing.window,
        random_state=_SEED,
    )
    return sound[:length].astype(np.float32)


def from_bands(powers: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """Powers of frequencies that give those of bands, none below 0.

    By the multiplicative rule of Lee and Seung (2001) for a sum of squares, from what each band's
    power is when it is spread evenly over its frequencies.

    Args:
        powers: of the bands, `[T, B]`.
        filters: the bands' weights of the frequencies, `[B, N]`.

    Returns:
        float32 `[T, N]`.
    """
    heard, wanted = filters.sum(0), powers @ filters
    found = (powers / filters.sum(1)) @ filters / np.maximum(heard, _SMALLEST)
    for _ in range(_UNMIXING_ROUNDS):
        found *= wanted / np.maximum(found @ filters.T @ filters, _SMALLEST)
    return np.where(heard > 0, found, 0.0).astype(np.float32)
