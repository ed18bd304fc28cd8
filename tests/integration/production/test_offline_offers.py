"""Without keys everything is made on this machine: estimates say so, and forms offer what there is."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.media.timeline import Mood
from app.projects.options import AspectRatio, Language, Visuals
from app.projects.schemas import MAX_STORY_CHARACTERS
from app.providers.values import CameraCommand
from tests.scripted_house import House, Json

pytestmark = pytest.mark.flow


@pytest.fixture
def settings(make_settings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, projects={"max_target_duration_sec": 90})


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


async def test_a_film_made_offline_costs_nothing(house: House) -> None:
    project = await house.project(visuals="slideshow", language="en")
    found = await house.post(f"/projects/{project['id']}/estimate")
    assert (found["cost"]["high"], found["duration_seconds"]) == (0, 12)
    assert [(line["work"], line["provider"], line["prices"]) for line in found["cost"]["lines"]] == [
        (work, "local", []) for work in ("plan", "narration", "frame", "clip")
    ]


async def test_every_choice_of_a_form_is_offered_with_words_for_it(house: House) -> None:
    found = await house.get("/options")
    assert values(found["languages"]) == list(Language)
    assert values(found["aspect_ratios"]) == list(AspectRatio)
    assert values(found["visuals"]) == list(Visuals)
    assert values(found["camera_commands"]) == list(CameraCommand)
    assert values(found["transitions"]) == ["cut", "fade", "dissolve", "slide"]
    assert found["project"]["transitions.duration_ms"] == {"minimum": 100, "maximum": 2000, "default": 500}
    assert values(found["caption_styles"]) == ["plain", "boxed", "highlight"]
    assert values(found["music_moods"]) == ["auto", "none", *Mood]
    choices = [choice for name in found if isinstance(found[name], list) for choice in found[name] if "label" in choice]
    assert all(choice["label"].strip() and not choice["label"][0].islower() for choice in choices)


async def test_what_is_offered_is_taken(house: House) -> None:
    found = await house.get("/options")
    for name, field in (("languages", "language"), ("aspect_ratios", "aspect_ratio"), ("visuals", "visuals")):
        for value in values(found[name]):
            made = await house.post("/projects", {"name": "Film", field: value})
            assert made[field] == value


async def test_limits_are_those_that_are_enforced(house: House) -> None:
    found = await house.get("/options")
    assert found["project"]["story_prompt"] == {"max_length": MAX_STORY_CHARACTERS}
    assert found["project"]["target_duration_sec"] == {"minimum": 6, "maximum": 90, "default": 60}
    assert await house.refused("/projects", {"name": "Film", "target_duration_sec": 91}) == (
        422,
        "project.target_too_long",
    )
    assert found["segment"]["camera_commands"]["max_items"] == 3
    assert found["project"]["segment_len_sec"]["values"] == [6, 10]


async def test_engines_are_offered_by_what_they_are_for_and_absent_ones_say_why(house: House) -> None:
    engines = (await house.get("/options"))["engines"]
    assert {engine["role"] for engine in engines} == {"planner", "video", "image", "speech", "moderation"}
    video = {engine["value"]: engine for engine in engines if engine["role"] == "video"}
    assert (video["local"]["is_default"], video["local"]["available"]) == (True, True)
    assert video["local"]["models"]
    assert (video["minimax"]["available"], video["minimax"]["absent_reason"]) == (False, "MINIMAX_API_KEY is not set.")


async def test_the_engines_own_voices_are_offered(house: House) -> None:
    voices = (await house.get("/options"))["voices"]
    polish = [voice for voice in voices if voice["language"] == "pl"]
    assert polish
    assert {voice["provider"] for voice in voices} == {"local"}
    assert len({voice["value"] for voice in voices}) == len(voices)


def values(choices: list[Json]) -> list[str]:
    return [choice["value"] for choice in choices]
