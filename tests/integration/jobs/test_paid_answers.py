"""A paid answer is kept whatever is down, and no retry pays while money is unexplained."""

import asyncio
import errno
import stat
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select, update

from app.accounts.models import User
from app.core.errors import Conflict, StorageFull
from app.jobs.domain import AttemptState, AttemptView, JobStatus, JobView, Lane
from app.jobs.persistence import Payload, VendorAnswer
from app.jobs.queue import JobQueue, Order
from app.resources import Resources
from app.storage.base import FileStore, StoreUnreachable
from app.usage.models import Balance, LedgerEntry
from tests import factories
from tests.doubles.outages import FailingDatabase, FailingStore
from tests.integration.jobs.test_runs import PRICE, Bench, lose

LIMIT_SECONDS = 20


@pytest.fixture
def database(resources: Resources) -> FailingDatabase:
    return FailingDatabase(resources.database)


@pytest.fixture
async def bench(resources: Resources, database: FailingDatabase) -> Bench:
    return Bench(replace(resources, database=database), await factories.user(resources))


async def cancelled(bench: Bench, job: JobView) -> JobView:
    async with bench.resources.database.unit_of_work() as session:
        await bench.runtime.settlement.cancel(session, job)
    return await bench.read(job)


async def unexplained(bench: Bench) -> JobView:
    """A cancelled job that has a call of which nobody knows whether the vendor took it."""
    bench.vendor.script = [lose]
    job = await bench.start()
    running = asyncio.ensure_future(bench.run(job))
    async with asyncio.timeout(LIMIT_SECONDS):
        while [a.state for a in await bench.attempts(job)] not in ([AttemptState.UNKNOWN], [AttemptState.PARKED]):
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.wait({running})
    return await cancelled(bench, job)


async def test_an_answer_that_comes_while_the_database_is_away_is_kept(bench: Bench, database: FailingDatabase) -> None:
    async def returns() -> None:
        await asyncio.sleep(0.5)
        database.is_down = False

    def goes() -> None:
        database.is_down = True
        bench.returning = asyncio.ensure_future(returns())

    bench.vendor.script = [goes]
    job = await bench.start()
    done = await asyncio.wait_for(bench.run(job), LIMIT_SECONDS)
    assert done.status is JobStatus.COMPLETED
    [attempt] = await bench.attempts(job)
    assert (attempt.state, attempt.remote_id) == (AttemptState.BOUND, f"task-{attempt.id}")
    assert bench.vendor.accepted == [attempt.id]


async def test_no_retry_pays_while_an_earlier_call_is_unexplained(bench: Bench) -> None:
    job = await unexplained(bench)
    [attempt] = await bench.attempts(job)
    with pytest.raises(Conflict) as refused:
        await bench.steer(lambda control, found: control.retry(found), job)
    assert refused.value.code == "job.money_unexplained"
    [told] = refused.value.facts["attempts"]
    assert isinstance(told, dict)
    assert (told["id"], told["job_id"], told["provider"]) == (attempt.id, job.id, "vendor")
    assert bench.vendor.accepted == []


async def test_two_retries_at_once_buy_the_same_thing_once(bench: Bench) -> None:
    first = await cancelled(bench, await bench.start())
    one = await bench.steer(lambda control, found: control.retry(found), first)
    one = await cancelled(bench, one)
    retries = [await bench.steer(lambda control, found: control.retry(found), job) for job in (first, one)]
    paying, asked = asyncio.Event(), bench.vendor.send

    async def slow(attempt: AttemptView) -> object:
        paying.set()
        await asyncio.sleep(0.3)
        return await asked(attempt)

    bench.vendor.send = slow
    async with asyncio.timeout(LIMIT_SECONDS):
        done = await asyncio.gather(*[bench.run(job) for job in retries])
    assert [job.status for job in done] == [JobStatus.COMPLETED] * 2
    assert len({str(job.result) for job in done}) == 1
    assert len(bench.vendor.accepted) == 1


def spooled(resources: Resources) -> list[Path]:
    return sorted((resources.settings.storage.storage_path / ".spool").glob("*"))


async def interrupted(bench: Bench, database: FailingDatabase, sent: VendorAnswer | None = None) -> JobView:
    """A job whose answer came while the database was away, and whose process has ended since."""
    given = bench.vendor.send

    async def away(attempt: AttemptView) -> VendorAnswer:
        answer = await given(attempt)
        database.is_down = True
        return sent or answer

    bench.vendor.send = away
    job = await bench.start()
    running = asyncio.ensure_future(bench.run(job))
    async with asyncio.timeout(LIMIT_SECONDS):
        while not any(path.suffix == ".answer" for path in spooled(bench.resources)):
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.wait({running})
    await bench.runtime.attempts.close()
    bench.vendor.send = given
    database.is_down = False
    return job


async def test_a_kill_during_the_outage_loses_no_answer_and_the_next_run_uses_it(
    bench: Bench, database: FailingDatabase
) -> None:
    job = await interrupted(bench, database)
    [attempt] = await bench.attempts(job)
    assert attempt.state is AttemptState.SENDING
    [file] = spooled(bench.resources)
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    done = await asyncio.wait_for(bench.run(job), LIMIT_SECONDS)
    assert (done.status, done.result) == (JobStatus.COMPLETED, {"remote_id": f"task-{attempt.id}"})
    assert (bench.vendor.accepted, spooled(bench.resources)) == ([attempt.id], [])


async def test_an_answer_in_the_spool_is_bound_once_though_its_attempt_was_parked(
    bench: Bench, database: FailingDatabase
) -> None:
    job = await interrupted(bench, database)
    [attempt] = await bench.attempts(job)
    [file] = spooled(bench.resources)
    elsewhere = file.rename(file.parent.parent / "elsewhere")
    await bench.runtime.attempts.unknown(job, attempt)
    await bench.runtime.reconciler.final_state(job, attempt.id, bench.handler.call, None)
    assert (await bench.read(job)).question is not None
    elsewhere.rename(file)
    assert await bench.runtime.attempts.read_spool() == 1
    assert (await bench.read(job)).question is None
    assert [found.state for found in await bench.attempts(job)] == [AttemptState.BOUND]
    assert await bench.runtime.attempts.read_spool() == 0


async def test_nobody_declares_a_call_unknown_whose_answer_lies_here(bench: Bench, database: FailingDatabase) -> None:
    bench.handler.call = replace(bench.handler.call, send_timeout_seconds=0.3, reply_grace_seconds=-1)
    job = await interrupted(bench, database)
    # The interrupted run lets go of its answer a moment later on a busy machine.
    async with asyncio.timeout(LIMIT_SECONDS):
        while (state := (await bench.attempts(job))[0].state) is AttemptState.SENDING:
            assert await bench.runtime.reconciler.sweep() == 1
            await asyncio.sleep(0.05)
    assert state is AttemptState.BOUND


async def test_a_retry_waits_for_the_answer_in_the_spool_and_adopts_it(bench: Bench, database: FailingDatabase) -> None:
    job = await cancelled(bench, await interrupted(bench, database))
    with pytest.raises(Conflict):
        await bench.steer(lambda control, found: control.retry(found), job)
    await bench.runtime.attempts.read_spool()
    renewed = await bench.steer(lambda control, found: control.retry(found), job)
    done = await asyncio.wait_for(bench.run(renewed), LIMIT_SECONDS)
    assert done.status is JobStatus.COMPLETED
    assert len(bench.vendor.accepted) == 1


async def test_an_answer_that_no_disk_takes_lives_as_long_as_its_process(
    bench: Bench, database: FailingDatabase
) -> None:
    storage = bench.resources.settings.storage.storage_path
    (storage / ".spool").write_bytes(b"where a folder should be")
    given = bench.vendor.send

    async def away(attempt: AttemptView) -> VendorAnswer:
        database.is_down = True
        return await given(attempt)

    bench.vendor.send = away
    job = await bench.start()
    running = asyncio.ensure_future(bench.run(job))
    async with asyncio.timeout(LIMIT_SECONDS):
        while not bench.vendor.accepted:
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.wait({running})
    database.is_down = False
    async with asyncio.timeout(LIMIT_SECONDS):
        while [found.state for found in await bench.attempts(job)] != [AttemptState.BOUND]:
            await asyncio.sleep(0.05)


async def test_bytes_that_the_store_does_not_take_are_put_there_later(bench: Bench) -> None:
    store = FailingStore(bench.resources.store)
    bench = Bench(replace(bench.resources, store=cast(FileStore, store)), bench.owner)

    async def drawn(attempt: AttemptView) -> VendorAnswer:
        bench.vendor.accepted.append(attempt.id)
        store.fail(OSError(errno.EROFS, "read-only"))
        return VendorAnswer(
            None, {"store_key": f"bought/{attempt.id}"}, payload=Payload(f"bought/{attempt.id}", b"\n{paid}\n")
        )

    bench.vendor.send = drawn
    job = await bench.start()
    running = asyncio.ensure_future(bench.run(job))
    async with asyncio.timeout(LIMIT_SECONDS):
        while not store.refused:
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.wait({running})
    await bench.runtime.attempts.close()
    assert len(spooled(bench.resources)) == 1
    store.recover()
    done = await asyncio.wait_for(bench.run(job), LIMIT_SECONDS)
    assert done.status is JobStatus.COMPLETED
    [attempt] = await bench.attempts(job)
    assert b"".join([chunk async for chunk in store.open(f"bought/{attempt.id}")]) == b"\n{paid}\n"
    assert bench.vendor.accepted == [attempt.id]


async def test_of_a_closed_account_only_the_bill_is_kept(bench: Bench, database: FailingDatabase) -> None:
    sent = VendorAnswer("task", {"secret": "words"}, payload=Payload("bought/closed", b"picture"))
    job = await cancelled(bench, await interrupted(bench, database, sent))
    async with bench.resources.database.unit_of_work() as session:
        await session.execute(update(User).where(User.id == bench.owner).values(closed_at=bench.resources.clock.now()))
    assert await bench.runtime.attempts.read_spool() == 1
    [attempt] = await bench.attempts(job)
    assert (attempt.state, attempt.reply, attempt.actual_micro_usd) == (AttemptState.BOUND, {}, PRICE)
    assert await bench.resources.store.stat("bought/closed") is None
    assert spooled(bench.resources) == []


async def test_what_cannot_be_read_here_is_not_taken_for_sent(bench: Bench) -> None:
    given, faults = bench.vendor.send, [StoreUnreachable(), StorageFull()]

    async def send(attempt: AttemptView) -> VendorAnswer:
        if faults:
            raise faults.pop()
        return await given(attempt)

    bench.vendor.send = send
    job = await bench.start()
    done = await asyncio.wait_for(bench.run(job), LIMIT_SECONDS)
    assert (done.status, len(bench.vendor.accepted)) == (JobStatus.COMPLETED, 1)
    assert len(await bench.attempts(job)) == 1


async def test_a_retry_of_a_parent_asks_for_the_calls_of_its_children_too(bench: Bench) -> None:
    parent = await bench.start()
    bench.vendor.script = [lose]
    child = await bench.start(parent_id=parent.id)
    attempt = await bench.runtime.attempts.intend(child, bench.handler.call, 1)
    await bench.runtime.attempts.submit(child, attempt, bench.handler.call, bench.vendor.send, stop=asyncio.Event())
    await cancelled(bench, child)
    retried = await cancelled(bench, parent)
    with pytest.raises(Conflict) as refused:
        await bench.steer(lambda control, found: control.retry(found), retried)
    assert refused.value.code == "job.money_unexplained"
    await bench.runtime.attempts.not_received(child, attempt)
    renewed = await bench.steer(lambda control, found: control.retry(found), parent)
    assert renewed.retry_of == parent.id


async def test_work_that_a_job_starts_by_itself_waits_for_the_earlier_call(bench: Bench) -> None:
    parent, first = await bench.start(), await unexplained(bench)
    order = Order(
        owner_id=bench.owner,
        kind="test.paid",
        lane=Lane.REMOTE,
        params={},
        parent_id=parent.id,
        continues=True,
    )
    async with bench.resources.database.unit_of_work() as session:
        child, _ = await JobQueue(session, bench.resources).enqueue(order)
    assert child.retry_of == first.id
    running = asyncio.ensure_future(bench.run(child))
    waiting = await bench.until(child, lambda found: found.stage == "waiting_for_earlier_purchase")
    assert (waiting.status, bench.vendor.accepted) == (JobStatus.GENERATING_VIDEO, [])
    [attempt] = await bench.attempts(first)
    assert await bench.runtime.attempts.bind(first, attempt, VendorAnswer("task-after-all"))
    done = await asyncio.wait_for(running, LIMIT_SECONDS)
    assert done.result == {"remote_id": "task-after-all"}
    assert bench.vendor.accepted == []


async def test_an_answer_that_the_store_does_not_take_holds_up_no_other(
    bench: Bench, database: FailingDatabase
) -> None:
    store = FailingStore(bench.resources.store)
    bench = Bench(replace(bench.resources, store=cast(FileStore, store)), bench.owner)
    drawn = VendorAnswer("picture", payload=Payload("bought/waiting", b"picture"))
    waiting = await interrupted(bench, database, drawn)
    [file] = spooled(bench.resources)
    aside = file.rename(file.parent.parent / file.name)
    bench.handler.call = replace(bench.handler.call, exclusive=False)
    other = await interrupted(bench, database)
    aside.rename(file)
    store.fail()
    assert await bench.runtime.attempts.read_spool() == 1
    assert [found.state for found in await bench.attempts(other)] == [AttemptState.BOUND]
    assert [found.state for found in await bench.attempts(waiting)] == [AttemptState.SENDING]
    store.recover()
    assert await bench.runtime.attempts.read_spool() == 1
    assert [found.state for found in await bench.attempts(waiting)] == [AttemptState.BOUND]


async def test_an_answer_that_comes_after_its_money_was_given_back_is_booked(bench: Bench) -> None:
    """A list may show a task later than it says, and an owner may be wrong: the vendor charges all the same."""
    job = await unexplained(bench)
    [attempt] = await bench.attempts(job)
    await bench.runtime.attempts.not_received(job, attempt)
    for _ in range(2):
        await bench.runtime.attempts.bind(job, attempt, VendorAnswer("task-after-all"))
    [late] = await bench.attempts(job)
    assert (late.state, late.remote_id, late.actual_micro_usd) == (AttemptState.BOUND, "task-after-all", PRICE)
    assert (await bench.read(job)).actual_micro_usd == PRICE
    async with bench.resources.database.reading() as session:
        assert list(await session.scalars(select(LedgerEntry.charged_micro_usd))) == [PRICE]
        balances = (await session.execute(select(Balance.held_micro_usd, Balance.spent_micro_usd))).all()
    assert {tuple(balance) for balance in balances} == {(0, PRICE)}
