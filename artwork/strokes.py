"""Simple shapes for drawings that are made from measures: y grows upward, the feet are at nought."""

import math
from collections.abc import Iterable

from artwork.paths import Contour, Point, ellipse
from artwork.svg import Shape

__all__ = ["blob", "limb", "line", "oval", "polygon"]

STEPS = 8


def polygon(colour: str, *points: Point) -> Shape:
    """A shape with straight sides."""
    return Shape(colour, 1.0, [_down(points)])


def blob(colour: str, *points: Point) -> Shape:
    """A round shape through the points: a closed Catmull-Rom curve."""
    count = len(points)
    curve: Contour = []
    for index in range(count):
        before, start, end, after = (points[(index + step) % count] for step in (-1, 0, 1, 2))
        curve.extend(_between(before, start, end, after, step / STEPS) for step in range(STEPS))
    return Shape(colour, 1.0, [_down(curve)])


def oval(colour: str, middle: Point, reach: Point, turn: float = 0.0) -> Shape:
    """An ellipse, turned counterclockwise by degrees."""
    angle = math.radians(turn)
    cos, sin = math.cos(angle), math.sin(angle)
    around = ellipse((0, 0), reach)
    return Shape(
        colour, 1.0, [_down((middle[0] + cos * x - sin * y, middle[1] + sin * x + cos * y) for x, y in around)]
    )


def line(colour: str, width: float, *points: Point) -> Shape:
    """A line with round ends through the points."""
    return Shape(colour, 1.0, [_down(_open_curve(points))], width=width)


def limb(colour: str, widths: tuple[float, float], start: Point, end: Point) -> Shape:
    """A leg or neck: straight sides between two round ends of their own widths."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    contour: Contour = []
    for (x, y), width, first in ((start, widths[0], 90), (end, widths[1], -90)):
        for step in range(9):
            turn = angle + math.radians(first + step * 22.5)
            contour.append((x + width / 2 * math.cos(turn), y + width / 2 * math.sin(turn)))
    return Shape(colour, 1.0, [_down(contour)])


def _open_curve(points: tuple[Point, ...]) -> Contour:
    known = (points[0], *points, points[-1])
    curve = [
        _between(known[index], known[index + 1], known[index + 2], known[index + 3], step / STEPS)
        for index in range(len(points) - 1)
        for step in range(STEPS)
    ]
    return [*curve, points[-1]]


def _between(before: Point, start: Point, end: Point, after: Point, part: float) -> Point:
    square, cube = part * part, part**3
    return (
        _spline(before[0], start[0], end[0], after[0], part, square, cube),
        _spline(before[1], start[1], end[1], after[1], part, square, cube),
    )


def _spline(before: float, start: float, end: float, after: float, *powers: float) -> float:
    part, square, cube = powers
    return 0.5 * (
        2 * start
        + (end - before) * part
        + (2 * before - 5 * start + 4 * end - after) * square
        + (3 * start - before - 3 * end + after) * cube
    )


def _down(points: Iterable[Point]) -> Contour:
    return [(x, -y) for x, y in points]
