"""Text that came past the edge in a form part still cannot break the database."""

import pytest
from sqlalchemy import text

from app.core.database import Database, TextUnusable


@pytest.fixture
async def database(database_url: str) -> Database:
    return Database(database_url)


async def test_half_a_surrogate_pair_is_the_senders_fault(database: Database) -> None:
    with pytest.raises(TextUnusable):
        async with database.reading() as session:
            await session.execute(text("SELECT CAST(:said AS VARCHAR)"), {"said": "a\ud83d"})
    await database.close()


async def test_nul_is_the_senders_fault_where_the_database_cannot_hold_it(database: Database) -> None:
    async def ask() -> None:
        async with database.reading() as session:
            await session.execute(text("SELECT CAST(:said AS VARCHAR)"), {"said": "a\0b"})

    if database.is_sqlite:
        await ask()
    else:
        with pytest.raises(TextUnusable):
            await ask()
    await database.close()


async def test_failed_statements_do_not_quote_their_values(database: Database) -> None:
    with pytest.raises(Exception, match="nowhere") as failed:
        async with database.reading() as session:
            await session.execute(text("SELECT * FROM nowhere WHERE email = :email"), {"email": "canary@example.com"})
    assert "canary" not in str(failed.value)
    await database.close()
