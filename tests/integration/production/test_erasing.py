"""A deleted project loses its texts everywhere; what it cost stays known."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.core.tables import Base
from app.frames.service import KeptPictures
from app.generation.service import KeptClips
from app.jobs.attempts import Attempts, PaidCall
from app.jobs.domain import AttemptView, JobFailure, JobStatus, JobView, Lane
from app.jobs.handlers import JobReporter
from app.jobs.models import IdempotencyRecord, Job, JobEvent, ProviderAttempt
from app.jobs.persistence import VendorAnswer
from app.jobs.queue import JobQueue, Order
from app.jobs.repository import JobRepository
from app.jobs.settlement import JobRuntime
from app.moderation.domain import Decision, Subject
from app.moderation.repository import Verdict, VerdictRepository
from app.narration.service import KeptNarrations
from app.production.jobs import EraseProjects
from app.projects.cleanup import GRACE, purge
from app.projects.models import Project
from app.projects.schemas import ProjectCreate, SegmentEdit
from app.projects.service import ProjectService
from app.projects.storyboard import StoryboardService
from app.providers.errors import OutcomeUnknown
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from app.usage.models import LedgerEntry
from tests import factories
from tests.integration.usage.test_ledger import AlwaysFresh

CANARY = "zebrafinch"
STORY = f"A {CANARY} looks for the lantern that its mother lost in the snow."
CALL = PaidCall("plan", "standin", "standin:key", "hash", 1000)


async def places(resources: Resources) -> set[str]:
    """The tables in which some row speaks of the story."""
    found = set()
    async with resources.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            rows = (await session.execute(select(table))).all()
            if any(CANARY in str(row).casefold() for row in rows):
                found.add(table.name)
    return found


async def told(resources: Resources, owner_id: str) -> tuple[str, JobView]:
    """A project and a job of it, whose rows repeat the story wherever they can."""
    async with resources.database.unit_of_work() as session:
        wish = ProjectCreate(name=f"The {CANARY}", target_duration_sec=12, story_prompt=STORY)
        project = await ProjectService.over(session, resources).create(owner_id, wish)
        board = StoryboardService.over(session, resources)
        for segment in await board.segments(project.id):
            words = f"The {CANARY} flies over a white field at dawn."
            await board.edit(segment, SegmentEdit(video_prompt=words, narration_text=words, end_frame_prompt=words))
        order = Order(owner_id, "plan.create", Lane.REMOTE, {"story": STORY}, project_id=project.id)
        job, _ = await JobQueue(session, resources).enqueue(order)
        record = IdempotencyRecord(
            id=resources.clock.new_id(), owner_id=owner_id, route="POST /projects", key=project.id
        )
        record.created_at = record.updated_at = resources.clock.now()
        record.body_hash, record.status, record.body = "h", 201, f'{{"id": "{project.id}", "story": "{STORY}"}}'
        record.expires_at = resources.clock.now() + timedelta(days=1)
        session.add(record)
        verdict = Verdict(subject=Subject.TEXT, content_hash="v", decision=Decision.HOLD, categories=[], scores={})
        verdict.excerpt = f"{STORY} In the style of a woodcut."
        await VerdictRepository(session, resources.clock).keep(verdict)
    await JobReporter(resources, job).stage(f"writing_{CANARY}", 10)
    return project.id, job


async def paid(resources: Resources, job: JobView, *, answered: bool = True) -> None:
    """A paid call whose answer repeats the story, or whose outcome nobody knows."""
    attempts = Attempts(resources, LedgerBudget(resources), AlwaysFresh())
    attempt = await attempts.intend(job, CALL, 1)

    async def send(_: AttemptView) -> VendorAnswer:
        if not answered:
            raise OutcomeUnknown(provider="standin")
        return VendorAnswer("task", {"plan": STORY}, actual_micro_usd=900)

    await attempts.submit(job, attempt, CALL, send, stop=asyncio.Event())


async def end(resources: Resources, job: JobView) -> None:
    failure = JobFailure("plan.unfit", f"The words about the {CANARY} do not fit.")
    async with resources.database.unit_of_work() as session:
        facts = {"finished_at": resources.clock.now(), "failure": failure.as_json(), "result": {"title": CANARY}}
        await JobRepository(session, resources.clock).move(job.id, to=JobStatus.FAILED, **facts)


async def delete(resources: Resources, project_id: str, age: timedelta = GRACE) -> None:
    async with resources.database.unit_of_work() as session:
        projects = ProjectService.over(session, resources)
        await projects.delete(await projects.view(project_id))
        before = resources.clock.now() - age
        await session.execute(update(Project).where(Project.id == project_id).values(deleted_at=before))


async def sweep(resources: Resources) -> int:
    for keepsakes in (KeptClips, KeptPictures, KeptNarrations):
        await purge(resources, keepsakes(resources.clock))
    return await EraseProjects(resources).erase()


@pytest.fixture
async def owner(resources: Resources) -> str:
    resources.provide(JobRuntime(resources, [], LedgerBudget(resources)))
    return await factories.user(resources)


async def test_no_word_of_a_deleted_project_stays(resources: Resources, owner: str) -> None:
    project_id, job = await told(resources, owner)
    await paid(resources, job)
    await end(resources, job)
    repeating = {Project, Job, JobEvent, ProviderAttempt, IdempotencyRecord, Verdict}
    assert {table.__tablename__ for table in repeating} | {"segments", "project_words"} <= await places(resources)
    assert await sweep(resources) == 0
    await delete(resources, project_id)
    assert await sweep(resources) == 1
    assert await places(resources) == set()
    assert await factories.rows(resources.database, Project) == 0
    assert await sweep(resources) == 0


async def test_what_a_deleted_project_cost_stays_known(resources: Resources, owner: str) -> None:
    project_id, job = await told(resources, owner)
    await paid(resources, job)
    await end(resources, job)
    await delete(resources, project_id)
    await sweep(resources)
    assert await factories.rows(resources.database, LedgerEntry) == 1
    async with resources.database.reading() as session:
        kept = await JobRepository(session, resources.clock).view(job.id)
    assert kept is not None
    assert kept.failure is not None
    assert (kept.status, kept.actual_micro_usd, kept.failure.code) == (JobStatus.FAILED, 900, "plan.unfit")


async def test_another_project_keeps_its_words(resources: Resources, owner: str) -> None:
    project_id, job = await told(resources, owner)
    await end(resources, job)
    other, _ = await told(resources, await factories.user(resources, "bob"))
    await delete(resources, project_id)
    assert await sweep(resources) == 1
    assert {"projects", "segments", "jobs", "job_events", "idempotency_records"} <= await places(resources)
    assert other


async def test_nothing_goes_while_its_work_or_its_money_is_open_or_it_was_deleted_just_now(
    resources: Resources, owner: str
) -> None:
    running, _ = await told(resources, owner)
    unexplained, job = await told(resources, owner)
    await paid(resources, job, answered=False)
    await end(resources, job)
    recent, ended = await told(resources, owner)
    await end(resources, ended)
    async with resources.database.unit_of_work() as session:
        await session.execute(
            update(Project).where(Project.id == running).values(deleted_at=resources.clock.now() - GRACE)
        )
    await delete(resources, unexplained)
    await delete(resources, recent, timedelta())
    assert await sweep(resources) == 0
    assert await factories.rows(resources.database, Project) == 3
