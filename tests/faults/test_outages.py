"""The outages themselves: they take a database away for real, and bring it back."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.database import CommitUnknown, Database, DatabaseDown
from tests.faults.outages import Manner, Outage, OwnPostgres, PostgresProxy, SqliteLock, own_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[OwnPostgres]:
    with own_postgres() as opened:
        yield opened


@pytest.fixture(params=["stopped", "tcp", "unix", "sqlite"])
async def outage(request: pytest.FixtureRequest, server: OwnPostgres, tmp_path: Path) -> AsyncIterator[Outage]:
    """One of each kind; the name of the database does not matter here."""
    if request.param == "sqlite":
        yield SqliteLock(f"sqlite+aiosqlite:///{tmp_path / 'film.db'}")
        return
    if request.param == "stopped":
        yield server
        await server.end()
        return
    unix_folder = tmp_path if request.param == "unix" else None
    async with PostgresProxy(server.folder, server.name, unix_folder=unix_folder).serving() as proxy:
        yield proxy


async def test_an_outage_takes_the_database_away_and_brings_it_back(outage: Outage) -> None:
    database = Database(outage.url)
    try:
        await _write(database)
        await outage.begin()
        with pytest.raises(DatabaseDown):
            await _write(database)
        await outage.end()
        await _write(database)
    finally:
        await database.close()


@pytest.mark.parametrize("delivered", [False, True])
async def test_a_cut_at_a_word_breaks_before_or_after_the_server_has_done_it(
    server: OwnPostgres, *, delivered: bool
) -> None:
    async with PostgresProxy(server.folder, server.name).serving() as proxy:
        database = Database(proxy.url)
        try:
            async with database.unit_of_work() as session:
                await session.execute(text("CREATE TABLE IF NOT EXISTS kept (word text)"))
                await session.execute(text("DELETE FROM kept"))
            proxy.cut_at(b"COMMIT", delivered=delivered)
            with pytest.raises(CommitUnknown):
                await _keep(database)
            async with database.reading() as session:
                kept = await session.scalar(text("SELECT count(*) FROM kept"))
        finally:
            await database.close()
    assert (kept, proxy.cuts) == (int(delivered), 1)


@pytest.mark.parametrize("manner", [Manner.REFUSE, Manner.CUT])
async def test_a_proxy_that_is_away_answers_nothing(server: OwnPostgres, manner: Manner) -> None:
    async with PostgresProxy(server.folder, server.name).serving() as proxy:
        proxy.manner = manner
        database = Database(proxy.url)
        try:
            await proxy.begin()
            with pytest.raises(DatabaseDown):
                await database.ping()
            await proxy.end()
            await database.ping()
        finally:
            await database.close()


async def test_a_connection_that_breaks_before_a_session_ends_is_an_outage(server: OwnPostgres) -> None:
    async with PostgresProxy(server.folder, server.name).serving() as proxy:
        database = Database(proxy.url)
        try:
            with pytest.raises(DatabaseDown):
                async with database.reading() as session:
                    await session.execute(text("SELECT 1"))
                    await proxy.begin()
        finally:
            await database.close()


async def _write(database: Database) -> None:
    async with database.unit_of_work() as session:
        await session.execute(text("SELECT 1"))


async def _keep(database: Database) -> None:
    async with database.unit_of_work() as session:
        await session.execute(text("INSERT INTO kept VALUES ('a')"))
