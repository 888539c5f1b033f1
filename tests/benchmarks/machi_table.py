"""The table of events that hachi machi and hachi_tf learn from, made by a rule and a seed."""

import pathlib

import numpy as np

HEADER = "time,0_pitch,1_velocity,~2_duration,3_channel#"
_CENTRES = np.array([48, 60, 72])  # pitch by channel
_BEATS = np.array([0.5, 0.25, 0.125])  # seconds by channel
_NEXT = np.array([[0.5, 0.4, 0.1], [0.2, 0.5, 0.3], [0.3, 0.1, 0.6]])
_SCALE = np.array([0, 2, 4, 5, 7, 9, 11])


def events(count: int, seed: int) -> np.ndarray:
    """Events `[count, 5]`, float64: delay in s, pitch, velocity, duration in s, channel 1 to 3.

    Pitch and velocity are whole numbers. Three voices take turns: each has its own range, pace
    and length of notes, walks up and down a scale, and is louder on the first of four notes.
    """
    random = np.random.default_rng(seed)
    result, voice = np.zeros((count, 5)), 0
    degrees, beats = np.zeros(3, int), np.zeros(3, int)
    for row in range(count):
        voice = random.choice(3, p=_NEXT[voice])
        degrees[voice] += random.choice([-1, 0, 1, 2], p=[0.4, 0.1, 0.3, 0.2])
        degrees[voice] = np.clip(degrees[voice], -7, 7)
        octave, degree = divmod(int(degrees[voice]), 7)
        beats[voice] = (beats[voice] + 1) % 4
        delay = _BEATS[voice] * np.exp(0.05 * random.normal())
        length = delay * (0.9 if beats[voice] else 1.5) * np.exp(0.1 * random.normal())
        loud = 100 if beats[voice] == 0 else 70 + 4 * voice
        result[row] = (
            delay,
            _CENTRES[voice] + 12 * octave + _SCALE[degree],
            round(loud + 3 * random.normal()),
            length,
            voice + 1,
        )
    result[0, 0] = 0.0
    return result


def dequantized(events: np.ndarray, seed: int) -> np.ndarray:
    """The events with uniform noise of one on the columns of whole numbers.

    A density on a grid can be made as high as one likes by spikes; on these values it cannot, and
    what it is compares with the other's.
    """
    random = np.random.default_rng(seed)
    result = events.copy()
    result[:, 1:3] += random.random((len(events), 2))
    return result


def write(path: pathlib.Path, events: np.ndarray) -> None:
    """Writes events as a table, with absolute time."""
    lines = [HEADER]
    times = np.cumsum(events[:, 0])
    for time_s, (_, pitch, velocity, duration, channel) in zip(times, events, strict=True):
        cells = (f"{time_s:.6f}", f"{pitch:.9g}", f"{velocity:.9g}", f"{duration:.9g}")
        lines.append(",".join([*cells, f"{channel:.0f}"]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_without_time(path: pathlib.Path, count: int, seed: int) -> None:
    """Writes a table of three columns without time: a point that wanders in a room."""
    random = np.random.default_rng(seed)
    angle = np.cumsum(0.2 + 0.05 * random.normal(size=count))
    points = np.column_stack([np.cos(angle), np.sin(angle), np.sin(3 * angle)])
    points += 0.02 * random.normal(size=points.shape)
    lines = ["x,y,z", *(",".join(f"{value:.6f}" for value in point) for point in points)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
