"""Films that wait for their owner's word write nothing and go on as soon as it is given."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from sqlalchemy import event

from app.core.database import Database
from app.jobs.domain import JobView, Lane
from app.jobs.queue import JobQueue, Order
from app.jobs.runner import JobRunner
from app.jobs.service import JobService
from app.jobs.settlement import JobControl, JobRuntime
from app.production.domain import Topic
from app.projects.schemas import ProjectCreate, SegmentEdit
from app.projects.service import ProjectService
from app.projects.storyboard import StoryboardService
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from app.worker import job_handlers
from tests import factories
from tests.doubles.context import RememberingContext

FILMS = 4
QUIET_SECONDS = 3.0


class AliveFence:
    name = "test-process"

    def fresh(self) -> bool:
        return True


@dataclass
class Waiting:
    """Films of one owner whose plans wait for approval, and the runs that wait with them."""

    resources: Resources
    owner_id: str
    jobs: list[JobView] = field(default_factory=list)
    runs: list[asyncio.Task[None]] = field(default_factory=list)

    async def begin(self) -> JobView:
        """A film whose words stand, and a run that asks for its approval."""
        async with self.resources.database.unit_of_work() as session:
            wish = ProjectCreate(name="Film", target_duration_sec=12, story_prompt="A fox looks for a lantern.")
            project = await ProjectService.over(session, self.resources).create(self.owner_id, wish)
            board = StoryboardService.over(session, self.resources)
            for segment in await board.segments(project.id):
                await board.edit(segment, SegmentEdit(video_prompt="A fox runs through a misty forest."))
            order = Order(self.owner_id, "film.produce", Lane.REMOTE, {"plans": True}, project_id=project.id)
            job, _ = await JobQueue(session, self.resources).enqueue(order)
        runner = JobRunner(self.resources, self.resources.provided(JobRuntime))
        self.jobs.append(job)
        self.runs.append(asyncio.create_task(runner(job.id, RememberingContext(job.id, {}))))
        return job

    async def read(self, job: JobView) -> JobView:
        async with self.resources.database.reading() as session:
            return await JobService.over(session, self.resources).any(job.id)

    async def children(self, job: JobView) -> int:
        async with self.resources.database.reading() as session:
            return len(await JobService.over(session, self.resources).children(job.id))

    async def asked(self, job: JobView) -> JobView:
        """The job once it asks for the approval of the plan."""
        async with asyncio.timeout(30):
            while (found := await self.read(job)).question is None or found.stage != "awaiting_plan_approval":
                await asyncio.sleep(0.02)
        assert found.question.topic == Topic.PLAN.value
        return found

    async def goes_on(self, job: JobView) -> None:
        """Waits until work has been started for the film."""
        while not await self.children(job):
            await asyncio.sleep(0.02)


@pytest.fixture
async def waiting(resources: Resources) -> AsyncIterator[Waiting]:
    handlers = job_handlers(resources, nothing_pruned)
    resources.provide(JobRuntime(resources, handlers, LedgerBudget(resources), AliveFence()))
    films = Waiting(resources, await factories.user(resources))
    listening = asyncio.create_task(resources.notifier.listen())
    yield films
    for task in (*films.runs, listening):
        task.cancel()
    await asyncio.gather(*films.runs, listening, return_exceptions=True)


async def nothing_pruned(_ended_before: datetime) -> int:
    return 0


@contextmanager
def counted(database: Database, name: str) -> Iterator[list[str]]:
    """What happens to the connections of the writer meanwhile; readers of Postgres use it too, but never commit."""
    happened: list[str] = []

    def note(*_: object) -> None:
        happened.append(name)

    event.listen(database.writer.sync_engine, name, note)
    try:
        yield happened
    finally:
        event.remove(database.writer.sync_engine, name, note)


async def test_films_that_wait_for_approval_write_nothing(waiting: Waiting) -> None:
    for _ in range(FILMS):
        await waiting.asked(await waiting.begin())
    # A run tells its stage after its question, so its last transaction may still be on its way.
    await asyncio.sleep(0.5)
    with counted(waiting.resources.database, "commit") as commits:
        await asyncio.sleep(QUIET_SECONDS)
    assert commits == []
    assert not any(run.done() for run in waiting.runs)


async def test_films_that_wait_for_approval_sleep(waiting: Waiting) -> None:
    for _ in range(FILMS):
        await waiting.asked(await waiting.begin())
    await asyncio.sleep(0.5)
    reader = waiting.resources.database.reader.sync_engine
    begun: list[int] = []

    def note(*_: object) -> None:
        begun.append(1)

    event.listen(reader, "begin", note)
    await asyncio.sleep(QUIET_SECONDS)
    event.remove(reader, "begin", note)
    assert len(begun) < FILMS


async def answer(waiting: Waiting, job: JobView) -> None:
    async with waiting.resources.database.unit_of_work() as session:
        await JobControl.over(session, waiting.resources).answer(job, "approve")


async def approve_one_by_one(waiting: Waiting, job: JobView) -> None:
    async with waiting.resources.database.unit_of_work() as session:
        board = StoryboardService.over(session, waiting.resources)
        for segment in await board.segments(job.project_id or ""):
            await board.approve(segment)


@pytest.mark.parametrize("word", [answer, approve_one_by_one])
async def test_a_film_goes_on_as_soon_as_its_owner_has_spoken(
    waiting: Waiting, word: Callable[[Waiting, JobView], Awaitable[None]]
) -> None:
    job = await waiting.asked(await waiting.begin())
    await asyncio.sleep(0.5)
    await word(waiting, job)
    async with asyncio.timeout(15):
        await waiting.goes_on(job)


async def test_films_beyond_a_users_places_wait_in_line_and_go_on_when_one_is_free(waiting: Waiting) -> None:
    places = waiting.resources.settings.work.productions_per_user
    jobs = [await waiting.asked(await waiting.begin()) for _ in range(places + 1)]
    async with asyncio.timeout(30):
        for job in jobs[:places]:
            await answer(waiting, job)
            await waiting.goes_on(job)
        await answer(waiting, jobs[places])
        while (await waiting.read(jobs[places])).stage != "waiting_for_other_films":
            await asyncio.sleep(0.02)
        assert await waiting.children(jobs[places]) == 0
        waiting.runs[0].cancel()
        await waiting.goes_on(jobs[places])
