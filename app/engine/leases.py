"""One lease row per living executor, and the loop that renews it and lets the runs of dead executors go on."""

import socket
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, DateTime, String, delete, func, insert, literal, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import NotNow
from app.core.tables import Base, UtcDateTime
from app.core.tasks import beat
from app.engine.port import ExecutorId, JobEngine

log = structlog.get_logger(__name__)

TTL_SECONDS = 20.0
FORGOTTEN_AFTER = timedelta(days=1)
NO_TIME = timedelta()
TICK_SECONDS = 2.0
RECONCILE_EVERY_TICKS = 5


class LeaseRow(Base):
    """An executor and the moment until which it counts as living."""

    __tablename__ = "leases"

    executor: Mapped[str] = mapped_column(String(128), primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())


class Lease:
    """The lease of this process, and who else holds one.

    On Postgres the database's clock decides. On SQLite the file lock of `Database` proves that no other process lives,
    so nothing expires and beats write nothing.
    """

    def __init__(
        self, database: Database, clock: Clock, executor: ExecutorId, *, ttl_seconds: float = TTL_SECONDS
    ) -> None:
        self.name = executor
        self.ttl_seconds = ttl_seconds
        self._database = database
        self._clock = clock
        self._trusted: tuple[float, datetime] | None = None

    def fresh(self) -> bool:
        """Whether this process may act for its runs: its last trusted beat is younger than half the lease."""
        if self._trusted is None:
            return False
        beaten, at = self._trusted
        # A suspended machine stops one clock, an operator sets the other: the larger age counts.
        age_seconds = max(self._clock.monotonic() - beaten, (self._clock.now() - at).total_seconds())
        return self._database.is_sqlite or age_seconds < self.ttl_seconds / 2

    async def take(self) -> None:
        """Writes the lease; to be called before the engine opens."""
        moment = self._moment()
        await self._write()
        self.trust(moment)

    async def beat(self) -> tuple[float, datetime]:
        """Renews the row; what it returns makes the lease fresh once this process knows that its runs are its own."""
        moment = self._moment()
        if not self._database.is_sqlite:
            await self._write()
        return moment

    def trust(self, moment: tuple[float, datetime]) -> None:
        """Counts from this beat on."""
        self._trusted = moment

    async def living(self) -> frozenset[ExecutorId]:
        """Executors whose lease has not ended, this one among them."""
        if self._database.is_sqlite:
            return frozenset({self.name})
        async with self._database.reading() as session:
            rows = await session.scalars(select(LeaseRow.executor).where(LeaseRow.expires_at > self._now()))
            return frozenset(rows) | {self.name}

    async def give_up(self) -> None:
        """Removes the row, so that others need not wait until it ends; to be called after the engine closed."""
        self._trusted = None
        async with self._database.unit_of_work() as session:
            await session.execute(delete(LeaseRow).where(LeaseRow.executor == self.name))

    async def _write(self) -> None:
        now, ends = self._now(), self._now(timedelta(seconds=self.ttl_seconds))
        async with self._database.unit_of_work() as session:
            renewed = update(LeaseRow).where(LeaseRow.executor == self.name).values(expires_at=ends)
            if await session.scalar(renewed.returning(LeaseRow.executor)) is None:
                await session.execute(insert(LeaseRow).values(executor=self.name, taken_at=now, expires_at=ends))
                await session.execute(delete(LeaseRow).where(self._forgotten()))

    def _forgotten(self) -> ColumnElement[bool]:
        others = LeaseRow.executor != self.name
        return others if self._database.is_sqlite else others & (LeaseRow.expires_at < self._now(-FORGOTTEN_AFTER))

    def _now(self, later: timedelta = NO_TIME) -> ColumnElement[datetime]:
        if self._database.is_sqlite:
            return literal(self._clock.now() + later, UtcDateTime())
        return func.clock_timestamp(type_=DateTime(timezone=True)) + later

    def _moment(self) -> tuple[float, datetime]:
        return self._clock.monotonic(), self._clock.now()


def new_executor_id(clock: Clock) -> ExecutorId:
    """An executor of this boot: host and a fresh id, because two processes under one name would strand work."""
    return f"{socket.gethostname()[:80]}-{clock.new_id()}"


class Reaper:
    """Every worker runs one beside its engine."""

    def __init__(self, lease: Lease, engine: JobEngine, clock: Clock, *, tick_seconds: float = TICK_SECONDS) -> None:
        self._lease = lease
        self._engine = engine
        self._clock = clock
        self._tick_seconds = tick_seconds
        self._ticks = 0

    async def run(self) -> None:
        """Ticks until cancelled."""
        while True:
            try:
                await self.tick()
            except NotNow as away:
                log.warning("reaper_postponed", cause=away.code)
            beat(self._tick_seconds)
            await self._clock.sleep(self._tick_seconds)

    async def tick(self) -> int:
        """Renews the lease, puts own runs in order after a pause, takes up those of the dead; says how many."""
        was_fresh = self._lease.fresh()
        moment = await self._lease.beat()
        if not was_fresh or self._ticks % RECONCILE_EVERY_TICKS == 0:
            if not was_fresh:
                log.warning("lease_was_lost", executor=self._lease.name)
            await self._engine.reconcile()
        self._ticks += 1
        self._lease.trust(moment)
        # Owners first: an executor writes its lease before it owns anything, so a newcomer is never taken for dead.
        owners = await self._engine.owners()
        dead = owners - await self._lease.living()
        return await self._engine.recover(dead)
