"""A movie whose joining dies is joined by the next run, once, from the films that stand; a deleted one is gone."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from typing_extensions import override

from app.assembly.jobs import AssembleFilm
from app.core.settings import Settings
from app.jobs.handlers import JobHandler
from app.jobs.settlement import JobRuntime
from app.main import create_app
from app.production.errors import MovieNotFound
from app.production.movies.jobs import ProduceMovie
from app.usage.ledger import LedgerBudget
from tests.conftest import MakeSettings
from tests.doubles.context import Crash
from tests.integration.assembly.conftest import API, AliveFence, CuttingRoom, Json
from tests.integration.movies.conftest import WISH

STEPS = ["take", "chapters", "stage.joining_chapters", "join"]


class JoiningRoom(CuttingRoom):
    """A cutting room in which movies are joined too."""

    @override
    def open(self) -> None:
        handlers: list[JobHandler[Any]] = [AssembleFilm(self.resources), ProduceMovie()]
        self.resources.provide(JobRuntime(self.resources, handlers, LedgerBudget(self.resources), AliveFence()))

    async def movie(self) -> Json:
        """A movie whose chapters have their films."""
        made = await self.person.post(f"{API}/movies", json=WISH | {"narration": False})
        movie: Json = made.json()
        for chapter in movie["chapters"]:
            project = {"id": chapter["project_id"]}
            for segment in await self.segments(project):
                words = {"video_prompt": "A fox in the mist."}
                assert (await self.person.patch(f"{API}/segments/{segment.id}", json=words)).is_success
                assert (await self.person.post(f"{API}/segments/{segment.id}/approve")).is_success
                await self.give_clip((await self.segments(project))[segment.index])
            await self.cut(project)
        return movie

    async def begun(self, movie: Json) -> Json:
        answer = await self.person.post(f"{API}/movies/{movie['id']}/produce")
        assert answer.status_code == 202, answer.text
        job: Json = answer.json()
        return job


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url})


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def room(app: FastAPI, alice: httpx2.AsyncClient, tmp_path: Path) -> JoiningRoom:
    made = JoiningRoom(app.state.resources, alice, tmp_path)
    made.open()
    return made


async def test_a_crash_at_any_step_is_followed_by_one_movie(room: JoiningRoom) -> None:
    movie = await room.movie()
    for step, when in itertools.product(STEPS, ("crash_before", "crash_after")):
        job = await room.begun(movie)
        with pytest.raises(Crash):
            await room.run(job, **{when: step})
        done = await room.run(job)
        assert done["phase"] == "succeeded", done
        shown = await room.get(f"/movies/{movie['id']}")
        assert (shown["status"], shown["job_id"]) == ("completed", done["id"])
        films = (await room.get("/gallery"))["videos"]
        assert sorted(film["title"] for film in films) == ["The lantern", "The lantern Dawn", "The lantern Dusk"], (
            step,
            when,
        )
        # Without its film the movie is joined again in the next round.
        assert (await room.person.delete(f"{API}/gallery/{done['result']['asset_id']}")).status_code == 204
    assert (await room.get("/jobs?kind=film.produce"))["total"] == 0, "what stands is not made again"


async def test_a_deleted_movie_is_gone_with_its_projects_and_films(room: JoiningRoom) -> None:
    movie = await room.movie()
    assert (await room.run(await room.begun(movie)))["phase"] == "succeeded"
    assert (await room.person.delete(f"{API}/movies/{movie['id']}")).status_code == 204
    assert (await room.get("/projects"))["total"] == (await room.get("/gallery"))["total"] == 0
    assert (await room.get("/assets?kind=film"))["total"] == 0
    assert (await room.person.get(f"{API}/movies/{movie['id']}")).json()["code"] == MovieNotFound.code
