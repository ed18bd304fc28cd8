"""The unit of work: commits before the answer, loses nothing, refuses a second process."""

import asyncio

import pytest
from sqlalchemy import text

from app.core.database import Database, DatabaseBusy, after_commit, outside_transaction


@pytest.fixture
async def counters(database_url: str):
    database = Database(database_url)
    async with database.unit_of_work() as session:
        await session.execute(text("CREATE TABLE counters (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)"))
        await session.execute(text("CREATE TABLE entries (writer INTEGER, step INTEGER)"))
        for row in range(4):
            await session.execute(text("INSERT INTO counters VALUES (:id, 0)"), {"id": row})
    yield database
    await database.close()


async def test_32_writers_of_50_transactions_lose_nothing(counters: Database) -> None:
    async def write(writer: int) -> None:
        for step in range(50):
            async with counters.unit_of_work() as session:
                lock = "" if counters.is_sqlite else " FOR UPDATE"
                found = await session.execute(text(f"SELECT n FROM counters WHERE id = :id{lock}"), {"id": writer % 4})
                n = found.scalar_one()
                await session.execute(text("UPDATE counters SET n = :n WHERE id = :id"), {"n": n + 1, "id": writer % 4})
                await session.execute(text("INSERT INTO entries VALUES (:w, :s)"), {"w": writer, "s": step})

    await asyncio.gather(*(write(writer) for writer in range(32)))
    async with counters.reading() as session:
        assert (await session.execute(text("SELECT sum(n) FROM counters"))).scalar_one() == 1600
        assert (await session.execute(text("SELECT count(*) FROM entries"))).scalar_one() == 1600


async def test_a_failed_unit_of_work_leaves_nothing_and_rings_no_bell(counters: Database) -> None:
    rung: list[str] = []

    async def fail() -> None:
        async with counters.unit_of_work() as session:
            await session.execute(text("UPDATE counters SET n = 99"))
            after_commit(session, lambda: rung.append("lost"))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with counters.unit_of_work() as session:
        assert (await session.execute(text("SELECT max(n) FROM counters"))).scalar_one() == 0
        after_commit(session, lambda: rung.append("kept"))
        assert rung == []
    assert rung == ["kept"]


async def test_tools_are_refused_inside_a_transaction(counters: Database) -> None:
    outside_transaction()
    async with counters.unit_of_work() as session:
        outside_transaction()
        await session.execute(text("SELECT 1"))
        with pytest.raises(RuntimeError, match="transaction is open"):
            outside_transaction()
    outside_transaction()


async def test_a_reader_cannot_write_on_sqlite(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.reading() as session:
        with pytest.raises(Exception, match="readonly"):
            await session.execute(text("CREATE TABLE intruder (id INTEGER)"))
    await database.close()


async def test_a_second_process_on_the_same_sqlite_file_is_refused(sqlite_url: str) -> None:
    first = Database(sqlite_url)
    with pytest.raises(DatabaseBusy, match="DATABASE_URL"):
        Database(sqlite_url)
    await first.close()
    await Database(sqlite_url).close()
