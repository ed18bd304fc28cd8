"""The pictures of everything that a scene can name."""

import hashlib
import tomllib
from dataclasses import dataclass

from PIL import Image

from app.providers.local.scenery.art import sprite
from app.providers.local.scenery.art.drawings import DRAWINGS_FILE, drawing_names


@dataclass(frozen=True)
class Figure:
    key: str
    colour: str = ""
    trait: str = ""


def share(picture: Image.Image, red: range, green: range, blue: range) -> float:
    """The part of what is painted that has such a colour."""
    seen = [point[:3] for point in picture.get_flattened_data() if point[3] > 200]
    return sum(point[0] in red and point[1] in green and point[2] in blue for point in seen) / len(seen)


def test_the_drawings_are_those_of_the_manifest() -> None:
    manifest = tomllib.loads(DRAWINGS_FILE.with_suffix(".toml").read_text(encoding="utf-8"))
    data = DRAWINGS_FILE.read_bytes()
    assert hashlib.sha256(data).hexdigest() == manifest["sha256"]
    assert len(list(drawing_names())) == manifest["drawings"]
    assert len(data) < 1_500_000


def test_a_fox_is_orange_with_a_pale_tip_of_the_tail_and_dark_socks() -> None:
    fox = sprite(Figure("fox"), 200, 1)
    assert share(fox, range(200, 256), range(80, 150), range(90)) > 0.4
    tip = fox.crop((0, 0, fox.width // 12, fox.height))
    assert share(tip, range(230, 256), range(220, 256), range(200, 256)) > 0.6
    feet = fox.crop((0, fox.height * 9 // 10, fox.width, fox.height))
    assert share(feet, range(100), range(100), range(100)) > 0.6


def test_a_colour_recolours_what_a_thing_is_called_after() -> None:
    assert share(sprite(Figure("cat", "white"), 120, 1), range(170, 256), range(170, 256), range(165, 256)) > 0.6
    assert share(sprite(Figure("car", "green"), 120, 1), range(110), range(120, 220), range(140)) > 0.3
