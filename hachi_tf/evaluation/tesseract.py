"""Reads lines of writing with tesseract, an OCR program that is not a part of this package."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence

import numpy as np

from hachi_tf.errors import UserError
from hachi_tf.rendering import curves
from hachi_tf.rendering.layout import Sheet
from hachi_tf.rendering.raster import Canvas
from hachi_tf.rendering.strokes import all_to_polylines

# Pixels; about these tesseract 5.3 makes the fewest errors on lines in single-stroke fonts: 0.2% of
# the characters in print fonts, 12.5% in a script font.
_HEIGHT, _STROKE_WIDTH, _MARGIN = 48, 5.0, 8
_MAX_WIDTH = 8000
_PIECE = 2.0

_OLDEST = (4, 0)  # the first with the recognizer of whole lines
_INSTALL = (
    "install it, e.g. apt-get install tesseract-ocr, brew install tesseract, or "
    "winget install UB-Mannheim.TesseractOCR"
)
# Typography that the recognizer makes of plain marks.
_PLAIN = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014\u00a0", "''\"\"-- ")


def read_lines(lines: Sequence[np.ndarray], timeout_s: float = 600.0) -> list[str]:
    """What tesseract reads in lines of writing.

    Each line is drawn black on white at one height and read as one line of English. Curly quotes
    and long dashes come back as their ASCII relatives, and spaces as single ones, since those
    are the recognizer's taste rather than the pen's.

    Args:
        lines: stroke events, one array `[T, 3]` a line, in any unit; an empty one reads as "".
        timeout_s: how long tesseract may take for all lines together, in seconds.

    Returns:
        A text a line.

    Raises:
        UserError: if events are no finite strokes, or tesseract is missing, too old or fails.
    """
    if not len(lines):
        return []
    program = find()
    drawings = all_to_polylines(lines)
    inked = [index for index, runs in enumerate(drawings) if runs]  # on blank paper it sees marks
    read = [""] * len(drawings)
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{index}.png" for index in inked]
        for name, index in zip(names, inked, strict=True):
            _write(pathlib.Path(folder, name), _image(drawings[index]))
        pathlib.Path(folder, "lines.txt").write_text("\n".join(names) + "\n", encoding="ascii")
        # One process for all lines; the names are relative to its working folder. Mode 13 takes a
        # picture for one line as it is; mode 7 looks for the line first, and misses some scripts.
        arguments = ["lines.txt", "stdout", "--psm", "13", "-l", "eng", "--dpi", "300"]
        output = _run([program, *arguments], timeout_s, folder) if inked else ""
    pages = output.split("\f")
    if len(pages) == len(inked) + 1 and not pages[-1].strip():
        pages.pop()  # some versions end the last page too
    if len(pages) != len(inked):
        raise UserError(f"{len(inked)} lines from {program}", f"{len(pages)}")
    for index, page in zip(inked, pages, strict=True):
        read[index] = " ".join(page.translate(_PLAIN).split())
    return read


def _image(runs: list[np.ndarray]) -> np.ndarray:
    """A line's pixels, uint8 `[height, width]`, 255 for white."""
    runs = [curves.flatten(run) for run in runs]
    points = np.concatenate([*runs, np.zeros([0, 2])])
    corner, extent = np.zeros(2), np.zeros(2)
    if len(points):
        corner, extent = points.min(axis=0), np.ptp(points, axis=0)
    # A line without height, a dash, is not blown up beyond its width.
    scale = min(
        _HEIGHT / max(extent[1], extent[0] / _HEIGHT, 1e-9), _MAX_WIDTH / max(extent[0], 1e-9)
    )
    width, height = np.ceil(extent * scale).astype(int) + 2 * _MARGIN
    runs = [(run - corner) * scale + _MARGIN for run in runs]
    canvas = Canvas(Sheet([runs], int(width), int(height), 1, 0, _STROKE_WIDTH, "black"))
    for run in runs:
        canvas.stroke(curves.flatten(run, _PIECE))
    return 255 - canvas.coverage


def _write(path: pathlib.Path, pixels: np.ndarray) -> None:
    from PIL import Image

    Image.fromarray(pixels).save(path, "PNG")


def find() -> str:
    """The path of a tesseract that is new enough.

    Raises:
        UserError: if there is none.
    """
    program = shutil.which("tesseract")
    if program is None:
        raise UserError("the program tesseract, to read writing back", "none on the path", _INSTALL)
    said = _run([program, "--version"], 30.0)
    match = re.search(r"tesseract\s+v?(\d+)\.(\d+)", said)
    if match is None or tuple(map(int, match.groups())) < _OLDEST:
        wanted = "tesseract {}.{} or newer".format(*_OLDEST)
        raise UserError(wanted, f"{said.strip()[:60] or 'no version'} ({program})", _INSTALL)
    return program


def _run(command: list[str], timeout_s: float, folder: str | None = None) -> str:
    """What a command writes to stdout."""
    wanted = f"{command[0]} to end well within {timeout_s:g} seconds"
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            # More threads than one make such small pictures slower.
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UserError(wanted, "no end", "read fewer lines at once") from None
    except OSError as error:
        raise UserError(wanted, str(error), _INSTALL) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UserError(wanted, f"status {done.returncode}: {' '.join(said)[:300]}", _INSTALL)
    return done.stdout.decode("utf-8", "replace")
