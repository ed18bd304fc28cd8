"""A movie made on this machine alone, by the real engines, is a film that plays."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.media.probe import Probes
from app.resources import Resources
from tests.integration.movies.conftest import CHAPTERS, WISH, made
from tests.scripted_house import House


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


async def test_two_chapters_become_an_audible_film_offline(app: FastAPI, house: House, tmp_path: Path) -> None:
    movie = await made(house, quality="draft")
    assert (movie["status"], movie["error"]) == ("completed", None)
    link = movie["video_url"]
    path = tmp_path / "movie.mp4"
    path.write_bytes((await house.person.get(link if link.startswith("/") else "/" + link.split("/", 3)[-1])).content)
    resources: Resources = app.state.resources
    media = await Probes(resources.tools, resources.threads).probe(path)
    assert media.video is not None
    assert media.audio is not None
    assert media.duration_seconds == pytest.approx(12, abs=0.5)
    heard = await resources.tools.run(
        ["-i", str(path), "-map", "0:a:0", "-af", "volumedetect", "-f", "null", "-"], timeout_seconds=30
    )
    assert "mean_volume: -91" not in heard.stderr_tail
    assert "mean_volume" in heard.stderr_tail


async def test_presets_and_styles_are_offered_and_what_is_offered_is_taken(house: House) -> None:
    found = await house.get("/options")
    presets = {each["value"]: (each["fewest_clips"], each["most_clips"]) for each in found["movie_presets"]}
    assert presets == {
        "commercial": (3, 5),
        "short-film": (5, 10),
        "music-video": (8, 15),
        "story": (10, 20),
        "feature": (20, 50),
    }
    assert {style["value"] for style in found["movie_styles"]} >= {"anime", "pixar", "wes-anderson", "svankmajer"}
    assert found["max_movie_duration_sec"] == 600
    for style in found["movie_styles"]:
        chapters = [CHAPTERS[0] | {"duration": 24}]
        movie = await house.post(
            "/movies", WISH | {"style": style["value"], "preset": "commercial", "chapters": chapters}
        )
        assert movie["preset"] == "commercial"
