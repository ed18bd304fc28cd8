"""Takes: a segment becomes a clip, which is checked, kept, counted, chosen; and what refuses to begin."""

import httpx2
import pytest

from app.generation.domain import TakeWish
from app.generation.errors import ClipBroken, FramesMissing, NotOffered, SegmentNotReady, TakeNotFound
from app.jobs.errors import JobNotFound
from app.moderation.errors import ContentRefused, ContentUnjudged
from app.projects.errors import SegmentBusy, SegmentNotFound
from app.projects.progress import ProgressService
from app.providers.errors import ContentBlocked, InvalidRequest, TaskLost, Unreachable
from app.providers.video import Failed, Running, VideoMode
from app.usage.domain import BudgetExceeded
from tests import factories
from tests.doubles.engines import ScriptedJudge
from tests.doubles.visuals import ScriptedCamera, good_clip
from tests.studio import API, Json, Studio

pytestmark = pytest.mark.flow


async def first(studio: Studio, project: Json) -> Json:
    return (await studio.segments(project))[0]


async def takes(studio: Studio, segment: Json) -> list[Json]:
    found: list[Json] = (await studio.get(f"/segments/{segment['id']}/takes"))["takes"]
    return found


async def test_a_segment_becomes_a_clip(studio: Studio, film: Json, camera: ScriptedCamera) -> None:
    segment = await first(studio, film)
    started = await studio.begin_take(segment)
    assert (await first(studio, film))["status"] == "generating"
    done = await studio.run(started)
    assert done["phase"] == "succeeded", done
    shown = await first(studio, film)
    assert (shown["status"], shown["stale"], shown["error"]) == ("generated", False, None)
    clip = await studio.person.get(shown["video_url"])
    assert clip.content == good_clip()
    (request,) = camera.requests
    assert request.text == "A fox runs through a misty forest, scene 0. [Pan left,Zoom in]"
    assert (request.mode, request.duration_seconds) == (VideoMode.FIRST_LAST_FRAME, 6)
    assert request.first_frame is not None
    assert request.first_frame.content.startswith(b"\x89PNG")


async def test_a_take_is_kept_with_what_it_cost(studio: Studio, film: Json) -> None:
    segment = await first(studio, film)
    done = await studio.make_take(segment)
    assert done["cost"] == {"estimated": 0.28, "actual": 0.28, "currency": "USD"}
    (take,) = await takes(studio, segment)
    told = [take[name] for name in ("number", "kind", "provider", "model", "cost", "current", "width", "height")]
    assert told == [1, "video", "minimax", "MiniMax-Hailuo-02", 0.28, True, 160, 96]
    assert abs(take["duration_seconds"] - 6) < 0.5
    picture = await studio.person.get(take["last_picture_url"])
    assert picture.content.startswith(b"\x89PNG")


async def test_an_earlier_take_can_be_used_again(studio: Studio, film: Json) -> None:
    segment = await first(studio, film)
    await studio.make_take(segment)
    await studio.post(f"/segments/{segment['id']}/approve-video")
    await studio.make_take(segment)
    newest, oldest = await takes(studio, segment)
    assert [(take["number"], take["current"]) for take in (newest, oldest)] == [(2, True), (1, False)]
    await studio.post(f"/segments/{segment['id']}/approve-video")
    used = await studio.post(f"/segments/{segment['id']}/takes/{oldest['id']}/use")
    assert (used["status"], used["stale"]) == ("generated", False)
    assert [take["current"] for take in await takes(studio, segment)] == [False, True]


async def test_a_take_of_another_segment_is_not_found(studio: Studio, film: Json) -> None:
    one, other = await studio.segments(film)
    await studio.make_take(one)
    (take,) = await takes(studio, one)
    path = f"/segments/{other['id']}/takes/{take['id']}/use"
    assert await studio.refused(path) == (404, TakeNotFound.code)


async def test_a_take_whose_clip_is_gone_is_not_found(studio: Studio, film: Json) -> None:
    segment = await first(studio, film)
    gone = await studio.make_take(segment)
    await studio.make_take(segment)
    await studio.person.delete(f"{API}/assets/{gone['result']['asset_id']}")
    path = f"/segments/{segment['id']}/takes/{gone['result']['take_id']}/use"
    assert await studio.refused(path) == (404, TakeNotFound.code)


async def test_no_take_is_chosen_while_another_is_made(studio: Studio, film: Json) -> None:
    segment = await first(studio, film)
    done = await studio.make_take(segment)
    await studio.begin_take(segment)
    path = f"/segments/{segment['id']}/takes/{done['result']['take_id']}/use"
    assert await studio.refused(path) == (409, SegmentBusy.code)


async def test_a_second_start_gives_the_job_that_runs(studio: Studio, film: Json, camera: ScriptedCamera) -> None:
    segment = await first(studio, film)
    started = await studio.begin_take(segment)
    assert (await studio.begin_take(segment))["id"] == started["id"]
    await studio.run(started)
    assert len(camera.requests) == 1


async def test_an_unapproved_segment_is_not_made(studio: Studio, film: Json) -> None:
    segment = await first(studio, film)
    await studio.post(f"/segments/{segment['id']}/unapprove")
    with pytest.raises(SegmentNotReady):
        await studio.begin_take(segment)


async def test_missing_frames_are_named(studio: Studio, project: Json) -> None:
    segment = (await studio.segments(project))[1]
    await studio.upload_frame(segment, "first")
    with pytest.raises(FramesMissing) as told:
        await studio.begin_take(segment)
    assert told.value.facts == {"missing": [2]}
    assert (await studio.segments(project))[1]["status"] == "approved"


async def test_what_the_engine_does_not_offer_is_refused_before_payment(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    segment = await first(studio, film)
    camera.prompt_limit_characters = len("A fox runs through a misty forest, scene 0. [Pan left,Zoom in]") - 1
    with pytest.raises(NotOffered) as told:
        await studio.begin_take(segment)
    assert told.value.param == "prompt"
    assert (await first(studio, film))["status"] == "approved"
    assert camera.requests == []


async def test_a_budget_that_is_too_small_leaves_the_segment_approved(studio: Studio) -> None:
    film = await studio.framed()
    await studio.person.put(f"{API}/budgets", json={"user_day": 0.2})
    with pytest.raises(BudgetExceeded):
        await studio.begin_take(await first(studio, film))
    assert (await first(studio, film))["status"] == "approved"


async def test_movements_are_told_in_words_to_a_model_without_camera_tags(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    camera.obeys_camera = False
    await studio.make_take(await first(studio, film))
    assert camera.requests[0].text.endswith("scene 0. Camera: pan left, then zoom in.")


async def test_a_refused_prompt_is_never_sent(
    studio: Studio, film: Json, camera: ScriptedCamera, judge: ScriptedJudge
) -> None:
    judge.scores = {"misty": {"violence/graphic": 0.97}}
    failed = await studio.run(await studio.begin_take(await first(studio, film)))
    assert failed["error"]["code"] == ContentRefused.code
    shown = await first(studio, film)
    assert (shown["status"], shown["error"]["code"]) == ("failed", ContentRefused.code)
    assert camera.requests == []


async def test_key_frames_that_nobody_could_judge_are_not_sent(
    studio: Studio, film: Json, camera: ScriptedCamera, judge: ScriptedJudge
) -> None:
    judge.picture_fault = Unreachable(provider="scripted")
    failed = await studio.run(await studio.begin_take(await first(studio, film)))
    assert failed["error"]["code"] == ContentUnjudged.code
    assert (camera.requests, failed["cost"]["actual"]) == ([], 0)


async def test_a_broken_file_is_fetched_again_and_never_published(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    camera.files = [good_clip()[:2000], good_clip(2)]
    segment = await first(studio, film)
    await studio.make_take(segment)
    assert (camera.fetches, len(camera.requests)) == (3, 1)
    listed = await studio.get("/assets")
    assert [asset["kind"] for asset in listed["assets"]].count("clip") == 1


async def test_a_file_that_stays_broken_is_fetched_by_one_more_try_before_another_is_bought(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    camera.files = [good_clip(2)] * 6
    failed = await studio.run(await studio.begin_take(await first(studio, film)))
    assert failed["error"]["code"] == ClipBroken.code
    assert "instead of 6 s" in failed["error"]["message"]
    assert (await first(studio, film))["status"] == "failed"
    assert (await studio.get("/assets?kind=clip"))["assets"] == []
    again = await studio.run(await studio.post(f"/jobs/{failed['id']}/retry"))
    assert (again["error"]["code"], len(camera.requests)) == (ClipBroken.code, 1)
    renewed = await studio.run(await studio.post(f"/jobs/{again['id']}/retry"))
    assert renewed["phase"] == "succeeded", renewed
    assert len(camera.requests) == 2


@pytest.mark.parametrize("error", [ContentBlocked, TaskLost])
async def test_what_the_vendor_gives_up_fails_the_segment_with_its_reason(
    studio: Studio, film: Json, camera: ScriptedCamera, error: type[ContentBlocked | TaskLost]
) -> None:
    camera.looks = [lambda task: Running(0.0), lambda task: Failed(error(provider="minimax"))]
    failed = await studio.run(await studio.begin_take(await first(studio, film)))
    assert (failed["error"]["code"], failed["error"]["provider"]) == (error.code, "minimax")
    assert (await first(studio, film))["error"]["code"] == error.code


async def test_what_the_vendor_does_not_take_costs_nothing(studio: Studio, film: Json, camera: ScriptedCamera) -> None:
    camera.before = [InvalidRequest(provider="minimax")]
    failed = await studio.run(await studio.begin_take(await first(studio, film)))
    assert (failed["error"]["code"], failed["cost"]["actual"]) == (InvalidRequest.code, 0)


async def test_a_frame_that_is_gone_from_the_library_is_told_before_payment(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    started = await studio.begin_take(await first(studio, film))
    for asset in (await studio.get("/assets"))["assets"]:
        await studio.person.delete(f"{API}/assets/{asset['id']}")
    assert (await studio.run(started))["error"]["code"] == "asset.not_found"
    assert camera.requests == []


async def test_progress_moves_while_the_clip_is_made(studio: Studio, film: Json, camera: ScriptedCamera) -> None:
    camera.looks = [lambda task: Running(1.0), lambda task: Running(0.0)]
    done = await studio.make_take(await first(studio, film))
    log = await studio.get(f"/jobs/{done['id']}/log")
    told = [event for event in log["events"] if event["event"] == "job.progress"] if "events" in log else log
    assert told


async def test_the_state_is_told_in_the_words_of_the_vendor(studio: Studio, film: Json) -> None:
    segment = await first(studio, film)
    started = await studio.begin_take(segment)
    path = f"/generation/status/{started['id']}"
    waiting = await studio.get(path)
    assert [waiting[name] for name in ("status", "progress", "file_id", "error")] == ["submitted", 0, None, None]
    done = await studio.run(started)
    told = await studio.get(path)
    assert [told[name] for name in ("task_id", "status", "progress", "file_id")] == [
        started["id"],
        "Success",
        100,
        done["result"]["asset_id"],
    ]
    assert (await studio.person.get(told["download_url"])).content == good_clip()


async def test_a_cancelled_generation_is_told_as_failed(studio: Studio, film: Json) -> None:
    started = await studio.begin_take(await first(studio, film))
    await studio.post(f"/jobs/{started['id']}/cancel")
    told = await studio.get(f"/generation/status/{started['id']}")
    assert (told["status"], told["error"]) == ("Fail", "The work was cancelled.")
    assert (await first(studio, film))["status"] == "approved"


async def test_strangers_find_nothing(studio: Studio, film: Json, bob: httpx2.AsyncClient) -> None:
    segment = await first(studio, film)
    done = await studio.make_take(segment)
    place = f"{API}/segments/{segment['id']}/takes"
    asked = [await bob.get(place), await bob.post(f"{place}/{done['result']['take_id']}/use")]
    assert {(answer.status_code, answer.json()["code"]) for answer in asked} == {(404, SegmentNotFound.code)}
    answer = await bob.get(f"{API}/generation/status/{done['id']}")
    assert (answer.status_code, answer.json()["code"]) == (404, JobNotFound.code)


async def test_a_child_works_on_the_segment_that_its_parent_holds(studio: Studio, film: Json) -> None:
    segment = await first(studio, film)
    async with studio.resources.database.unit_of_work() as session:
        owner = (await ProgressService.over(session, studio.resources).segment(segment["id"])).owner_id
    parent = await factories.job(studio.resources, owner, kind="jobs.sweep", segment_id=segment["id"])
    async with studio.resources.database.unit_of_work() as session:
        await ProgressService.over(session, studio.resources).begin_segment(segment["id"], parent.id)
    child = await studio.begin_take(segment, TakeWish(parent_id=parent.id))
    assert child["parent_id"] == parent.id
    assert (await studio.run(child))["phase"] == "succeeded"
    assert (await first(studio, film))["status"] == "generated"
