"""Brings the database to head, and says whether it is there."""

import re
from ast import literal_eval
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from app.core.database import Database
from app.core.errors import Conflict

ROOT = Path(__file__).resolve().parents[2]
HEAD = "head"
VERSIONS = ROOT / "migrations" / "versions"
# Revisions whose schema the first migration of today, 0035, creates as a whole.
REPLACED = frozenset(f"{number:04}" for number in range(1, 35))
ASSIGNMENT = re.compile(r"^(revision|down_revision) = (.+)$", re.MULTILINE)


class SchemaTooOld(Conflict):
    """The database stands at a revision whose migrations this version no longer has."""

    code = "database.schema_too_old"
    message = (
        "The database was made by a version that this one cannot upgrade. Upgrade it with the version before this one "
        "first; docs/operate.md says how. Nothing was changed."
    )


class SchemaTooNew(Conflict):
    """The database stands at a revision that this version does not know."""

    code = "database.schema_too_new"
    message = (
        "The database was upgraded by a newer version. Install that version or a newer one, or restore a backup of "
        "this one. Nothing was changed."
    )


async def migrate(database: Database, *, to: str = HEAD) -> None:
    """Moves the schema up or down to a revision; two processes that start at once wait for each other."""
    async with database.writer.begin() as connection:
        await connection.run_sync(_move, to)


def _move(connection: Connection, to: str) -> None:
    if not missing_from(_present(connection)) and to == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    config = Config(ROOT / "alembic.ini")
    config.attributes["connection"] = connection
    move = command.downgrade if to == "base" or to.startswith("-") else command.upgrade
    move(config, to)


async def missing_revisions(database: Database) -> tuple[str, ...]:
    """Revisions this code has and the database has not; empty when it is at head."""
    return missing_from(await present_revisions(database))


def missing_from(present: Iterable[str]) -> tuple[str, ...]:
    """Revisions this code has and a database that stands at these has not; refuses revisions that it cannot upgrade."""
    standing = set(present)
    if unknown := sorted(standing - _revisions().keys()):
        kind = SchemaTooOld if is_replaced(unknown[0]) else SchemaTooNew
        message = f"{kind.message} It stands at revision {unknown[0]}."
        raise kind(message, facts={"revision": unknown[0]})
    return tuple(sorted(_heads() - standing))


async def present_revisions(database: Database) -> tuple[str, ...]:
    """Revisions the database stands at; empty before the first migration."""
    async with database.reader.connect() as connection:
        return await connection.run_sync(_present)


def _present(connection: Connection) -> tuple[str, ...]:
    if not inspect(connection).has_table("alembic_version"):
        return ()
    return tuple(sorted(connection.scalars(select(column("version_num")).select_from(table("alembic_version")))))


def is_known(revision: str) -> bool:
    """Whether this code can bring a database from this revision to its newest."""
    return revision in _revisions()


def is_replaced(revision: str) -> bool:
    """Whether only versions before this one can bring a database from this revision to its newest."""
    return revision in REPLACED


@cache
def _heads() -> frozenset[str]:
    """Revisions that no other one follows."""
    return frozenset(_revisions()) - {before for follows in _revisions().values() for before in follows}


@cache
def _revisions() -> Mapping[str, tuple[str, ...]]:
    """Every revision with those it follows, read from the text of the scripts, which nothing need import for it."""
    return dict(_read(path) for path in sorted(VERSIONS.glob("*.py")))


def _read(path: Path) -> tuple[str, tuple[str, ...]]:
    fields = {name: literal_eval(value) for name, value in ASSIGNMENT.findall(path.read_text())}
    before = fields["down_revision"]
    return fields["revision"], (before,) if isinstance(before, str) else before or ()
