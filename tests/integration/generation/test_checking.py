"""A segment is brought up to date with its job, whatever became of the job."""

import httpx2
import pytest

from app.jobs.domain import JobStatus
from app.jobs.repository import JobRepository
from app.projects.errors import SegmentNotFound
from app.projects.progress import ProgressService
from tests import factories
from tests.studio import API, Json, Studio


async def checked(studio: Studio, film: Json) -> tuple[str, str | None]:
    segment = (await studio.segments(film))[0]
    shown = await studio.post(f"/segments/{segment['id']}/check-complete")
    assert shown["id"] == segment["id"]
    return shown["status"], (shown["error"] or {}).get("code")


async def held_by(studio: Studio, film: Json, job_id: str) -> None:
    segment = (await studio.segments(film))[0]
    async with studio.resources.database.unit_of_work() as session:
        await ProgressService.over(session, studio.resources).begin_segment(segment["id"], job_id)


async def test_a_segment_at_work_stays_at_work_until_its_clip_is_there(studio: Studio, film: Json) -> None:
    assert await checked(studio, film) == ("approved", None)
    job = await studio.begin_take((await studio.segments(film))[0])
    assert await checked(studio, film) == ("generating", None)
    await studio.run(job)
    assert await checked(studio, film) == ("generated", None)


@pytest.mark.parametrize(
    ("end", "status", "code"),
    [(JobStatus.FAILED, "failed", "test.broken"), (JobStatus.CANCELLED, "approved", None)],
)
async def test_a_segment_that_an_ended_job_still_holds_is_let_go(
    studio: Studio, film: Json, end: JobStatus, status: str, code: str | None
) -> None:
    me = (await studio.get("/auth/me"))["id"]
    job = await factories.job(studio.resources, me)
    await held_by(studio, film, job.id)
    failure = {"code": "test.broken", "message": "It broke."} if code else None
    async with studio.resources.database.unit_of_work() as session:
        await JobRepository(session, studio.resources.clock).move(job.id, to=end, failure=failure)
    assert await checked(studio, film) == (status, code)


async def test_a_segment_whose_job_is_gone_is_let_go(studio: Studio, film: Json) -> None:
    await held_by(studio, film, studio.resources.clock.new_id())
    assert await checked(studio, film) == ("approved", None)


async def test_a_stranger_checks_nothing(studio: Studio, film: Json, bob: httpx2.AsyncClient) -> None:
    segment = (await studio.segments(film))[0]
    answer = await bob.post(f"{API}/segments/{segment['id']}/check-complete")
    assert (answer.status_code, answer.json()["code"]) == (404, SegmentNotFound.code)
