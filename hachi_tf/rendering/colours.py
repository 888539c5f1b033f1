"""Colours of diagrams: ink on paper, two scales for heat maps, a few hues to tell things apart."""

import numpy as np

PAPER = "#ffffff"
INK = "#1a1a1a"
AXIS = "#6e6e6e"
FAINT = "#d4d4d4"

# Anchors from paper to ink, each darker than the one before by about the same step of lightness.
BLUE = ("#ffffff", "#d6e4f0", "#9fc3dd", "#5f97c4", "#2f669f", "#143a6b", "#071a38")
# Stays light enough for ink to be seen on it.
AMBER = ("#ffffff", "#fdebc8", "#fbd08f", "#f5ad58", "#e8843a", "#d4572c")

# The hues of Okabe and Ito (2008), which the colour-blind tell apart too, but for their yellow.
HUES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5299")
OTHERS = "#b4b4b4"

_NUM_SHADES = 4096  # of a scale


def shade(values: np.ndarray, anchors: tuple[str, ...] = BLUE) -> np.ndarray:
    """Colours of numbers.

    Args:
        values: `[...]`, 0 for the first anchor to 1 for the last; clipped, NaN is 0.
        anchors: colours as `#rrggbb`, evenly spaced.

    Returns:
        uint8 `[..., 3]`, RGB.
    """
    colours = np.array([rgb(anchor) for anchor in anchors], np.float64)
    places = np.linspace(0, len(anchors) - 1, _NUM_SHADES)
    channels = [np.interp(places, np.arange(len(anchors)), channel) for channel in colours.T]
    table = np.round(np.stack(channels, -1)).astype(np.uint8)
    values = np.nan_to_num(np.asarray(values, np.float32), nan=0.0).clip(0, 1)
    return table[np.round(values * (_NUM_SHADES - 1)).astype(np.int16)]


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of `#rrggbb`."""
    return tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))


def hue(index: int) -> str:
    """The colour of the n-th thing to tell apart, from 0; after the seventh all are grey."""
    return HUES[index] if index < len(HUES) else OTHERS


def mix(first: str, second: str, share: float) -> str:
    """A colour between two, `#rrggbb`; `share`, 0 to 1, is the second one's."""
    pairs = zip(rgb(first), rgb(second), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * share):02x}" for one, other in pairs)
