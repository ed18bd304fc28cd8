"""Draws flat shapes with smooth edges on a clear background."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from PIL import Image, ImageDraw

Contour = Sequence[tuple[float, float]]
# Shapes are drawn this many times larger and then reduced: Pillow's polygons have hard edges.
FINER = 3


@dataclass(frozen=True)
class FlatShape:
    """An area in one colour: its outline and the holes in it; a width makes it a line along the outline."""

    colour: str
    contours: tuple[Contour, ...]
    opacity: float = 1.0
    width: float = 0.0

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what is painted."""
        across = [x for x, _ in self.contours[0]]
        down = [y for _, y in self.contours[0]]
        reach = self.width / 2
        return min(across) - reach, min(down) - reach, max(across) + reach, max(down) + reach

    def moved(self, scale: float, right: float, down: float, *, mirrored: bool = False) -> "FlatShape":
        """The same shape elsewhere; mirrored about the vertical line through its own zero."""
        across = -scale if mirrored else scale
        contours = tuple([(x * across + right, y * scale + down) for x, y in contour] for contour in self.contours)
        return FlatShape(self.colour, contours, self.opacity, self.width * scale)


@dataclass(frozen=True)
class Box:
    """The part of the plane that a picture shows."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """From the top to the bottom."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left


def box_of(shapes: Sequence[FlatShape]) -> Box:
    """The smallest box around the shapes."""
    boxes = [shape.box for shape in shapes]
    return Box(min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


def draw(shapes: Sequence[FlatShape], box: Box, height_px: int) -> Image.Image:
    """The shapes over each other, each in its colour; the picture is as high as asked and as wide as the box asks."""
    scale, size = _measures(box, height_px)
    sheet = Image.new("RGBA", size)
    pen = ImageDraw.Draw(sheet)
    for shape in shapes:
        placed = shape.moved(scale, -box.left * scale, -box.top * scale)
        if len(shape.contours) == 1 and shape.opacity >= 1:
            _paint(pen, placed, f"#{shape.colour}")
        else:
            _stamp(sheet, placed)
    return sheet.convert("RGBa").reduce(FINER).convert("RGBA")


def mask(shapes: Sequence[FlatShape], lit: frozenset[str], box: Box, height_px: int) -> Image.Image:
    """Where the shapes whose colours are lit can be seen: the others cover them."""
    scale, size = _measures(box, height_px)
    sheet = Image.new("L", size)
    pen = ImageDraw.Draw(sheet)
    for shape in shapes:
        placed = shape.moved(scale, -box.left * scale, -box.top * scale)
        value = 255 if shape.colour in lit else 0
        if len(shape.contours) == 1 and shape.opacity >= 1:
            _paint(pen, placed, value)
        elif shape.opacity >= 1 or value:
            stencil, corner = _stencil(placed, size)
            sheet.paste(value, corner, stencil)
    return sheet.reduce(FINER)


def _measures(box: Box, height_px: int) -> tuple[float, tuple[int, int]]:
    height = max(4, height_px) * FINER
    scale = height / max(box.height, 1e-6)
    width = max(1, round(box.width * scale / FINER)) * FINER
    return scale, (width, height)


def _paint(pen: ImageDraw.ImageDraw, shape: FlatShape, fill: str | int) -> None:
    outline = shape.contours[0]
    if not shape.width:
        pen.polygon(outline, fill=fill)
        return
    wide = max(1, round(shape.width))
    pen.line(outline, fill=fill, width=wide, joint="curve")
    for x, y in (outline[0], outline[-1]):
        pen.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=fill)


def _stamp(sheet: Image.Image, shape: FlatShape) -> None:
    stencil, corner = _stencil(shape, sheet.size)
    patch = Image.new("RGBA", stencil.size, f"#{shape.colour}")
    patch.putalpha(stencil)
    sheet.alpha_composite(patch, corner)


def _stencil(shape: FlatShape, size: tuple[int, int]) -> tuple[Image.Image, tuple[int, int]]:
    """How much of each point in the shape's own box is covered, and the corner of that box."""
    left, top, right, bottom = shape.box
    corner = max(0, int(left) - 1), max(0, int(top) - 1)
    end = min(size[0], int(right) + 2), min(size[1], int(bottom) + 2)
    stencil = Image.new("L", (max(1, end[0] - corner[0]), max(1, end[1] - corner[1])))
    pen = ImageDraw.Draw(stencil)
    outline, *holes = (shape.moved(1, -corner[0], -corner[1])).contours
    value = round(255 * shape.opacity)
    _paint(pen, FlatShape("", (outline,), width=shape.width), value)
    for hole in holes:
        pen.polygon(hole, fill=0)
    return stencil, corner
