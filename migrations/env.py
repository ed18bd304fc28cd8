"""Runs migrations on the connection it is handed, or on the configured database."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from app.core.database import Database
from app.core.settings import DatabaseSettings
from app.tables import METADATA


def migrate(connection: Connection) -> None:
    """Brings this connection's database to the asked revision, in one transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(6021857)"))
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=True,
        include_name=_ours,
    )
    with context.begin_transaction():
        context.run_migrations()


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in METADATA.tables


async def _open_and_migrate() -> None:
    database = Database(DatabaseSettings().database_url)
    try:
        async with database.writer.begin() as connection:
            await connection.run_sync(migrate)
    finally:
        await database.close()


handed_over: Connection | None = context.config.attributes.get("connection")
if handed_over is not None:
    migrate(handed_over)
else:
    asyncio.run(_open_and_migrate())
