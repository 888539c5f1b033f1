"""SVG path data as points (SVG 1.1, section 8.3)."""

import re
from collections.abc import Iterator

import numpy as np

from hachi_tf.errors import UserError

# A letter other than e, which stands in exponents, and what follows.
_COMMAND = re.compile(r"([A-DF-Za-df-z])([^A-DF-Za-df-z]*)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[^\s,]", re.ASCII)
_NUM_VALUES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "Z": 0}
_SMOOTH = {("C", "S"), ("S", "S"), ("Q", "T"), ("T", "T")}
_MAX_PIECES = 256  # into which a curve is cut
_MAX_COORDINATE = 1e9

# A curve is a cubic Bezier curve: its four control points, x + iy each.
Curve = tuple[complex, complex, complex, complex]


def parse_path(path: str, name: str) -> list[tuple[complex, list[Curve]]]:
    """Reads the `d` attribute of an SVG path.

    Args:
        path: commands M, L, H, V, C, S, Q, T, Z, absolute or relative.
        name: of the file, for errors.

    Returns:
        The subpaths: where each starts and its curves; straight lines are curves too.

    Raises:
        UserError: for anything else, elliptical arcs included.
    """
    subpaths: list[tuple[complex, list[Curve]]] = []
    here, start, control, before = 0j, 0j, 0j, ""
    for command, values in _commands(path, name):
        kind, origin = command.upper(), here if command.islower() else 0j
        if not subpaths and kind != "M":
            raise _refused(path, command, name)
        if kind == "H":
            points = [complex(origin.real + values[0], here.imag)]
        elif kind == "V":
            points = [complex(here.real, origin.imag + values[0])]
        elif kind == "Z":
            points = [start]
        else:
            points = [origin + pair for pair in map(complex, values[::2], values[1::2])]
        end = points[-1]
        if kind == "M":
            start = end
            subpaths.append((start, []))
        elif before == "Z":
            subpaths.append((here, []))
        # The first control point of S and T is the last one of the curve before, reflected.
        mirrored = 2 * here - control if (before, kind) in _SMOOTH else here
        if kind in "CS":
            first, control = (points[0], points[1]) if kind == "C" else (mirrored, points[0])
            subpaths[-1][1].append((here, first, control, end))
        elif kind in "QT":
            control = points[0] if kind == "Q" else mirrored
            subpaths[-1][1].append((here, (here + 2 * control) / 3, (end + 2 * control) / 3, end))
        elif kind in "LHV" or (kind == "Z" and here != end):
            subpaths[-1][1].append((here, here, end, end))
        here, before = end, kind
    return subpaths


def flatten(
    subpaths: list[tuple[complex, list[Curve]]], step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Points along the subpaths.

    Args:
        subpaths: as `parse_path` returns them, at least one.
        step: about the distance between neighbouring points of a curve.

    Returns:
        The points `[N, 2]`, float64, and the index of each subpath's first point `[S]`.
    """
    # A subpath's start is a curve of no extent, of which one point is taken.
    curves = [
        each for start, curves in subpaths for each in ((start, start, start, start), *curves)
    ]
    control = np.array(curves)  # [C, 4]
    length = np.abs(np.diff(control, axis=1)).sum(1)
    straight = (control[:, 0] == control[:, 1]) & (control[:, 2] == control[:, 3])
    pieces = np.clip(np.ceil(length / step), 1, _MAX_PIECES).astype(np.int64)
    pieces[straight] = 1
    ends = np.cumsum(pieces)
    curve = np.repeat(np.arange(len(pieces)), pieces)  # [N]
    t = (np.arange(len(curve)) - (ends - pieces)[curve] + 1) / pieces[curve]
    weights = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    points = (weights * control[curve]).sum(1)  # [N]
    counts = np.array([1 + len(curves) for _, curves in subpaths])
    starts = (ends - pieces)[np.cumsum(counts) - counts]
    return np.column_stack([points.real, points.imag]), starts


def _commands(path: str, name: str) -> Iterator[tuple[str, list[float]]]:
    """The commands, each with the numbers of one use."""
    if path.lstrip()[:1] not in ("M", "m"):
        raise _refused(path, path.lstrip()[:1], name)
    for command, arguments in _COMMAND.findall(path):
        count = _NUM_VALUES.get(command.upper())
        try:
            values = list(map(float, _NUMBER.findall(arguments)))
        except ValueError:
            raise _refused(path, arguments.strip(), name) from None
        if count is None or (len(values) % count if count else values) or (count and not values):
            raise _refused(path, command, name)
        if not max(map(abs, values), default=0.0) <= _MAX_COORDINATE:
            raise UserError(f"coordinates within {_MAX_COORDINATE:g}", f"others in {name}")
        yield command, values[:count]
        following = {"M": "L", "m": "l"}.get(command, command)
        for index in range(count, len(values), count or 1):
            yield following, values[index : index + count]


def _refused(path: str, token: str, name: str) -> UserError:
    if token in ("A", "a"):
        return UserError(
            "a path without elliptical arcs", f"one in {name}", "convert arcs to curves"
        )
    return UserError(
        f"an SVG path of {' '.join(_NUM_VALUES)} and numbers",
        f"{token[:40]!r} in {path[:40]!r} of {name}",
    )
