"""Strokes as an animated GIF: the pen moving."""

import dataclasses
import io
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering import layout, raster

MAX_PIXELS = 1_000_000
MAX_FRAMES = 250

PEN = (217, 72, 15)
_INK_SHADES = 24
_PEN_SHADES = 8
# The pen moves this much faster in the air.
_AIR_SPEED = 3.0


def gif(
    samples: Sequence[np.ndarray],
    *,
    seconds: float = 4.0,
    hold_seconds: float = 2.0,
    frame_cs: int = 4,
    ink: str = layout.INK,
    stroke_width: float | None = None,
    columns: int | None = None,
    cell_size: int | None = None,
    smooth: bool = True,
) -> bytes:
    """Draws samples with a moving pen, several on a contact sheet all at once.

    Every pen moves over the page at the same even speed; the longest drawing takes `seconds`.

    Args:
        samples: stroke events, one array `[T, 3]` a sample, in data units.
        seconds: how long the drawing takes.
        hold_seconds: how long the finished drawing stays before the animation begins again.
        frame_cs: duration of a frame in 1/100 s, the unit of GIF; browsers slow 1 down to 10.
        ink: a colour, `#rgb`, `#rrggbb` or a CSS name.
        stroke_width: of the pen in pixels; None suits the cell.
        columns: cells in a row; None chooses.
        cell_size: longer side of a cell in pixels; None chooses.
        smooth: whether smooth curves join the points (corners stay); else straight lines.

    Returns:
        The file's bytes.

    Raises:
        UserError: if samples are not finite stroke events, an option is out of its range, or
            there would be more than `MAX_FRAMES` frames or `MAX_PIXELS` pixels a frame.
    """
    from PIL import Image

    if not 2 <= frame_cs <= 100 or not 0 < seconds or not 0 <= hold_seconds <= 600:
        raise UserError(
            "frames of 2 to 100 hundredths of a second, a duration above 0, a hold up to 600 s",
            f"{frame_cs}, {seconds}, {hold_seconds}",
        )
    if not seconds * 100 / frame_cs <= MAX_FRAMES:
        raise UserError(
            f"up to {MAX_FRAMES} frames", f"{seconds} s at {frame_cs}/100 s", "draw faster"
        )
    sheet = layout.lay_out(
        samples,
        ink=ink,
        stroke_width=stroke_width,
        columns=columns,
        cell_size=cell_size,
        smooth=smooth,
        max_pixels=MAX_PIXELS,
    )
    frames = []
    for indices in _frames(sheet, max(1, round(seconds * 100 / frame_cs))):
        frames.append(Image.fromarray(indices))
        frames[-1].putpalette(_palette(raster.rgb(ink)))
    durations = [frame_cs * 10] * len(frames)
    durations[-1] += round(hold_seconds * 100) * 10
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        optimize=True,
    )
    return buffer.getvalue()


@dataclasses.dataclass
class _Track:
    """The way of one pen.

    Attributes:
        points: `[n, 2]` all points of a drawing, page coordinates.
        draws: bool `[n - 1]`, whether the pen is down on its way from point i to point i + 1.
        times: `[n]` when the pen reaches each point; a pixel on paper takes 1.
    """

    points: np.ndarray
    draws: np.ndarray
    times: np.ndarray

    @classmethod
    def of(cls, runs: list[np.ndarray]) -> "_Track":
        points = np.concatenate(runs)
        draws = np.ones(len(points) - 1, bool)
        draws[np.cumsum([len(run) for run in runs[:-1]], dtype=int) - 1] = False
        lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
        times = np.cumsum(np.where(draws, lengths, lengths / _AIR_SPEED))
        return cls(points, draws, np.concatenate([[0.0], times]))

    def position(self, time: float) -> np.ndarray:
        """Where the pen is, `[2]`."""
        return np.array([np.interp(time, self.times, axis) for axis in self.points.T])

    def between(self, start: float, end: float) -> list[np.ndarray]:
        """The runs drawn after `start` and up to `end`; a point just reached is a dot at least."""
        first, last = np.searchsorted(self.times, [start, end], side="right")
        inner = self.points[first:last]
        # draws[i - 1] leads to point i; the piece before `first` and after `last` are cut.
        runs = np.split(inner, np.flatnonzero(~self.draws[first : last - 1]) + 1)
        if 0 < first < len(self.points) and self.draws[first - 1]:
            runs[0] = np.concatenate([[self.position(start)], runs[0]])
        if 0 < last < len(self.points) and self.draws[last - 1]:
            runs[-1] = np.concatenate([runs[-1], [self.position(end)]])
        return [run for run in runs if len(run)]


def _frames(sheet: layout.Sheet, count: int):
    """Colour indices uint8 `[height, width]` of each frame, the last one without a pen."""
    canvas = raster.Canvas(sheet)
    tracks = [
        _Track.of(sheet.polylines(index)) for index, runs in enumerate(sheet.drawings) if runs
    ]
    total = max((track.times[-1] for track in tracks), default=0.0)
    count = count if total else 1
    time = -1.0
    for frame in range(1, count + 1):
        before, time = time, total * frame / count
        for track in tracks:
            if before < track.times[-1]:
                for run in track.between(before, time):
                    canvas.stroke(run)
        indices = np.round(canvas.coverage / 255.0 * (_INK_SHADES - 1)).astype(np.uint8)
        for track in tracks:
            if time < track.times[-1]:
                _draw_pen(indices, track.position(time), max(2.5, 1.1 * sheet.stroke_width))
        yield indices


def _draw_pen(indices: np.ndarray, centre: np.ndarray, radius: float) -> None:
    left, top = np.maximum(np.floor(centre - radius - 1).astype(int), 0)
    right, bottom = np.ceil(centre + radius + 1).astype(int)
    window = indices[top:bottom, left:right]
    y, x = np.mgrid[top : top + window.shape[0], left : left + window.shape[1]] + 0.5
    covered = np.clip(radius + 0.5 - np.hypot(x - centre[0], y - centre[1]), 0.0, 1.0)
    shade = np.round(covered * (_PEN_SHADES - 1)).astype(np.uint8)
    window[shade > 0] = _INK_SHADES + shade[shade > 0]


def _palette(ink: tuple[int, int, int]) -> list[int]:
    """White to ink, then white to the pen's colour."""
    palette = []
    for colour, shades in ((ink, _INK_SHADES), (PEN, _PEN_SHADES)):
        share = np.linspace(0.0, 1.0, shades)[:, None]
        palette.append(np.round(255 + share * (np.array(colour) - 255)).astype(int).ravel())
    return np.concatenate(palette).tolist()
