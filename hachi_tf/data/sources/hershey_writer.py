"""Writes a text as one person would: a font, and how this hand departs from it."""

import dataclasses

import numpy as np

from hachi_tf.data.sources.hershey_fonts import Glyph
from hachi_tf.data.sources.strokes import stroke_events

SPACING = 3.8  # font units between points
_JOIN_STEPS = np.linspace(0, 1, 9)[1:-1, None]  # [7, 1], of a line that joins two letters
_WAVES = 5


@dataclasses.dataclass(frozen=True)
class Hand:
    """What makes writers differ; lengths in font units, of which a capital has 21.

    Attributes:
        slant: x per unit of height.
        size: of everything.
        aspect: width over height.
        letter_space: between letters, in addition to the font's.
        word_space: of a space, in addition to the font's.
        rotation: radians; positive goes down to the right.
        wave: height of the baseline's slow wave.
        elastic: root mean square of the smooth displacement of every point.
        jitter: root mean square of the pen's trembling.
        irregular: root mean square of the letters' own sizes (as a share) and heights.
        speed: points are this times further apart.
        joined: whether letters that can be are joined.
    """

    slant: float = 0.0
    size: float = 1.0
    aspect: float = 1.0
    letter_space: float = 0.0
    word_space: float = 0.0
    rotation: float = 0.0
    wave: float = 0.0
    elastic: float = 0.0
    jitter: float = 0.0
    irregular: float = 0.0
    speed: float = 1.0
    joined: bool = False


def draw_hand(generator: np.random.Generator, is_script: bool) -> Hand:
    """Draws a writer."""
    u, n = generator.random(9), generator.standard_normal(2)
    return Hand(
        slant=(-0.08 + 0.16 * u[0]) if is_script else (-0.1 + 0.4 * u[0]),
        size=0.85 + 0.3 * u[1],
        aspect=0.85 + 0.25 * u[2],
        letter_space=(-0.8 + 1.3 * u[3]) if is_script else (-1.5 + 2.5 * u[3]),
        word_space=-2 + 6 * u[4],
        rotation=float(np.radians(0.4 * np.clip(n[0], -2.5, 2.5))),
        wave=0.8 * u[5],
        elastic=0.15 + 0.35 * u[6],
        jitter=0.04 + 0.06 * u[7],
        irregular=0.02 + 0.02 * u[8],
        speed=float(np.exp(np.clip(0.1 * n[1], -0.17, 0.17))),
        joined=is_script and bool(generator.random() < 0.7),
    )


def write_line(
    text: str,
    glyphs: dict[str, Glyph],
    hand: Hand,
    generator: np.random.Generator,
    spacing: float = SPACING,
) -> np.ndarray:
    """Writes a line of text.

    Args:
        text: characters of the font, one of them not a space.
        glyphs: the font.
        hand: the writer.
        generator: of what differs from letter to letter.
        spacing: between points, in font units, before the hand's speed.

    Returns:
        Events `[T, 3]`, float64: dx, dy, end_of_stroke.
    """
    line = [glyphs[character] for character in text]
    is_space = np.array([character == " " for character in text])
    advance = np.array([glyph.width for glyph in line])
    advance = advance + np.where(is_space, hand.word_space, hand.letter_space)
    own = generator.standard_normal((4, len(line))).clip(-2.5, 2.5) * hand.irregular
    left = np.cumsum(advance) - advance + 12 * own[0]
    counts = [len(glyph.points) for glyph in line]
    segments = [len(glyph.starts) for glyph in line]
    points = np.concatenate([glyph.points for glyph in line])  # [N, 2], dense
    points[:, 0] = points[:, 0] * np.repeat(1 + own[1], counts) + np.repeat(left, counts)
    points[:, 1] = points[:, 1] * np.repeat(1 + own[2], counts) + np.repeat(14 * own[3], counts)
    points[:, 0] = points[:, 0] * hand.aspect - points[:, 1] * hand.slant
    first = np.cumsum(counts) - counts
    starts = np.concatenate([glyph.starts for glyph in line]) + np.repeat(first, segments)
    lifts = np.concatenate([glyph.lifts for glyph in line])
    least = np.concatenate([glyph.least for glyph in line])
    if hand.joined:
        points, starts, lifts, where = _join(line, points, starts, lifts, np.cumsum(segments))
        least = np.insert(least, where, 1)
    points, starts = _resample(points * hand.size, starts, lifts, least, spacing * hand.speed)
    return stroke_events(_tremble(points, hand, generator), starts)


def _join(line, points, starts, lifts, ends):
    """Puts a smooth line between letters where the pen need not be lifted.

    Args:
        line: the L glyphs.
        points: `[N, 2]`, dense.
        starts: `[S]`, of segments.
        lifts: `[S]`, bool.
        ends: `[L]`, one past each letter's last segment.

    Returns:
        The points, starts and lifts with the new segments, and where these are inserted.
    """
    pairs = [
        index
        for index, (glyph, after) in enumerate(zip(line[:-1], line[1:], strict=True))
        if glyph.leaves and after.enters
    ]
    where = ends[pairs]  # the segments that begin the letters after
    at = starts[where]  # and the points
    gap = points[at] - points[at - 1]
    distance = np.hypot(*gap.T)
    fits = (gap[:, 0] > 0.3) & (distance < 10)
    where, at, distance = where[fits], at[fits], distance[fits, None]
    if not len(at):
        return points, starts, lifts, where
    out, into = points[at - 1] - points[at - 2], points[at + 1] - points[at]
    out = out / np.hypot(*out.T)[:, None] * distance
    into = into / np.hypot(*into.T)[:, None] * distance
    t = _JOIN_STEPS[:, None]  # [7, 1, 1]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * points[at - 1]
        + (3 * t**2 - 2 * t**3) * points[at]
        + (t**3 - 2 * t**2 + t) * out
        + (t**3 - t**2) * into
    )  # [7, J, 2]
    curve = np.concatenate([points[None, at - 1], curve, points[None, at]]).transpose(1, 0, 2)
    size = curve.shape[1]
    points = np.insert(points, np.repeat(at, size), curve.reshape(-1, 2), axis=0)
    shift = np.zeros(len(starts), int)
    shift[where] = size
    moved = starts + np.cumsum(shift)
    lifts = lifts.copy()
    lifts[where - 1] = False
    starts = np.insert(moved, where, moved[where] - size)
    return points, starts, np.insert(lifts, where, False), where


def _resample(points, starts, lifts, least, spacing):
    """Points at equal distances along each segment, whose ends stay.

    Args:
        points: `[N, 2]`, dense.
        starts: `[S]`, of segments.
        lifts: `[S]`, bool.
        least: `[S]`, intervals of each segment.
        spacing: between points; the nearest that divides the segment is taken.

    Returns:
        The points `[M, 2]` and their strokes' starts.
    """
    step = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)
    step[starts] = 0
    along = np.cumsum(step)  # [N]; a segment begins where the one before ends
    bounds = np.append(starts, len(points))
    begin, end = along[bounds[:-1]], along[bounds[1:] - 1]
    # A gap between segments keeps each point's place on its own segment.
    number = np.arange(len(starts), dtype=float)
    along += np.repeat(number, np.diff(bounds))
    count = np.maximum(np.rint((end - begin) / spacing), least).astype(int)  # intervals
    fresh = np.append(True, lifts[:-1])  # segments that begin a stroke have their first point too
    sizes = count + fresh
    firsts = np.cumsum(sizes) - sizes
    share = np.arange(sizes.sum()) - np.repeat(firsts, sizes) + np.repeat(~fresh, sizes)
    share = share / np.repeat(count, sizes)
    place = np.repeat(begin + number, sizes) + share * np.repeat(end - begin, sizes)
    sampled = np.column_stack([np.interp(place, along, points[:, axis]) for axis in (0, 1)])
    return sampled, firsts[fresh]


def _tremble(points, hand: Hand, generator):
    """Smooth displacements, trembling, the baseline's wave and rotation."""
    u = generator.random((4, _WAVES + 1))
    length = 14 * 5 ** u[0, :_WAVES]  # of waves, in font units
    angle = 2 * np.pi * u[1, :_WAVES]
    waves = 2 * np.pi / length * np.stack([np.cos(angle), np.sin(angle)])  # [2, W]
    phase = 2 * np.pi * u[2:, :_WAVES]  # [2, W]
    scale = hand.elastic * np.sqrt(2 / _WAVES)
    moved = points.copy()
    base = points @ waves  # [M, W]
    for axis in (0, 1):
        moved[:, axis] += scale * np.sin(base + phase[axis]).sum(1)
    noise = generator.standard_normal((len(points) + 2, 2))
    moved += hand.jitter * (0.4 * noise[:-2] + 0.8 * noise[1:-1] + 0.4 * noise[2:])
    period = 150 + 350 * u[0, -1]
    moved[:, 1] += hand.wave * np.sin(2 * np.pi * (points[:, 0] / period + u[1, -1]))
    cos, sin = np.cos(hand.rotation), np.sin(hand.rotation)
    return moved @ [[cos, sin], [-sin, cos]]
