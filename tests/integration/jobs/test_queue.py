"""The queue: the same work is done once, limits hold, a rollback leaves no job."""

import asyncio

import pytest

from app.jobs.domain import Lane
from app.jobs.errors import QueueFull, TooManyJobs
from app.jobs.models import Job
from app.jobs.queue import JobQueue, Order
from app.resources import Resources, open_resources
from tests import factories


@pytest.fixture
async def owner(resources: Resources) -> str:
    return await factories.user(resources)


async def test_a_second_start_of_the_same_work_joins_the_active_job(resources: Resources, owner: str) -> None:
    async def start() -> str:
        return (await factories.job(resources, owner, same_work="segment:1:video")).id

    started = await asyncio.gather(*(start() for _ in range(20)))
    assert len(set(started)) == 1
    assert await factories.rows(resources.database, Job) == 1


async def test_a_rolled_back_request_leaves_no_job(resources: Resources, owner: str) -> None:
    async def fail() -> None:
        async with resources.database.unit_of_work() as session:
            await JobQueue(session, resources).enqueue(Order(owner, "test.work", Lane.LIGHT, {}))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await factories.rows(resources.database, Job) == 0


@pytest.mark.parametrize(
    ("work", "refusal"), [({"max_queue_size": 2}, QueueFull), ({"max_jobs_per_user": 2}, TooManyJobs)]
)
async def test_limits_refuse_and_say_when_to_come_back(
    make_settings, database_url: str, work: dict[str, int], refusal: type[Exception]
) -> None:
    settings = make_settings(database={"database_url": database_url}, work=work)
    async with open_resources(settings) as resources:
        owner = await factories.user(resources)
        for _ in range(2):
            await factories.job(resources, owner)
        with pytest.raises(refusal) as refused:
            await factories.job(resources, owner)
        assert refused.value.retry_after_seconds
        assert await factories.rows(resources.database, Job) == 2
