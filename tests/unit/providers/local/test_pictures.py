"""Prompts of the offline planner: they show what the segment's own words name, and their own phrases show nothing."""

from dataclasses import replace

import pytest

from app.core.threads import Threads
from app.providers.local.planner import LocalPlanner
from app.providers.local.plot.wording import phrases_of
from app.providers.local.scenery.mentions import scene_of
from app.providers.local.scenery.painting import settled
from app.providers.local.scenery.scene import Figure, Hour, Place, Scene, SceneMood, Weather
from app.providers.local.scenery.vocabulary import LANGUAGES
from app.providers.planner import PlanBrief
from app.providers.values import AttemptKey

THREADS = Threads(1)


async def scenes(story: str, count: int, language: str = "en", style: str = "") -> list[Scene]:
    """What the painter reads from the prompts; a picture at the end of a shot shows what its clip shows."""
    brief = PlanBrief(story, count, 6, language, "", style)
    plan = await LocalPlanner(THREADS).plan(brief, key=AttemptKey("attempt"))
    read = [scene_of(segment.video_prompt) for segment in plan.segments]
    for segment, scene in zip(plan.segments, read, strict=True):
        still = scene_of(segment.end_frame_prompt)
        assert (still.figures, still.place, still.hour) == (scene.figures, scene.place, scene.hour)
    return read


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_of_composition_show_nothing(language: str) -> None:
    phrases = phrases_of(language)
    frame = {"beat": "", "ending": "", "light": "", "subjects": ""}
    composing = [
        *(phrases.opening_shots + phrases.further_shots + phrases.endings),
        *phrases.cameras.values(),
        *(phrases.flow, phrases.start, phrases.style),
        *(shape.format(**frame) for shape in (phrases.still, phrases.last_still, phrases.kept_in_view)),
    ]
    for phrase in composing:
        assert replace(scene_of(phrase, language), closeness=1.0) == Scene(), phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clause_of_light_says_one_thing(language: str) -> None:
    phrases = phrases_of(language)
    for value, clause in phrases.times.items():
        assert scene_of(clause, language) == Scene(hour=Hour(value))
    for value, clause in phrases.weathers.items():
        assert scene_of(clause, language) == Scene(weather=Weather(value))
    for value, clause in phrases.places.items():
        assert scene_of(clause, language) == Scene(place=Place(value))
    for value, clause in phrases.moods.items():
        assert scene_of(clause, language) == Scene(mood=SceneMood(value))
    assert set(phrases.places) == set(Place)
    assert set(phrases.times) == set(Hour)


async def test_a_scene_shows_the_subjects_of_its_own_sentence() -> None:
    read = await scenes("A cat sleeps on a red sofa. Two dogs play chess in the kitchen. It rains outside.", 3)
    assert [scene.figures for scene in read] == [
        (Figure("cat"), Figure("sofa", colour="red")),
        (Figure("dog", 2), Figure("chessboard")),
        (),
    ]


async def test_a_pronoun_keeps_the_subject_of_the_sentence_before() -> None:
    story = "A girl in a red coat finds a broken robot. She looks up at the distant stars. The rain falls on the hill."
    read = await scenes(story, 3)
    assert Figure("girl", colour="red") in read[0].figures
    assert Figure("girl", colour="red") in read[1].figures
    assert "robot" not in {figure.key for figure in read[1].figures}
    assert "girl" not in {figure.key for figure in read[2].figures}


async def test_a_language_without_pronouns_keeps_it_too() -> None:
    story = "Stary latarnik wziął latarkę i wybiegł na skały. Machał bardzo długo, aż kuter zawrócił do portu."
    read = await scenes(story, 2, "pl")
    assert Figure("lighthouse_keeper", trait="old") in read[1].figures


async def test_what_was_red_once_stays_red() -> None:
    read = await scenes("A girl in a red coat walks to the old mill. Then the girl sleeps there all alone.", 2)
    assert [figure for figure in read[1].figures if figure.key == "girl"] == [Figure("girl", colour="red")]


async def test_place_hour_and_weather_go_on_until_the_story_says_otherwise() -> None:
    story = "At night a storm shakes the forest. A fox waits for its brother. A hen comes at dawn to the beach."
    read = await scenes(story, 3)
    assert [(scene.place, scene.hour, scene.weather) for scene in read] == [
        (Place.FOREST, Hour.NIGHT, Weather.STORM),
        (Place.FOREST, Hour.NIGHT, Weather.STORM),
        (Place.BEACH, Hour.DAWN, None),
    ]


async def test_the_sea_is_not_behind_a_sofa() -> None:
    read = await scenes("The ship crosses the wide open sea. Meanwhile a cat sleeps on the sofa.", 2)
    assert [scene.place for scene in read] == [Place.SEA, None]


@pytest.mark.parametrize("outside", ["There is a ship out there.", "A whale sings at dusk.", "He reads the clouds."])
async def test_no_ship_and_no_whale_is_in_a_kitchen(outside: str) -> None:
    story = f"The old man cooks soup in the kitchen. {outside}"
    read = await scenes(story, 2)
    assert [scene.place for scene in read] == [Place.KITCHEN, None]
    first, last = (settled(scene, (960, 540), 1) for scene in read)
    assert settled(read[1], (960, 540), 1, first).scene.place == last.scene.place != Place.KITCHEN


async def test_a_style_and_what_stands_beside_a_prompt_are_not_shown() -> None:
    (scene,) = await scenes("A fox runs.", 1, style="children's book with a castle, watercolor")
    assert scene.figures == (Figure("fox"),)
    text = (
        "A fox runs.\nStyle: a castle.\nThroughout the film: a king.\nWhat led here: a dog.\nWhat begins here: a cat."
    )
    assert scene_of(text).figures == (Figure("fox"),)
    kept = "A fox.\nKeep people, places and light as the reference picture shows them.\nWhat led here: a dog."
    assert scene_of(kept).figures == (Figure("fox"),)


async def test_what_is_not_known_is_a_picture_of_place_and_time() -> None:
    (scene,) = await scenes("Xylo quorped at night in the desert.", 1)
    assert (scene.figures, scene.place, scene.hour) == ((), Place.DESERT, Hour.NIGHT)
