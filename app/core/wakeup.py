"""A bell rung after commit; waiters re-read the table, so a lost ring costs one tick."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import Clock
from app.core.database import Database, DatabaseDown, after_commit
from app.core.tasks import beat

__all__ = ["Notifier"]

log = structlog.get_logger(__name__)

CHANNEL = "avc_bell"
RECONNECT_SECONDS = 1.0
ALIVE_CHECK_SECONDS = 15.0


class Notifier:
    """Topics that processes of this service ring for each other; Postgres carries the sound between them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiters: dict[str, set[asyncio.Event]] = {}
        self.closed = False

    async def announce(self, session: AsyncSession, topic: str) -> None:
        """Rings once this session's transaction is committed, in every process."""
        if self._database.is_sqlite:
            after_commit(session, lambda: self.ring(topic))
        else:
            await session.execute(text("SELECT pg_notify(:channel, :topic)"), {"channel": CHANNEL, "topic": topic})

    def ring(self, topic: str) -> None:
        """Wakes the waiters of this process."""
        for waiter in self._waiters.get(topic, ()):
            waiter.set()

    @contextmanager
    def heard(self, *topics: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever one of these topics rings; clear it before re-reading the table."""
        waiter = asyncio.Event()
        for topic in topics:
            self._waiters.setdefault(topic, set()).add(waiter)
        try:
            yield waiter
        finally:
            for topic in topics:
                others = self._waiters[topic]
                others.discard(waiter)
                if not others:
                    del self._waiters[topic]

    async def wait(self, ring: asyncio.Event, seconds: float) -> bool:
        """Whether the bell rang within so many seconds; forgets the ring."""
        try:
            async with asyncio.timeout(seconds):
                await ring.wait()
        except TimeoutError:
            return False
        ring.clear()
        return True

    def close(self) -> None:
        """Wakes everybody for the last time: this process ends."""
        self.closed = True
        self._ring_everything()

    async def listen(self) -> None:
        """Carries other processes' rings here until cancelled; needed on Postgres only."""
        while not self._database.is_sqlite:
            try:
                await self._listen_once()
            except (DBAPIError, DatabaseDown, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
                log.warning("bell_connection_lost", fault=type(fault).__name__)
                beat(ALIVE_CHECK_SECONDS)
            self._ring_everything()
            await self._clock.sleep(RECONNECT_SECONDS)

    async def _listen_once(self) -> None:
        async with self._database.writer.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await driver.add_listener(CHANNEL, self._on_notice)
            self._ring_everything()
            try:
                while True:
                    beat(ALIVE_CHECK_SECONDS)
                    await self._clock.sleep(ALIVE_CHECK_SECONDS)
                    await driver.fetchval("SELECT 1")
            finally:
                # A connection that still listens must not go back to the pool.
                await connection.invalidate()

    def _on_notice(self, _connection: object, _pid: int, _channel: str, topic: str) -> None:
        self.ring(topic)

    def _ring_everything(self) -> None:
        for topic in tuple(self._waiters):
            self.ring(topic)
