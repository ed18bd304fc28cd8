"""The picture of a figure, and of the lamps in it."""

from typing import Protocol

from PIL import Image

from app.providers.local.scenery.art.catalogue import catalogue
from app.providers.local.scenery.art.colours import NAMED, recoloured, shade
from app.providers.local.scenery.art.drawings import drawing
from app.providers.local.scenery.art.raster import Shape, box_of, draw, mask

__all__ = ["glow", "sprite"]

# Animals of one kind differ a little in how dark they are.
COATS = 4


class Drawn(Protocol):
    """What of a figure matters for its picture."""

    @property
    def key(self) -> str:
        """The key in the catalogue."""

    @property
    def colour(self) -> str:
        """The name of a colour, or nothing."""

    @property
    def trait(self) -> str:
        """What it is like, or nothing."""


def sprite(figure: Drawn, height_px: int, seed: int) -> Image.Image:
    """The figure on a clear background: it faces right and touches every side of its picture."""
    shapes = _shapes(figure, seed)
    return draw(shapes, box_of(shapes), height_px)


def glow(figure: Drawn, height_px: int) -> Image.Image | None:
    """Where the figure shines of itself, in a picture of the same size; nothing where it has no lamp."""
    lit = catalogue()[figure.key].lit
    if not lit:
        return None
    shapes = drawing(catalogue()[figure.key].art or figure.key).shapes
    return mask(shapes, lit, box_of(shapes), height_px)


def _shapes(figure: Drawn, seed: int) -> list[Shape]:
    entry = catalogue()[figure.key]
    known = drawing(entry.art or figure.key)
    if figure.colour:
        return list(recoloured(known.shapes, known.main, NAMED[figure.colour]))
    if entry.category == "animals" and seed % COATS:
        return list(recoloured(known.shapes, known.main, shade(known.main, 1 - 0.07 * (seed % COATS))))
    return list(known.shapes)
