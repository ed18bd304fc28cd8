"""A clip whose answer was lost and whose job has ended: the vendor is asked first, and the owner only in doubt."""

import pytest
from sqlalchemy import update

from app.jobs.domain import AttemptState, AttemptView
from app.jobs.models import ProviderAttempt
from app.jobs.repository import AttemptRepository
from app.jobs.service import JobService
from app.jobs.settlement import JobRuntime
from tests.doubles.context import Crash
from tests.doubles.leaping_clock import LeapingClock
from tests.standins.minimax.world import Fault, World
from tests.studio import Json, Studio
from tests.vendor_studio import app, settings, world

__all__ = ["app", "settings", "world"]

ORDERS = "/v2/video_generation"
LATER_SECONDS = 1000.0


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def hurried() -> LeapingClock:
    """One clock for the studio and the vendor."""
    return LeapingClock()


@pytest.fixture
def video_model() -> str:
    """A model of the interface that lists orders."""
    return "MiniMax-H3"


async def attempts_of(studio: Studio, job: Json) -> list[AttemptView]:
    async with studio.resources.database.reading() as session:
        return list(await AttemptRepository(session, studio.resources.clock).of_job(job["id"]))


async def given_up(studio: Studio, segment: Json) -> Json:
    """A take whose answer was lost, and whose job was cancelled before anybody knew."""
    job = await studio.begin_take(segment)
    with pytest.raises(Crash):
        await studio.run(job, crash_after="submit.clip.1")
    assert [attempt.state for attempt in await attempts_of(studio, job)] == [AttemptState.UNKNOWN]
    async with studio.resources.database.unit_of_work() as session:
        view = await JobService.over(session, studio.resources).any(job["id"])
        assert await studio.resources.provided(JobRuntime).settlement.cancel(session, view)
    return job


async def asked_later(studio: Studio, hurried: LeapingClock) -> None:
    """What the worker's sweep does once the vendor's list must show what arrived."""
    hurried.leap(LATER_SECONDS)
    await studio.resources.provided(JobRuntime).ended_reconciler.sweep()


async def test_what_the_vendor_took_is_found_in_its_list_and_booked(
    studio: Studio, film: Json, world: World, hurried: LeapingClock
) -> None:
    world.faults = [Fault("swallow_status", ORDERS, status=502)]
    job = await given_up(studio, (await studio.segments(film))[0])
    await asked_later(studio, hurried)
    [attempt] = await attempts_of(studio, job)
    assert (attempt.state, attempt.remote_id) == (AttemptState.BOUND, next(iter(world.tasks)))
    shown = await studio.get(f"/jobs/{job['id']}")
    assert shown["question"] is None
    assert shown["cost"]["actual"] > 0


async def test_what_the_vendor_never_took_costs_nothing(
    studio: Studio, film: Json, world: World, hurried: LeapingClock
) -> None:
    world.faults = [Fault("status", ORDERS, status=502)]
    job = await given_up(studio, (await studio.segments(film))[0])
    await asked_later(studio, hurried)
    [attempt] = await attempts_of(studio, job)
    assert (attempt.state, world.paid) == (AttemptState.NOT_RECEIVED, [])
    assert (await studio.get(f"/jobs/{job['id']}"))["question"] is None


async def test_the_owner_is_asked_where_the_segment_is_no_longer_what_was_ordered(
    studio: Studio, film: Json, world: World, hurried: LeapingClock
) -> None:
    world.faults = [Fault("swallow_status", ORDERS, status=502)]
    segment = (await studio.segments(film))[0]
    job = await given_up(studio, segment)
    changed = {"video_prompt": "Another fox sleeps in the snow."}
    assert (await studio.person.patch(f"/api/v1/segments/{segment['id']}", json=changed)).is_success
    await asked_later(studio, hurried)
    [attempt] = await attempts_of(studio, job)
    assert attempt.state is AttemptState.PARKED
    assert "may have been charged" in (await studio.get(f"/jobs/{job['id']}"))["question"]["text"]


async def test_an_order_of_another_key_is_not_looked_for_in_this_key_s_list(
    studio: Studio, film: Json, world: World, hurried: LeapingClock
) -> None:
    world.faults = [Fault("swallow_status", ORDERS, status=502)]
    job = await given_up(studio, (await studio.segments(film))[0])
    async with studio.resources.database.unit_of_work() as session:
        await session.execute(update(ProviderAttempt).values(account="minimax:a key that is gone"))
    await asked_later(studio, hurried)
    assert [attempt.state for attempt in await attempts_of(studio, job)] == [AttemptState.PARKED]
