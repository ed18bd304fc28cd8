"""The pictures of everything that a scene can name."""

import hashlib
import time
import tomllib

import pytest
from PIL import Image

from app.providers.local.scenery.art import catalogue, glow, relative_height, sprite
from app.providers.local.scenery.art.drawings import DRAWINGS_FILE, drawing_names
from app.providers.local.scenery.art.people import palette, person_shapes
from app.providers.local.scenery.scene import COLOURS, TRAITS, Figure, Place

DRAWN = [key for key, entry in catalogue().items() if entry.is_drawn]
PERSON_COLOURS = {"red": (range(150, 256), range(90), range(90)), "blue": (range(90), range(80, 160), range(150, 256))}


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
    assert (DRAWINGS_FILE.parent / manifest["source"]["licence_file"]).is_file()


def test_more_than_four_hundred_things_have_a_picture_and_a_home() -> None:
    assert len(DRAWN) >= 400
    assert {entry.home for entry in catalogue().values()} <= set(Place)
    assert [key for key in DRAWN if not 0.1 <= relative_height(key) <= 5] == []


@pytest.mark.parametrize("category", sorted({entry.category for entry in catalogue().values()}))
def test_every_key_is_drawn_whole_and_always_alike(category: str) -> None:
    for key in (key for key in DRAWN if catalogue()[key].category == category):
        picture = sprite(Figure(key), 60, 7)
        left, top, right, bottom = picture.getchannel("A").point(lambda alpha: 255 if alpha > 25 else 0).getbbox()
        assert picture.height == 60, key
        assert left <= 2, key
        assert top <= 2, key
        assert picture.width - right <= 2, key
        assert picture.height - bottom <= 2, key
        assert picture.tobytes() == sprite(Figure(key), 60, 7).tobytes(), key


def test_lamps_are_where_the_figure_is() -> None:
    lit = [key for key, entry in catalogue().items() if entry.lit]
    assert {"lantern", "candle", "fire", "lighthouse", "house", "firefly", "moon"} <= set(lit)
    assert glow(Figure("cat"), 60) is None
    for key in lit:
        lamp = glow(Figure(key), 60, 7)
        assert lamp is not None
        assert lamp.size == sprite(Figure(key), 60, 7).size, key
        assert lamp.getextrema()[1] > 150, key


def test_a_fox_is_orange_with_a_pale_tip_of_the_tail_and_dark_socks() -> None:
    fox = sprite(Figure("fox"), 200, 1)
    assert share(fox, range(200, 256), range(80, 150), range(90)) > 0.4
    tip = fox.crop((0, 0, fox.width // 12, fox.height))
    assert share(tip, range(230, 256), range(220, 256), range(200, 256)) > 0.6
    feet = fox.crop((0, fox.height * 9 // 10, fox.width, fox.height))
    assert share(feet, range(100), range(100), range(100)) > 0.6


def test_a_colour_recolours_what_a_thing_is_called_after() -> None:
    assert share(sprite(Figure("cat", colour="white"), 120, 1), range(170, 256), range(170, 256), range(165, 256)) > 0.6
    assert share(sprite(Figure("sofa", colour="red"), 120, 1), range(130, 256), range(110), range(110)) > 0.8
    assert share(sprite(Figure("car", colour="green"), 120, 1), range(110), range(120, 220), range(140)) > 0.3


@pytest.mark.parametrize("colour", sorted(PERSON_COLOURS))
def test_a_girl_in_a_coloured_coat_wears_that_colour(colour: str) -> None:
    for seed in range(4):
        assert share(sprite(Figure("girl", colour=colour), 120, seed), *PERSON_COLOURS[colour]) > 0.15


def test_every_colour_of_a_scene_is_known_and_differs() -> None:
    pictures = {colour: sprite(Figure("boat", colour=colour), 60, 1).tobytes() for colour in COLOURS}
    assert len(set(pictures.values())) == len(COLOURS)


def test_two_seeds_are_two_people_and_one_seed_is_one() -> None:
    crowd = {sprite(Figure("woman"), 80, seed).tobytes() for seed in range(12)}
    assert len(crowd) >= 10
    assert sprite(Figure("baker"), 80, 3).tobytes() == sprite(Figure("baker"), 80, 3).tobytes()


def test_people_of_one_film_differ_and_relatives_have_one_colour_of_the_skin() -> None:
    people = ("man", "woman", "baker", "sailor", "friend", "teacher", "farmer", "clockmaker")
    skins = {key: _skins(Figure(key), 11) for key in people}
    assert len(set(skins.values())) >= 3
    assert len({_skins(Figure(key), seed) for seed in (3, 11) for key in ("mother", "father", "girl", "boy")}) == 2


def _skins(figure: Figure, seed: int) -> str:
    return max(palette("skin"), key=lambda colour: sum(shape.colour == colour for shape in person_shapes(figure, seed)))


def test_a_trait_changes_a_person() -> None:
    plain = sprite(Figure("man"), 100, 5).tobytes()
    assert [
        trait for trait in ("old", "sad", "happy") if sprite(Figure("man", trait=trait), 100, 5).tobytes() == plain
    ] == []
    assert relative_height("cat", "big") > relative_height("cat") > relative_height("cat", "small")
    assert all(relative_height("man", trait) > 0.5 for trait in TRAITS)


def test_a_large_sprite_is_drawn_quickly() -> None:
    keys = ("fox", "castle", "doctor", "train", "accordion")
    for key in keys:
        sprite(Figure(key), 300, 1)
    start = time.perf_counter()
    for key in keys:
        sprite(Figure(key), 300, 1)
    assert time.perf_counter() - start < len(keys) * 0.5
