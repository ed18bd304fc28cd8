"""The drawings that `make art` wrote: read from the file once, unpacked one by one when they are asked for."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.providers.local.scenery.art.raster import Contour, FlatShape

__all__ = ["DRAWINGS_FILE", "FlatDrawing", "drawing", "drawing_names"]

DRAWINGS_FILE = Path(__file__).with_name("drawings.tsv")


@dataclass(frozen=True)
class FlatDrawing:
    """Shapes in whole units, with the colour that gives the thing its own."""

    main: str
    shapes: tuple[FlatShape, ...]


def drawing_names() -> Iterable[str]:
    """The name of every drawing."""
    return _lines().keys()


@cache
def drawing(name: str) -> FlatDrawing:
    """One drawing."""
    main, shapes = _lines()[name]
    return FlatDrawing(main, tuple(_shape(*row) for row in json.loads(shapes)))


@cache
def _lines() -> dict[str, tuple[str, str]]:
    rows = (line.split("\t") for line in DRAWINGS_FILE.read_text(encoding="utf-8").splitlines())
    return {name: (main, shapes) for name, main, shapes in rows}


def _shape(colour: str, contours: list[str], opacity: float = 1.0, width: float = 0.0) -> FlatShape:
    return FlatShape(colour, tuple(_contour(steps) for steps in contours), opacity, width)


def _contour(steps: str) -> Contour:
    """The first point is written whole, each other one as the step from the point before."""
    numbers = [int(number) for number in steps.split()]
    x = y = 0
    points: list[tuple[float, float]] = []
    for right, down in zip(numbers[::2], numbers[1::2], strict=True):
        x, y = x + right, y + down
        points.append((x, y))
    return points
