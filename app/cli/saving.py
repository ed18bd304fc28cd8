"""`avc backup` and `avc restore`: says what was written, what is missing, and what must be looked at."""

import asyncio
from pathlib import Path

import typer

from app.backup.archive import BackupManifest
from app.backup.making import take_backup
from app.backup.restoring import Restored, kept_secret, restore
from app.cli.asking import make_sure
from app.cli.display import say
from app.core import startup
from app.core.schema import format_utc
from app.core.settings import Settings
from app.resources import open_resources
from app.usage.domain import MICRO

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


def save(target: Path, *, with_secrets: bool) -> None:
    """Takes a backup, also while the service runs."""
    manifest = asyncio.run(_save(target, with_secrets=with_secrets))
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in manifest.counts.items())
    how = "its own backup interface" if manifest.database == "sqlite" else "copies of its tables in one snapshot"
    say(f"{target}: as of {format_utc(manifest.taken_at)}, {counts}; the database by {how}.")
    if manifest.missing:
        named = ", ".join(manifest.missing[:MOST_NAMED])
        say(f"{len(manifest.missing)} files that rows name were gone, deleted meanwhile or before: {named}")
    say(KEPT_HERE if with_secrets else KEPT_ELSEWHERE)
    typer.echo(str(target))


def bring_back(source: Path, *, replace: bool, sure: bool) -> None:
    """Restores a backup; the service must not run."""
    if replace:
        make_sure("Delete what the database holds now?", sure=sure)
    restored = asyncio.run(_bring_back(source, replace=replace))
    _tell(restored, source)


async def _save(target: Path, *, with_secrets: bool) -> BackupManifest:
    settings = startup.with_secret(Settings.load())
    async with open_resources(settings, is_beside=True) as resources:
        return await take_backup(resources, target, with_secrets=with_secrets)


async def _bring_back(source: Path, *, replace: bool) -> Restored:
    # Development keeps its secret beside the media, and whoever lost these has lost it too.
    settings = startup.with_secret(Settings.load(), lost=kept_secret(source))
    async with open_resources(settings) as resources:
        return await restore(resources, source, replace=replace)


def _tell(restored: Restored, source: Path) -> None:
    manifest, taken_at = restored.manifest, format_utc(restored.manifest.taken_at)
    billed = restored.facts.ledger_micro_usd / MICRO
    say(f"Restored as of {taken_at}: {restored.files} files, bills of {billed:.2f} USD.")
    if manifest.missing:
        say(f"{len(manifest.missing)} files were missing from the backup already.")
    for provider, (count, micro_usd) in sorted(restored.paid_since.items()):
        say(f"Paid after the backup and not in it: {count} calls of {provider}, {micro_usd / MICRO:.2f} USD.")
    say(f"What vendors charged after {taken_at} is not in the backup: compare with their bills from then on.")
    say(
        f"{restored.reopened.attempts} paid calls were open: their vendors are asked what became of them. "
        f"{restored.reopened.jobs} unfinished jobs go on; before they buy, their vendors are asked whether it was "
        "bought already, and where a vendor cannot tell, the owner is asked."
    )
    if not restored.has_engine:
        say("The engine's notes could not be used: unfinished jobs begin again and use what they have bought.")
    if not restored.has_same_key:
        where = IN_FILE.format(file=source) if manifest.has_secrets else ""
        say(OTHER_KEY.format(where=where))
