"""`avc db`: brings the schema up or down, and says where it stands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from app.cli.refusals import Unreachable
from app.core.database import Database, DatabaseDown
from app.core.migrations import HEAD, migrate, missing_revisions, present_revisions
from app.core.settings import Settings

__all__ = ["commands", "opened"]

commands = typer.Typer(help="The database: its schema and where it stands.", no_args_is_help=True)


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


@commands.command("upgrade")
def upgrade(revision: Annotated[str, typer.Argument(help="Revision to move up to.")] = HEAD) -> None:
    """Moves the schema up, to the newest revision if none is named."""
    asyncio.run(_move(revision))


@commands.command("downgrade")
def downgrade(revision: Annotated[str, typer.Argument(help="base, or a number of steps such as -1.")]) -> None:
    """Moves the schema down; rows of the removed tables are lost."""
    if revision != "base" and not revision.startswith("-"):
        message = "a move down is named base, or -1 for one step"
        raise typer.BadParameter(message)
    asyncio.run(_move(revision))


@commands.command("current")
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
