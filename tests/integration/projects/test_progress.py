"""What the workflow reports: the single writer keeps films whole, fresh and in legal states."""

from typing import Any

import httpx2
import pytest

from app.projects.domain import (
    CurrentTake,
    Film,
    FilmVariant,
    FrameOrigin,
    ProjectStatus,
    SegmentDraft,
    SegmentStatus,
    SpokenNarration,
    SpokenWord,
    Storyboard,
)
from app.projects.errors import (
    FrameNotFound,
    PlanUnfit,
    PromptTooLong,
    SegmentsIncomplete,
)
from app.projects.freshness import (
    Part,
    clip_digest,
    extraction_digest,
    film_digest,
    frame_digest,
    narration_digest,
    stale_frames,
    stale_parts,
)
from tests.integration.projects.conftest import PLAN, MakeProject


async def make_frames(work: Any, project_id: str) -> None:
    for frame in (await work.board(project_id)).frames:
        board = await work.board(project_id)
        if frame.position == 0:
            await work.accept_frame(frame.id, "asset-0", FrameOrigin.UPLOADED, approved=True)
            continue
        segment = board.segments[frame.position - 1]
        digest = frame_digest(segment.settings, segment.end_frame_prompt, board.frames[frame.position - 1])
        await work.accept_frame(frame.id, f"asset-{frame.position}", FrameOrigin.GENERATED, digest=digest)


async def make_take(work: Any, segment_id: str, asset_id: str) -> None:
    begun = await work.begin_segment(segment_id, None)
    spoken = SpokenNarration(
        asset_id=f"speech-{asset_id}",
        take_id=None,
        duration_seconds=4.5,
        digest=narration_digest(begun.settings, begun.voice_id, begun.narration_text),
        words=(SpokenWord("text", 0.1, 0.4),),
    )
    await work.accept_narration(segment_id, spoken)
    take = CurrentTake(
        asset_id=asset_id,
        take_id=None,
        duration_seconds=6.0,
        digest=clip_digest(begun),
        last_frame_asset_id=begun.last_frame.asset_id,
    )
    await work.accept_take(segment_id, take)


@pytest.fixture
async def generated(alice: httpx2.AsyncClient, planned: Storyboard, progress: Any) -> Storyboard:
    for segment in planned.segments:
        await alice.post(f"/api/v1/segments/{segment.id}/approve")
    async with progress() as work:
        await make_frames(work, planned.project.id)
        for segment in planned.segments:
            await make_take(work, segment.id, f"clip-{segment.index}")
        board: Storyboard = await work.board(planned.project.id)
    return board


async def test_a_plan_fills_the_segments_whose_ids_stay(alice: httpx2.AsyncClient, planned: Storyboard) -> None:
    project = (await alice.get(f"/api/v1/projects/{planned.project.id}")).json()
    assert (project["status"], project["title"]) == ("plan_ready", "The fox")
    assert (project["continuity_notes"], project["segment_count"]) == ("One forest.", 3)
    segments = (await alice.get(f"/api/v1/projects/{planned.project.id}/segments")).json()
    assert [s["id"] for s in segments] == [s["id"] for s in project["segments"]]
    assert [(s["status"], s["video_prompt"]) for s in segments] == [("prompt_ready", f"prompt {n}") for n in range(3)]
    assert segments[0]["camera_commands"] == ["Push in"]


async def test_a_new_plan_keeps_the_named_segments(
    alice: httpx2.AsyncClient, planned: Storyboard, progress: Any
) -> None:
    kept = planned.segments[1].id
    await alice.post(f"/api/v1/segments/{kept}/approve")
    other = [SegmentDraft(video_prompt=f"other {n}") for n in range(3)]
    async with progress() as work:
        await work.begin(planned.project.id, ProjectStatus.PLAN_GENERATING)
        board = await work.accept_plan(planned.project.id, other, title="", continuity_notes="", keep=[kept])
    assert [s.video_prompt for s in board.segments] == ["other 0", "prompt 1", "other 2"]
    assert [s.status.value for s in board.segments] == ["prompt_ready", "approved", "prompt_ready"]


@pytest.mark.parametrize(
    ("plan", "refusal"),
    [(PLAN[:2], PlanUnfit), ([*PLAN[:2], SegmentDraft(video_prompt="x" * 2001)], PromptTooLong)],
)
async def test_an_unfit_plan_changes_nothing(
    make_project: MakeProject, progress: Any, plan: list[SegmentDraft], refusal: type[Exception]
) -> None:
    project = await make_project()
    async with progress() as work:
        await work.begin(project["id"], ProjectStatus.PLAN_GENERATING)
    with pytest.raises(refusal):
        async with progress() as work:
            await work.accept_plan(project["id"], plan, title="x", continuity_notes="")
    async with progress() as work:
        board = await work.board(project["id"])
    assert board.project.status is ProjectStatus.PLAN_GENERATING
    assert {s.status for s in board.segments} == {SegmentStatus.PENDING}
    assert board.project.plan_title == ""


async def test_a_finished_round_is_fresh_in_all_its_parts(generated: Storyboard) -> None:
    assert generated.project.status is ProjectStatus.GENERATING
    assert {s.status for s in generated.segments} == {SegmentStatus.GENERATED}
    assert [stale_parts(s) for s in generated.segments] == [frozenset()] * 3
    assert stale_frames(generated) == ()
    assert generated.segments[0].narration is not None
    assert generated.segments[0].narration.words == (SpokenWord("text", 0.1, 0.4),)
    assert generated.segments[0].last_frame == generated.segments[1].first_frame


async def test_replacing_a_frame_makes_exactly_two_clips_stale_and_revokes_their_approval(
    alice: httpx2.AsyncClient, generated: Storyboard, progress: Any
) -> None:
    tags = {}
    for segment in generated.segments:
        await alice.post(f"/api/v1/segments/{segment.id}/approve-video")
        tags[segment.index] = (await alice.get(f"/api/v1/segments/{segment.id}")).headers["etag"]
    async with progress() as work:
        await work.accept_frame(generated.frames[1].id, "other", FrameOrigin.UPLOADED)
        board = await work.board(generated.project.id)
    assert [s.index for s in board.segments if Part.CLIP in stale_parts(s)] == [0, 1]
    assert [s.status.value for s in board.segments] == ["generated", "generated", "segment_approved"]
    for segment in board.segments:
        reply = await alice.get(f"/api/v1/segments/{segment.id}", headers={"If-None-Match": tags[segment.index]})
        assert reply.status_code == (304 if segment.index == 2 else 200)


async def test_the_clips_own_last_picture_is_handed_on(
    alice: httpx2.AsyncClient, generated: Storyboard, progress: Any
) -> None:
    await alice.post(f"/api/v1/segments/{generated.segments[0].id}/approve-video")
    async with progress() as work:
        await work.accept_frame(
            generated.frames[1].id, "still", FrameOrigin.EXTRACTED, digest=extraction_digest("clip-0")
        )
        board = await work.board(generated.project.id)
    assert board.segments[0].status is SegmentStatus.SEGMENT_APPROVED
    assert [s.index for s in board.segments if Part.CLIP in stale_parts(s)] == [1]
    assert board.segments[1].first_frame.asset_id == "still"


@pytest.mark.parametrize("layout", ["add", "remove", "reorder"])
async def test_a_new_layout_makes_the_frames_beside_it_stale(
    alice: httpx2.AsyncClient, generated: Storyboard, progress: Any, layout: str
) -> None:
    path = f"/api/v1/projects/{generated.project.id}/segments"
    ids = [segment.id for segment in generated.segments]
    if layout == "add":
        assert (await alice.post(path, json={"index": 1})).is_success
    elif layout == "remove":
        assert (await alice.delete(f"/api/v1/segments/{ids[1]}")).is_success
    else:
        assert (await alice.post(f"{path}/reorder", json={"segment_ids": [ids[0], ids[2], ids[1]]})).is_success
    async with progress() as work:
        board = await work.board(generated.project.id)
    by_id = {segment.id: segment for segment in board.segments}
    stale = {ids.index(s) for s, segment in by_id.items() if s in ids and stale_parts(segment)}
    assert stale == {"add": {1}, "remove": {2}, "reorder": {1, 2}}[layout]
    assert Part.LAST_FRAME in stale_parts(by_id[ids[2]] if layout != "add" else by_id[ids[1]])
    assert [frame.position for frame in board.frames] == list(range(len(board.segments) + 1))


async def test_another_voice_makes_every_narration_stale_and_no_clip(generated: Storyboard, progress: Any) -> None:
    async with progress() as work:
        await work.assign_voice(generated.project.id, "voice-2")
        board = await work.board(generated.project.id)
    assert [stale_parts(s) for s in board.segments] == [{Part.NARRATION}] * 3


async def test_the_cut_names_what_is_missing(alice: httpx2.AsyncClient, generated: Storyboard, progress: Any) -> None:
    await alice.post(f"/api/v1/segments/{generated.segments[1].id}/reject-video")
    with pytest.raises(SegmentsIncomplete) as refused:
        async with progress() as work:
            await work.begin_cut(generated.project.id)
    assert refused.value.facts == {"missing": [1]}


async def test_a_cut_film_completes_the_project_until_a_take_changes(
    alice: httpx2.AsyncClient, generated: Storyboard, progress: Any
) -> None:
    project_id = generated.project.id
    async with progress() as work:
        board = await work.begin_cut(project_id)
        film = Film(asset_id="film", digest=film_digest(board.project), variants={FilmVariant.POSTER: "poster"})
        done = await work.accept_film(project_id, film)
    assert (done.status, done.film) == (ProjectStatus.COMPLETED, film)
    shown = (await alice.get(f"/api/v1/projects/{project_id}")).json()
    assert (shown["status"], shown["stale"]) == ("completed", False)
    async with progress() as work:
        await make_take(work, generated.segments[0].id, "clip-new")
    shown = (await alice.get(f"/api/v1/projects/{project_id}")).json()
    assert (shown["status"], shown["stale"]) == ("generating", True)
    total = (await alice.get("/api/v1/projects", params={"status": "generating"})).json()["total"]
    assert total == 1


async def test_an_earlier_take_may_be_chosen_after_a_rejection(
    alice: httpx2.AsyncClient, generated: Storyboard, progress: Any
) -> None:
    segment = generated.segments[0]
    assert segment.clip is not None
    await alice.post(f"/api/v1/segments/{segment.id}/reject-video")
    async with progress() as work:
        chosen = await work.use_take(segment.id, segment.clip)
    assert (chosen.status, chosen.clip) == (SegmentStatus.GENERATED, segment.clip)


async def test_a_film_of_three_segments_has_four_frames(planned: Storyboard, progress: Any) -> None:
    async with progress() as work:
        assert [(await work.frame_at(planned.project.id, place)).position for place in range(4)] == [0, 1, 2, 3]
        with pytest.raises(FrameNotFound):
            await work.frame_at(planned.project.id, 4)
