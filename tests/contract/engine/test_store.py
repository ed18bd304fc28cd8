"""What the durable engine promises of its store, its queues, its threads and its log."""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from app.core.clock import SystemClock
from app.core.database import DatabaseDown
from app.core.threads import Threads
from app.engine.dbos import DbosEngine, RunLimits
from app.engine.port import EnginePriority, EngineQueue, JobContext, RunAbandoned, RunState
from tests.contract.engine.conftest import Host, durable_host

MOST_ENGINE_THREADS = 16
STILL_LOOKS = 3


async def nothing() -> None:
    return None


def waiting(host: Host) -> Callable[[JobContext], Awaitable[None]]:
    async def handler(context: JobContext) -> None:
        await context.wait("answer", nothing, every_seconds=0.2, until=host.soon())

    return handler


def rows(store: Engine, table: str) -> int:
    schema = "engine." if store.dialect.name == "postgresql" else ""
    with store.connect() as connection:
        found: int = connection.execute(text(f"SELECT count(*) FROM {schema}{table}")).scalar_one()
    store.dispose()
    return found


def writes(connection: Connection) -> int:
    """A figure that changes with every change that another connection commits to the engine's store."""
    if connection.dialect.name == "sqlite":
        counted = "PRAGMA data_version"
    else:
        counted = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables WHERE schemaname = 'engine'"
    found = int(connection.execute(text(counted)).scalar_one())
    connection.rollback()
    return found


async def test_the_store_is_apart_from_the_database_of_the_service(durable: Host, store: Engine) -> None:
    job_id = await durable.start(lambda context: context.step("only", nothing))
    await durable.ended(job_id)
    assert rows(store, "workflow_status") == 1


async def test_nothing_of_a_pruned_run_stays(durable: Host, store: Engine) -> None:
    jobs = [await durable.start(lambda context: context.step("only", nothing)) for _ in range(3)]
    await durable.ended(*jobs)
    details = ("workflow_status", "workflow_input", "workflow_output", "operation_outputs")
    assert [rows(store, table) for table in details] == [3, 3, 3, 3]
    assert await durable.engine.prune(durable.soon(1)) == 3
    assert [rows(store, table) for table in details] == [0, 0, 0, 0]


async def test_waiting_costs_no_threads_and_no_writes(durable: Host, store: Engine) -> None:
    for _ in range(300):
        await durable.start(waiting(durable))
    await durable.until(lambda: len(durable.begun) == 300)
    with store.connect() as connection:
        before = await settled(connection)
        others = other_threads()
        await asyncio.sleep(2)
        assert writes(connection) == before
        assert other_threads() == others
        await durable.start(waiting(durable))
        async with asyncio.timeout(20):
            while writes(connection) == before:
                await asyncio.sleep(0.05)
    store.dispose()
    assert len(engine_threads_now()) <= MOST_ENGINE_THREADS


def engine_threads_now() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("dbos-executor")}


def other_threads() -> int:
    return threading.active_count() - len(engine_threads_now())


async def settled(connection: Connection) -> int:
    """The figure once it stands still for a while; Postgres counts late when the machine is busy."""
    still_looks, before = 0, writes(connection)
    async with asyncio.timeout(60):
        while still_looks < STILL_LOOKS:
            await asyncio.sleep(1.5)
            found = writes(connection)
            still_looks, before = (still_looks + 1 if found == before else 0), found
    return before


async def test_one_user_has_a_limited_number_of_places_at_vendors(durable: Host) -> None:
    jobs = {
        user: [await durable.start(waiting(durable), queue=EngineQueue.REMOTE, partition=user) for _ in range(4)]
        for user in ("ann", "bob")
    }
    await durable.until(lambda: len(durable.begun) >= 4)
    await asyncio.sleep(1.3)
    assert Counter(user for user, own in jobs.items() for job_id in own if job_id in durable.begun) == {
        "ann": 2,
        "bob": 2,
    }


async def test_limits_of_an_earlier_life_give_way_at_opening(
    database_url: str, engine_threads: Threads, store: Engine
) -> None:
    schema = "engine." if store.dialect.name == "postgresql" else ""
    query = text(f"SELECT partition_concurrency FROM {schema}queues WHERE name = '{EngineQueue.REMOTE.value}'")
    kept: list[int] = []
    for per_user in (4, 1):
        limits, clock = RunLimits(remote_per_user=per_user), SystemClock()
        host = Host(DbosEngine(database_url, f"test-{per_user}", clock=clock, threads=engine_threads, limits=limits))
        await host.open()
        with store.connect() as connection:
            kept.append(connection.execute(query).scalar_one())
        await host.engine.close()
        store.dispose()
    assert kept == [4, 1]


async def test_a_low_priority_goes_last(durable: Host) -> None:
    first = await durable.start(
        lambda context: context.step("only", nothing), queue=EngineQueue.RENDER, priority=EnginePriority.LOW
    )
    await durable.until(lambda: durable.begun == [first])
    low = await durable.start(
        lambda context: context.step("only", nothing), queue=EngineQueue.RENDER, priority=EnginePriority.LOW
    )
    normal = await durable.start(lambda context: context.step("only", nothing), queue=EngineQueue.RENDER)
    await durable.ended(low, normal)
    assert durable.begun == [first, normal, low]


async def test_an_abandoned_run_is_taken_up_again_from_its_open_step(durable: Host) -> None:
    passes: list[str] = []

    async def once(step: str) -> None:
        passes.append(step)
        if step == "pay" and passes.count("pay") == 1:
            raise RunAbandoned

    async def handler(context: JobContext) -> None:
        await context.step("plan", once, "plan")
        await context.step("pay", once, "pay")

    job_id = await durable.start(handler)
    await durable.until(lambda: passes == ["plan", "pay"])
    assert await durable.state(job_id) is RunState.RUNNING
    async with asyncio.timeout(60):
        while await durable.state(job_id) is not RunState.ENDED:
            await durable.engine.reconcile()
            # A run that has just been taken is not here for a moment; on a busy machine that moment is long.
            await asyncio.sleep(1)
    assert passes == ["plan", "pay", "pay"]


async def test_a_run_that_another_executor_took_is_let_go(durable: Host, store: Engine) -> None:
    dropped: list[str] = []

    async def handler(context: JobContext) -> None:
        try:
            await context.wait("answer", nothing, every_seconds=0.2, until=durable.soon())
        except asyncio.CancelledError:
            dropped.append(context.order.job_id)
            raise

    job_id = await durable.start(handler)
    await durable.until(lambda: durable.begun == [job_id])
    schema = "engine." if store.dialect.name == "postgresql" else ""
    with store.begin() as connection:
        connection.execute(text(f"UPDATE {schema}workflow_status SET executor_id = 'other', owner_xid = 'theirs'"))
    store.dispose()
    assert await durable.engine.reconcile() == 1
    await durable.until(lambda: dropped == [job_id])
    assert await durable.engine.owners() == {"other"}


async def test_own_runs_are_never_taken_for_those_of_the_dead(durable: Host) -> None:
    job_id = await durable.start(waiting(durable))
    await durable.until(lambda: durable.begun == [job_id])
    assert await durable.engine.recover(await durable.engine.owners()) == 0
    assert await durable.engine.reconcile() == 0


async def test_closing_lets_a_running_step_end_and_hands_the_run_back(
    database_url: str, engine_threads: Threads
) -> None:
    host = durable_host(database_url, engine_threads)
    await host.open()
    begun, passes = asyncio.Event(), []

    async def slow(step: str) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        passes.append(step)

    async def handler(context: JobContext) -> None:
        await context.step("first", slow, "first")
        await context.step("second", slow, "second")

    job_id = await host.start(handler)
    await begun.wait()
    await host.engine.close()
    assert passes == ["first"]
    again = durable_host(database_url, engine_threads)
    again.handlers = host.handlers
    await again.open()
    await again.ended(job_id)
    assert passes == ["first", "second"]
    await again.engine.close()


async def test_a_process_has_one_engine(durable: Host, database_url: str, engine_threads: Threads) -> None:
    clock = SystemClock()
    second = DbosEngine(database_url, "second", clock=clock, threads=engine_threads)
    with pytest.raises(RuntimeError, match="open engine"):
        await Host(second).open()


async def test_what_the_port_promises_is_no_news_in_the_log(durable: Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    job_id = await durable.start(waiting(durable), queue=EngineQueue.LIGHT)
    await durable.until(lambda: durable.begun == [job_id])
    await durable.engine.start(durable.order(job_id, priority=EnginePriority.NORMAL))
    await durable.engine.cancel(job_id)
    await asyncio.sleep(1.3)
    assert [record.getMessage() for record in caplog.records if record.name == "dbos"] == []


REFUSING = {
    "sqlite": (
        "CREATE TRIGGER refusing BEFORE INSERT ON operation_outputs BEGIN SELECT RAISE(ABORT, 'refused'); END",
        "DROP TRIGGER refusing",
    ),
    "postgresql": (
        "CREATE FUNCTION refusing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;"
        "CREATE TRIGGER refusing BEFORE INSERT ON engine.operation_outputs EXECUTE FUNCTION refusing()",
        "DROP TRIGGER refusing ON engine.operation_outputs",
    ),
}


def change(store: Engine, statement: str) -> None:
    with store.begin() as connection:
        connection.exec_driver_sql(statement)
    store.dispose()


async def test_a_store_that_refuses_a_record_costs_a_second_try_and_not_the_job(durable: Host, store: Engine) -> None:
    passes: list[str] = []
    failures: list[Exception] = []
    refuse, allow = REFUSING[store.dialect.name]

    async def step() -> None:
        passes.append("step")

    async def handler(context: JobContext) -> None:
        try:
            await context.step("only", step)
        except Exception as failure:
            failures.append(failure)
            raise

    change(store, refuse)
    job_id = await durable.start(handler)
    await durable.until(lambda: passes == ["step"])
    await asyncio.sleep(0.1)
    change(store, allow)
    async with asyncio.timeout(60):
        while await durable.state(job_id) is not RunState.ENDED:
            await durable.engine.reconcile()
            # A run that has just been taken is not here for a moment; on a busy machine that moment is long.
            await asyncio.sleep(1)
    assert (passes, failures) == (["step", "step"], [])


async def test_a_store_that_is_away_is_said_at_once_and_found_again(
    postgres_database_url: str, postgres_server: str, engine_threads: Threads
) -> None:
    host = durable_host(postgres_database_url, engine_threads)
    await host.open()
    name = make_url(postgres_database_url).database
    server = create_engine(f"postgresql+psycopg://postgres@/postgres?host={postgres_server}")
    allowed = "ALTER DATABASE {} ALLOW_CONNECTIONS {}"
    change(server, allowed.format(name, "false"))
    change(server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    for call in (host.engine.owners(), host.engine.cancel("nobody"), host.start(lambda context: nothing())):
        with pytest.raises(DatabaseDown):
            await call
    change(server, allowed.format(name, "true"))
    job_id = await host.start(lambda context: context.step("only", nothing))
    await host.ended(job_id)
    await host.engine.close()


async def test_an_engine_that_cannot_open_leaves_the_process_free_for_another(
    sqlite_url: str, engine_threads: Threads
) -> None:
    broken = durable_host(f"{sqlite_url}/nowhere/x.db", engine_threads)
    with pytest.raises(OperationalError):
        await broken.open()
    host = durable_host(sqlite_url, engine_threads)
    await host.open()
    await host.ended(await host.start(lambda context: context.step("only", nothing)))
    await host.engine.close()
