"""`avc doctor`: looks at an installation, also while it runs, makes nothing, and says what is wrong and what to do."""

import asyncio
import os
import socket
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from app.cli.client import CliSettings, is_service_at, own_address
from app.cli.installation import open_database
from app.cli.terminal import refusals
from app.core import startup
from app.core.clock import SystemClock
from app.core.errors import AppError
from app.core.migrations import missing_from, present_revisions
from app.core.settings import Settings, strange_settings
from app.core.threads import Threads
from app.media.tools import find_tools
from app.providers.bundle import EngineCard
from app.providers.voices.installed import can_speak, voice_folder
from app.resources import MEBIBYTE, engines_of, file_store
from app.storage.disk import nearest, space_of

GIBIBYTE = 1024 * MEBIBYTE
KNOCK_SECONDS = 1.0
PROBED_KEY = "doctor/none"


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "[green]ok[/]"
    WARN = "[yellow]look[/]"
    MEND = "[red]mend[/]"


@dataclass(frozen=True)
class CheckResult:
    """What a check found."""

    said: str
    severity: Severity = Severity.OK


Check = Callable[[Settings], Awaitable[CheckResult]]


class CheckFailed(Exception):
    """A check found something a person must mend; the text says what."""


async def _settings(settings: Settings) -> CheckResult:
    startup.check(settings)
    return CheckResult(f"APP_ENV={settings.server.app_env}")


async def _names(_settings: Settings) -> CheckResult:
    strange = strange_settings(Settings.variables() | _client_variables())
    if not strange:
        return CheckResult("every name is known")
    said = (f"{each.name} in {each.place} sets nothing{_perhaps(each.meant)}" for each in strange)
    return CheckResult("; ".join(said), Severity.WARN)


def _perhaps(meant: str | None) -> str:
    return "" if meant is None else f": did you mean {meant}?"


def _client_variables() -> frozenset[str]:
    return frozenset(name for names in CliSettings.variables().values() for name in names)


async def _service(settings: Settings) -> CheckResult:
    address = own_address(settings.server)
    if settings.server.port == 0:
        return CheckResult("takes any free port, so it cannot be looked for")
    if await is_service_at(address, must_answer=False):
        return CheckResult(f"answers at {address}")
    if _is_taken(settings.server.host, settings.server.port):
        message = f"another program listens at {address}; stop it, or set PORT to a free one"
        raise CheckFailed(message)
    return CheckResult(f"does not run; it would listen at {address}")


def _is_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(KNOCK_SECONDS)
        return probe.connect_ex((host, port)) == 0


async def _database(settings: Settings) -> CheckResult:
    if settings.database.is_sqlite():
        return _sqlite(settings)
    async with open_database() as database:
        await database.ping()
        return _at(settings, "Postgres", await present_revisions(database))


def _sqlite(settings: Settings) -> CheckResult:
    """Reads the file without its writer, so that a service that runs is not disturbed and none is needed."""
    path = Path(settings.database.database_url.partition("///")[2])
    if not path.is_file():
        severity = Severity.MEND if settings.is_production() else Severity.OK
        return CheckResult(f"SQLite: {path} is not there yet; `avc db upgrade` makes it", severity)
    # A file that nobody has open has no log beside it, and reading it as it is makes none.
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)) as database:
            (there,) = database.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'alembic_version'").fetchone()
            rows = database.execute("SELECT version_num FROM alembic_version").fetchall() if there else []
    except sqlite3.Error as fault:
        message = f"SQLite: {path} cannot be read: {fault}"
        raise CheckFailed(message) from fault
    return _at(settings, "SQLite", [row[0] for row in rows])


def _at(settings: Settings, kind: str, present: Sequence[str]) -> CheckResult:
    missing = missing_from(present)
    if missing and settings.is_production():
        message = f"missing {', '.join(missing)}; run `avc db upgrade`"
        raise CheckFailed(message)
    return CheckResult(f"{kind} at {', '.join(present) or 'base'}")


async def _storage(settings: Settings) -> CheckResult:
    storage = settings.storage
    if storage.storage_url or storage.aws_s3_bucket:
        threads = Threads(1)
        store = file_store(storage, threads, SystemClock())
        try:
            await store.stat(PROBED_KEY)
        finally:
            await store.close()
            threads.close()
        return CheckResult(storage.storage_url or f"s3://{storage.aws_s3_bucket}")
    folder = storage.storage_path
    there = nearest(folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        message = f"STORAGE_PATH={folder} cannot be written: mend the rights of {there}, or name another folder"
        raise CheckFailed(message)
    return CheckResult(f"{folder}{'' if folder.exists() else ' is made at the first start'}")


async def _disk(settings: Settings) -> CheckResult:
    space, reserve = space_of(settings.storage.storage_path), settings.storage.storage_reserve_mb * MEBIBYTE
    free, total = space.free_bytes, space.total_bytes
    kept = f"STORAGE_RESERVE_MB keeps {reserve / GIBIBYTE:.1f}"
    said = f"{free / GIBIBYTE:.1f} of {total / GIBIBYTE:.1f} GB are free; {kept}"
    if free < reserve:
        message = f"{said}, so uploads and films wait: free space"
        raise CheckFailed(message)
    return CheckResult(said, Severity.WARN if free < 2 * reserve else Severity.OK)


async def _mail(settings: Settings) -> CheckResult:
    if settings.security.smtp_url.get_secret_value():
        return CheckResult("by SMTP_URL")
    if settings.is_production():
        return CheckResult("SMTP_URL is not set: nobody can be sent a code for a lost password", Severity.WARN)
    return CheckResult("on the console, because SMTP_URL is not set")


async def _ffmpeg(settings: Settings) -> CheckResult:
    found = await find_tools(settings.media.ffmpeg_path, settings.media.ffprobe_path).check()
    return CheckResult(f"{found.version} at {found.path}")


async def _engines(settings: Settings) -> CheckResult:
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
    return CheckResult("; ".join((*said, "local: always there")))


async def _voices(settings: Settings) -> CheckResult:
    names = [voice.id for voice in voice_folder(settings).voices()]
    if not names:
        return CheckResult("no natural ones; `avc voices install LANGUAGE` adds one")
    if not can_speak():
        return CheckResult(
            f"{', '.join(names)} wait for the extra: pip install 'ai-video-creator[voices]'", Severity.WARN
        )
    return CheckResult(", ".join(names))


async def _asked(check: Callable[[str], Awaitable[None]], card: EngineCard) -> None:
    try:
        await check(card.vendor.name)
    except AppError as fault:
        message = f"{card.vendor.name}: {fault.text} (see {card.vendor.variable})"
        raise CheckFailed(message) from fault


CHECKS: tuple[tuple[str, Check], ...] = (
    ("settings", _settings),
    ("names", _names),
    ("service", _service),
    ("database", _database),
    ("storage", _storage),
    ("disk", _disk),
    ("mail", _mail),
    ("ffmpeg", _ffmpeg),
    ("engines", _engines),
    ("voices", _voices),
)


def doctor() -> None:
    """Checks this installation; exit code 1 when something needs mending."""
    findings = asyncio.run(_check_all(Settings.load()))
    table = Table("", "what", "finding", box=None)
    for name, finding in findings:
        table.add_row(finding.severity, name, finding.said)
    Console().print(table)
    if any(finding.severity is Severity.MEND for _, finding in findings):
        raise typer.Exit(1)


async def _check_all(settings: Settings) -> list[tuple[str, CheckResult]]:
    return [(name, await _found(check, settings)) for name, check in CHECKS]


async def _found(check: Check, settings: Settings) -> CheckResult:
    failures: tuple[type[Exception], ...] = (CheckFailed, *refusals())
    try:
        return await check(settings)
    except failures as fault:
        return CheckResult(str(fault), Severity.MEND)
