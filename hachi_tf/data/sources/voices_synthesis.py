"""Synthesized voices: one note of a bass, a pluck, an organ, a shaker or a drum as samples."""

import functools

import numpy as np

_RELEASE_S = 0.03
# The harmonics' amplitudes, and how they die away: of the first, the time in seconds, and how many
# times faster each further one does.
_PARTIALS = {
    "bass": (1.0, 0.6, 0.35, 0.2, 0.1, 0.05),
    "pluck": (1.0, 0.5, 0.4, 0.25, 0.2, 0.12, 0.08, 0.06),
    "organ": (1.0, 0.5, 0.08, 0.25, 0.04, 0.06),
}
_DECAY = {"bass": (0.9, 0.4), "pluck": (0.35, 0.35), "organ": (np.inf, 0.0)}
_ATTACK_S = {"bass": 0.01, "pluck": 0.003, "organ": 0.08, "shaker": 0.01, "drum": 0.002}


@functools.lru_cache(4096)
def note(voice: str, pitch: int, num_samples: int, sample_rate: int) -> np.ndarray:
    """One note.

    Args:
        voice: bass, pluck, organ, shaker or drum.
        pitch: MIDI's; of the shaker and the drum it has no meaning.
        num_samples: how long it sounds, at least 1.
        sample_rate: samples a second.

    Returns:
        float32 `[num_samples]`, from about -1 to 1; not to be written to.
    """
    time = np.arange(num_samples) / sample_rate
    if voice == "shaker":
        noise = np.random.default_rng(1).normal(size=num_samples)
        sound = np.diff(noise, prepend=0.0) * np.exp(-time / 0.04) * 0.25
    elif voice == "drum":
        phase = 2 * np.pi * (55 * time + 4.5 * (1 - np.exp(-time / 0.03)))
        sound = np.sin(phase) * np.exp(-time / 0.12)
    else:
        frequency = 440.0 * 2.0 ** ((pitch - 69) / 12)
        amplitudes = np.array(_PARTIALS[voice])
        amplitudes = amplitudes[frequency * np.arange(1, len(amplitudes) + 1) < 0.45 * sample_rate]
        decay, faster = _DECAY[voice]
        sound = np.zeros(num_samples)
        for index, amplitude in enumerate(amplitudes):
            fall = np.exp(-time * (1 + faster * index) / decay)
            sound += amplitude * fall * np.sin(2 * np.pi * frequency * (index + 1) * time)
        sound /= sum(_PARTIALS[voice])
    sound *= np.minimum(time / _ATTACK_S[voice], 1.0)
    sound *= np.minimum((num_samples - np.arange(num_samples)) / (_RELEASE_S * sample_rate), 1.0)
    sound = sound.astype(np.float32)
    sound.setflags(write=False)
    return sound


def mix(
    notes: list[tuple[str, int, float, float, float]], seconds: float, sample_rate: int
) -> np.ndarray:
    """Plays notes.

    Args:
        notes: voice, pitch, start in seconds, length in seconds and loudness of each; what
            sounds past the end is cut off.
        seconds: how long the sound is.
        sample_rate: samples a second.

    Returns:
        float32 `[n]`.
    """
    sound = np.zeros(round(seconds * sample_rate), np.float32)
    for voice, pitch, start, length, loudness in notes:
        begin = round(start * sample_rate)
        samples = note(voice, pitch, max(round(length * sample_rate), 1), sample_rate)
        samples = samples[: max(len(sound) - begin, 0)]
        sound[begin : begin + len(samples)] += loudness * samples
    return sound
