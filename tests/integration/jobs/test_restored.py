"""What a job from before a backup has not bought yet may have been bought after it: the vendor is asked first."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from app.core.clock import SystemClock
from app.jobs.attempts import Attempts, PaidCall, Repeat
from app.jobs.domain import AttemptState, AttemptView, JobView
from app.jobs.models import Job
from app.jobs.persistence import VendorAnswer
from app.jobs.reconcile import AttemptFound, AttemptNotReceived, AttemptUnclear, Reconciler
from app.jobs.repository import AttemptRepository, JobRepository
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from tests import factories

CALL = PaidCall("clip", "standin", "standin:key", "hash", 280_000, exclusive=True)
# The vendor shows at once what it has.
SHOWN = replace(CALL, visible_after_seconds=0, park_after_seconds=0)
AN_HOUR = timedelta(hours=1)


class AlwaysFresh:
    name = "test"

    def fresh(self) -> bool:
        return True


@pytest.fixture
def attempts(resources: Resources) -> Attempts:
    return Attempts(resources, LedgerBudget(resources), AlwaysFresh())


@pytest.fixture
async def restored(resources: Resources) -> JobView:
    """A job that was unfinished when a backup was taken an hour ago."""
    job = await factories.job(resources, await factories.user(resources))
    taken_at = resources.clock.now() - AN_HOUR
    async with resources.database.unit_of_work() as session:
        await session.execute(update(Job).where(Job.id == job.id).values(restored_from=taken_at))
    return await read_job(resources, job.id)


async def read_job(resources: Resources, job_id: str) -> JobView:
    async with resources.database.reading() as session:
        found = await JobRepository(session, resources.clock).view(job_id)
    assert found is not None
    return found


async def read(resources: Resources, attempt: AttemptView) -> AttemptView:
    async with resources.database.reading() as session:
        found = await AttemptRepository(session, resources.clock).view(attempt.id)
    assert found is not None
    return found


async def test_nothing_is_sent_before_the_vendor_was_asked(
    resources: Resources, attempts: Attempts, restored: JobView
) -> None:
    sent: list[str] = []

    async def send(attempt: AttemptView) -> VendorAnswer:
        sent.append(attempt.id)
        return VendorAnswer("task")

    attempt = await attempts.intend(restored, CALL, 1)
    assert attempt.state is AttemptState.UNKNOWN
    await attempts.submit(restored, attempt, CALL, send, stop=asyncio.Event())
    assert sent == []
    assert (await read(resources, attempt)).state is AttemptState.UNKNOWN


async def test_what_the_vendor_has_is_taken_and_booked_once(
    resources: Resources, attempts: Attempts, restored: JobView
) -> None:
    asked_since: list[datetime] = []

    async def find(_attempt: AttemptView, _known: frozenset[str], since: datetime) -> AttemptFound:
        asked_since.append(since)
        return AttemptFound("task-of-the-lost-hour")

    attempt = await attempts.intend(restored, CALL, 1)
    reconciler = Reconciler(resources, attempts)
    assert await reconciler.final_state(restored, attempt.id, SHOWN, find) is None
    assert await reconciler.final_state(restored, attempt.id, SHOWN, find) is AttemptState.BOUND
    assert (await read(resources, attempt)).remote_id == "task-of-the-lost-hour"
    assert restored.restored_from is not None
    assert [since < restored.restored_from for since in asked_since] == [True]


async def test_what_the_vendor_has_not_is_bought_by_the_next_attempt(
    resources: Resources, attempts: Attempts, restored: JobView
) -> None:
    async def find(_attempt: AttemptView, _known: frozenset[str], _since: datetime) -> AttemptNotReceived:
        return AttemptNotReceived()

    attempt = await attempts.intend(restored, CALL, 1)
    await Reconciler(resources, attempts).final_state(restored, attempt.id, SHOWN, find)
    assert (await read(resources, attempt)).state is AttemptState.NOT_RECEIVED
    assert (await attempts.intend(restored, CALL, 2)).state is AttemptState.INTENT


@pytest.mark.parametrize("has_list", [True, False])
async def test_where_a_vendor_cannot_tell_the_owner_is_asked(
    resources: Resources, attempts: Attempts, restored: JobView, has_list: bool
) -> None:
    async def find(_attempt: AttemptView, _known: frozenset[str], _since: datetime) -> AttemptUnclear:
        return AttemptUnclear()

    attempt = await attempts.intend(restored, CALL, 1)
    await Reconciler(resources, attempts).final_state(restored, attempt.id, SHOWN, find if has_list else None)
    assert (await read(resources, attempt)).state is AttemptState.PARKED
    question = (await read_job(resources, restored.id)).question
    assert question is not None
    assert question.attempt_id == attempt.id


async def test_a_vendor_has_its_time_to_show_what_was_bought_until_the_restore(
    resources: Resources, attempts: Attempts, restored: JobView
) -> None:
    async def find(_attempt: AttemptView, _known: frozenset[str], _since: datetime) -> AttemptNotReceived:
        return AttemptNotReceived()

    attempt = await attempts.intend(restored, CALL, 1)
    await Reconciler(resources, attempts).final_state(restored, attempt.id, CALL, find)
    assert (await read(resources, attempt)).state is AttemptState.UNKNOWN


async def test_what_is_free_or_may_be_repeated_is_simply_made(attempts: Attempts, restored: JobView) -> None:
    for call in (replace(CALL, estimated_micro_usd=0), replace(CALL, repeat=Repeat.ONCE)):
        named = replace(call, operation=f"{call.repeat}.{call.estimated_micro_usd}")
        assert (await attempts.intend(restored, named, 1)).state is AttemptState.INTENT


async def test_parts_and_retries_of_a_restored_job_are_as_careful(resources: Resources, restored: JobView) -> None:
    (part_id,) = await factories.children(resources, restored, 1)
    assert (await read_job(resources, part_id)).restored_from == restored.restored_from
    fresh = await factories.job(resources, restored.owner_id)
    assert fresh.restored_from is None
    assert SystemClock().now() - fresh.created_at < AN_HOUR
