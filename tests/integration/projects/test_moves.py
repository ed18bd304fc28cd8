"""Failed work, illegal moves and starts that race: what the single writer lets happen to a film."""

import asyncio
from typing import Any

import httpx2
import pytest

from app.projects.domain import Failure, ProjectStatus, Storyboard
from app.projects.errors import (
    IllegalMove,
    IllegalProjectMove,
    ProjectBusy,
)


async def test_failed_work_says_why_and_may_start_again(
    alice: httpx2.AsyncClient, planned: Storyboard, progress: Any
) -> None:
    project_id = planned.project.id
    async with progress() as work:
        await work.begin(project_id, ProjectStatus.VOICE_CLONING)
        await work.rest(project_id, Failure("voice.refused", "The sample is too short. Record ten seconds."))
    shown = (await alice.get(f"/api/v1/projects/{project_id}")).json()
    assert (shown["status"], shown["error"]["code"]) == ("failed", "voice.refused")
    async with progress() as work:
        await work.begin(project_id, ProjectStatus.VOICE_CLONING)
        rested = await work.rest(project_id)
    assert (rested.status, rested.failure) == (ProjectStatus.PLAN_READY, None)


async def test_a_failed_segment_says_why_and_a_cancelled_one_is_approved_again(
    alice: httpx2.AsyncClient, planned: Storyboard, progress: Any
) -> None:
    segment_id = planned.segments[0].id
    path = f"/api/v1/segments/{segment_id}"
    await alice.post(f"{path}/approve")
    async with progress() as work:
        await work.begin_segment(segment_id, "job-1")
        await work.end_segment(segment_id, Failure("video.refused", "The picture is too small."))
    failed = (await alice.get(path)).json()
    assert (failed["status"], failed["error"]["code"], failed["video_task_id"]) == ("failed", "video.refused", None)
    async with progress() as work:
        await work.begin_segment(segment_id, "job-2")
        await work.end_segment(segment_id)
    cancelled = (await alice.get(path)).json()
    assert (cancelled["status"], cancelled["error"]) == ("approved", None)
    assert (await alice.get(f"/api/v1/projects/{planned.project.id}")).json()["status"] == "plan_ready"


async def test_a_narration_that_does_not_fit_waits_for_its_owner(
    alice: httpx2.AsyncClient, planned: Storyboard, progress: Any
) -> None:
    segment_id = planned.segments[0].id
    async with progress() as work:
        await work.ask_owner(segment_id, Failure("narration.too_long", "Cut 4 words."))
    shown = (await alice.get(f"/api/v1/segments/{segment_id}")).json()
    assert (shown["needs_attention"], shown["error"]["message"]) == (True, "Cut 4 words.")
    edited = (await alice.put(f"/api/v1/segments/{segment_id}", json={"narration_text": "Short."})).json()
    assert (edited["needs_attention"], edited["error"]) == (False, None)


async def test_an_unapproved_segment_is_never_started(planned: Storyboard, progress: Any) -> None:
    with pytest.raises(IllegalMove):
        async with progress() as work:
            await work.begin_segment(planned.segments[0].id, None)


async def test_no_segment_starts_while_the_plan_is_written(
    alice: httpx2.AsyncClient, planned: Storyboard, progress: Any
) -> None:
    await alice.post(f"/api/v1/segments/{planned.segments[0].id}/approve")
    async with progress() as work:
        await work.begin(planned.project.id, ProjectStatus.PLAN_GENERATING)
    with pytest.raises(ProjectBusy):
        async with progress() as work:
            await work.begin_segment(planned.segments[0].id, None)


async def test_an_illegal_move_names_the_legal_ones(planned: Storyboard, progress: Any) -> None:
    with pytest.raises(IllegalProjectMove) as refused:
        async with progress() as work:
            await work.begin(planned.project.id, ProjectStatus.MEDIA_UPLOADED)
    assert refused.value.facts["current"] == "plan_ready"
    assert "generating" in refused.value.facts["allowed"]


async def test_of_many_starts_of_one_segment_one_wins(
    alice: httpx2.AsyncClient, planned: Storyboard, progress: Any
) -> None:
    segment_id = planned.segments[0].id
    await alice.post(f"/api/v1/segments/{segment_id}/approve")

    async def start() -> bool:
        try:
            async with progress() as work:
                await work.begin_segment(segment_id, None)
        except IllegalMove:
            return False
        return True

    assert sorted(await asyncio.gather(*(start() for _ in range(8)))) == [False] * 7 + [True]


async def test_parallel_changes_of_one_film_are_all_kept(alice: httpx2.AsyncClient, planned: Storyboard) -> None:
    async def edit(number: int) -> None:
        segment_id = planned.segments[number % 3].id
        field = ("narration_text", "end_frame_prompt")[number % 2]
        reply = await alice.put(f"/api/v1/segments/{segment_id}", json={field: f"edit {number}"})
        assert reply.status_code == 200

    await asyncio.gather(*(edit(number) for number in range(12)))
    segments = (await alice.get(f"/api/v1/projects/{planned.project.id}/segments")).json()
    texts = [segment[field] for segment in segments for field in ("narration_text", "end_frame_prompt")]
    assert all(text.startswith("edit ") for text in texts)
    assert [segment["version"] for segment in segments] == [planned.segments[0].version + 4] * 3
