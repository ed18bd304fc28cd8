"""Leases tell the living from the dead, and the fence keeps a late process from paying."""

import asyncio
from collections.abc import AsyncIterator, Collection

import pytest

from app.core.clock import SystemClock
from app.core.database import Database, DatabaseDown
from app.engine.leases import Lease, Reaper, new_executor_id
from tests.doubles.clock import FrozenClock
from tests.doubles.engine import MemoryEngine

TTL_SECONDS = 20.0


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def postgres(postgres_database_url: str) -> AsyncIterator[Database]:
    opened = Database(postgres_database_url)
    yield opened
    await opened.close()


async def test_a_taken_lease_counts_as_living_until_it_is_given_up(database: Database) -> None:
    lease = Lease(database, SystemClock(), "me")
    await lease.take()
    await lease.beat()
    assert await lease.living() == {"me"}
    await lease.give_up()
    assert not lease.fresh()


async def test_on_postgres_others_live_until_the_clock_of_the_database_says_no(postgres: Database) -> None:
    clock = SystemClock()
    mine = Lease(postgres, clock, "me")
    short = Lease(postgres, clock, "short", ttl_seconds=0.2)
    gone = Lease(postgres, clock, "gone")
    for lease in (mine, short, gone):
        await lease.take()
    assert await mine.living() == {"me", "short", "gone"}
    await gone.give_up()
    async with asyncio.timeout(5):
        while await mine.living() != {"me"}:
            await asyncio.sleep(0.02)
    await short.beat()
    assert await mine.living() == {"me", "short"}


async def test_a_skewed_clock_of_a_process_does_not_change_who_lives(postgres: Database) -> None:
    clock = FrozenClock()
    lease, other = Lease(postgres, clock, "me"), Lease(postgres, SystemClock(), "other")
    clock.move(-86_400)
    await lease.take()
    await other.take()
    assert await other.living() == await lease.living() == {"me", "other"}


async def test_on_sqlite_the_file_lock_proves_that_all_others_are_dead(sqlite_url: str) -> None:
    first = Database(sqlite_url)
    await Lease(first, SystemClock(), "dead").take()
    await first.close()
    second = Database(sqlite_url)
    lease = Lease(second, SystemClock(), "me")
    await lease.take()
    assert await lease.living() == {"me"}
    await second.close()


async def test_a_lease_that_nobody_took_is_never_fresh(database: Database) -> None:
    assert not Lease(database, SystemClock(), "me").fresh()


async def test_the_fence_closes_at_half_of_the_lease(postgres: Database) -> None:
    clock = FrozenClock()
    lease = Lease(postgres, clock, "me", ttl_seconds=TTL_SECONDS)
    await lease.take()
    clock.move(TTL_SECONDS / 2 - 0.1)
    assert lease.fresh()
    clock.move(0.1)
    assert not lease.fresh()


async def test_a_beat_alone_does_not_open_the_fence_again(postgres: Database) -> None:
    clock = FrozenClock()
    lease = Lease(postgres, clock, "me", ttl_seconds=TTL_SECONDS)
    await lease.take()
    clock.move(TTL_SECONDS)
    moment = await lease.beat()
    assert not lease.fresh()
    lease.trust(moment)
    assert lease.fresh()


class WatchedEngine(MemoryEngine):
    """Notes whether the fence was closed while own runs were put in order."""

    def __init__(self, lease: Lease) -> None:
        super().__init__()
        self.lease = lease
        self.open_while_reconciling: list[bool] = []

    async def reconcile(self) -> int:
        self.open_while_reconciling.append(self.lease.fresh())
        return await super().reconcile()


async def test_after_a_pause_own_runs_are_put_in_order_before_the_fence_opens(postgres: Database) -> None:
    clock = FrozenClock()
    lease = Lease(postgres, clock, "me", ttl_seconds=TTL_SECONDS)
    engine = WatchedEngine(lease)
    reaper = Reaper(lease, engine, clock)
    await lease.take()
    await reaper.tick()
    clock.move(TTL_SECONDS)
    await reaper.tick()
    assert engine.open_while_reconciling == [True, False]
    assert lease.fresh()


class FallingEngine(MemoryEngine):
    """Its store does not answer at first."""

    def __init__(self) -> None:
        super().__init__()
        self.falls = 2
        self.recovered: list[str] = []

    async def owners(self) -> frozenset[str]:
        if self.falls:
            self.falls -= 1
            raise DatabaseDown
        return frozenset({"dead", "me"})

    async def recover(self, dead: Collection[str]) -> int:
        self.recovered = sorted(dead)
        return len(self.recovered)


async def test_a_failed_tick_strands_nothing(database: Database) -> None:
    clock = SystemClock()
    lease, engine = Lease(database, clock, "me"), FallingEngine()
    await lease.take()
    reaping = asyncio.ensure_future(Reaper(lease, engine, clock, tick_seconds=0.01).run())
    async with asyncio.timeout(5):
        while not engine.recovered:
            await asyncio.sleep(0.01)
    reaping.cancel()
    assert engine.recovered == ["dead"]


def test_two_boots_of_one_host_have_different_names() -> None:
    clock = SystemClock()
    names = {new_executor_id(clock) for _ in range(3)}
    assert len(names) == 3
    assert all(len(name) <= 128 for name in names)
