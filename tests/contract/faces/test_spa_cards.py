"""Cards of client A: a clip whose narration is on its way is unfinished, a failed one is offered again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi import FastAPI
from sqlalchemy import event

from app.jobs.settlement import JobControl
from app.narration.service import NARRATE
from app.production.service import ProductionService, SegmentWish
from app.projects.domain import CurrentTake, Failure
from app.projects.progress import ProgressService
from app.resources import Resources
from tests import factories

SPA = "/spa/api/v1"
WORDS = {"videoPrompt": "A fox runs.", "narrationText": "Lis biegnie.", "endFramePrompt": "The fox rests."}


@asynccontextmanager
async def progress_of(resources: Resources) -> AsyncIterator[ProgressService]:
    async with resources.database.unit_of_work() as session:
        yield ProgressService.over(session, resources)


async def approved(person: httpx2.AsyncClient) -> dict[str, Any]:
    """A segment that its owner has written and approved on the page."""
    wish = {"name": "Fox", "targetDurationSec": 6, "segmentDurationSec": 6}
    segment = (await person.post(f"{SPA}/projects/", json=wish)).json()["segments"][0]
    path = f"/segments/{segment['id']}"
    await person.patch(f"/api/v1{path}", json=WORDS)
    answer = await person.post(f"{SPA}{path}/approve")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def card(person: httpx2.AsyncClient, segment: dict[str, Any]) -> dict[str, Any]:
    answer = await person.get(f"{SPA}/segments/project/{segment['projectId']}")
    found: dict[str, Any] = answer.json()[0]
    return found


async def test_a_clip_stays_generating_until_its_narration_is_there_or_given_up(
    alice: httpx2.AsyncClient, app: FastAPI
) -> None:
    resources: Resources = app.state.resources
    segment = await approved(alice)
    async with progress_of(resources) as progress:
        view = await progress.begin_segment(segment["id"], None)
    clip = await factories.asset(resources, view.owner_id)
    async with progress_of(resources) as progress:
        await progress.accept_take(
            view.id,
            CurrentTake(asset_id=clip, take_id=None, duration_seconds=6.0, digest="made", last_frame_asset_id=None),
        )
    speaking = await factories.job(
        resources, view.owner_id, kind=NARRATE, project_id=view.project_id, segment_id=view.id
    )
    shown = await card(alice, segment)
    assert (shown["status"], shown["audioUrl"]) == ("generating", None)
    assert shown["videoUrl"].startswith("http://testserver/spa/media/")

    async with resources.database.unit_of_work() as session:
        await JobControl.over(session, resources).cancel(speaking)
    shown = await card(alice, segment)
    assert (shown["status"], shown["audioUrl"]) == ("generated", None)


async def test_a_failed_card_offers_generate_again_and_says_why(alice: httpx2.AsyncClient, app: FastAPI) -> None:
    resources: Resources = app.state.resources
    segment = await approved(alice)
    async with progress_of(resources) as progress:
        await progress.begin_segment(segment["id"], None)
        await progress.end_segment(segment["id"], Failure("clip.refused", "The engine refused this clip."))
    shown = await card(alice, segment)
    assert (shown["status"], shown["approved"]) == ("approved", True)
    assert shown["errorMessage"] == "The engine refused this clip."
    again = await alice.post(f"{SPA}/generation/segment/{segment['id']}")
    assert again.status_code == 200, again.text
    assert (await card(alice, segment))["status"] == "generating"
    async with resources.database.unit_of_work() as session:
        view = await ProgressService.over(session, resources).segment(segment["id"])
        joined = await ProductionService.over(session, resources).begin_segment(view, SegmentWish())
    assert joined.id == again.json()["task_id"]


async def test_check_complete_reads_and_writes_only_when_something_ended(
    alice: httpx2.AsyncClient, app: FastAPI
) -> None:
    resources: Resources = app.state.resources
    segment = await approved(alice)
    begun_at_writer: list[object] = []
    event.listen(resources.database.writer.sync_engine, "begin", begun_at_writer.append)
    path = f"{SPA}/segments/{segment['id']}/check-complete"
    assert (await alice.post(path)).json()["status"] == "approved"
    async with progress_of(resources) as progress:
        await progress.begin_segment(segment["id"], None)
    begun_at_writer.clear()
    for _ in range(3):
        assert (await alice.post(path)).json()["status"] == "generating"
    assert begun_at_writer == []
    async with progress_of(resources) as progress:
        await progress.end_segment(segment["id"])
        await progress.begin_segment(segment["id"], "a job that is gone")
    assert (await alice.post(path)).json()["status"] == "approved"
