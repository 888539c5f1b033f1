import os
import shutil
import stat
import sys

import numpy as np
import pytest
from PIL import Image

from hachi_tf.errors import UserError
from hachi_tf.evaluation import tesseract

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="the program tesseract is not installed"
)
needs_scripts = pytest.mark.skipif(os.name != "posix", reason="a script stands in for the program")
# A capital L and a capital T of 20 units, in pen strokes.
L_AND_T = np.array(
    [[0, 20, 0], [12, 0, 1], [6, -20, 0], [16, 0, 1], [-8, 0, 0], [0, 20, 1]], np.float64
)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a program named tesseract, a script in Python, first on the path."""

    def put(body: str, version: str = "tesseract 5.3.0"):
        path = tmp_path / "bin" / "tesseract"
        path.parent.mkdir(exist_ok=True)
        lines = [f"#!{sys.executable}", "import os, sys, time", "if '--version' in sys.argv:"]
        path.write_text("\n".join([*lines, f"    print({version!r}); sys.exit()", body]) + "\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(path.parent))

    return put


def said(lines, **options) -> str:
    with pytest.raises(UserError) as error:
        tesseract.read_lines(lines, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_no_lines_need_no_program(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert tesseract.read_lines([]) == []


def test_a_missing_program_is_named_with_how_to_install_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    message = said([L_AND_T])
    assert "tesseract" in message and "apt-get install tesseract-ocr" in message
    assert "brew" in message and "winget" in message


@needs_scripts
def test_an_old_program_is_refused(program):
    program("", version="tesseract 3.05.02")
    assert "tesseract 4.0 or newer; got tesseract 3.05.02" in said([L_AND_T])
    program("", version="hello")
    assert "got hello" in said([L_AND_T])


@needs_scripts
@pytest.mark.parametrize("version", ["tesseract v5.3.0.20221214", "tesseract 4.1.1\n leptonica"])
def test_versions_are_read_on_all_systems(program, version):
    program("sys.stdout.write('LT')", version=version)
    assert tesseract.read_lines([L_AND_T]) == ["LT"]


@needs_scripts
def test_a_failing_or_endless_or_silent_program_is_one_line(program):
    program("sys.stderr.write('no eng.traineddata\\nat all'); sys.exit(3)")
    assert "status 3: no eng.traineddata at all" in said([L_AND_T])
    program("time.sleep(60)")
    assert "no end" in said([L_AND_T], timeout_s=0.5)
    program("sys.stdout.write('one page')")
    assert "2 lines" in said([L_AND_T, L_AND_T])


@needs_scripts
@pytest.mark.parametrize("end", ["", "\\f"])
def test_pages_are_parted_and_typography_made_plain(program, end):
    program(
        "names = open('lines.txt').read().split()\n"
        "assert os.environ['OMP_THREAD_LIMIT'] == '1' and len(names) == 3\n"
        "assert all(os.path.isfile(name) for name in names)\n"
        f"page = 'it\\u2019s  \\u201ca\\u201d \\u2014 b\\n\\n\\f\\f x \\n{end}'\n"
        "sys.stdout.buffer.write(page.encode())"
    )
    assert tesseract.read_lines([L_AND_T] * 3) == ['it\'s "a" - b', "", "x"]


def test_a_line_is_drawn_black_on_white_at_one_height(tmp_path):
    for unit in (1e-3, 1.0, 1e3):
        pixels = tesseract._image(tesseract.all_to_polylines([L_AND_T * [unit, unit, 1]])[0])
        rows, columns = np.nonzero(pixels < 128)
        assert 50 <= np.ptp(rows) <= 54 and pixels.shape[0] == 64
        assert pixels[0].min() == 255 and pixels.min() == 0
        assert np.ptp(columns) / np.ptp(rows) == pytest.approx(34 / 20, rel=0.05)
    tesseract._write(tmp_path / "a.png", pixels)
    assert Image.open(tmp_path / "a.png").mode == "L"


@pytest.mark.parametrize(
    "events",
    [
        np.zeros([0, 3]),
        np.array([[0, 0, 1.0]]),
        np.array([[100.0, 0, 1]]),
        np.array([[0, 100.0, 1]]),
        np.array([[1e7, 1, 0], [-1e7, 1, 1]]),
    ],
)
def test_pictures_stay_small_whatever_is_drawn(events):
    height, width = tesseract._image(tesseract.all_to_polylines([events])[0]).shape
    assert 16 <= height <= 65 and 16 <= width <= 8100


def test_events_that_are_no_strokes_are_refused():
    assert "finite" in said([L_AND_T * np.nan]) or shutil.which("tesseract") is None


@needs_tesseract
def test_letters_are_read_and_paper_without_ink_is_empty():
    assert tesseract.read_lines([np.zeros([0, 3]), L_AND_T]) == ["", "LT"]
