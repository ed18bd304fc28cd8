"""The picture of a figure, and of the lamps in it."""

from dataclasses import replace

from PIL import Image

from app.providers.local.scenery.art.drawings import NAMED, catalogue, darker, drawing, recoloured
from app.providers.local.scenery.art.people import in_slots, is_person, person_shapes
from app.providers.local.scenery.art.raster import FlatShape, box_of, draw, mask
from app.providers.local.scenery.scene import Figure

# Animals of one kind differ a little in how dark they are.
COATS = 4


def sprite(figure: Figure, height_px: int, seed: int) -> Image.Image:
    """The figure on a clear background: it faces right and touches every side of its picture."""
    shapes = _shapes(figure, seed)
    return draw(shapes, box_of(shapes), height_px)


def glow(figure: Figure, height_px: int, seed: int = 0) -> Image.Image | None:
    """Where the figure shines of itself, in a picture of the same size; nothing where it has no lamp."""
    lit = catalogue()[figure.key].lit
    if not lit:
        return None
    shapes = _shapes(replace(figure, colour=""), seed if is_person(figure.key) else 0)
    return mask(shapes, lit, box_of(shapes), height_px)


def _shapes(figure: Figure, seed: int) -> list[FlatShape]:
    if is_person(figure.key):
        return person_shapes(figure, seed)
    entry = catalogue()[figure.key]
    known = drawing(figure.key)
    if known.main == "main":
        return list(in_slots(known.shapes, figure, seed))
    if figure.colour:
        return list(recoloured(known.shapes, known.main, NAMED[figure.colour]))
    if entry.category == "animals" and seed % COATS:
        return list(darker(known.shapes, known.main, 1 - 0.09 * (seed % COATS)))
    return list(known.shapes)
