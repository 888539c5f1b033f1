"""The diagram of what the soft window reads while the pen writes."""

import re

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering import colours, lettering
from hachi_tf.rendering.figure import FONT_SIZE, MARGIN, PEN, WIDTH, Figure, fit, matrix
from hachi_tf.rendering.strokes import to_polylines

_TOP = 70
_GAP = 90  # between the map and the line below it, in pixels
_MOST_LEADERS = 20


def alignment(weights: np.ndarray, text: str, events: np.ndarray | None = None) -> np.ndarray:
    """Which characters the window read at each step (Graves 2013, fig. 13).

    Steps run to the right, characters upwards. With events the line that was written stands below;
    thin lines lead from the step at which the window reached a word to where the pen was.

    Args:
        weights: `[T, U]`, phi of each character at each step.
        text: the U characters.
        events: stroke events `[T, 3]` in data units.

    Returns:
        uint8 `[height, width, 3]`.

    Raises:
        UserError: if the arrays and the text do not fit together.
    """
    weights = matrix(weights, "weights [T, U]")
    if len(text) != weights.shape[1]:
        raise UserError(f"a text of {weights.shape[1]} characters", f"{len(text)}")
    if events is not None and len(events) != len(weights):
        raise UserError(f"{len(weights)} events, as many as steps", f"{len(events)}")
    row = int(np.clip(760 // len(text), 3, 30))
    left = 90 if row >= 12 else 190
    box = (left, _TOP, WIDTH - left - MARGIN, row * len(text))
    runs = [] if events is None else to_polylines(events)
    written, span = fit(runs, box[2], 420) if runs else ([], np.zeros(2))
    bottom = box[1] + box[3]
    page = Figure(WIDTH, bottom + (_GAP + span[1] if runs else 0) + MARGIN)

    # A few spikes should not leave the rest pale.
    peaks = weights.max(1)
    darkest = np.percentile(peaks[peaks > 0], 95) if (peaks > 0).any() else 1.0
    page.heat(np.flipud(weights.T) / darkest, box)
    page.frame(box)
    _characters(page, text, box, row)
    page.ticks(box, 0, len(weights), "step", "top")
    if runs:
        shift = np.array([left + (box[2] - span[0]) / 2, bottom + _GAP])
        page.strokes([run + shift for run in written], colours.INK, PEN)
        _leaders(page, weights, text, box, np.concatenate(written) + shift)
    return page.pixels


def _characters(page: Figure, text: str, box: tuple[int, int, int, int], row: int) -> None:
    """Names the rows: each character, or in a long text each word at its first one's row."""
    left, top, _, height = box
    if row >= 12:
        size, spaces = min(FONT_SIZE, row), []
        for index, character in enumerate(text):
            middle = top + height - row * (index + 0.5)
            if character == " ":
                # An open box, which few fonts have.
                x, y = left - 22, middle + size * 0.2
                corners = [(x - 6, y - 5), (x - 6, y), (x + 6, y), (x + 6, y - 5)]
                spaces.append(np.array(corners))
                continue
            label, font = lettering.character_label(character, size)
            anchor, x = ("mm", left - 22) if len(label) == 1 else ("rm", left - 10)
            page.write(x, middle, label, anchor, colours.INK, font)
        page.strokes(spaces, colours.AXIS, 1.6, smooth=False)
        return
    size, above = 16, np.inf
    for match in re.finditer(r"\S+", text):
        middle = top + height - row * (match.start() + 0.5)
        if middle <= above - size:
            label, font = lettering.word_label(match.group(), size)
            while font.getlength(label) > left - 30:
                label = label[:-1]
            page.write(left - 14, middle, label, "rm", colours.INK, font)
            above = middle


def _leaders(page, weights, text, box, points) -> None:
    """Lines from the step at which the window first reached a word to the pen's place then."""
    left, top, width, height = box
    read = np.maximum.accumulate(weights.argmax(1))
    starts = [match.start() for match in re.finditer(r"\S+", text)]
    if len(starts) < 2:
        starts = list(range(len(text)))
    lines = []
    for start in starts[:: -(-len(starts) // _MOST_LEADERS)]:
        step = int(np.searchsorted(read, start))
        if step < len(read) and weights[step].max() > 0:
            x = left + (step + 0.5) / len(weights) * width
            pen = points[step + 1, 0]
            beside = points[np.abs(points[:, 0] - pen) < 30, 1]
            lines.append(np.array([(x, top + height + 8), (pen, beside.min() - 14)]))
    page.strokes(lines, colours.OTHERS, 1.6, smooth=False)
