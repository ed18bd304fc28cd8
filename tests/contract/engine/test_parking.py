"""Parked runs: nothing executes them, they stay where they are, and they go on from their last recorded step."""

import asyncio

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from app.core.database import DatabaseDown
from app.core.threads import Threads
from app.engine.port import EngineQueue, JobContext, JobId, JsonObject, ParkedRun, RunParked, RunState
from tests.contract.engine.conftest import Host, durable_host


class Parker:
    """Plans once, then is parked until a test has an answer."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.stays: list[ParkedRun] = []
        self.planned: list[JobId] = []
        self.left: list[JobId] = []
        self.answers: dict[JobId, str] = {}
        self.given: list[str] = []
        self.until = host.soon()

    async def __call__(self, context: JobContext) -> JsonObject | None:
        job_id = context.order.job_id
        await context.step("plan", self._plan, job_id)
        try:
            self.given.append(await context.wait("answer", self._look, job_id, every_seconds=0.01, until=self.until))
        except RunParked:
            self.left.append(job_id)
            raise
        return None

    async def parked(self, count: int = 1) -> ParkedRun:
        """Waits until so many runs have been parked; gives the last stay."""
        await self.host.until(lambda: len(self.stays) == count)
        return self.stays[-1]

    async def _plan(self, job_id: JobId) -> None:
        self.planned.append(job_id)

    async def _look(self, job_id: JobId) -> str | None:
        if job_id not in self.answers:
            raise RunParked(self.stays.append)
        return self.answers[job_id]


async def test_a_parked_run_goes_on_from_its_last_recorded_step_when_it_is_resumed(host: Host) -> None:
    parker = Parker(host)
    job_id = await host.start(parker)
    stay = await parker.parked()
    assert (stay.job_id, stay.held, await host.state(job_id)) == (job_id, True, RunState.RUNNING)
    assert parker.left == [job_id]
    parker.answers[job_id] = "there"
    await stay.resume()
    await host.ended(job_id)
    assert (parker.planned, parker.given, host.begun) == ([job_id], ["there"], [job_id, job_id])
    assert stay.held is False


async def test_a_parked_run_is_not_taken_for_a_lost_one(host: Host) -> None:
    parker = Parker(host)
    await host.start(parker)
    stay = await parker.parked()
    assert [await host.engine.reconcile() for _ in range(3)] == [0, 0, 0]
    assert (stay.held, len(host.begun)) == (True, 1)


async def test_a_run_may_be_parked_again_and_an_old_stay_has_no_say(host: Host) -> None:
    parker = Parker(host)
    job_id = await host.start(parker)
    first = await parker.parked()
    await first.resume()
    second = await parker.parked(2)
    await first.resume()
    assert (first.held, second.held, len(host.begun)) == (False, True, 2)
    parker.answers[job_id] = "there"
    await second.resume()
    await host.ended(job_id)
    assert parker.planned == [job_id]


async def test_a_cancel_ends_a_parked_run_for_ever(host: Host) -> None:
    parker = Parker(host)
    job_id = await host.start(parker)
    stay = await parker.parked()
    await host.engine.cancel(job_id)
    assert (stay.held, await host.state(job_id)) == (False, RunState.ENDED)
    await stay.resume()
    await asyncio.sleep(0.1)
    assert host.begun == [job_id]


async def test_a_parked_run_keeps_its_place_and_a_resumed_one_goes_first(durable: Host) -> None:
    parker = Parker(durable)
    first = await durable.start(parker, queue=EngineQueue.REMOTE)
    stay = await parker.parked()
    second = await durable.start(parker, queue=EngineQueue.REMOTE)
    await parker.parked(2)
    third = await durable.start(parker, queue=EngineQueue.REMOTE)
    await asyncio.sleep(1.3)
    assert durable.begun == [first, second]
    parker.answers |= {first: "first", third: "third"}
    await stay.resume()
    await durable.ended(first, third)
    assert durable.begun == [first, second, first, third]


async def test_a_worker_has_so_many_places_and_a_parked_run_takes_none(
    database_url: str, engine_threads: Threads
) -> None:
    host = durable_host(database_url, engine_threads, remote_per_worker=1)
    await host.open()
    parker, gate = Parker(host), asyncio.Event()
    parked = await host.start(parker, queue=EngineQueue.REMOTE, partition="ann")
    await parker.parked()
    busy = await host.start(lambda context: context.step("only", gate.wait), queue=EngineQueue.REMOTE, partition="bob")
    await host.until(lambda: host.begun == [parked, busy])
    third = await host.start(parker, queue=EngineQueue.REMOTE, partition="eve")
    await asyncio.sleep(1.3)
    assert host.begun == [parked, busy]
    gate.set()
    await parker.parked(2)
    assert host.begun == [parked, busy, third]
    await host.engine.close()


async def test_a_parked_run_of_an_engine_that_closes_goes_on_in_the_next(
    database_url: str, engine_threads: Threads
) -> None:
    host = durable_host(database_url, engine_threads)
    await host.open()
    parker = Parker(host)
    job_id = await host.start(parker)
    await parker.parked()
    await host.engine.close()
    parker.answers[job_id] = "there"
    again = durable_host(database_url, engine_threads)
    again.handlers = host.handlers
    await again.open()
    await again.ended(job_id)
    assert (parker.planned, parker.given) == ([job_id], ["there"])
    await again.engine.close()


async def test_a_parked_run_that_another_executor_took_is_let_go(durable: Host, store: Engine) -> None:
    parker = Parker(durable)
    job_id = await durable.start(parker)
    stay = await parker.parked()
    schema = "engine." if store.dialect.name == "postgresql" else ""
    with store.begin() as connection:
        connection.execute(text(f"UPDATE {schema}workflow_status SET executor_id = 'other', owner_xid = 'theirs'"))
    store.dispose()
    await durable.engine.reconcile()
    assert stay.held is False
    await stay.resume()
    assert await durable.engine.owners() == {"other"}
    assert durable.begun == [job_id]


async def test_a_parked_run_of_a_dead_executor_goes_on_here(durable: Host, store: Engine) -> None:
    parker = Parker(durable)
    job_id = await durable.start(parker)
    stay = await parker.parked()
    schema = "engine." if store.dialect.name == "postgresql" else ""
    with store.begin() as connection:
        connection.execute(text(f"UPDATE {schema}workflow_status SET executor_id = 'dead', owner_xid = 'theirs'"))
    store.dispose()
    await durable.engine.reconcile()
    parker.answers[job_id] = "there"
    assert await durable.engine.recover({"dead"}) == 1
    await durable.ended(job_id)
    assert (stay.held, parker.planned, parker.given) == (False, [job_id], ["there"])


async def test_parking_spends_none_of_the_tries_of_a_run(durable: Host, store: Engine) -> None:
    parker = Parker(durable)
    job_id = await durable.start(parker)
    for stays in range(1, 4):
        await (await parker.parked(stays)).resume()
    await parker.parked(4)
    schema = "engine." if store.dialect.name == "postgresql" else ""
    with store.begin() as connection:
        tries = connection.execute(text(f"SELECT recovery_attempts FROM {schema}workflow_status")).scalar_one()
    store.dispose()
    assert tries == 1
    parker.answers[job_id] = "there"
    await parker.stays[-1].resume()
    await durable.ended(job_id)


async def test_a_run_stays_parked_while_the_store_is_away(
    postgres_database_url: str, postgres_server: str, engine_threads: Threads
) -> None:
    host = durable_host(postgres_database_url, engine_threads)
    await host.open()
    parker = Parker(host)
    job_id = await host.start(parker)
    stay = await parker.parked()
    name = make_url(postgres_database_url).database
    server = create_engine(f"postgresql+psycopg://postgres@/postgres?host={postgres_server}")
    statements = ("ALTER DATABASE {} ALLOW_CONNECTIONS {}", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity")
    change(server, statements[0].format(name, "false"))
    change(server, f"{statements[1]} WHERE datname = '{name}'")
    with pytest.raises(DatabaseDown):
        await stay.resume()
    assert stay.held is True
    change(server, statements[0].format(name, "true"))
    parker.answers[job_id] = "there"
    await stay.resume()
    await host.ended(job_id)
    await host.engine.close()


def change(server: Engine, statement: str) -> None:
    with server.begin() as connection:
        connection.exec_driver_sql(statement)
    server.dispose()
