"""What is kept with a painted picture so that it can be painted again: its scene, its chances and the film's cast."""

import io
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.providers.local.scenery.art import catalogue
from app.providers.local.scenery.continuity import World
from app.providers.local.scenery.scene import Figure, Scene, figures_from, number_from

__all__ = ["KEPT_CHUNK", "MOST_BYTES", "ScenePainting", "kept_painting", "png_of", "with_cast"]

# The library keeps a chunk of this name when it writes a picture again, see app/media/picture_worker.py.
KEPT_CHUNK = "avc-scene"
MOST_BYTES = 4096
VERSION = 1
MOST_CAST = 24
MOST_SEED = 2**40
SHORTEST_SIDE, LONGEST_SIDE = 64, 2048
PNG_LEVEL = 1
# A state of mind passes; what somebody is stays.
PASSING_TRAITS = frozenset({"sad", "happy"})


@dataclass(frozen=True)
class ScenePainting:
    """One picture whose place, hour and weather are settled; `film_seed` gives its looks and lands, `seed` the rest."""

    scene: Scene
    size: tuple[int, int]
    film_seed: int
    seed: int
    cast: tuple[Figure, ...] = ()
    world: World | None = None

    def to_json(self) -> str:
        """The painting as a short text: keys of the catalogue and numbers, none of the story's words."""
        values: dict[str, Any] = {
            "version": VERSION,
            "scene": self.scene.to_values(),
            "size": list(self.size),
            "seeds": [self.film_seed, self.seed],
            "cast": [[figure.key, figure.count, figure.colour, figure.trait] for figure in self.cast],
            "world": None if self.world is None else self.world.to_values(),
        }
        return json.dumps(values, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, known: Collection[str]) -> "ScenePainting":
        """The painting of such a text; nothing about it is trusted, and whatever is odd is a ValueError."""
        values = json.loads(text)
        if not isinstance(values, dict) or set(values) != {"version", "scene", "size", "seeds", "cast", "world"}:
            message = "not the fields of a painting"
            raise ValueError(message)
        scene = Scene.from_values(values["scene"], known)
        if values["version"] != VERSION or None in {scene.place, scene.hour, scene.weather}:
            message = "not a settled scene of this version"
            raise ValueError(message)
        width, height = _whole_numbers(values["size"], SHORTEST_SIDE, LONGEST_SIDE)
        film_seed, seed = _whole_numbers(values["seeds"], 0, MOST_SEED)
        world = None if values["world"] is None else _world(values["world"])
        return cls(scene, (width, height), film_seed, seed, figures_from(values["cast"], known, MOST_CAST), world)


def with_cast(scene: Scene, cast: tuple[Figure, ...]) -> tuple[Scene, tuple[Figure, ...]]:
    """The scene with the colours and traits that its figures had before, and the cast with what is new."""
    before = {figure.key: figure for figure in cast}
    figures = []
    for figure in scene.figures:
        known = before.get(figure.key, figure)
        figures.append(replace(figure, colour=figure.colour or known.colour, trait=figure.trait or known.trait))
        trait = known.trait if figures[-1].trait in PASSING_TRAITS else figures[-1].trait
        trait = "" if trait in PASSING_TRAITS else trait
        before[figure.key] = Figure(figure.key, 1, figures[-1].colour, trait)
    return replace(scene, figures=tuple(figures)), tuple(before.values())[-MOST_CAST:]


def png_of(picture: Image.Image, painting: ScenePainting) -> bytes:
    """The picture as a PNG that carries its painting."""
    text = PngInfo()
    text.add_text(KEPT_CHUNK, painting.to_json())
    made = io.BytesIO()
    picture.save(made, "PNG", compress_level=PNG_LEVEL, pnginfo=text)
    return made.getvalue()


def kept_painting(content: bytes) -> ScenePainting | None:
    """What a picture says of itself, if it says it in the exact form."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as opened:
            text = opened.info.get(KEPT_CHUNK)
            size = opened.size
        if not isinstance(text, str) or len(text) > MOST_BYTES or not text.isascii():
            return None
        painting = ScenePainting.from_json(text, catalogue().keys())
    except (OSError, ValueError, SyntaxError, TypeError, RecursionError, Image.DecompressionBombError):
        return None
    return painting if painting.size == size else None


def _whole_numbers(values: object, lowest: int, highest: int) -> tuple[int, int]:
    if not isinstance(values, list) or [type(value) for value in values] != [int, int]:
        message = "not two whole numbers"
        raise ValueError(message)
    if not all(lowest <= value <= highest for value in values):
        message = "a number beyond its bounds"
        raise ValueError(message)
    return values[0], values[1]


def _world(values: object) -> World:
    if not isinstance(values, list) or len(values) != World.NUMBERS:
        message = "not the numbers of a world"
        raise ValueError(message)
    return World.from_values([number_from(value, 0.0, 1.0) for value in values])
