"""Work of a face is held to its end: a reply that comes is the result, never a promise of one."""

import asyncio

import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.jobs.errors import WorkCancelled, WorkGoesOn
from app.jobs.service import held
from app.jobs.settlement import JobControl
from app.resources import Resources
from tests import factories
from tests.conftest import MakeSettings


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    """Replies are held for a second."""
    return make_settings(database={"database_url": database_url}, work={"client_wait_seconds": 1})


async def test_a_reply_is_held_no_longer_than_allowed_and_names_its_job(resources: Resources) -> None:
    job = await factories.job(resources, await factories.user(resources))
    with pytest.raises(WorkGoesOn) as refused:
        await held(resources, job)
    assert refused.value.facts == {"job_id": job.id}


async def test_a_cancelled_job_is_no_result(app: FastAPI) -> None:
    resources: Resources = app.state.resources
    job = await factories.job(resources, await factories.user(resources))

    async def cancel() -> None:
        async with resources.database.unit_of_work() as session:
            await JobControl.over(session, resources).cancel(job)

    async with asyncio.TaskGroup() as both:
        both.create_task(cancel())
        with pytest.raises(WorkCancelled):
            await held(resources, job)
