"""Segments are made by one job each, or all by one."""

import pytest

from app.generation.errors import FramesMissing, NotOffered, SegmentNotReady
from app.production.errors import NothingToMake, PartCancelled
from app.providers.video import Running
from tests.doubles.visuals import ScriptedCamera, ScriptedPainter
from tests.scripted_house import House

pytestmark = pytest.mark.flow


async def test_one_segment_is_made_with_the_frames_it_lacks(
    house: House, camera: ScriptedCamera, painter: ScriptedPainter
) -> None:
    project = await house.written()
    segment = (await house.segments(project))[0]
    task = await house.post(f"/generation/segment/{segment['id']}")
    assert (task["status"], task["segment_id"], task["task_id"]) == ("submitted", segment["id"], task["job"]["id"])
    assert task["model"] == "MiniMax-Hailuo-02"
    assert (await house.segments(project))[0]["status"] == "generating"
    done = await house.ended(task["job"])
    assert done["phase"] == "succeeded", done
    made, other = await house.segments(project)
    assert (made["status"], other["status"]) == ("generated", "approved")
    assert made["video_url"]
    assert (len(camera.requests), len(painter.requests)) == (1, 2)
    status = await house.get(f"/generation/status/{task['task_id']}")
    assert (status["status"], status["progress"]) == ("Success", 100)
    assert status["download_url"]


async def test_a_second_start_of_a_segment_gives_the_same_job(house: House, camera: ScriptedCamera) -> None:
    project = await house.written()
    segment = (await house.segments(project))[0]
    tasks = [await house.post(f"/generation/segment/{segment['id']}") for _ in range(3)]
    assert len({task["task_id"] for task in tasks}) == 1
    await house.ended(tasks[0]["job"])
    assert len(camera.requests) == 1


async def test_neighbours_that_are_made_at_once_share_their_frame(
    house: House, camera: ScriptedCamera, painter: ScriptedPainter
) -> None:
    project = await house.written()
    jobs = [(await house.post(f"/generation/segment/{s['id']}"))["job"] for s in await house.segments(project)]
    assert [(await house.ended(job))["phase"] for job in jobs] == ["succeeded", "succeeded"]
    assert (len(camera.requests), len(painter.requests)) == (2, 3)


async def test_all_approved_segments_are_made_by_one_job(house: House, camera: ScriptedCamera) -> None:
    project = await house.written(target_duration_sec=18)
    last = (await house.segments(project))[2]
    await house.post(f"/segments/{last['id']}/unapprove")
    job = await house.post(f"/generation/project/{project['id']}")
    done = await house.ended(job)
    assert done["phase"] == "succeeded", done
    assert [s["status"] for s in await house.segments(project)] == ["generated", "generated", "prompt_ready"]
    assert sorted(child["kind"] for child in await house.children(job)) == [
        "frame.make",
        "segment.take",
        "segment.take",
    ]
    assert await house.refused(f"/generation/project/{project['id']}") == (409, NothingToMake.code)
    assert len(camera.requests) == 2


async def test_only_what_is_out_of_date_is_made_again(house: House, camera: ScriptedCamera) -> None:
    project = await house.written()
    await house.ended(await house.post(f"/generation/project/{project['id']}"))
    first = (await house.segments(project))[0]
    await house.patch(f"/segments/{first['id']}", {"video_prompt": "A badger digs."})
    await house.post(f"/segments/{first['id']}/approve")
    await house.ended(await house.post(f"/generation/project/{project['id']}"))
    assert len(camera.requests) == 3
    takes = (await house.get(f"/segments/{first['id']}/takes"))["takes"]
    assert [take["current"] for take in takes] == [True, False]


async def test_another_take_of_a_clip_that_stands(house: House, camera: ScriptedCamera) -> None:
    project = await house.written()
    await house.ended(await house.post(f"/generation/project/{project['id']}"))
    segment = (await house.segments(project))[0]
    shown = await house.post(f"/segments/{segment['id']}/regenerate", {"what": "video"}, Prefer="wait=30")
    assert (shown["id"], shown["status"]) == (segment["id"], "generated")
    assert len(camera.requests) == 3


async def test_another_last_frame_costs_a_picture_and_makes_two_clips_stale(
    house: House, camera: ScriptedCamera, painter: ScriptedPainter
) -> None:
    project = await house.written(target_duration_sec=18)
    await house.ended(await house.post(f"/generation/project/{project['id']}"))
    drawn = len(painter.requests)
    segment = (await house.segments(project))[0]
    await house.post(f"/segments/{segment['id']}/regenerate", {"what": "frame"}, Prefer="wait=30")
    assert (len(camera.requests), len(painter.requests)) == (3, drawn + 1)
    assert [s["stale"] for s in await house.segments(project)] == [True, True, False]
    await house.ended(await house.post(f"/generation/project/{project['id']}"))
    assert (len(camera.requests), len(painter.requests)) == (5, drawn + 1)


async def test_a_segment_that_is_not_approved_is_refused(house: House) -> None:
    project = await house.project()
    segment = (await house.segments(project))[0]
    assert await house.refused(f"/generation/segment/{segment['id']}") == (409, SegmentNotReady.code)


async def test_what_the_engine_does_not_offer_is_refused_before_anything_is_paid(
    house: House, camera: ScriptedCamera, painter: ScriptedPainter
) -> None:
    project = await house.written()
    camera.prompt_limit_characters = 10
    segment = (await house.segments(project))[0]
    assert (await house.refused(f"/generation/segment/{segment['id']}"))[1] == NotOffered.code
    assert (await house.refused(f"/generation/project/{project['id']}"))[1] == NotOffered.code
    assert (painter.requests, camera.requests) == ([], [])


async def test_a_clip_whose_end_nobody_has_told_hands_its_last_picture_on(
    house: House, painter: ScriptedPainter
) -> None:
    project = await house.written()
    segment = (await house.segments(project))[0]
    await house.patch(f"/segments/{segment['id']}", {"end_frame_prompt": ""})
    await house.post(f"/segments/{segment['id']}/approve")
    done = await house.ended(await house.post(f"/generation/project/{project['id']}"))
    assert done["phase"] == "succeeded", done
    assert len(painter.requests) == 2


async def test_a_segment_whose_beginning_is_still_open_ends_with_what_it_lacks_and_is_freed(house: House) -> None:
    project = await house.written()
    first, second = await house.segments(project)
    await house.patch(f"/segments/{first['id']}", {"end_frame_prompt": ""})
    done = await house.ended((await house.post(f"/generation/segment/{second['id']}"))["job"])
    assert (done["phase"], done["error"]["code"]) == ("failed", FramesMissing.code)
    shown = (await house.segments(project))[1]
    assert (shown["status"], shown["error"]["code"]) == ("failed", FramesMissing.code), "a refusal has a reason"


async def test_a_part_that_is_cancelled_by_itself_ends_the_whole(house: House, camera: ScriptedCamera) -> None:
    camera.looks = [lambda task: Running(1.0, "Processing")] * 100
    project = await house.written()
    job = await house.post(f"/generation/project/{project['id']}")
    while not (takes := [c for c in await house.children(job) if c["kind"] == "segment.take"]):
        continue
    for take in takes:
        await house.post(f"/jobs/{take['id']}/cancel")
    done = await house.ended(job)
    assert (done["phase"], done["error"]["code"]) == ("failed", PartCancelled.code)


async def test_a_cancelled_production_frees_its_segments_and_stops_its_children(
    house: House, camera: ScriptedCamera
) -> None:
    camera.looks = [lambda task: Running(1.0, "Processing")] * 100
    project = await house.written()
    job = await house.post(f"/generation/project/{project['id']}")
    while not camera.requests:
        await house.get(f"/jobs/{job['id']}")
    await house.post(f"/jobs/{job['id']}/cancel")
    assert (await house.ended(job))["phase"] == "cancelled"
    for child in await house.children(job):
        assert (await house.ended(child))["phase"] in {"cancelled", "succeeded"}
    assert {s["status"] for s in await house.segments(project)} == {"approved"}
