"""Notifies waiters after a commit; they re-read the table, so that a lost notice costs one tick."""

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

log = structlog.get_logger(__name__)
CHANNEL = "avc_notifier"
RECONNECT_SECONDS = 1.0
ALIVE_CHECK_SECONDS = 15.0


class Notifier:
    """Topics of which processes of this service notify each other; between processes by Postgres."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiters: dict[str, set[asyncio.Event]] = {}
        self.closed = False

    async def notify(self, session: AsyncSession, topic: str) -> None:
        """Notifies once this session's transaction is committed, in every process."""
        if self._database.is_sqlite:
            after_commit(session, lambda: self.wake(topic))
        else:
            await session.execute(text("SELECT pg_notify(:channel, :topic)"), {"channel": CHANNEL, "topic": topic})

    def wake(self, topic: str) -> None:
        """Wakes the waiters of this process."""
        for waiter in self._waiters.get(topic, ()):
            waiter.set()

    @contextmanager
    def subscribe(self, *topics: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever there is news of one of these topics; clear it before re-reading the table."""
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

    async def wait(self, wake: asyncio.Event, seconds: float) -> bool:
        """Whether there was news within so many seconds; forgets it."""
        try:
            async with asyncio.timeout(seconds):
                await wake.wait()
        except TimeoutError:
            return False
        wake.clear()
        return True

    def close(self) -> None:
        """Wakes everybody for the last time: this process ends."""
        self.closed = True
        self._wake_everybody()

    async def listen(self) -> None:
        """Carries the notices of other processes here until cancelled; needed on Postgres only."""
        while not self._database.is_sqlite:
            try:
                await self._listen_once()
            except (DBAPIError, DatabaseDown, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
                log.warning("notifier_connection_lost", fault=type(fault).__name__)
                beat(ALIVE_CHECK_SECONDS)
            self._wake_everybody()
            await self._clock.sleep(RECONNECT_SECONDS)

    async def _listen_once(self) -> None:
        async with self._database.writer.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await driver.add_listener(CHANNEL, self._on_notice)
            self._wake_everybody()
            try:
                while True:
                    beat(ALIVE_CHECK_SECONDS)
                    await self._clock.sleep(ALIVE_CHECK_SECONDS)
                    await driver.fetchval("SELECT 1")
            finally:
                # A connection that still listens must not go back to the pool.
                await connection.invalidate()

    def _on_notice(self, _connection: object, _pid: int, _channel: str, topic: str) -> None:
        self.wake(topic)

    def _wake_everybody(self) -> None:
        for topic in tuple(self._waiters):
            self.wake(topic)
