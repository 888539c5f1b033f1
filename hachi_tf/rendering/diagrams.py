"""Diagrams of what a network of strokes does, as in Graves 2013; save them with `figure.save`."""

import math
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering import colours, lettering
from hachi_tf.rendering.figure import (
    FONT_SIZE,
    MARGIN,
    PEN,
    WIDTH,
    Figure,
    bounding_box,
    fit,
    matrix,
    scale_to,
)
from hachi_tf.rendering.strokes import all_to_polylines, to_polylines

_GAP = 28
_HIGHEST, _NARROWEST = 900, 1000  # pixels, of a drawing, and of a page
_THIN_PEN = 1.6

# The map of a density ends where it is so many nats below its highest values.
_DENSITY_NATS = 9.2  # a factor of 10,000


def density(
    log_density: np.ndarray,
    extent: tuple[float, float, float, float],
    events: np.ndarray | None = None,
    unit: str = "",
) -> np.ndarray:
    """Where the next points were expected, with what was written over it (Graves 2013, fig. 10).

    The colours are logarithmic: from a ten thousandth of the highest density, or less, to it.

    Args:
        log_density: `[H, W]`, log of the density at the centres of square cells, -inf for none.
        extent: left, top, right and bottom edge of the cells, in data units.
        events: stroke events `[T, 3]` in data units, beginning at the origin.
        unit: of the data, for the axes.

    Returns:
        uint8 `[height, width, 3]`.

    Raises:
        UserError: if the arrays do not fit the diagram.
    """
    log_density = matrix(log_density, "log densities [H, W]", finite=False)
    runs = [] if events is None else to_polylines(events)
    low, high = np.array(extent[:2], np.float64), np.array(extent[2:], np.float64)
    if not np.isfinite([*low, *high]).all() or not (high > low).all():
        raise UserError("an extent of left, top, right and bottom", str(extent))
    font = lettering.built_in(FONT_SIZE)
    left, top = max(110, 40 + math.ceil(font.getlength(unit))), MARGIN
    scale = scale_to(high - low, WIDTH - left - MARGIN, _HIGHEST)
    size = np.maximum(np.round((high - low) * scale).astype(int), 1)
    width = max(left + int(size[0]) + MARGIN, _NARROWEST)
    left += (width - left - MARGIN - int(size[0])) // 2
    box = (left, top, int(size[0]), int(size[1]))
    page = Figure(width, top + box[3] + 110)

    values = np.full(log_density.shape, 0.0)
    seen = np.isfinite(log_density)
    if seen.any():
        highest = log_density[seen].max()
        values[seen] = 1.0 + (log_density[seen] - highest) / _DENSITY_NATS
    page.heat(values.clip(0, 1), box, colours.AMBER, smooth=True)
    page.strokes([(run - low) * scale + (left, top) for run in runs], colours.INK, _THIN_PEN)
    page.frame(box)
    page.ticks(box, low[0], high[0], unit, "bottom")
    page.ticks(box, low[1], high[1], "", "left")
    _colour_bar(page, top + box[3] + 74)
    return page.pixels


def components(
    responsibilities: np.ndarray,
    events: np.ndarray,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Which component of the mixture claims each point, and their weights over the steps.

    The seven components that claim most have colours of their own. The map below shows all
    components' weights over the steps (Graves 2013, fig. 10), those that claim most at the top.

    Args:
        responsibilities: `[T, M]`, each component's share in each point.
        events: stroke events `[T, 3]` in data units.
        weights: `[T, M]`, the components' weights; None for no map.

    Returns:
        uint8 `[height, width, 3]`.

    Raises:
        UserError: if the arrays do not fit together.
    """
    responsibilities = matrix(responsibilities, "responsibilities [T, M]")
    runs = to_polylines(events)
    if len(events) != len(responsibilities):
        raise UserError(f"{len(responsibilities)} events, as many as steps", f"{len(events)}")
    if weights is not None:
        weights = matrix(weights, "weights [T, M]")
        if weights.shape != responsibilities.shape:
            raise UserError(f"weights of {list(responsibilities.shape)}", str(list(weights.shape)))
    left, plot = 110, WIDTH - 110 - MARGIN
    drawn, span = fit(runs, plot, _HIGHEST)
    shares = responsibilities.mean(0)
    order = np.argsort(-shares, kind="stable")
    hues = dict(zip(order.tolist(), colours.HUES, strict=False))
    legend, row = MARGIN + span[1] + 50, int(np.clip(400 // len(order), 6, 28))
    box = (left, round(legend) + 90, plot, row * len(order))
    page = Figure(WIDTH, legend + 50 if weights is None else box[1] + box[3] + 70)

    shift = np.array([left + (plot - span[0]) / 2, MARGIN])
    page.strokes([run + shift for run in drawn], colours.FAINT, 2.0)
    points = np.concatenate(drawn)[1:] + shift
    steps = np.hypot(*np.diff(points, axis=0).T)
    size = float(np.clip(0.8 * np.median(steps), 5, 14)) if len(steps) else 14.0
    claimed = responsibilities.argmax(1)
    for component in [*order[len(hues) :].tolist(), *reversed(hues)]:
        dots = [point[None] for point in points[claimed == component]]
        page.strokes(dots, hues.get(component, colours.OTHERS), size)
    _legend(page, left, legend, hues, shares)
    if weights is not None:
        page.write(left, box[1] - 24, "weight of each component at each step")
        page.heat(weights.T[order], box)
        page.frame(box)
        page.ticks(box, 0, len(weights), "step", "bottom")
        font = lettering.built_in(min(FONT_SIZE, row))
        for place, component in enumerate(order.tolist()):
            top = box[1] + row * place
            hue = hues.get(component, colours.OTHERS)
            page.block((left - 24, top + 1, 16, row - 2), hue)
            if row >= 14:
                page.write(left - 34, top + row / 2 - 2, f"{component + 1}", "rm", font=font)
    return page.pixels


def bias_sheet(rows: Sequence[tuple[str, np.ndarray]]) -> np.ndarray:
    """Lines one under another, at one scale, each with a label: the same words at several biases.

    Args:
        rows: labels and stroke events `[T, 3]` in data units.

    Returns:
        uint8 `[height, width, 3]`.

    Raises:
        UserError: if there is no row, or one is not of finite stroke events.
    """
    drawings = all_to_polylines([events for _, events in rows])
    font = lettering.built_in(FONT_SIZE)
    left = MARGIN + max(font.getlength(label) for label, _ in rows) + _GAP
    plot = WIDTH - left - MARGIN
    sizes = np.array([bounding_box(runs)[1] for runs in drawings])
    scale = scale_to(sizes.max(0), plot, 300)
    heights = np.maximum(sizes[:, 1] * scale, FONT_SIZE)
    page = Figure(WIDTH, heights.sum() + _GAP * (len(rows) - 1) + 2 * MARGIN)
    top = float(MARGIN)
    for (label, _), runs, height in zip(rows, drawings, heights, strict=True):
        corner, size = bounding_box(runs)
        shift = np.array([left, top + (height - size[1] * scale) / 2])
        page.write(MARGIN, top + height / 2, label, font=font)
        page.strokes([(run - corner) * scale + shift for run in runs], colours.INK, PEN)
        top += height + _GAP
    return page.pixels


def _legend(
    page: Figure, left: float, middle: float, hues: dict[int, str], shares: np.ndarray
) -> None:
    """The colours of components, counted from 1, and how much of the points they claim."""
    caption = "component: its share"
    page.write(left, middle, caption)
    x = left + lettering.built_in(FONT_SIZE).getlength(caption) + _GAP
    names = {hue: f"{component + 1}: {shares[component]:.0%}" for component, hue in hues.items()}
    if len(shares) > len(hues):
        rest = shares.sum() - sum(shares[component] for component in hues)
        names[colours.OTHERS] = f"others: {max(rest, 0):.0%}"
    for hue, name in names.items():
        page.block((x, round(middle) - 10, 20, 20), hue)
        page.write(x + 28, middle, name)
        x += 140


def _colour_bar(page: Figure, middle: float) -> None:
    """What the colours of a density mean, in the middle of the page."""
    caption = "density of the next point, as a share of the highest:  1/10000"
    length = lettering.built_in(FONT_SIZE).getlength(caption)
    left = (page.width - length - 14 - 240 - 30) / 2
    page.write(left, middle, caption)
    box = (round(left + length) + 14, round(middle) - 10, 240, 20)
    page.heat(np.linspace(0, 1, 240)[None], box, colours.AMBER)
    page.frame(box)
    page.write(box[0] + 254, middle, "1")
