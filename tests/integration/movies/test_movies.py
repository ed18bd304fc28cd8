"""Chapters with a plan and a film each become one film; what stands is never made again."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.media.probe import Probes, read_clip
from app.production.errors import MovieChapterGone, MovieNotFound, MovieOutOfShape, PartCancelled
from app.providers.errors import ContentBlocked
from app.providers.video import Failed
from app.resources import Outside, Resources
from tests.conftest import MakeSettings
from tests.doubles.engines import ScriptedKit, ScriptedPlanner
from tests.doubles.speech import ScriptedSpeech
from tests.doubles.visuals import VENDOR, ScriptedCamera, ScriptedPainter
from tests.integration.movies.conftest import CHAPTERS, WISH, ended, made
from tests.people import access_token
from tests.scripted_house import House, Json, Vendor


def path_of(link: str) -> str:
    return link if link.startswith("/") else "/" + link.split("/", 3)[-1]


def pictures(path: Path) -> list[bytes]:
    """Every coded picture of a film, in order."""
    samples, content = read_clip(path).samples, path.read_bytes()
    assert samples is not None
    return [content[at : at + size] for at, size in zip(samples.positions, samples.sizes, strict=True)]


async def film_of(house: House, movie: Json) -> bytes:
    answer = await house.person.get(path_of(movie["video_url"]))
    assert answer.status_code == 200
    return answer.content


async def test_every_chapter_is_a_project_of_its_own(house: House, planner: ScriptedPlanner) -> None:
    movie = await house.post("/movies", WISH | {"style": "claymation", "aspect_ratio": "9:16"})
    assert (movie["status"], movie["duration"], movie["video_url"]) == ("created", 12, None)
    projects = [await house.get(f"/projects/{chapter['project_id']}") for chapter in movie["chapters"]]
    assert [project["name"] for project in projects] == ["The lantern: Dawn", "The lantern: Dusk"]
    assert {project["aspect_ratio"] for project in projects} == {"9:16"}
    assert all("clay" in project["style"] for project in projects)
    assert [project["segment_count"] for project in projects] == [1, 1]
    assert planner.briefs == []
    listed = await house.get("/movies")
    assert (listed["total"], [each["id"] for each in listed["movies"]]) == (1, [movie["id"]])


async def test_chapters_become_one_film_by_one_job(
    app: FastAPI,
    house: House,
    tmp_path: Path,
    planner: ScriptedPlanner,
    speaker: ScriptedSpeech,
    camera: ScriptedCamera,
    painter: ScriptedPainter,
) -> None:
    movie = await made(house)
    assert (movie["status"], movie["error"], movie["progress"]) == ("completed", None, 100)
    assert [(chapter["status"], chapter["progress"]) for chapter in movie["chapters"]] == [("completed", 100)] * 2
    calls = (len(planner.briefs), len(speaker.said), len(painter.requests), len(camera.requests))
    assert calls == (2, 2, 4, 2)
    children = await house.children({"id": movie["job_id"]})
    assert Counter(child["kind"] for child in children) == {"film.produce": 2}
    path = tmp_path / "movie.mp4"
    path.write_bytes(await film_of(house, movie))
    resources: Resources = app.state.resources
    media = await Probes(resources.tools, resources.threads).probe(path)
    assert media.video is not None
    assert media.audio is not None
    assert media.duration_seconds == pytest.approx(12, abs=0.2)
    assert media.begins_at_once
    copied: list[bytes] = []
    for number, chapter in enumerate(movie["chapters"]):
        part = tmp_path / f"{number}.mp4"
        part.write_bytes((await house.person.get(path_of(chapter["video_url"]))).content)
        copied += pictures(part)
    assert pictures(path) == copied, "pictures are copied bit by bit"
    for title in (b"Dawn", b"Dusk"):
        assert title in path.read_bytes()
    captions = (await house.person.get(path_of(movie["captions_url"]))).text
    assert [line[:8] for line in captions.splitlines() if " --> " in line][-1] >= "00:00:06"
    assert (await house.person.get(path_of(movie["thumbnail_url"]))).status_code == 200
    assert (await house.get("/gallery"))["videos"][0]["title"] == "The lantern"
    again = await house.post(f"/movies/{movie['id']}/produce", Prefer="wait=30")
    assert (again["id"], again["status"], len(camera.requests)) == (movie["id"], "completed", 2)


async def test_a_retry_makes_only_the_chapter_that_failed(
    house: House, camera: ScriptedCamera, speaker: ScriptedSpeech, painter: ScriptedPainter, planner: ScriptedPlanner
) -> None:
    camera.looks = [lambda task: Failed(ContentBlocked(provider="minimax"))]
    movie = await made(house)
    assert (movie["status"], movie["video_url"]) == ("failed", None)
    assert sorted(chapter["status"] for chapter in movie["chapters"]) == ["completed", "failed"]
    job = await house.get(f"/jobs/{movie['job_id']}")
    assert job["error"]["code"] == ContentBlocked.code
    retried = await house.ended(await house.post(f"/jobs/{movie['job_id']}/retry"))
    assert retried["phase"] == "succeeded", retried
    assert (await house.get(f"/movies/{movie['id']}"))["job_id"] == retried["id"]
    calls = (len(planner.briefs), len(speaker.said), len(painter.requests), len(camera.requests))
    assert calls == (2, 2, 4, 3)


async def test_one_chapter_changed_costs_one_clip_and_the_film_keeps_its_name(
    house: House, camera: ScriptedCamera, speaker: ScriptedSpeech
) -> None:
    movie = await made(house)
    film = (await house.get("/gallery?search=lantern&sort=-size_bytes"))["videos"]
    mine = next(each for each in film if each["title"] == "The lantern")
    await house.patch(f"/gallery/{mine['id']}", {"title": "Final cut"})
    segment = (await house.segments({"id": movie["chapters"][1]["project_id"]}))[0]
    await house.patch(f"/segments/{segment['id']}", {"video_prompt": "The fox runs home through the snow."})
    await house.post(f"/movies/{movie['id']}/produce")
    await asyncio.sleep(0)
    done = await ended(house, movie)
    assert (done["status"], len(camera.requests), len(speaker.said)) == ("completed", 3, 2)
    titles = [each["title"] for each in (await house.get("/gallery"))["videos"]]
    assert titles.count("Final cut") == 1
    assert "The lantern" not in titles


async def test_a_restart_in_the_middle_pays_nothing_twice(
    settings: Settings, kit: ScriptedKit, camera: ScriptedCamera, speaker: ScriptedSpeech, vendor: Vendor
) -> None:
    async def house_of(application: FastAPI, token: str) -> House:
        transport = httpx2.ASGITransport(app=application)
        headers = {"Authorization": f"Bearer {token}"}
        return House(httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers))

    outside = Outside(bundles={"local": kit, VENDOR: vendor})
    first = create_app(settings, outside=outside)
    async with first.router.lifespan_context(first):
        token = await access_token(first.state.resources, "carol")
        house = await house_of(first, token)
        movie = await house.post("/movies", WISH)
        await house.post(f"/movies/{movie['id']}/produce")
        async with asyncio.timeout(60):
            while not camera.requests:
                await asyncio.sleep(0.01)
    again = create_app(settings, outside=outside)
    async with again.router.lifespan_context(again):
        done = await ended(await house_of(again, token), movie)
    assert (done["status"], done["error"]) == ("completed", None)
    assert (len(camera.requests), len(speaker.said)) == (2, 2)


async def test_a_cancelled_movie_cancels_its_chapters(house: House, camera: ScriptedCamera) -> None:
    movie = await house.post("/movies", WISH)
    job = await house.post(f"/movies/{movie['id']}/produce", {"autoApprove": False})
    async with asyncio.timeout(60):
        while not all(c["job_id"] for c in (await house.get(f"/movies/{movie['id']}"))["chapters"]):
            await asyncio.sleep(0.05)
    await house.post(f"/jobs/{job['id']}/cancel")
    done = await ended(house, movie)
    assert done["status"] == "cancelled"
    for chapter in done["chapters"]:
        assert (await house.ended({"id": chapter["job_id"]}, "cancelled"))["phase"] == "cancelled"
    assert camera.requests == []


async def test_a_chapter_cancelled_alone_fails_the_movie(house: House) -> None:
    movie = await house.post("/movies", WISH)
    job = await house.post(f"/movies/{movie['id']}/produce", {"auto_approve": False})
    async with asyncio.timeout(60):
        while not all(c["job_id"] for c in (await house.get(f"/movies/{movie['id']}"))["chapters"]):
            await asyncio.sleep(0.05)
    for chapter in (await house.get(f"/movies/{movie['id']}"))["chapters"]:
        await house.post(f"/jobs/{chapter['job_id']}/cancel")
    failed = await house.ended(job, "failed", "succeeded")
    assert failed["error"]["code"] == PartCancelled.code


async def test_a_movie_whose_chapter_was_deleted_is_not_begun(house: House) -> None:
    movie = await house.post("/movies", WISH)
    await house.person.delete(f"/api/v1/projects/{movie['chapters'][0]['project_id']}")
    assert await house.refused(f"/movies/{movie['id']}/produce") == (409, MovieChapterGone.code)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"preset": "commercial"}, MovieOutOfShape.code),
        ({"preset": "feature", "chapters": [CHAPTERS[0] | {"duration": 60}]}, MovieOutOfShape.code),
        ({"chapters": [CHAPTERS[0] | {"duration": 60}] * 11}, MovieOutOfShape.code),
        ({"chapters": [CHAPTERS[0] | {"duration": 70}]}, "project.target_too_long"),
        ({"chapters": []}, "request.invalid"),
        ({"style": "baroque"}, "request.invalid"),
    ],
)
async def test_a_movie_out_of_shape_is_refused_and_leaves_no_project(house: House, wish: Json, code: str) -> None:
    assert await house.refused("/movies", WISH | wish) == (422, code)
    assert (await house.get("/projects"))["total"] == 0


async def test_another_users_movie_is_not_there(house: House, bob: httpx2.AsyncClient) -> None:
    movie = await house.post("/movies", WISH)
    path = f"/api/v1/movies/{movie['id']}"
    for answer in (await bob.get(path), await bob.post(f"{path}/produce"), await bob.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (404, MovieNotFound.code)
    assert (await bob.get("/api/v1/movies")).json() == {"movies": [], "total": 0}


async def test_a_movie_is_laid_out_and_listed_on_postgres(
    make_settings: MakeSettings, postgres_database_url: str
) -> None:
    application = create_app(make_settings(database={"database_url": postgres_database_url}))
    async with application.router.lifespan_context(application):
        token = await access_token(application.state.resources, "dora")
        transport = httpx2.ASGITransport(app=application)
        headers = {"Authorization": f"Bearer {token}"}
        house = House(httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers))
        movie = await house.post("/movies", WISH | {"preset": None})
        job = await house.post(f"/movies/{movie['id']}/produce")
        assert (await house.get(f"/movies/{movie['id']}"))["job_id"] == job["id"]
        assert [each["id"] for each in (await house.get("/movies"))["movies"]] == [movie["id"]]
        assert (await house.person.delete(f"/api/v1/movies/{movie['id']}")).status_code == 204
