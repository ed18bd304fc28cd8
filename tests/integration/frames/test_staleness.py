"""What a replaced key frame costs: the clips on its two sides and nothing else."""

from typing import Any

import pytest

from app.frames.domain import FrameWish
from app.frames.errors import FramesReady
from app.frames.service import FrameService
from app.jobs.schemas import JobRead
from app.projects.service import ProjectService
from tests.doubles.visuals import ScriptedPainter
from tests.studio import API, Json, Studio

pytestmark = pytest.mark.flow

SEGMENTS = 10


async def finished(studio: Studio, seconds: int = 6 * SEGMENTS) -> Json:
    """A film whose frames were all drawn and whose clips are all made."""
    project = await studio.planned(target_duration_sec=seconds)
    await studio.run(await studio.post(f"/generation/frames/{project['id']}"))
    for segment in await studio.segments(project):
        await studio.make_take(segment)
    return project


async def stale_clips(studio: Studio, project: Json) -> list[int]:
    segments = await studio.segments(project)
    return [segment["index"] for segment in segments if "clip" in segment["stale_parts"]]


async def start(studio: Studio, project: Json, wish: FrameWish) -> Json:
    """What production does for a film."""
    async with studio.resources.database.unit_of_work() as session:
        view = await ProjectService.over(session, studio.resources).view(project["id"])
        job = await FrameService.over(session, studio.resources).begin(view, wish)
    shown: dict[str, Any] = JobRead.of(job).model_dump(mode="json")
    return shown


async def test_one_replaced_frame_makes_exactly_the_two_clips_beside_it_stale(studio: Studio) -> None:
    project = await finished(studio)
    assert await stale_clips(studio, project) == []
    segments = await studio.segments(project)
    await studio.upload_frame(segments[1], "last")
    assert await stale_clips(studio, project) == [1, 2]
    await studio.run(await studio.post(f"/projects/{project['id']}/frames/5/generate"))
    assert await stale_clips(studio, project) == [1, 2, 4, 5]
    candidates = (await studio.frames(project))[5]["candidates"]
    path = f"/projects/{project['id']}/frames/5/accept"
    await studio.post(path, {"candidate_id": candidates[1]["id"]})
    assert await stale_clips(studio, project) == [1, 2]
    await studio.upload_frame(segments[SEGMENTS - 1], "last")
    assert await stale_clips(studio, project) == [1, 2, SEGMENTS - 1]


async def test_an_approved_clip_beside_a_replaced_frame_loses_its_approval(studio: Studio) -> None:
    project = await finished(studio, 18)
    for segment in await studio.segments(project):
        await studio.post(f"/segments/{segment['id']}/approve-video")
    await studio.upload_frame((await studio.segments(project))[0], "last")
    statuses = [segment["status"] for segment in await studio.segments(project)]
    assert statuses == ["generated", "generated", "segment_approved"]


async def test_a_producer_that_spares_clips_draws_no_frame_for_a_replaced_one(
    studio: Studio, painter: ScriptedPainter
) -> None:
    project = await finished(studio, 24)
    drawn = len(painter.requests)
    await studio.upload_frame((await studio.segments(project))[0], "last")
    with pytest.raises(FramesReady):
        await start(studio, project, FrameWish(spare_clips=True))
    assert len(painter.requests) == drawn
    told = await start(studio, project, FrameWish())
    done = await studio.run(told)
    assert [made["position"] for made in done["result"]["frames"]] == [2, 3, 4]


async def test_a_frame_with_new_words_is_drawn_again_beside_its_clips(studio: Studio) -> None:
    project = await finished(studio, 24)
    segment = (await studio.segments(project))[1]
    words = {"end_frame_prompt": "The fox sleeps."}
    await studio.person.patch(f"{API}/segments/{segment['id']}", json=words)
    done = await studio.run(await start(studio, project, FrameWish(spare_clips=True)))
    assert [made["position"] for made in done["result"]["frames"]] == [2]
    assert await stale_clips(studio, project) == [1, 2]


async def test_a_producer_leaves_an_end_open_that_nobody_has_told(studio: Studio) -> None:
    project = await studio.planned(target_duration_sec=18)
    segment = (await studio.segments(project))[1]
    await studio.person.patch(f"{API}/segments/{segment['id']}", json={"end_frame_prompt": ""})
    done = await studio.run(await start(studio, project, FrameWish(spare_clips=True)))
    assert [made["position"] for made in done["result"]["frames"]] == [0, 1, 3]


async def test_frames_that_no_clip_rests_on_follow_a_replaced_one(studio: Studio) -> None:
    project = await studio.planned(target_duration_sec=18)
    await studio.run(await studio.post(f"/generation/frames/{project['id']}"))
    await studio.upload_frame((await studio.segments(project))[0], "last")
    done = await studio.run(await start(studio, project, FrameWish(spare_clips=True)))
    assert [made["position"] for made in done["result"]["frames"]] == [2, 3]


async def test_all_pictures_of_a_project_share_one_seed(studio: Studio, painter: ScriptedPainter) -> None:
    painter.takes_seed = True
    for _ in range(2):
        project = await studio.planned()
        await studio.run(await studio.post(f"/generation/frames/{project['id']}"))
    seeds = [request.seed for request in painter.requests]
    assert len(set(seeds[:3])) == 1
    assert len(set(seeds[3:])) == 1
    assert seeds[0] != seeds[3]
    assert all(isinstance(seed, int) and 0 <= seed < 2**31 for seed in seeds)


async def test_another_picture_of_the_same_scene_has_another_seed(studio: Studio, painter: ScriptedPainter) -> None:
    painter.takes_seed = True
    project = await studio.planned()
    await studio.run(await studio.post(f"/generation/frames/{project['id']}"))
    for _ in range(2):
        await studio.run(await studio.post(f"/projects/{project['id']}/frames/1/generate"))
    first = painter.requests[1].seed
    assert first is not None
    assert [request.seed for request in painter.requests[3:]] == [first + 1, first + 2]


async def test_an_engine_without_seeds_is_given_none(studio: Studio, painter: ScriptedPainter) -> None:
    project = await studio.planned()
    await studio.run(await studio.post(f"/generation/frames/{project['id']}"))
    assert {request.seed for request in painter.requests} == {None}
