"""Pictures of frames: time to the right, frequency upwards, the louder the darker."""

from collections.abc import Sequence

import numpy as np

from hachi_tf.audio import Framing
from hachi_tf.rendering import colours
from hachi_tf.rendering.figure import FONT_SIZE, MARGIN, WIDTH, Figure

MOST_PANELS = 8
_LEFT, _HEIGHT, _TITLE, _GAP, _AXIS = 120, 280, 38, 26, 62  # pixels
_FREQUENCIES = (50, 100, 200, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000)  # Hz
_APART = 30  # pixels between the names of frequencies, at least


def spectrogram(
    samples: Sequence[np.ndarray], framing: Framing, titles: Sequence[str] | None = None
) -> np.ndarray:
    """Draws frames, a panel a sample, all at one scale.

    Args:
        samples: frames `[T, F]` in dB, one array a sample; the first 8 are drawn.
        framing: how they were made.
        titles: one a sample; by default `sample 1` and so on if there are several.

    Returns:
        uint8 `[height, width, 3]`; white is silence, the darkest colour the loudest frame.
    """
    drawn = [np.asarray(sample, np.float64) for sample in samples[:MOST_PANELS]]
    if titles is None:
        names = [f"sample {index + 1}" for index in range(len(drawn))]
        titles = names if len(samples) > 1 else [""]
    title = _TITLE if any(titles) else 0
    plot, most = WIDTH - _LEFT - MARGIN, max(max(map(len, drawn), default=0), 1)
    floor = framing.silence_db
    highest = max([floor + 30.0, *(each.max() for each in drawn if each.size)])
    height = MARGIN + len(drawn) * (title + _HEIGHT + _GAP) - _GAP + _AXIS + MARGIN // 2
    page, top = Figure(WIDTH, height), MARGIN
    for frames, text in zip(drawn, titles, strict=False):
        if title:
            page.write(_LEFT, top + _TITLE / 2 - 6, text, "lm", colours.INK)
            top += title
        values = np.zeros((frames.shape[1] if frames.ndim == 2 else 1, most))
        if len(frames):
            loud = (np.nan_to_num(frames, nan=floor) - floor) / (highest - floor)
            values[:, : len(frames)] = loud.T[::-1]
        box = (_LEFT, top, plot, _HEIGHT)
        page.heat(values.clip(0, 1), box)
        page.frame(box)
        _frequencies(page, box, framing)
        top += _HEIGHT + _GAP
    page.ticks(box, 0.0, most / framing.frames_per_s, "seconds", "bottom")
    if len(drawn) < len(samples):
        more = f"and {len(samples) - len(drawn):,} more"
        page.write(WIDTH - MARGIN, top - _GAP + _AXIS, more, "rm")
    return page.pixels


def _frequencies(page: Figure, box: tuple[int, int, int, int], framing: Framing) -> None:
    """Marks round frequencies along the left side."""
    left, top, _, height = box
    last = np.inf
    for frequency in _FREQUENCIES:
        share = framing.place(frequency)
        y = top + height * (1 - share)
        if not top + _APART / 2 <= y <= top + height or last - y < _APART:
            continue
        last = y
        page.block((left - 9, round(y) - 1, 8, 2), colours.AXIS)
        name = f"{frequency / 1000:g}k" if frequency >= 1000 else f"{frequency}"
        page.write(left - 14, y - 2, name, "rm")
    page.write(left - 14, top - FONT_SIZE / 2 - 4, "Hz", "rm")
