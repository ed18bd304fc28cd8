"""Deleting a project takes its whole history along: clips and pictures that were never chosen go by job."""

import pytest

from app.jobs.domain import JobStatus
from app.jobs.repository import JobRepository
from app.jobs.schemas import JobRead
from tests import factories
from tests.studio import API, Json, Studio

pytestmark = pytest.mark.flow


async def with_history(studio: Studio) -> Json:
    """A project with two pictures for a frame and two takes of a segment."""
    project = await studio.planned()
    await studio.run(await studio.post(f"/generation/frames/{project['id']}"))
    await studio.run(await studio.post(f"/projects/{project['id']}/frames/2/generate"))
    segment = (await studio.segments(project))[0]
    await studio.make_take(segment)
    await studio.make_take(segment)
    return project


async def sweep(studio: Studio) -> int:
    """What the worker does every hour; says how many files went."""
    me = (await studio.get("/auth/me"))["id"]
    gone = 0
    for kind in ("frames.sweep", "takes.sweep"):
        job = await factories.job(studio.resources, me, kind=kind)
        done = await studio.run(JobRead.of(job).model_dump(mode="json"))
        gone += int(done["result"]["files"])
    return gone


async def kinds(studio: Studio) -> list[str]:
    return sorted(asset["kind"] for asset in (await studio.get("/assets"))["assets"])


async def delete(studio: Studio, project: Json) -> None:
    assert (await studio.person.delete(f"{API}/projects/{project['id']}")).status_code == 204


async def test_the_history_of_a_deleted_project_goes(studio: Studio) -> None:
    project = await with_history(studio)
    before = await kinds(studio)
    assert (before.count("clip"), before.count("key_frame")) == (2, 6)
    assert await sweep(studio) == 0
    assert await kinds(studio) == before
    await delete(studio, project)
    assert await sweep(studio) == 4
    assert await kinds(studio) == []
    assert await sweep(studio) == 0


async def test_what_a_living_copy_shows_stays(studio: Studio) -> None:
    project = await with_history(studio)
    copy = await studio.post(f"/projects/{project['id']}/duplicate")
    await delete(studio, project)
    await sweep(studio)
    clip = (await studio.segments(copy))[0]["video_url"]
    assert (await studio.person.get(clip)).status_code == 200
    frames = [frame["image_url"] for frame in await studio.frames(copy)]
    assert [(await studio.person.get(url)).status_code for url in frames] == [200] * 3
    assert (await kinds(studio)).count("clip") == 1


async def test_nothing_goes_while_a_job_of_the_project_has_not_ended(studio: Studio) -> None:
    project = await with_history(studio)
    me = (await studio.get("/auth/me"))["id"]
    job = await factories.job(studio.resources, me, project_id=project["id"])
    async with studio.resources.database.unit_of_work() as session:
        assert await JobRepository(session, studio.resources.clock).begin(job.id)
    await studio.person.delete(f"{API}/projects/{project['id']}", params={"cancel": True})
    assert await sweep(studio) == 0
    async with studio.resources.database.unit_of_work() as session:
        assert await JobRepository(session, studio.resources.clock).move(job.id, to=JobStatus.CANCELLED)
    assert await sweep(studio) == 4
