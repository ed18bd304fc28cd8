"""Reads the body of an SVG: shapes in one colour each, in the order in which they are painted."""

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree import ElementTree

from artwork.paths import Contour, Point, ellipse, flatten, rectangle

__all__ = ["Shape", "shapes"]

Matrix = tuple[float, float, float, float, float, float]
UNMOVED: Matrix = (1, 0, 0, 1, 0, 0)
HREF = "{http://www.w3.org/1999/xlink}href"
NAMES = {
    "red": "ff0000",
    "black": "000000",
    "white": "ffffff",
    "gray": "808080",
    "blue": "0000ff",
    "green": "008000",
    "yellow": "ffff00",
    "orange": "ffa500",
    "pink": "ffc0cb",
    "brown": "a52a2a",
    "gold": "ffd700",
}
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
DRAWN = frozenset({"path", "circle", "ellipse", "rect", "polygon"})


@dataclass(frozen=True)
class Shape:
    """Contours in one colour; a width means a line along them, no width a filled area."""

    colour: str
    opacity: float
    contours: list[Contour]
    even_odd: bool = False
    width: float = 0.0


@dataclass(frozen=True)
class _Style:
    fill: str = "000000"
    stroke: str = "none"
    width: float = 1.0
    opacity: float = 1.0
    even_odd: bool = False
    matrix: Matrix = UNMOVED


def shapes(body: str) -> list[Shape]:
    """Every shape of the body."""
    root = ElementTree.fromstring(f'<svg xmlns:xlink="http://www.w3.org/1999/xlink">{body}</svg>')
    return list(_Reader(root).walk(root, _Style()))


class _Reader:
    def __init__(self, root: ElementTree.Element) -> None:
        self._named = {element.get("id", ""): element for element in root.iter()}

    def walk(self, element: ElementTree.Element, style: _Style) -> Iterator[Shape]:
        style = self._style(element, style)
        if element.tag in DRAWN:
            yield from self._painted(element, style)
        elif element.tag == "use":
            target = self._named[(element.get("href") or element.get(HREF) or "").lstrip("#")]
            moved = (1.0, 0.0, 0.0, 1.0, float(element.get("x", 0)), float(element.get("y", 0)))
            yield from self.walk(target, replace(style, matrix=_times(style.matrix, moved)))
        elif element.tag in {"svg", "g", "symbol"}:
            for child in element:
                if child.tag != "symbol":
                    yield from self.walk(child, style)

    def _style(self, element: ElementTree.Element, style: _Style) -> _Style:
        return _Style(
            fill=self._colour(element.get("fill"), style.fill),
            stroke=self._colour(element.get("stroke"), style.stroke),
            width=float(element.get("stroke-width", style.width)),
            opacity=style.opacity * float(element.get("opacity", 1)) * float(element.get("fill-opacity", 1)),
            even_odd=element.get("fill-rule", "evenodd" if style.even_odd else "") == "evenodd",
            matrix=_times(style.matrix, _transform(element.get("transform", ""))),
        )

    def _colour(self, text: str | None, inherited: str) -> str:
        if text is None:
            return inherited
        if text.startswith("url"):
            return self._middle_of(text[5:-1])
        text = NAMES.get(text.lower(), text.lstrip("#").lower())
        return "".join(digit * 2 for digit in text) if re.fullmatch("[0-9a-f]{3}", text) else text

    def _middle_of(self, name: str) -> str:
        """The mean colour of a gradient: its stops weighted by the part of the way that they cover."""
        gradient = self._named[name]
        if link := gradient.get("href") or gradient.get(HREF):
            gradient = self._named[link.lstrip("#")]
        stops = [_stop(stop) for stop in gradient.iter("stop")]
        places = [stop[0] for stop in stops]
        edges = [0.0, *((one + other) / 2 for one, other in itertools.pairwise(places)), 1.0]
        weights = [max(0.001, end - start) for start, end in itertools.pairwise(edges)]
        total = sum(weights)
        visible = sum(weight * stop[2] for weight, stop in zip(weights, stops, strict=True)) or 1e-6
        mean = [
            round(sum(weight * stop[2] * stop[1][part] for weight, stop in zip(weights, stops, strict=True)) / visible)
            for part in range(3)
        ]
        return f"{bytes(mean).hex()}@{visible / total:.2f}"

    def _painted(self, element: ElementTree.Element, style: _Style) -> Iterator[Shape]:
        contours = [[_moved(style.matrix, point) for point in contour] for contour in _contours(element)]
        scale = math.sqrt(abs(style.matrix[0] * style.matrix[3] - style.matrix[1] * style.matrix[2]))
        if style.fill != "none":
            colour, opacity = _opaque(style.fill)
            yield Shape(colour, style.opacity * opacity, contours, style.even_odd)
        if style.stroke != "none":
            colour, opacity = _opaque(style.stroke)
            is_closed = element.tag != "path" or element.get("d", "").rstrip()[-1:] in "Zz"
            lines = [[*contour, contour[0]] if is_closed else contour for contour in contours]
            yield Shape(colour, style.opacity * opacity, lines, width=style.width * scale)


def _opaque(colour: str) -> tuple[str, float]:
    """A colour and how much it covers; a gradient's mean carries it behind an at sign."""
    text, _, opacity = colour.partition("@")
    return text, float(opacity or 1)


def _stop(stop: ElementTree.Element) -> tuple[float, bytes, float]:
    text = stop.get("stop-color", "000000").lstrip("#").lower()
    text = NAMES.get(text, "".join(digit * 2 for digit in text) if len(text) == 3 else text)
    offset = stop.get("offset", "0")
    place = float(offset.rstrip("%")) / (100 if offset.endswith("%") else 1)
    return place, bytes.fromhex(text), float(stop.get("stop-opacity", 1))


def _contours(element: ElementTree.Element) -> list[Contour]:
    def number(name: str, otherwise: float = 0.0) -> float:
        return float(element.get(name, otherwise))

    if element.tag == "path":
        return flatten(element.get("d", ""))
    if element.tag == "polygon":
        numbers = [float(text) for text in NUMBER.findall(element.get("points", ""))]
        return [list(zip(numbers[::2], numbers[1::2], strict=True))]
    if element.tag == "rect":
        return [rectangle(number("x"), number("y"), (number("width"), number("height")), number("rx"))]
    radius = number("r")
    return [ellipse((number("cx"), number("cy")), (number("rx", radius), number("ry", radius)))]


def _transform(text: str) -> Matrix:
    matrix = UNMOVED
    for name, inside in re.findall(r"(\w+)\(([^)]*)\)", text):
        matrix = _times(matrix, _single(name, [float(number) for number in NUMBER.findall(inside)]))
    return matrix


def _single(name: str, numbers: list[float]) -> Matrix:
    if name == "matrix":
        return (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5])
    if name == "translate":
        return (1, 0, 0, 1, numbers[0], numbers[1] if len(numbers) > 1 else 0)
    if name == "scale":
        return (numbers[0], 0, 0, numbers[-1], 0, 0)
    turn = math.radians(numbers[0])
    cos, sin = math.cos(turn), math.sin(turn)
    x, y = numbers[1:] or (0.0, 0.0)
    return (cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y)


def _times(outer: Matrix, inner: Matrix) -> Matrix:
    a, b, c, d, e, f = outer
    i, j, k, m, n, o = inner
    return (a * i + c * j, b * i + d * j, a * k + c * m, b * k + d * m, a * n + c * o + e, b * n + d * o + f)


def _moved(matrix: Matrix, point: Point) -> Point:
    a, b, c, d, e, f = matrix
    return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f
