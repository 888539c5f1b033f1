"""The vector page draws what the page of pixels draws."""

import xml.dom.minidom

import numpy as np

from hachi_tf.rendering.figure import Figure
from hachi_tf.rendering.svg_figure import SvgFigure


def draw(page):
    page.block((10, 20, 30, 5), "#ff0000")
    page.frame((50, 20, 60, 40))
    page.ticks((50, 20, 400, 40), 0.0, 4.0, "s", "bottom")
    page.strokes([np.array([[0.0, 0.0], [10.0, 10.0]])], "#0000ff", 2.0, smooth=False)
    page.write(5, 6, "a < b \x00", "rt")
    return page


def test_every_part_is_an_element_at_its_place():
    page = draw(SvgFigure(500, 100.5))
    root = xml.dom.minidom.parseString(page.document).documentElement
    assert (root.getAttribute("width"), root.getAttribute("height")) == ("500", "101")
    rects = [dict(each.attributes.items()) for each in root.getElementsByTagName("rect")]
    assert rects[0] == {"x": "10", "y": "20", "width": "30", "height": "5", "fill": "#ff0000"}
    assert rects[1]["fill"] == "none" and rects[1]["width"] == "60"
    (path,) = root.getElementsByTagName("path")
    assert path.getAttribute("d") == "M0 0L10 10"
    texts = [each.firstChild.data for each in root.getElementsByTagName("text")]
    assert texts == ["0", "2", "4", "s", "a < b \ufffd"]
    assert root.getElementsByTagName("text")[-1].getAttribute("text-anchor") == "end"


def test_both_pages_are_as_wide():
    assert draw(SvgFigure(500, 100)).width == draw(Figure(500, 100)).width == 500
