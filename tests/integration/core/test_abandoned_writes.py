"""A writer that is cancelled in the middle of a statement keeps no lock from the next one."""

import asyncio
import random
import time
from contextlib import suppress

import pytest
from sqlalchemy import text

from app.core.database import Database

CANCELS = 120
MOST_SECONDS_BEFORE_CANCEL = 0.004
# A connection that stays away is given up after thirty.
WITHIN_SECONDS = 20.0


async def _write(database: Database) -> None:
    async with database.unit_of_work() as session:
        for _ in range(3):
            await session.execute(text("INSERT INTO notes VALUES ('abandoned')"))
            (await session.execute(text("SELECT * FROM notes LIMIT 50"))).fetchone()


async def test_an_abandoned_statement_gives_its_lock_up(sqlite_url: str) -> None:
    moments = random.Random(7)
    database = Database(sqlite_url)
    async with database.unit_of_work() as session:
        await session.execute(text("CREATE TABLE notes (words TEXT)"))
    slowest = 0.0
    for _ in range(CANCELS):
        writing = asyncio.ensure_future(_write(database))
        await asyncio.sleep(moments.uniform(0, MOST_SECONDS_BEFORE_CANCEL))
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        began = time.monotonic()
        async with database.unit_of_work() as session:
            await session.execute(text("INSERT INTO notes VALUES ('next')"))
        slowest = max(slowest, time.monotonic() - began)
    async with database.reading() as session:
        kept = await session.scalar(text("SELECT count(*) FROM notes WHERE words = 'next'"))
        halves = await session.scalar(text("SELECT count(*) % 3 FROM notes WHERE words = 'abandoned'"))
    await database.close()
    assert (kept, halves) == (CANCELS, 0)
    assert slowest < WITHIN_SECONDS


async def test_a_writer_cancelled_at_its_end_gives_a_sound_connection_back(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The pool throws a connection away, and says so, when its last clearing up is interrupted."""
    moments = random.Random(3)
    database = Database(sqlite_url)
    async with database.unit_of_work() as session:
        await session.execute(text("CREATE TABLE notes (words TEXT)"))

    async def write() -> None:
        async with database.unit_of_work() as session:
            await session.execute(text("INSERT INTO notes VALUES ('x')"))

    with caplog.at_level("ERROR", logger="sqlalchemy.pool"):
        for _ in range(3 * CANCELS):
            writing = asyncio.ensure_future(write())
            await asyncio.sleep(moments.uniform(0, MOST_SECONDS_BEFORE_CANCEL))
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
    await database.close()
    assert [record.getMessage() for record in caplog.records] == []
