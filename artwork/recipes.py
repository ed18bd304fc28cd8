"""Makes each drawing as its recipe says: from a published icon, from another recipe or from SVG of our own."""

import colorsys
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image, ImageDraw

from artwork.paths import Contour
from artwork.svg import Shape, shapes

__all__ = ["Drawer", "Recipe", "most_seen", "moved"]

# The side of the picture in which the colour of most points is looked for.
LOOKED_AT_PX = 96


@dataclass(frozen=True)
class Recipe:
    """What a drawing is made of; SVG of our own is painted over what comes from elsewhere."""

    icon: str = ""
    base: str = ""
    svg: str = ""
    under: str = ""
    colours: Mapping[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    flip: bool = False
    turn: float = 0.0
    stretch: float = 1.0
    main: str = ""

    @staticmethod
    def of(table: Mapping[str, Any]) -> "Recipe":
        """A recipe from its table; an unknown name in it is an error."""
        values: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in table.items()}
        return Recipe(**values)


class Drawer:
    """Knows the icons, the recipes and what was made of them."""

    def __init__(
        self, icons: Mapping[str, str], recipes: Mapping[str, Recipe], made: Mapping[str, list[Shape]]
    ) -> None:
        self._icons = icons
        self._recipes = recipes
        self.made = dict(made)

    def shapes(self, name: str) -> list[Shape]:
        """The shapes of a drawing."""
        if name not in self.made:
            self.made[name] = self._made_of(self._recipes[name])
        return self.made[name]

    def main(self, name: str) -> str:
        """The colour that gives the drawing its own."""
        recipe = self._recipes.get(name, Recipe())
        return recipe.main or most_seen(self.shapes(name))

    def _made_of(self, recipe: Recipe) -> list[Shape]:
        source = shapes(self._icons[recipe.icon]) if recipe.icon else []
        source += self.shapes(recipe.base) if recipe.base else []
        source = [shape for shape in source if shape.colour not in recipe.drop]
        source = [replace(shape, colour=recipe.colours.get(shape.colour, shape.colour)) for shape in source]
        source = [*shapes(recipe.under), *source, *shapes(recipe.svg)]
        turn = math.radians(recipe.turn)
        across = recipe.stretch * (-1 if recipe.flip else 1)
        cos, sin = math.cos(turn), math.sin(turn)
        return moved(source, lambda x, y: (across * (cos * x - sin * y), sin * x + cos * y))


def moved(found: list[Shape], place: Callable[[float, float], tuple[float, float]]) -> list[Shape]:
    """The shapes with each of their points elsewhere."""
    return [replace(shape, contours=[_elsewhere(contour, place) for contour in shape.contours]) for shape in found]


def _elsewhere(contour: Contour, place: Callable[[float, float], tuple[float, float]]) -> Contour:
    return [place(*point) for point in contour]


def most_seen(found: list[Shape]) -> str:
    """The colour of most points; black and white parts are seldom what a thing is called after."""
    points = [point for shape in found for contour in shape.contours for point in contour]
    left, top = min(x for x, _ in points), min(y for _, y in points)
    scale = LOOKED_AT_PX / max(max(x for x, _ in points) - left, max(y for _, y in points) - top)
    sheet = Image.new("L", (LOOKED_AT_PX + 1, LOOKED_AT_PX + 1), 255)
    pen = ImageDraw.Draw(sheet)
    colours = sorted({shape.colour for shape in found})[:255]
    for shape in found:
        if shape.opacity >= 0.5 and not shape.width:
            pen.polygon(
                [((x - left) * scale, (y - top) * scale) for x, y in shape.contours[0]],
                fill=colours.index(shape.colour),
            )
    counts = Counter(sheet.tobytes())
    seen = {colour: counts[index] * _weight(colour) for index, colour in enumerate(colours)}
    return max(seen, key=lambda colour: seen[colour])


def _weight(colour: str) -> float:
    _, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in bytes.fromhex(colour)))
    return 0.25 if value < 0.3 or (saturation < 0.12 and value > 0.93) else 1.0
