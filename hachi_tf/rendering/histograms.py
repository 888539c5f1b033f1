"""Histograms of columns, of data as bars and of samples as a line over them."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering import colours, lettering
from hachi_tf.rendering.figure import FONT_SIZE, MARGIN, WIDTH, Figure, round_numbers

_BARS, _LINE = colours.BLUE[2], colours.HUES[1]
_HEIGHT, _LEFT, _TITLE, _AXIS, _LEGEND = 260, 90, 44, 56, 60  # pixels
_LINE_WIDTH = 3.0
_BEYOND = 0.5  # of the data's range, the room for samples beyond it


@dataclasses.dataclass(frozen=True)
class Histogram:
    """One column's shares of data and of samples in the same bins.

    Attributes:
        name: the column's.
        edges: `[N + 1]`, rising; of a logarithmic axis, above 0. Of classes, 0 to N.
        data: `[N]`, the share of the data in each bin.
        samples: `[N]`, the share of the samples in each bin.
        classes: names of the bins, or () for numbers.
        unit: of the numbers.
        is_log: whether the axis is logarithmic.
        zeros: shares of data and samples that are exactly 0 and have no place on a logarithmic
            axis, or None; they stand to the left of it.
    """

    name: str
    edges: np.ndarray
    data: np.ndarray
    samples: np.ndarray
    classes: tuple[str, ...] = ()
    unit: str = ""
    is_log: bool = False
    zeros: tuple[float, float] | None = None

    @property
    def distance(self) -> float:
        """The share of events that would have to move for the two to be equal, 0 to 1."""
        apart = np.abs(self.data - self.samples).sum()
        if self.zeros is not None:
            apart += abs(self.zeros[0] - self.zeros[1])
        return float(apart / 2)


def histogram(
    data: np.ndarray,
    samples: np.ndarray,
    name: str,
    classes: tuple[str, ...] = (),
    unit: str = "",
    quantum: float | None = None,
    is_log: bool = False,
    num_bins: int = 60,
) -> Histogram:
    """Counts two sets of values in the same bins; missing values (NaN) are left out.

    Args:
        data: `[N]`; indices, if there are classes.
        samples: `[M]`.
        name: the column's.
        classes: names of the classes, or () for numbers.
        unit: of the numbers.
        quantum: the grid that the values live on, so that bins hold equally many of its points.
        is_log: whether the axis is logarithmic; values below 0 are left out.
        num_bins: about how many.

    Raises:
        UserError: if either has no value.
    """
    data, samples = (np.asarray(each, np.float64).ravel() for each in (data, samples))
    data, samples = (each[np.isfinite(each)] for each in (data, samples))
    if not len(data) or not len(samples):
        raise UserError(f"values in the column {name!r} of data and samples", "none")
    zeros, totals = None, (len(data), len(samples))
    if classes:
        edges = np.arange(len(classes) + 1) - 0.5
    elif is_log:
        zeros = (float((data == 0).mean()), float((samples == 0).mean()))
        data, samples = data[data > 0], samples[samples > 0]
        edges = _log_edges(data, samples, quantum, num_bins)
    else:
        edges = _edges(*_span(data, samples), quantum, num_bins)
    counts = [
        np.histogram(each.clip(edges[0], edges[-1]), edges)[0] / total
        for each, total in zip((data, samples), totals, strict=True)
    ]
    edges = edges + 0.5 if classes else edges
    return Histogram(name, edges, *counts, tuple(classes), unit, is_log, zeros)


def page(histograms: Sequence[Histogram], data: str, samples: str) -> np.ndarray:
    """Draws histograms in two columns.

    Args:
        histograms: at least one.
        data: what the bars are, e.g. `"held-out data, 900 events"`.
        samples: what the line is.

    Returns:
        uint8 `[height, width, 3]`.

    Raises:
        UserError: if there is no histogram.
    """
    if not histograms:
        raise UserError("at least one column to draw", "none")
    row = _TITLE + _HEIGHT + _AXIS
    rows = math.ceil(len(histograms) / 2)
    picture = Figure(WIDTH, _LEGEND + MARGIN + rows * row)
    middle, font = MARGIN // 2 + 22, lettering.built_in(FONT_SIZE)
    picture.block((_LEFT, middle - 10, 34, 20), _BARS)
    picture.write(_LEFT + 46, middle, data)
    left = _LEFT + 46 + font.getlength(data) + 60
    picture.block((round(left), middle - 1, 34, 3), _LINE)
    picture.write(left + 46, middle, samples)
    width = WIDTH // 2 - _LEFT - MARGIN
    for index, each in enumerate(histograms):
        corner = (_LEFT + (index % 2) * (WIDTH // 2), _LEGEND + (index // 2) * row + _TITLE)
        _draw(picture, each, (*corner, width, _HEIGHT))
    return picture.pixels


def _draw(picture: Figure, shown: Histogram, box: tuple[int, int, int, int]) -> None:
    left, top, width, height = box
    title = f"{shown.name} ({shown.unit})" if shown.unit else shown.name
    picture.write(left, top - 20, title, colour=colours.INK)
    picture.write(left + width, top - 20, f"{shown.distance:.1%} apart", "rm")
    data, samples = (_heights(shown, shares) for shares in (shown.data, shown.samples))
    highest = 1.05 * max(data.max(), samples.max(), *(shown.zeros or (0.0,)), 1e-9)
    _y_axis(picture, box, highest)
    plot = box
    if shown.zeros is not None and max(shown.zeros) > 0:
        cell = 44
        heights = [share / highest * height for share in shown.zeros]
        _bar(picture, left, left + cell, heights[0], top + height, apart=True)
        level = top + height - heights[1]
        zero = np.array([[left, level], [left + cell, level]])
        picture.strokes([zero], _LINE, _LINE_WIDTH, smooth=False)
        picture.write(left + cell / 2, top + height + 14, "0", "mt")
        plot = (left + cell + 10, top, width - cell - 10, height)
    places = _places(shown, plot)
    for start, end, share in zip(places[:-1], places[1:], data, strict=True):
        _bar(picture, start, end, share / highest * height, top + height, bool(shown.classes))
    ups = top + height - samples / highest * height
    if shown.classes:
        runs = [
            np.array([[start, up], [end, up]])
            for start, end, up in zip(places[:-1], places[1:], ups, strict=True)
        ]
    else:
        steps = np.repeat(places, 2)[1:-1]
        runs = [np.stack([steps, np.repeat(ups, 2)], -1)]
    picture.strokes(runs, _LINE, _LINE_WIDTH, smooth=False)
    picture.block((left, top + height, width, 1), colours.AXIS)
    _x_axis(picture, shown, plot, places)


def _bar(
    picture: Figure, start: float, end: float, height: float, bottom: int, apart: bool
) -> None:
    gap = 0.15 * (end - start) if apart else float(end - start > 4)
    left, right, top = round(start + gap), round(end - gap), round(bottom - height)
    if top < bottom:
        picture.block((left, top, max(right - left, 1), bottom - top), _BARS)


def _x_axis(picture: Figure, shown: Histogram, plot, places: np.ndarray) -> None:
    left, top, width, height = plot
    if shown.classes:
        middles = (places[:-1] + places[1:]) / 2
        font = lettering.built_in(FONT_SIZE)
        widest = max(font.getlength(name[:12]) for name in shown.classes) + 12
        every = max(math.ceil(widest / max(places[1] - places[0], 1e-9)), 1)
        for middle, name in list(zip(middles, shown.classes, strict=True))[::every]:
            picture.write(middle, top + height + 14, name[:12], "mt")
    elif shown.is_log:
        low, high = np.log10(shown.edges[[0, -1]])
        powers = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
        factors = (1,) if len(powers) > 2 else (1, 2, 5)
        for power in range(math.floor(low), math.floor(high) + 1, len(powers) // 6 + 1):
            for factor in factors:
                along = (math.log10(factor) + power - low) / (high - low)
                if -1e-9 <= along <= 1 + 1e-9:
                    place = left + along * width
                    picture.block((round(place) - 1, top + height + 1, 2, 8), colours.AXIS)
                    picture.write(place, top + height + 14, f"{factor * 10.0**power:g}", "mt")
    else:
        picture.ticks(plot, shown.edges[0], shown.edges[-1], "", "bottom")


def _places(shown: Histogram, box: tuple[int, int, int, int]) -> np.ndarray:
    """Where the edges stand, in pixels from the left of the page `[N + 1]`."""
    edges = np.log(shown.edges) if shown.is_log else np.asarray(shown.edges, np.float64)
    return box[0] + (edges - edges[0]) / (edges[-1] - edges[0]) * box[2]


def _heights(shown: Histogram, shares: np.ndarray) -> np.ndarray:
    """Shares, brought to a bin of the average width where bins differ in it."""
    widths = np.diff(np.log(shown.edges) if shown.is_log else shown.edges)
    return shares * widths.mean() / widths


def _y_axis(picture: Figure, box: tuple[int, int, int, int], highest: float) -> None:
    left, top, _, height = box
    for share in round_numbers(0.0, highest, 3):
        up = top + height - share / highest * height
        picture.block((left - 9, round(up) - 1, 8, 2), colours.AXIS)
        picture.write(left - 14, up - 2, f"{share * 100:g}%", "rm")


def _span(data: np.ndarray, samples: np.ndarray) -> tuple[float, float]:
    """From where to where bins go: the first and the last one hold what is beyond them.

    Nearly all of the data, and of the samples what is not far from it.
    """
    low, high = np.percentile(data, [0.2, 99.8])
    beyond = _BEYOND * (high - low)
    low_samples, high_samples = np.percentile(samples, [0.2, 99.8])
    low = min(low, max(low_samples, low - beyond))
    return low, max(high, min(high_samples, high + beyond))


def _edges(low: float, high: float, quantum: float | None, num_bins: int) -> np.ndarray:
    if quantum:
        first, last = math.floor(low / quantum + 0.5), math.floor(high / quantum + 0.5) + 1
        wide = math.ceil((last - first) / num_bins)
        return (np.append(np.arange(first, last, wide), last) - 0.5) * quantum
    if high <= low:
        low, high = low - 0.5, low + 0.5
    return np.linspace(low, high, num_bins + 1)


def _log_edges(
    data: np.ndarray, samples: np.ndarray, quantum: float | None, num_bins: int
) -> np.ndarray:
    data, samples = (each if len(each) else np.ones(1) for each in (data, samples))
    low, high = np.exp(_span(np.log(data), np.log(samples)))
    high = max(high, low * 1.1)
    edges = np.geomspace(low, high, num_bins + 1)
    if quantum:
        # Between grid points, so that where the grid is coarse every bin holds one of its points.
        edges = np.unique(np.maximum(np.floor(edges / quantum + 0.5) - 0.5, 0.5))
        edges[-1] = max(math.floor(high / quantum + 0.5) + 0.5, 1.5)
        edges = (edges if len(edges) > 1 else np.array([0.5, edges[0]])) * quantum
    return edges
