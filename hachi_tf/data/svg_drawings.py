"""The strokes of an SVG file: what a pen drew, not the outlines of filled shapes."""

import math
from xml.etree import ElementTree

import numpy as np

from hachi_tf.data.sources.svg_paths import Curve, flatten, parse_path
from hachi_tf.data.sources.xml_files import parse_xml
from hachi_tf.data.svg_transforms import MAX_COORDINATE, Affine, parse_numbers, parse_transform
from hachi_tf.errors import UserError

_SPACE = "http://www.w3.org/2000/svg"
# Their children are drawn only where something refers to them.
_UNDRAWN = {"defs", "symbol", "clipPath", "mask", "pattern", "marker", "metadata", "title", "desc"}
_SHAPES = {"path", "line", "polyline", "polygon", "circle", "ellipse"}
_MAX_DEPTH = 200  # of nested groups
_PIECES = 20_000.0  # into which all the ink of a drawing is cut
_PAINTS = ("fill", "stroke", "display", "visibility")


def read_svg(content: bytes, name: str) -> list[np.ndarray]:
    """The strokes of an SVG document.

    Paths, lines, polylines, polygons, and circles and ellipses are read, with the transforms
    of all groups around them; sizes, viewBox and everything else are ignored. What has no
    stroke and no fill is not seen and left out. A filled circle is a dot. What is filled without
    a stroke is the outline of a shape, as letters of a font are, and no way of a pen.

    Args:
        content: the file's bytes.
        name: of the file, for errors.

    Returns:
        Strokes `[n, 2]`, float64, in the order of the file.

    Raises:
        UserError: if the document is damaged, refers to parts of itself (`use`), or holds filled
            outlines.
    """
    parse_xml(content, name, lambda tag, attributes: None)  # refuses entities
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UserError("well-formed XML", f"{name}: {error}") from None
    if _tag(root) != "svg":
        raise UserError("an SVG document", f"a document of {_tag(root)[:40]!r} in {name}")
    rules = _rules(root)
    subpaths: list[tuple[complex, list[Curve]]] = []
    # Elements still to be visited, the next one last, with what they inherit.
    waiting = [(root, Affine(), {}, 0)]
    while waiting:
        element, affine, paint, depth = waiting.pop()
        tag = _tag(element)
        if tag in _UNDRAWN:
            continue
        if tag == "use":
            raise UserError(
                "an SVG without use elements", f"one in {name}", "unlink clones, then save again"
            )
        if depth > _MAX_DEPTH:
            raise UserError(f"groups at most {_MAX_DEPTH} deep", f"deeper ones in {name}")
        affine = affine.after(parse_transform(element.get("transform", ""), name))
        paint = _paint(element, tag, paint, rules)
        if paint.get("display") == "none":
            continue
        if tag in _SHAPES and _is_seen(element, tag, paint, name):
            subpaths.extend(_mapped(_shape(element, tag, paint, name), affine, name))
        waiting.extend((child, affine, paint, depth + 1) for child in reversed(element))
    return _points(subpaths, name)


def _tag(element: ElementTree.Element) -> str:
    tag = element.tag
    if not isinstance(tag, str):
        return "metadata"  # comments and such
    space, _, local = tag.rpartition("}")
    return local if space in ("", "{" + _SPACE) else "metadata"


def _points(subpaths: list[tuple[complex, list[Curve]]], name: str) -> list[np.ndarray]:
    if not subpaths:
        return []
    length = sum(
        abs(curve[index + 1] - curve[index])
        for _, curves in subpaths
        for curve in curves
        for index in range(3)
    )
    points, starts = flatten(subpaths, length / _PIECES if length > 0 else 1.0)
    return np.split(points, starts[1:])


def _mapped(subpaths, affine: Affine, name: str) -> list[tuple[complex, list[Curve]]]:
    mapped = [
        (affine(start), [tuple(map(affine, curve)) for curve in curves])
        for start, curves in subpaths
    ]
    for start, curves in mapped:
        ends = [start, *(point for curve in curves for point in curve)]
        if not all(abs(z.real) + abs(z.imag) <= MAX_COORDINATE for z in ends):
            raise UserError(f"coordinates within {MAX_COORDINATE:g}", f"others in {name}")
    return mapped


def _shape(element, tag: str, paint, name: str) -> list[tuple[complex, list[Curve]]]:
    if tag == "path":
        return parse_path(element.get("d"), name) if element.get("d", "").strip() else []
    if tag in ("circle", "ellipse"):
        return _ellipse(element, tag, paint, name)
    if tag == "line":
        values = [_length(element, key, name) for key in ("x1", "y1", "x2", "y2")]
    else:
        values = parse_numbers(element.get("points", ""), name)
    points = list(map(complex, values[::2], values[1::2]))
    if tag == "polygon" and points:
        points.append(points[0])
    curves = [(a, a, b, b) for a, b in zip(points[:-1], points[1:], strict=True)]
    return [(points[0], curves)] if points else []


def _ellipse(element, tag: str, paint, name: str) -> list[tuple[complex, list[Curve]]]:
    keys = ("rx", "ry") if tag == "ellipse" else ("r", "r")
    center = complex(_length(element, "cx", name), _length(element, "cy", name))
    if not _is_paint(paint.get("stroke", "none")):
        return [(center, [])]
    rx, ry = (_length(element, key, name) for key in keys)
    k = 4 / 3 * math.tan(math.pi / 8)  # of a Bezier curve that is almost a quarter of a circle
    quarter = (1, 1 + 1j * k, k + 1j, 1j)
    turned = [[z * 1j**turn for z in quarter] for turn in range(4)]
    curves = [tuple(center + complex(rx * z.real, ry * z.imag) for z in each) for each in turned]
    return [(curves[0][0], curves)]


def _is_seen(element, tag: str, paint: dict[str, str], name: str) -> bool:
    """Whether an element is drawn by a pen; filled outlines are refused."""
    if paint.get("visibility") in ("hidden", "collapse"):
        return False
    has_stroke = _is_paint(paint.get("stroke", "none"))
    has_fill = _is_paint(paint.get("fill", "black"))  # as SVG has it where none is given
    if tag == "line" or not has_fill:
        return has_stroke
    if tag in ("circle", "ellipse"):
        return True
    is_closed = tag == "polygon" or "z" in element.get("d", "").lower()
    if has_stroke and not is_closed:
        return True
    raise UserError(
        "an SVG of strokes, as a pen draws them (a stroke, fill='none')",
        f"a filled {tag} in {name}: the outline of a shape, not the way of a pen",
        "draw with a pen tool, or trace center lines; do not convert text to outlines",
    )


def _is_paint(value: str) -> bool:
    return value.strip().lower() not in ("none", "transparent", "")


def _paint(element, tag: str, inherited: dict[str, str], rules) -> dict[str, str]:
    """The painting properties of an element: attributes, style sheet, style, the last one wins."""
    own = {key: element.get(key) for key in _PAINTS if element.get(key)}
    classes = [f".{each}" for each in element.get("class", "").split()]
    selectors = ["*", tag, *classes, *(tag + each for each in classes), f"#{element.get('id')}"]
    for selector in selectors:  # from the weakest to the strongest
        own.update(rules.get(selector, {}))
    own.update(_declarations(element.get("style", "")))
    own = {key: value for key, value in own.items() if value != "inherit"}
    return {**inherited, **own} if own else inherited


def _rules(root: ElementTree.Element) -> dict[str, dict[str, str]]:
    """What style sheets declare for a tag, a class or an id."""
    rules: dict[str, dict[str, str]] = {}
    for element in root.iter():
        if _tag(element) != "style":
            continue
        first, *comments = (element.text or "").split("/*")
        sheet = " ".join([first, *(each.partition("*/")[2] for each in comments)])
        for rule in sheet.split("}"):
            selectors, _, declarations = rule.partition("{")
            if declared := _declarations(declarations):
                for selector in selectors.split(","):
                    rules.setdefault(selector.strip(), {}).update(declared)
    return rules


def _declarations(style: str) -> dict[str, str]:
    pairs = (each.partition(":") for each in style.split(";"))
    declared = {key.strip(): value.split("!")[0].strip() for key, _, value in pairs}
    return {key: declared[key] for key in _PAINTS if declared.get(key)}


def _length(element: ElementTree.Element, key: str, name: str) -> float:
    text = element.get(key, "0")
    values = parse_numbers(text[:-2] if text.endswith("px") else text, name)
    if len(values) != 1:
        raise UserError(f"a number as {key}", f"{text[:60]!r} in {name}")
    return values[0]
