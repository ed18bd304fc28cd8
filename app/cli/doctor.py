"""`avc doctor`: looks at settings, database, storage, ffmpeg and keys, and says what is wrong and what to do."""

import asyncio
from collections.abc import Awaitable, Callable

import typer
from rich.console import Console
from rich.table import Table

from app.cli.refusals import REFUSALS
from app.cli.schema import opened
from app.core import startup
from app.core.clock import SystemClock
from app.core.errors import AppError
from app.core.migrations import missing_revisions, present_revisions
from app.core.settings import Settings
from app.core.threads import Threads
from app.media.tools import find_tools
from app.providers.kit import EngineCard
from app.resources import engines_of, file_store

__all__ = ["doctor"]

Check = Callable[[Settings], Awaitable[str]]


class Ailing(Exception):
    """A check found something a person must mend; the text says what."""


async def _settings(settings: Settings) -> str:
    startup.check(settings)
    return f"APP_ENV={settings.server.app_env}"


async def _database(settings: Settings) -> str:
    async with opened() as database:
        await database.ping()
        present, missing = await present_revisions(database), await missing_revisions(database)
    if missing and settings.is_production():
        message = f"missing {', '.join(missing)}; run `avc db upgrade`"
        raise Ailing(message)
    return f"{'SQLite' if settings.database.is_sqlite() else 'Postgres'} at {', '.join(present) or 'base'}"


async def _storage(settings: Settings) -> str:
    threads = Threads(1)
    try:
        store = file_store(settings.storage, threads, SystemClock())
        await store.check()
        await store.close()
    except OSError as fault:
        message = f"STORAGE_PATH={settings.storage.storage_path} cannot be written: {fault.strerror}"
        raise Ailing(message) from fault
    finally:
        threads.close()
    return str(settings.storage.storage_url or settings.storage.aws_s3_bucket or settings.storage.storage_path)


async def _ffmpeg(settings: Settings) -> str:
    found = await find_tools(settings.media.ffmpeg_path, settings.media.ffprobe_path).check()
    return f"{found.version} at {found.path}"


async def _engines(settings: Settings) -> str:
    threads = Threads(1)
    tools = find_tools(settings.media.ffmpeg_path, settings.media.ffprobe_path)
    engines = engines_of(settings, SystemClock(), threads, tools)
    online = {card.vendor.name: card for card in engines.cards() if card.vendor.online}
    try:
        await asyncio.gather(*(_asked(engines.check, card) for card in online.values() if card.available))
    finally:
        await engines.close()
        threads.close()
    said = (f"{name}: {card.absent_reason or 'key works'}" for name, card in online.items())
    return "; ".join((*said, "local: always there"))


async def _asked(check: Callable[[str], Awaitable[None]], card: EngineCard) -> None:
    try:
        await check(card.vendor.name)
    except AppError as fault:
        message = f"{card.vendor.name}: {fault.text} (see {card.vendor.variable})"
        raise Ailing(message) from fault


CHECKS: tuple[tuple[str, Check], ...] = (
    ("settings", _settings),
    ("database", _database),
    ("storage", _storage),
    ("ffmpeg", _ffmpeg),
    ("engines", _engines),
)


def doctor() -> None:
    """Checks this installation; exit code 1 when something needs mending."""
    settings = Settings.load()
    findings = asyncio.run(_examine(settings))
    table = Table("", "what", "finding", box=None)
    for name, well, said in findings:
        table.add_row("[green]ok[/]" if well else "[red]mend[/]", name, said)
    Console().print(table)
    if not all(well for _, well, _ in findings):
        raise typer.Exit(1)


async def _examine(settings: Settings) -> list[tuple[str, bool, str]]:
    findings = []
    for name, check in CHECKS:
        try:
            findings.append((name, True, await check(settings)))
        except (Ailing, *REFUSALS) as fault:
            findings.append((name, False, str(fault)))
    return findings
