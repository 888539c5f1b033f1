"""The transforms of SVG elements (SVG 1.1, section 7.6)."""

import cmath
import math
import re
from typing import NamedTuple

from hachi_tf.errors import UserError

MAX_COORDINATE = 1e9
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_TRANSFORM = re.compile(r"\s*([A-Za-z]+)\s*\(([^()]*)\)\s*,?", re.ASCII)


class Affine(NamedTuple):
    """z -> a z + b conj(z) + c, which is every affine map of the plane, x + iy being a point."""

    a: complex = 1
    b: complex = 0
    c: complex = 0

    def __call__(self, z: complex) -> complex:
        """Where the map takes a point."""
        return self.a * z + self.b * complex(z).conjugate() + self.c

    def after(self, inner: "Affine") -> "Affine":
        """The map that does `inner` first."""
        a, b = complex(inner.a), complex(inner.b)
        return Affine(
            self.a * a + self.b * b.conjugate(),
            self.a * b + self.b * a.conjugate(),
            self(inner.c),
        )


def parse_transform(text: str, name: str) -> Affine:
    """Reads a `transform` attribute; the last of its transforms is done first.

    Args:
        text: e.g. `"translate(1 2) rotate(30)"`.
        name: of the file, for errors.

    Raises:
        UserError: if it is none.
    """
    total, end = Affine(), 0
    while match := _TRANSFORM.match(text, end):
        end = match.end()
        total = total.after(_step(match[1], parse_numbers(match[2], name), name))
    if text[end:].strip():
        raise UserError("transforms such as translate(1 2) rotate(30)", f"{text[:60]!r} in {name}")
    return total


def _step(kind: str, values: list[float], name: str) -> Affine:
    count = len(values)
    if kind == "matrix" and count == 6:
        p, q = complex(values[0], values[1]), complex(values[2], values[3])
        return Affine((p - 1j * q) / 2, (p + 1j * q) / 2, complex(values[4], values[5]))
    if kind == "translate" and count in (1, 2):
        return Affine(c=complex(*values))
    if kind == "scale" and count in (1, 2):
        x, y = values[0], values[-1]
        return Affine((x + y) / 2, (x - y) / 2)
    if kind == "rotate" and count in (1, 3):
        turn, center = cmath.rect(1, math.radians(values[0])), complex(*values[1:])
        return Affine(turn, 0, center - turn * center)
    if kind in ("skewX", "skewY") and count == 1:
        slant = math.tan(math.radians(values[0]))
        p, q = (1, slant + 1j) if kind == "skewX" else (1 + 1j * slant, 1j)
        return Affine((p - 1j * q) / 2, (p + 1j * q) / 2)
    raise UserError(
        "transforms matrix, translate, scale, rotate, skewX or skewY",
        f"{kind[:40]}({', '.join(f'{value:g}' for value in values[:8])}) in {name}",
    )


def parse_numbers(text: str, name: str) -> list[float]:
    """Reads numbers with spaces or commas between them.

    Raises:
        UserError: for anything else, or numbers beyond 1e9.
    """
    values = list(map(float, _NUMBER.findall(text)))
    if _NUMBER.sub("", text).strip(" \t\r\n,") or not all(
        abs(value) <= MAX_COORDINATE for value in values
    ):
        raise UserError(f"numbers within {MAX_COORDINATE:g}", f"{text[:60]!r} in {name}")
    return values
