"""Who stops a job stops all that it has started, however deep, and a child that is just being started."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.jobs.attempts import PaidCall
from app.jobs.domain import AttemptState, AttemptView, JobCancelled, JobStatus, JobView
from app.jobs.persistence import VendorAnswer
from app.jobs.repository import AttemptRepository, JobRepository
from app.jobs.settlement import JobControl
from app.providers.errors import RateLimited
from app.resources import Resources
from app.usage.models import Hold
from tests import factories
from tests.integration.jobs.test_runs import PRICE, Bench

ROUNDS = 15
Stop = Callable[[JobControl, JobView], Awaitable[object]]


@pytest.fixture
async def bench(resources: Resources) -> Bench:
    return Bench(resources, await factories.user(resources))


async def begun(bench: Bench, job: JobView) -> JobView:
    """The job as a worker has taken it up."""
    async with bench.resources.database.unit_of_work() as session:
        await JobRepository(session, bench.resources.clock).begin(job.id)
    return await bench.read(job)


async def steered(bench: Bench, stop: Stop, job: JobView) -> None:
    async with bench.resources.database.unit_of_work() as session:
        await stop(JobControl.over(session, bench.resources), job)


STOPS: dict[str, Stop] = {
    "cancel": lambda control, job: control.cancel(job),
    "move": lambda control, job: control.move(job, JobStatus.CANCELLED),
    "fail": lambda control, job: control.move(job, JobStatus.FAILED),
    "project": lambda control, job: control.cancel_project(job.owner_id, job.project_id or ""),
    "account": lambda control, job: control.cancel_all(job.owner_id),
}


@pytest.mark.parametrize("stop", STOPS)
async def test_a_family_of_any_depth_and_width_is_stopped_at_once(bench: Bench, stop: str) -> None:
    root = await begun(bench, await bench.start(project_id="film"))
    middle = await begun(bench, await bench.start(parent_id=root.id))
    waiting = [await bench.start(parent_id=middle.id) for _ in range(3)]
    ended = await begun(bench, await bench.start(parent_id=middle.id))
    below = await begun(bench, await bench.start(parent_id=ended.id))
    async with bench.resources.database.unit_of_work() as session:
        await bench.runtime.settlement.complete(session, ended, {})
    other = await bench.start(project_id="film") if stop not in {"project", "account"} else None
    await steered(bench, STOPS[stop], root)
    assert [(await bench.read(job)).status for job in waiting] == [JobStatus.CANCELLED] * 3
    for job in (middle, below):
        assert (await bench.read(job)).cancel_requested
    assert (await bench.read(ended)).status is JobStatus.COMPLETED
    found = await bench.read(root)
    assert found.cancel_requested or found.is_final
    if other is not None:
        assert (await bench.read(other)).status is JobStatus.QUEUED


@pytest.mark.parametrize("stop", ["cancel", "move"])
async def test_a_stopped_job_starts_and_buys_nothing(bench: Bench, stop: str) -> None:
    root = await begun(bench, await bench.start())
    await steered(bench, STOPS[stop], root)
    with pytest.raises(JobCancelled):
        await bench.start(parent_id=root.id)
    with pytest.raises(JobCancelled):
        await bench.runtime.attempts.intend(root, bench.handler.call, 1)
    assert (await bench.attempts(root), bench.vendor.accepted) == ([], [])


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("stop", ["cancel", "move"])
async def test_what_was_meant_is_not_sent_after_a_stop(bench: Bench, stop: str, exclusive: bool) -> None:
    root = await begun(bench, await bench.start())
    call = PaidCall("video", "vendor", "vendor:key", "hash", PRICE, exclusive=exclusive)
    attempt = await bench.runtime.attempts.intend(root, call, 1)
    await steered(bench, STOPS[stop], root)
    submit = bench.runtime.attempts.submit(root, attempt, call, bench.vendor.send, stop=asyncio.Event())
    if stop == "cancel":
        with pytest.raises(JobCancelled):
            await submit
    else:
        await submit
    assert bench.vendor.accepted == []


async def test_a_call_that_the_vendor_puts_off_is_dropped_when_its_job_has_ended(bench: Bench) -> None:
    root = await begun(bench, await bench.start())
    attempt = await bench.runtime.attempts.intend(root, bench.handler.call, 1)
    stop = asyncio.Event()

    async def ended_meanwhile(_attempt: AttemptView) -> VendorAnswer:
        await steered(bench, STOPS["move"], root)
        stop.set()
        raise RateLimited(provider="vendor", retry_after_seconds=60)

    sending = bench.runtime.attempts.submit(root, attempt, bench.handler.call, ended_meanwhile, stop=stop)
    with pytest.raises(JobCancelled):
        await sending
    async with bench.resources.database.reading() as session:
        dropped = await AttemptRepository(session, bench.resources.clock).view(attempt.id)
        held = [hold.held_micro_usd for hold in await session.run_sync(lambda sync: sync.query(Hold).all())]
    assert dropped is not None
    assert (dropped.state, held) == (AttemptState.REFUSED, [0])


async def test_a_retry_is_started_whatever_has_become_of_its_parent(bench: Bench) -> None:
    root = await begun(bench, await bench.start())
    child = await bench.start(parent_id=root.id)
    await steered(bench, STOPS["move"], root)
    async with bench.resources.database.unit_of_work() as session:
        control = JobControl.over(session, bench.resources)
        renewed = await control.retry(await bench.read(child))
    assert (renewed.status, renewed.retry_of) == (JobStatus.QUEUED, child.id)


async def test_a_run_whose_job_was_ended_by_hand_is_told(bench: Bench) -> None:
    root = await begun(bench, await bench.start())
    watch = asyncio.ensure_future(bench.runtime.cancels.run())
    with bench.runtime.cancels.over(root.id) as stop:
        await steered(bench, STOPS["move"], root)
        await asyncio.wait_for(stop.wait(), 10)
    watch.cancel()


@pytest.mark.parametrize("stop", ["cancel", "move", "account"])
async def test_no_child_slips_in_between(bench: Bench, stop: str) -> None:
    """A parent starts a child of a child while somebody stops the family: it is refused, or it is stopped as well."""

    async def start_child(parent: JobView) -> JobView | None:
        try:
            return await bench.start(parent_id=parent.id)
        except JobCancelled:
            return None

    slipped = 0
    for number in range(ROUNDS):
        root = await begun(bench, await bench.start(project_id=f"film-{number}"))
        middle = await begun(bench, await bench.start(parent_id=root.id))
        starts = [start_child(middle), start_child(root), start_child(middle)]
        *children, _ = await asyncio.gather(*starts, steered(bench, STOPS[stop], root))
        for child in children:
            if isinstance(child, JobView):
                found = await bench.read(child)
                slipped += not (found.is_final or found.cancel_requested)
    assert slipped == 0
