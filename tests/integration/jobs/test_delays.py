"""What is away beside a job never decides it: the call is made again, and the owner sees what is waited for."""

import errno
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.core.database import DatabaseDown
from app.core.errors import StorageFull
from app.core.settings import Settings
from app.jobs.domain import JobView
from app.jobs.errors import JobNotFound
from app.jobs.handlers import JobReporter, OutageRetry
from app.jobs.persistence import Delays
from app.jobs.repository import EventRepository, JobRepository
from app.providers.errors import ContentBlocked, RateLimited, Unreachable
from app.resources import Resources, open_resources
from app.storage.base import StoreUnreachable
from tests import factories
from tests.doubles.clock import FrozenClock

TIMES = 4
NOT_NOW = (
    (DatabaseDown(), "waiting_for_the_database"),
    (StoreUnreachable(), "waiting_for_the_file_store"),
    (StorageFull(), "waiting_for_room_on_the_disk"),
    (OSError(errno.ENOSPC, "full"), "waiting_for_room_on_the_disk"),
    (OSError(errno.EROFS, "read-only"), "waiting_for_the_file_store"),
    (Unreachable(provider="minimax"), "waiting_for_minimax"),
    (RateLimited(provider="minimax"), "waiting_for_minimax"),
)


class Away:
    """Fails so many times, and looks each time at what the owner is shown."""

    def __init__(self, resources: Resources, job: JobView, fault: Exception, times: int = TIMES) -> None:
        self.resources, self.job, self.fault, self.left = resources, job, fault, times
        self.shown: list[str] = []

    async def call(self) -> str:
        self.shown.append(self.resources.once(Delays).shown(self.job.id, "speaking"))
        self.left -= 1
        if self.left >= 0:
            raise self.fault
        return "done"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def started(settings: Settings, clock: FrozenClock) -> AsyncIterator[tuple[Resources, JobView, OutageRetry]]:
    async with open_resources(settings, clock=clock) as resources:
        job = await factories.job(resources, await factories.user(resources))
        async with resources.database.unit_of_work() as session:
            await JobRepository(session, clock).begin(job.id)
        again = OutageRetry(resources, job, JobReporter(resources, job))
        again.stage = "speaking"
        yield resources, job, again


@pytest.mark.parametrize(("fault", "stage"), NOT_NOW, ids=lambda value: getattr(value, "code", None) or str(value))
async def test_the_call_is_made_again_until_it_is_answered(
    started: tuple[Resources, JobView, OutageRetry], clock: FrozenClock, fault: Exception, stage: str
) -> None:
    resources, job, again = started
    away = Away(resources, job, fault)
    assert await again.answered(away.call) == "done"
    assert away.shown == ["speaking"] + [stage] * TIMES
    assert len(clock.slept) == TIMES
    assert all(later > earlier for earlier, later in zip(clock.slept, clock.slept[2:], strict=False))
    async with resources.database.reading() as session:
        events = await EventRepository(session, clock).of_job(job.id, after=0, limit=100)
        kept = await JobRepository(session, clock).view(job.id)
    told = [event.facts for event in events if event.name == "job.stage"]
    assert told[-1]["waited_for"] == stage.removeprefix("waiting_for_").replace("_", " ")
    assert [fact["stage"] for fact in told[:-1]] == ([] if isinstance(fault, DatabaseDown) else [stage])
    assert kept is not None
    assert kept.stage == "speaking"


async def test_pauses_never_grow_beyond_a_minute(
    started: tuple[Resources, JobView, OutageRetry], clock: FrozenClock
) -> None:
    resources, job, again = started
    await again.answered(Away(resources, job, StoreUnreachable(), times=20).call)
    assert clock.slept[-1] >= 30
    assert max(clock.slept) <= 60


@pytest.mark.parametrize(
    "fault", [JobNotFound(), ContentBlocked(provider="minimax"), FileNotFoundError(), ValueError()]
)
async def test_what_the_domain_or_the_vendor_says_is_not_asked_again(
    started: tuple[Resources, JobView, OutageRetry], fault: Exception
) -> None:
    resources, job, again = started
    away = Away(resources, job, fault)
    with pytest.raises(type(fault)):
        await again.answered(away.call)
    assert away.shown == ["speaking"]


async def test_a_vendor_is_asked_until_the_given_end_and_what_is_ours_beyond_it(
    started: tuple[Resources, JobView, OutageRetry], clock: FrozenClock
) -> None:
    resources, job, again = started
    end = clock.now() + timedelta(minutes=5)
    with pytest.raises(Unreachable):
        await again.answered(Away(resources, job, Unreachable(provider="minimax"), times=10_000).call, until=end)
    assert clock.now() >= end
    assert await again.answered(Away(resources, job, DatabaseDown()).call, until=end) == "done"
