"""Tests of hachi_tf.rendering.page_files."""

import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import vpype
from PIL import Image

from hachi_tf.errors import UserError
from hachi_tf.rendering import page_files
from hachi_tf.rendering.page import Page, PlacedLine, lay_out
from hachi_tf.rendering.page_files import save_pages

SVG = "{http://www.w3.org/2000/svg}"
# CSS pixels, the unit of vpype, in a millimetre.
PIXEL = 96 / 25.4
HEIGHT = 10.0


def line(seed, letters=12):
    """Loops, 8 units a letter, and a dot at the end."""
    rng = np.random.default_rng(seed)
    angle = np.arange(0, 2 * np.pi * letters, 0.5)
    points = np.stack([1.3 * angle + 3 * np.sin(angle), 5 * np.cos(angle)], axis=1)
    points += 0.1 * rng.normal(size=points.shape)
    lifts = np.append(np.arange(1, len(points)) % 11 == 0, True)
    moves = np.concatenate([np.diff(points, axis=0), [[4.0, 0.0]]])
    return np.column_stack([moves, lifts])


def letter(lines=30, **page):
    page = Page(**{"width": 210, "height": 297, "margin": 25, "line_height": 12, **page})
    drawings = [line(seed) for seed in range(lines)]
    return lay_out(["some writing"] * lines, drawings, page, HEIGHT)


def test_a_toy_page():
    run = np.array([[10.0, 10.0], [20.0, 10.0], [20.0, 20.00049]])
    dot = np.array([[5.0, 5.0]])
    page = Page(215.9, 100, ink="navy", pen_width=0.35)
    assert page_files.svg(page, [PlacedLine(3, "<a>\u00a0& \x00", [run, dot], 1.0)]) == (
        '<svg xmlns="http://www.w3.org/2000/svg" width="215.9mm" height="100mm" '
        'viewBox="0 0 215.9 100" style="background:#fff">\n'
        '<g fill="none" stroke="#000080" stroke-width="0.35" '
        'stroke-linecap="round" stroke-linejoin="round">\n'
        '<g id="line-3"><title>&lt;a&gt;\u00a0&amp; \ufffd</title>\n'
        '<path d="M10 10L20 10L20 20"/>\n'
        '<path d="M5 5h.01"/>\n'
        "</g>\n</g>\n</svg>\n"
    )


def test_paths_are_smooth_and_pass_through_the_points():
    laid = letter(1)
    root = ElementTree.fromstring(page_files.svg(laid.page, laid.pages[0]))
    paths = [path.get("d") for path in root.iter(f"{SVG}path")]
    runs = laid.pages[0][0].runs
    assert len(paths) == len(runs)
    for path, run in zip(paths, runs, strict=True):
        ends = re.findall(r"(\S+) (\S+?)(?=[MCL]|h|$)", path.replace("C", " C").replace("L", " L"))
        pieces = re.findall(r"[MCL][^MCLh]*", path)
        ends = [[float(n) for n in re.findall(r"[-\d.]+", piece)][-2:] for piece in pieces]
        np.testing.assert_allclose(ends, run, atol=0.00051)
    text = "".join(paths)
    assert text.count("C") > 0.9 * (text.count("C") + text.count("L"))


def test_a_plotters_tool_reads_the_pages_in_millimetres(tmp_path):
    laid = letter(30)
    paths = save_pages(laid, tmp_path / "letter.svg")
    assert [path.name for path in paths] == ["letter-1.svg", "letter-2.svg"]
    for path, lines in zip(paths, laid.pages, strict=True):
        document = vpype.read_multilayer_svg(str(path), quantization=0.1 * PIXEL)
        np.testing.assert_allclose(document.page_size, [210 * PIXEL, 297 * PIXEL], rtol=1e-5)
        (layer,) = document.layers.values()
        runs = [run for line in lines for run in line.runs]
        assert len(layer) == len(runs) > 100
        left, top, right, bottom = np.array(layer.bounds()) / PIXEL
        assert 25 - 0.01 < left < 25.5 and 25 - 0.01 < top
        assert right < 210 - 25 + 0.01 and bottom < 297 - 25 + 0.01
        for path_read, run in zip(layer, runs, strict=True):  # the order and the way of the pen
            ends = np.array([path_read[0], path_read[-1]]) / PIXEL
            expected = run[[0, -1]] @ [1, 1j]
            np.testing.assert_allclose(ends, expected, atol=0.012)


def test_files_are_numbered_only_if_there_are_several(tmp_path):
    assert save_pages(letter(3), tmp_path / "new" / "a.b.svg") == [tmp_path / "new" / "a.b.svg"]
    paths = save_pages(letter(3, height=74), tmp_path / "c.PNG", dpi=30)
    assert [path.name for path in paths] == ["c-1.PNG", "c-2.PNG"]
    names = sorted(path.name for path in tmp_path.rglob("*"))
    assert names == ["a.b.svg", "c-1.PNG", "c-2.PNG", "new"]


def test_a_page_that_cannot_be_written_leaves_none(tmp_path):
    (tmp_path / "x-1.svg").write_text("old")
    (tmp_path / "x-2.svg").mkdir()
    (tmp_path / "x-2.svg" / "kept").write_text("")
    with pytest.raises(Exception):  # noqa: B017 - whatever the system says of a folder there
        save_pages(letter(3, height=74), tmp_path / "x.svg")
    assert (tmp_path / "x-1.svg").read_text() == "old"
    with pytest.raises(UserError, match="ending in .svg or .png for pages"):
        save_pages(letter(1), tmp_path / "x.gif")


def test_a_picture_has_the_pages_size_and_ink_where_the_pen_was():
    laid = letter(2, ink="#c00000", width=120, height=100, margin=10)
    data = page_files.png(laid.page, laid.pages[0], dpi=127)  # 5 pixels a mm
    picture = Image.open(io.BytesIO(data))
    assert picture.size == (600, 500)
    np.testing.assert_allclose(picture.info["dpi"], 127, atol=0.01)
    pixels = np.asarray(picture)
    for run in laid.pages[0][1].runs:
        for x, y in np.floor(5 * run).astype(int):
            assert pixels[y, x].tolist() == [192, 0, 0] or pixels[y, x, 1] < 160
    assert (pixels[:49] == 255).all() and (pixels[:, :48] == 255).all()
    assert 0.01 < (pixels[..., 1] < 128).mean() < 0.1
    with pytest.raises(UserError, match="million pixels"):
        page_files.png(Page(5000, 5000), [], dpi=300)
