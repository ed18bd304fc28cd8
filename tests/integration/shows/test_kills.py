"""A process that dies between any two steps pays for nothing twice and loses nothing."""

from typing import Any

import pytest

from app.core.settings import Settings
from app.jobs.domain import JobView
from app.jobs.runner import JobRunner
from app.jobs.settlement import JobRuntime
from app.shows.domain import ShowPicture, ShowStage, ShowView
from app.shows.jobs import show_handlers
from app.usage.ledger import LedgerBudget
from tests.conftest import MakeSettings
from tests.doubles.context import Crash, RememberingContext
from tests.doubles.engines import ScriptedKit
from tests.integration.shows.conftest import Booth
from tests.scripted_house import Vendor
from tests.studio import AliveFence


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    """No worker: the test says when a job runs and where it dies."""
    return make_settings(database={"database_url": database_url})


async def run(booth: Booth, job: JobView, memory: dict[str, Any], **crash: str) -> JobView:
    resources = booth.resources
    resources.provide(JobRuntime(resources, show_handlers(resources), LedgerBudget(resources), AliveFence()))
    await JobRunner(resources, resources.provided(JobRuntime))(job.id, RememberingContext(job.id, memory, **crash))
    return await booth.ended(job)


async def survived(booth: Booth, show: ShowView, stage: ShowStage, steps: list[str]) -> ShowView:
    """The show after a run that died after each of these steps in turn, before that step was remembered."""
    job = await booth.start(show, stage)
    assert job is not None
    memory: dict[str, Any] = {}
    for step in steps:
        with pytest.raises(Crash):
            await run(booth, job, memory, crash_after=step)
    ended = await run(booth, job, memory)
    assert ended.failure is None, ended.failure
    return await booth.view(show)


async def test_pictures_survive_every_death_and_are_paid_once(booth: Booth, vendor: Vendor) -> None:
    show = await booth.create(pictures=(ShowPicture("a fox"),))
    steps = ["images.begin", "draw.0", "intend.picture.0.1", "submit.picture.0.1", "judge.0", "accept.0", "images.done"]
    show = await survived(booth, show, ShowStage.IMAGES, steps)
    assert len(vendor.image.requests) == 1
    assert (show.made.pictures[0].asset_id is not None, show.made.pictures[0].tries) == (True, 1)
    assert [entry.name for entry in show.made.stages] == [ShowStage.IMAGES]


async def test_a_picture_in_place_of_another_survives_its_exchange(booth: Booth, vendor: Vendor) -> None:
    show = await booth.create(pictures=(ShowPicture("a fox"),))
    show = await survived(booth, show, ShowStage.IMAGES, [])
    known = show.made.pictures[0].asset_id
    assert known is not None
    job = await booth.start(show, ShowStage.IMAGE, position=0, in_place=True)
    assert job is not None
    memory: dict[str, Any] = {}
    with pytest.raises(Crash):
        await run(booth, job, memory, crash_after="accept.0")
    assert (await run(booth, job, memory)).failure is None
    assert (await booth.view(show)).made.pictures[0].asset_id == known
    assert await booth.content(known)
    assert len(vendor.image.requests) == 2


async def test_voices_survive_every_death_and_are_paid_once(booth: Booth, vendor: Vendor) -> None:
    show = await booth.create(script_text="A fox runs.")
    steps = ["voices.begin", "submit.voice.0.0.1", "voices.keep.0", "voices.accept", "voices.done"]
    show = await survived(booth, show, ShowStage.VOICES, steps)
    assert len(vendor.speech.said) == 1
    assert len(show.made.voices) == 1


async def test_a_script_survives_every_death_and_is_paid_once(booth: Booth, kit: ScriptedKit) -> None:
    steps = ["script.begin", "submit.show.script.1", "script.accept", "script.done"]
    show = await survived(booth, await booth.create(), ShowStage.SCRIPT, steps)
    assert len(kit.planner.briefs) == 1
    assert len(show.made.sentences) == 2
