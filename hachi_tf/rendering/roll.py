"""Notes over time: a piano roll, with a bar a note in the colour of its channel."""

import dataclasses

import numpy as np

from hachi_tf.rendering import colours
from hachi_tf.rendering.figure import Figure
from hachi_tf.tables import Table, find_column

LEFT = 116
_DURATION_S = 0.25  # of a note in a table that does not say
_BLACK_KEYS = (1, 3, 6, 8, 10)
_SHADE, _LINE = "#f1f1f1", "#dcdcdc"
_HIGHEST, _HIGHEST_OF_MANY = 460, 300  # pixels, of a panel
_MOST_ROWS = 128
_SHADED_ROW = 5  # pixels; lower rows would be stripes


@dataclasses.dataclass(frozen=True)
class _Notes:
    """Arrays `[N]`, by time; channels are labels."""

    start: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray
    channel: list[str]


class Roll:
    """How the notes of some tables are drawn, all at one scale.

    Args:
        tables: each with a time and a column of pitches.

    Attributes:
        left: the margin that the labels need, in pixels.
        height: of a panel, in pixels.
        end: of what is drawn, in seconds.
    """

    left = LEFT

    def __init__(self, tables: list[Table]):
        self._notes = [_notes(table) for table in tables]
        pitches = np.concatenate([each.pitch for each in self._notes])
        low, high = (60.0, 71.0) if not len(pitches) else (pitches.min(), pitches.max())
        middle, rows = (low + high) / 2, min(max(high - low + 3, 15), _MOST_ROWS)
        self._low = int(np.floor(middle - rows / 2))
        self._rows = int(np.ceil(rows)) + 1
        highest = _HIGHEST if len(tables) == 1 else _HIGHEST_OF_MANY
        self._row = int(np.clip(highest // self._rows, 3, 14))
        self.height = self._row * self._rows
        channels = {channel for each in self._notes for channel in each.channel} - {""}
        # NaN would stand anywhere: names come after numbers.
        ordered = sorted(
            channels, key=lambda label: (np.nan_to_num(_number(label), nan=np.inf), label)
        )
        self._hues = {label: colours.hue(index) for index, label in enumerate(ordered)}
        starts = np.concatenate([each.start for each in self._notes])
        ends = np.concatenate([each.start + each.duration for each in self._notes])
        # One note that never ends should not squeeze all the others.
        typical = np.median(ends - starts) if len(ends) else 1.0
        self.end = float(np.minimum(ends, starts.max(initial=0.0) + 6 * typical).max(initial=1e-3))

    @property
    def legend(self) -> list[tuple[str, str]]:
        """Colours and what they stand for, if there are several."""
        labels = list(self._hues)
        if len(labels) < 2:
            return []
        return [(self._hues[label], f"channel {label}") for label in labels]

    def draw(
        self, page: Figure, index: int, box: tuple[int, int, int, int], rules: list[int]
    ) -> None:
        """Draws a table's notes.

        Args:
            page: to draw on.
            index: of the table.
            box: left, top, width and height.
            rules: where thin lines go down, for the eye to find the time.
        """
        self._ground(page, box)
        left, top, width, height = box
        for x in rules:
            page.block((x, top, 1, height), _LINE)
        notes = self._notes[index]
        for start, duration, pitch, velocity, channel in zip(
            notes.start, notes.duration, notes.pitch, notes.velocity, notes.channel, strict=True
        ):
            x = left + min(start / self.end, 1.0) * width
            bar = np.clip(duration / self.end * width, 3.0, max(left + width - x, 3.0))
            y = top + height - (pitch - self._low + 1) * self._row
            if not top <= round(y) <= top + height - self._row:
                continue
            hue = self._hues.get(channel, colours.HUES[0] if not self._hues else colours.OTHERS)
            shade = colours.mix(colours.PAPER, hue, 0.35 + 0.5 * np.clip(velocity / 127, 0, 1))
            thick = max(self._row - 1, 3)
            page.block((round(x), round(y), round(bar), thick), shade)
            page.block((round(x), round(y), min(3, round(bar)), thick), hue)

    def _ground(self, page: Figure, box: tuple[int, int, int, int]) -> None:
        """Rows in the shades of the keys, with the names of the octaves."""
        left, top, width, height = box
        for row in range(self._rows):
            pitch, y = self._low + row, top + height - (row + 1) * self._row
            if pitch % 12 in _BLACK_KEYS and self._row >= _SHADED_ROW:
                page.block((left, y, width, self._row), _SHADE)
            if pitch % 12 == 0:
                page.block((left, y + self._row - 1, width, 1), _LINE)
                page.write(left - 14, y + self._row / 2 - 1, f"C{pitch // 12 - 1}", "rm")


def _notes(table: Table) -> _Notes:
    """The notes of a table that have a pitch."""
    names = [column.name for column in table.columns]

    def column(name: str, default: float) -> np.ndarray:
        index = find_column(names, name)
        if index is None:
            return np.full(len(table.time), default)
        values = np.array([_number(value) for value in table.values[index]], np.float64)
        return np.where(np.isfinite(values), values, default)

    pitch, start = column("pitch", np.nan), np.asarray(table.time, np.float64)
    channel = find_column(names, "channel")
    labels = [""] * len(start) if channel is None else list(map(_label, table.values[channel]))
    kept = np.flatnonzero(np.isfinite(pitch) & np.isfinite(start))
    kept = kept[np.argsort(start[kept], kind="stable")]
    return _Notes(
        start[kept],
        column("duration", _DURATION_S)[kept].clip(0),
        pitch[kept],
        column("velocity", 90.0)[kept],
        [labels[row] for row in kept],
    )


def _number(value: object) -> float:
    """A label or a number as a number; NaN if it is none."""
    try:
        return float(value)
    except ValueError:
        return np.nan


def _label(value: object) -> str:
    """A label, or a number, as a short text."""
    return value if isinstance(value, str) else "" if np.isnan(value) else f"{value:g}"
