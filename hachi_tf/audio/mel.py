"""Frequency bands as the ear has them."""

import numpy as np


def mel(frequency: float) -> float:
    """O'Shaughnessy's scale of pitch: about as far apart as frequencies in Hz sound."""
    return 2595 * float(np.log10(1 + frequency / 700))


def mel_filters(bands: int, window: int, sample_rate: int) -> np.ndarray:
    """Triangular bands, evenly spaced on the mel scale from 0 Hz to half the sample rate.

    A triangle is 1 at its middle and 0 at the middles of its neighbours. These are the bands of
    `librosa.filters.mel(htk=True, norm=None)`.

    Args:
        bands: how many.
        window: samples of the Fourier transform.
        sample_rate: samples a second.

    Returns:
        Weights, float32 `[bands, window / 2 + 1]`.
    """
    mels = np.linspace(0, mel(sample_rate / 2), bands + 2)
    corners = 700 * (10 ** (mels / 2595) - 1)  # Hz
    frequencies = np.arange(window // 2 + 1) * (sample_rate / window)
    widths = np.diff(corners)[:, None]
    rising = (frequencies - corners[:-2, None]) / widths[:-1]
    falling = (corners[2:, None] - frequencies) / widths[1:]
    return np.maximum(np.minimum(rising, falling), 0).astype(np.float32)
