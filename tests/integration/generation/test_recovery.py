"""A take survives the death of its process: every step may be the last, and the clip is paid once."""

import asyncio

import pytest

from app.jobs.domain import AttemptState, AttemptView, JobView
from app.jobs.persistence import VendorAnswer
from app.jobs.repository import AttemptRepository, JobRepository
from app.jobs.settlement import JobRuntime
from app.projects.domain import FrameOrigin
from app.projects.progress import ProgressService
from app.providers.errors import OutcomeUnknown, TaskLost, UnexpectedReply, Unreachable
from app.providers.video import Failed, RemoteTask, Running, Succeeded
from tests.doubles.context import Crash
from tests.doubles.visuals import ScriptedCamera
from tests.studio import API, Json, Studio

STEPS = [
    "begin",
    "moderate",
    "adopt.clip",
    "intend.clip.1",
    "submit.clip.1",
    "bind.clip.1",
    "poll",
    "fetch",
    "accept",
]


async def first(studio: Studio, film: Json) -> Json:
    return (await studio.segments(film))[0]


async def written(studio: Studio, job: Json) -> tuple[JobView, AttemptView]:
    async with studio.resources.database.reading() as session:
        view = await JobRepository(session, studio.resources.clock).view(job["id"])
        attempts = await AttemptRepository(session, studio.resources.clock).of_job(job["id"])
    assert view is not None
    return view, attempts[0]


@pytest.mark.parametrize("when", ["crash_before", "crash_after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_loses_nothing_and_pays_once(
    studio: Studio, film: Json, camera: ScriptedCamera, step: str, when: str
) -> None:
    segment = await first(studio, film)
    job = await studio.begin_take(segment)
    with pytest.raises(Crash):
        await studio.run(job, **{when: step})
    done = await studio.run(job)
    assert done["phase"] == "succeeded", done
    assert len(camera.requests) == 1
    assert (await studio.get(f"/segments/{segment['id']}/takes"))["total"] == 1
    assert (await first(studio, film))["status"] == "generated"
    assert done["cost"]["actual"] == 0.28


async def test_a_death_between_payment_and_its_note_is_never_paid_again(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    camera.after = [Crash()]
    job = await studio.begin_take(await first(studio, film))
    with pytest.raises(Crash):
        await studio.run(job)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await studio.run(job)
    assert len(camera.requests) == 1
    view, attempt = await written(studio, job)
    await studio.resources.provided(JobRuntime).attempts.bind(view, attempt, VendorAnswer("task-1"))
    done = await studio.run(job)
    assert done["phase"] == "succeeded", done
    assert len(camera.requests) == 1


async def test_a_lost_reply_waits_for_the_truth_instead_of_paying_again(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    camera.after = [OutcomeUnknown(provider="minimax")]
    job = await studio.begin_take(await first(studio, film))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await studio.run(job)
    assert (await written(studio, job))[1].state is AttemptState.UNKNOWN
    assert len(camera.requests) == 1


async def test_a_retry_adopts_the_clip_that_was_bought(studio: Studio, film: Json, camera: ScriptedCamera) -> None:
    job = await studio.begin_take(await first(studio, film))
    with pytest.raises(Crash):
        await studio.run(job, crash_before="fetch")
    await studio.post(f"/jobs/{job['id']}/cancel")
    assert (await studio.run(job))["phase"] == "cancelled"
    assert (await first(studio, film))["status"] == "approved"
    done = await studio.run(await studio.post(f"/jobs/{job['id']}/retry"))
    assert done["phase"] == "succeeded", done
    assert len(camera.requests) == 1
    assert (await first(studio, film))["status"] == "generated"


@pytest.mark.parametrize("gone", [TaskLost, UnexpectedReply])
async def test_a_retry_that_adopts_what_the_vendor_has_taken_back_buys_a_clip_of_its_own(
    studio: Studio, film: Json, camera: ScriptedCamera, gone: type[TaskLost | UnexpectedReply]
) -> None:
    job = await studio.begin_take(await first(studio, film))
    with pytest.raises(Crash):
        await studio.run(job, crash_before="poll")
    await studio.post(f"/jobs/{job['id']}/cancel")
    await studio.run(job)
    camera.looks = [lambda task: Failed(gone(provider="minimax"))]
    renewed = await studio.post(f"/jobs/{job['id']}/retry")
    with pytest.raises(Crash):
        await studio.run(renewed, crash_after="poll")
    camera.looks = [lambda task: Failed(gone(provider="minimax"))]
    with pytest.raises(Crash):
        await studio.run(renewed, crash_after="submit.clip.1")
    done = await studio.run(renewed)
    assert done["phase"] == "succeeded", done
    assert len(camera.requests) == 2
    assert (await first(studio, film))["status"] == "generated"


async def test_a_vendor_that_stops_answering_for_a_while_is_asked_again(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    def silent(task: RemoteTask) -> Running | Succeeded:
        raise Unreachable(provider="minimax")

    camera.looks = [silent]
    done = await studio.run(await studio.begin_take(await first(studio, film)))
    assert done["phase"] == "succeeded", done
    assert len(camera.requests) == 1


async def test_a_cancel_while_the_clip_is_made_takes_it_back_and_lets_the_segment_go(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    started = asyncio.Event()

    def slow(task: RemoteTask) -> Running:
        started.set()
        return Running(30.0, "Processing")

    camera.looks = [slow]
    job = await studio.begin_take(await first(studio, film))
    cancels = studio.resources.provided(JobRuntime).cancels
    watching = asyncio.ensure_future(cancels.run())
    running = asyncio.ensure_future(studio.run(job))
    await asyncio.wait_for(started.wait(), 10)
    await studio.post(f"/jobs/{job['id']}/cancel")
    ended = await asyncio.wait_for(running, 10)
    watching.cancel()
    assert ended["phase"] == "cancelled"
    assert camera.forgotten == ["task-1"]
    shown = await first(studio, film)
    assert (shown["status"], shown["error"]) == ("approved", None)


async def test_a_retry_does_not_interfere_with_a_newer_take(studio: Studio, film: Json, camera: ScriptedCamera) -> None:
    segment = await first(studio, film)
    job = await studio.begin_take(segment)
    await studio.post(f"/jobs/{job['id']}/cancel")
    newer = await studio.begin_take(segment)
    renewed = await studio.run(await studio.post(f"/jobs/{job['id']}/retry"))
    assert renewed["error"]["code"] == "segment.busy"
    assert (await first(studio, film))["status"] == "generating"
    assert (await studio.run(newer))["phase"] == "succeeded"
    assert len(camera.requests) == 1


async def test_a_clip_for_a_frame_that_changed_meanwhile_is_kept_and_marked_stale(studio: Studio, film: Json) -> None:
    segment = await first(studio, film)
    job = await studio.begin_take(segment)
    with pytest.raises(Crash):
        await studio.run(job, crash_before="accept")
    async with studio.resources.database.unit_of_work() as session:
        progress = ProgressService.over(session, studio.resources)
        view = await progress.segment(segment["id"])
        other = (await studio.get("/assets?kind=clip"))["assets"][0]["id"]
        await progress.accept_frame(view.first_frame.id, other, FrameOrigin.UPLOADED)
    assert (await studio.run(job))["phase"] == "succeeded"
    shown = await first(studio, film)
    assert (shown["status"], shown["stale_parts"]) == ("generated", ["clip"])


async def test_a_job_of_a_deleted_project_ends_quietly(studio: Studio, film: Json) -> None:
    job = await studio.begin_take(await first(studio, film))
    answer = await studio.person.delete(f"{API}/projects/{film['id']}", params={"cancel": True})
    assert answer.status_code == 204, answer.text
    assert (await studio.run(job))["phase"] == "cancelled"
