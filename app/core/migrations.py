"""Brings the database to head, and says whether it is there."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.core.database import Database

ROOT = Path(__file__).resolve().parents[2]
HEAD = "head"


async def migrate(database: Database, *, to: str = HEAD) -> None:
    """Moves the schema up or down to a revision; two processes that start at once wait for each other."""

    def run(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        move = command.downgrade if to == "base" or to.startswith("-") else command.upgrade
        move(config, to)

    async with database.writer.begin() as connection:
        await connection.run_sync(run)


async def missing_revisions(database: Database) -> tuple[str, ...]:
    """Revisions this code has and the database has not; empty when it is at head."""
    return missing_from(await present_revisions(database))


def missing_from(present: Iterable[str]) -> tuple[str, ...]:
    """Revisions this code has and a database that stands at these has not."""
    return tuple(sorted(_heads() - set(present)))


async def present_revisions(database: Database) -> tuple[str, ...]:
    """Revisions the database stands at; empty before the first migration."""
    async with database.reader.connect() as connection:
        found = await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_heads())
    return tuple(sorted(found))


@cache
def _heads() -> frozenset[str]:
    """Read once: the scripts of a running process do not change, and loading them takes longer than a request."""
    return frozenset(ScriptDirectory.from_config(_config()).get_heads())


def is_known(revision: str) -> bool:
    """Whether this code can bring a database from this revision to its newest."""
    scripts = ScriptDirectory.from_config(_config())
    return revision in {script.revision for script in scripts.walk_revisions()}


def _config() -> Config:
    return Config(ROOT / "alembic.ini")
