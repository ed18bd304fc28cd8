"""What a painted picture says of itself: read strictly, and handed on to the next picture."""

import io
import json

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.providers.local.scenery.art import catalogue
from app.providers.local.scenery.painting import KEPT_CHUNK, MOST_BYTES, ScenePainting, kept_painting, png_of, settled
from app.providers.local.scenery.scene import MOST_FIGURES, Figure, Hour, PictureStyle, Place, Scene, SceneMood, Weather

SIZE = (320, 180)
KNOWN = catalogue().keys()
SOFA = Scene(
    place=Place.ROOM, hour=Hour.NIGHT, figures=(Figure("sofa", colour="red"), Figure("cat", 2, "black", "old"))
)


def carrying(text: str, size: tuple[int, int] = SIZE) -> bytes:
    said, made = PngInfo(), io.BytesIO()
    said.add_text(KEPT_CHUNK, text)
    Image.new("RGB", size).save(made, "PNG", pnginfo=said)
    return made.getvalue()


def test_a_picture_says_how_it_was_painted() -> None:
    painting = settled(SOFA, SIZE, 7)
    assert kept_painting(png_of(Image.new("RGB", SIZE), painting)) == painting


def test_the_longest_painting_fits_into_its_chunk() -> None:
    longest = sorted(KNOWN, key=len)[-24:]
    cast = tuple(Figure(key, 12, "orange", "young") for key in longest)
    scene = Scene(
        Place.UNDERWATER,
        Hour.SUNSET,
        Weather.CLOUDS,
        SceneMood.SORROW,
        PictureStyle.WATERCOLOR,
        cast[:MOST_FIGURES],
        0.7,
    )
    text = ScenePainting(scene, (1366, 768), 2**40, 2**40, cast).to_json()
    assert len(text) < MOST_BYTES
    assert ScenePainting.from_json(text, KNOWN).cast == cast


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"size": [320, 181]},
        {"size": [320, True]},
        {"size": [9000, 9000]},
        {"size": "320x180"},
        {"seeds": [-1, 0]},
        {"seeds": [0.5, 0]},
        {"seeds": [0]},
        {"cast": [["cat", 1, "", ""]] * 25},
        {"cast": [["no such thing", 1, "", ""]]},
        {"world": [0.5]},
        {"world": [2] * 14},
        {"world": [None] * 14},
        {"scene": {}},
        {"scene": None},
        {"more": 1},
    ],
)
def test_a_picture_that_says_anything_else_says_nothing(change: dict[str, object]) -> None:
    values = json.loads(settled(SOFA, SIZE, 7).to_json())
    assert kept_painting(carrying(json.dumps(values))) is not None
    assert kept_painting(carrying(json.dumps(values | change))) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", "{", "\u0105", "[" * 4000, "1" * 5000, "NaN"])
def test_text_of_another_form_says_nothing(text: str) -> None:
    assert kept_painting(carrying(text)) is None


def test_a_scene_that_is_not_settled_says_nothing() -> None:
    values = json.loads(settled(SOFA, SIZE, 7).to_json())
    values["scene"]["place"] = None
    assert kept_painting(carrying(json.dumps(values))) is None


def test_who_was_seen_before_keeps_colour_and_trait_over_a_scene_without_them() -> None:
    first = settled(Scene(figures=(Figure("car", colour="red"), Figure("cat", trait="old"))), SIZE, 7)
    second = settled(Scene(figures=(Figure("dog"),)), SIZE, 7, first)
    third = settled(Scene(figures=(Figure("cat"), Figure("car"), Figure("dog", trait="sad"))), SIZE, 8, second)
    assert third.scene.figures == (Figure("cat", trait="old"), Figure("car", colour="red"), Figure("dog", trait="sad"))
    assert third.film_seed == 7
    fourth = settled(Scene(figures=(Figure("dog"), Figure("car", colour="blue"))), SIZE, 7, third)
    assert fourth.scene.figures == (Figure("dog"), Figure("car", colour="blue"))


def test_place_hour_and_weather_go_on_until_the_words_say_otherwise() -> None:
    first = settled(Scene(place=Place.FOREST, hour=Hour.NIGHT, weather=Weather.RAIN), SIZE, 7)
    went_on = settled(Scene(figures=(Figure("dog"),)), SIZE, 7, first).scene
    assert (went_on.place, went_on.hour, went_on.weather) == (Place.FOREST, Hour.NIGHT, Weather.RAIN)
    dawn = settled(Scene(place=Place.CITY, hour=Hour.DAWN), SIZE, 7, first).scene
    assert (dawn.place, dawn.hour, dawn.weather) == (Place.CITY, Hour.DAWN, Weather.RAIN)


def test_a_ship_does_not_sail_in_the_forest_before() -> None:
    first = settled(Scene(place=Place.FOREST), SIZE, 7)
    assert settled(Scene(figures=(Figure("ship"),)), SIZE, 7, first).scene.place is Place.SEA
