"""`avc db`, `backup`, `restore` and `openapi`: what an operator does with this installation itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.terminal import CommandError, ExitCode, Yes, confirm, gc_paused, print_message

if TYPE_CHECKING:
    from app.backup.archive import BackupManifest
    from app.backup.restoring import Restored
    from app.core.database import Database

MOST_NAMED = 20
KEPT_ELSEWHERE = (
    "SECRET_KEY is not in this file: keep it elsewhere, because sealed keys of vendors and webhooks' secrets "
    "cannot be read without it. --with-secrets writes it into the file."
)
KEPT_HERE = "The file holds SECRET_KEY: keep it as you keep passwords."
OTHER_KEY = (
    "SECRET_KEY here is not that of the backup: sealed keys of vendors and webhooks' secrets cannot be read, and "
    "everybody signs in again. Set SECRET_KEY (or OLD_SECRET_KEY) to that of the backup{where}."
)
IN_FILE = "; it stands in secrets.json of the file: tar -xOf {file} secrets.json"

commands = typer.Typer(no_args_is_help=True, add_completion=False)


def configure_logging() -> None:
    """Writes the log as the settings say; commands that work on this installation itself begin with it."""
    from app.core import logging
    from app.core.settings import Settings

    logging.configure(Settings.load())


@commands.command("upgrade")
def upgrade(revision: Annotated[str, typer.Argument(help="Revision to move up to.")] = "head") -> None:
    """Moves the schema up, to the newest revision if none is named."""
    configure_logging()
    asyncio.run(_migrate(revision))


@commands.command("downgrade")
def downgrade(revision: Annotated[str, typer.Argument(help="base, or a number of steps such as -1.")]) -> None:
    """Moves the schema down; rows of the removed tables are lost."""
    if revision != "base" and not revision.startswith("-"):
        message = "a move down is named base, or -1 for one step"
        raise typer.BadParameter(message)
    configure_logging()
    asyncio.run(_migrate(revision))


@commands.command("current")
def current() -> None:
    """Says at which revision the database stands and what is missing; exit code 1 when something is."""
    configure_logging()
    if asyncio.run(_tell_revision()):
        raise typer.Exit(1)


def backup(
    *,
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    with_secrets: Annotated[bool, typer.Option("--with-secrets", help="Writes SECRET_KEY into the file too.")] = False,
) -> None:
    """Takes a backup, also while the service runs."""
    from app.core.schema import format_utc

    configure_logging()
    manifest = asyncio.run(_back_up(file, with_secrets=with_secrets))
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in manifest.counts.items())
    how = "its own backup interface" if manifest.database == "sqlite" else "copies of its tables in one snapshot"
    print_message(f"{file}: as of {format_utc(manifest.taken_at)}, {counts}; the database by {how}.")
    if manifest.missing:
        named = ", ".join(manifest.missing[:MOST_NAMED])
        print_message(f"{len(manifest.missing)} files that rows name were gone, deleted meanwhile or before: {named}")
    print_message(KEPT_HERE if with_secrets else KEPT_ELSEWHERE)
    typer.echo(str(file))


def restore(
    *,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that `avc backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Deletes what the database holds now.")] = False,
    yes: Yes = False,
) -> None:
    """Restores a backup; the service must not run."""
    configure_logging()
    if replace:
        confirm("Delete what the database holds now?", sure=yes)
    _tell_restored(asyncio.run(_restore(file, replace=replace)), file)


def openapi() -> None:
    """Prints the OpenAPI document of this installation as JSON."""
    with gc_paused():
        from app.api.documents import NATIVE, PackedDocument
        from app.core.settings import Settings
    typer.echo(PackedDocument.of(NATIVE, Settings.load()).whole())


@asynccontextmanager
async def open_database() -> "AsyncIterator[Database]":
    """The configured database for the length of one command."""
    from app.core.database import Database, DatabaseDown
    from app.core.settings import Settings

    database = Database(Settings.load().database.database_url)
    try:
        yield database
    except (OSError, DatabaseDown) as fault:
        cause = fault.__cause__ or fault
        text = f"DATABASE_URL: the database at {database.url.render_as_string()} does not answer: {cause}"
        raise CommandError(text, ExitCode.MISUSED) from fault
    finally:
        await database.close()


async def _migrate(revision: str) -> None:
    from app.core.migrations import migrate

    async with open_database() as database:
        await migrate(database, to=revision)
    await _tell_revision()


async def _tell_revision() -> bool:
    """Says at which revision the database stands, and whether any is missing."""
    from app.core.migrations import missing_revisions, present_revisions

    async with open_database() as database:
        present = await present_revisions(database)
        missing = await missing_revisions(database)
    typer.echo(
        f"at {', '.join(present) or 'base'}; {'missing ' + ', '.join(missing) if missing else 'nothing missing'}"
    )
    return bool(missing)


async def _back_up(target: Path, *, with_secrets: bool) -> "BackupManifest":
    with gc_paused():
        from app.backup.making import take_backup
        from app.core import startup
        from app.core.settings import Settings
        from app.resources import open_resources
    settings = startup.with_secret(Settings.load())
    async with open_resources(settings, is_beside=True) as resources:
        return await take_backup(resources, target, with_secrets=with_secrets)


async def _restore(source: Path, *, replace: bool) -> "Restored":
    with gc_paused():
        from app.backup import restoring
        from app.core import startup
        from app.core.settings import Settings
        from app.resources import open_resources
    # Development keeps its secret beside the media, and whoever lost these has lost it too.
    settings = startup.with_secret(Settings.load(), lost=restoring.kept_secret(source))
    async with open_resources(settings) as resources:
        return await restoring.restore(resources, source, replace=replace)


def _tell_restored(restored: "Restored", source: Path) -> None:
    from app.core.schema import format_utc
    from app.usage.domain import MICRO

    manifest, taken_at = restored.manifest, format_utc(restored.manifest.taken_at)
    billed = restored.facts.ledger_micro_usd / MICRO
    print_message(f"Restored as of {taken_at}: {restored.files} files, bills of {billed:.2f} USD.")
    if manifest.missing:
        print_message(f"{len(manifest.missing)} files were missing from the backup already.")
    for provider, (count, micro_usd) in sorted(restored.paid_since.items()):
        print_message(f"Paid after the backup and not in it: {count} calls of {provider}, {micro_usd / MICRO:.2f} USD.")
    print_message(f"What vendors charged after {taken_at} is not in the backup: compare with their bills from then on.")
    print_message(
        f"{restored.reopened.attempts} paid calls were open: their vendors are asked what became of them. "
        f"{restored.reopened.jobs} unfinished jobs go on; before they buy, their vendors are asked whether it was "
        "bought already, and where a vendor cannot tell, the owner is asked."
    )
    if not restored.has_engine:
        print_message(
            "The engine's notes could not be used: unfinished jobs begin again and use what they have bought."
        )
    if not restored.has_same_key:
        where = IN_FILE.format(file=source) if manifest.has_secrets else ""
        print_message(OTHER_KEY.format(where=where))
