"""The configured database: brings its schema up or down, and says where it stands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer

from app.cli.refusals import Unreachable
from app.core.database import Database, DatabaseDown
from app.core.migrations import migrate, missing_revisions, present_revisions
from app.core.settings import Settings


@asynccontextmanager
async def opened() -> AsyncIterator[Database]:
    """The configured database for the length of one command."""
    settings = Settings.load()
    database = Database(settings.database.database_url)
    try:
        yield database
    except (OSError, DatabaseDown) as fault:
        cause = fault.__cause__ or fault
        message = f"DATABASE_URL: the database at {database.url.render_as_string()} does not answer: {cause}"
        raise Unreachable(message) from fault
    finally:
        await database.close()


def move(revision: str) -> None:
    """Moves the schema to this revision."""
    asyncio.run(_move(revision))


def current() -> None:
    """Says at which revision the database stands and what is missing; exit code 1 when something is."""
    if asyncio.run(_tell()):
        raise typer.Exit(1)


async def _move(revision: str) -> None:
    async with opened() as database:
        await migrate(database, to=revision)
    await _tell()


async def _tell() -> bool:
    async with opened() as database:
        present = await present_revisions(database)
        missing = await missing_revisions(database)
    typer.echo(
        f"at {', '.join(present) or 'base'}; {'missing ' + ', '.join(missing) if missing else 'nothing missing'}"
    )
    return bool(missing)
