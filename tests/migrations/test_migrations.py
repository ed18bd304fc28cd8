"""Migrations go up, down and up again on both databases; the metadata has not drifted from them."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from app.core.database import Database
from app.core.errors import AppError
from app.core.migrations import (
    SchemaTooNew,
    SchemaTooOld,
    is_known,
    migrate,
    missing_from,
    missing_revisions,
    present_revisions,
)
from app.tables import METADATA

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
BOOKKEEPING = {"alembic_version"}
# The last of the migrations before the first one of today.
LAST_REPLACED = "0034"
AT_HEAD = """
import asyncio, sys
from app.core.database import Database
from app.core.migrations import missing_revisions
async def main():
    database = Database(sys.argv[1])
    print(await missing_revisions(database), "alembic" in sys.modules)
    await database.close()
asyncio.run(main())
"""


@pytest.fixture
async def migrated(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


def ours(_object: object, name: str | None, kind: str, reflected: bool, _compared: object) -> bool:
    return not (kind == "table" and reflected and name not in METADATA.tables and (name or "") in BOOKKEEPING)


def drift(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
    return list(compare_metadata(context, METADATA))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_the_migrations_make_what_the_code_says(migrated: Database) -> None:
    async with migrated.reader.connect() as connection:
        assert await connection.run_sync(drift) == []
        assert set(METADATA.tables) <= await connection.run_sync(tables)


async def test_up_down_up_leaves_nothing_and_makes_the_same(migrated: Database) -> None:
    await migrate(migrated, to="base")
    async with migrated.reader.connect() as connection:
        assert await connection.run_sync(tables) <= BOOKKEEPING
    assert await present_revisions(migrated) == ()
    assert await missing_revisions(migrated) == tuple(SCRIPTS.get_heads())
    await migrate(migrated)
    assert await missing_revisions(migrated) == ()
    async with migrated.reader.connect() as connection:
        assert await connection.run_sync(drift) == []


async def test_each_step_can_be_taken_back(migrated: Database) -> None:
    steps = len(list(SCRIPTS.walk_revisions()))
    for _ in range(steps):
        before = await present_revisions(migrated)
        await migrate(migrated, to="-1")
        assert await present_revisions(migrated) != before
    assert await present_revisions(migrated) == ()


def test_there_is_one_head_and_every_revision_says_what_it_does() -> None:
    assert len(SCRIPTS.get_heads()) == 1
    assert [revision.revision for revision in SCRIPTS.walk_revisions() if not (revision.doc or "").strip()] == []


def test_revisions_after_the_first_are_dated_in_their_file_names() -> None:
    *later, first = [Path(revision.path).name for revision in SCRIPTS.walk_revisions()]
    assert first == "0001_initial.py"
    assert [name for name in later if not name.startswith("20")] == []


def test_the_first_revision_is_where_databases_of_the_earlier_migrations_stand() -> None:
    assert SCRIPTS.get_base() == "0035"


def test_revisions_are_read_as_alembic_reads_them() -> None:
    revisions = [script.revision for script in SCRIPTS.walk_revisions()]
    assert all(is_known(revision) for revision in revisions)
    assert missing_from(()) == tuple(SCRIPTS.get_heads())
    assert [missing_from((revision,)) for revision in SCRIPTS.get_heads()] == [()]


async def stand_at(database: Database, revision: str) -> None:
    async with database.writer.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


@pytest.mark.parametrize(("revision", "kind"), [(LAST_REPLACED, SchemaTooOld), ("9999", SchemaTooNew)])
async def test_a_database_that_cannot_be_upgraded_is_refused_by_name_and_left_alone(
    migrated: Database, revision: str, kind: type[AppError]
) -> None:
    await stand_at(migrated, revision)
    with pytest.raises(kind, match=f"revision {revision}"):
        await missing_revisions(migrated)
    for to in ("head", "base", "-1"):
        with pytest.raises(kind, match=f"revision {revision}"):
            await migrate(migrated, to=to)
    assert await present_revisions(migrated) == (revision,)
    async with migrated.reader.connect() as connection:
        assert set(METADATA.tables) <= await connection.run_sync(tables)


def test_a_database_at_head_is_recognised_without_alembic(sqlite_url: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", AT_HEAD, sqlite_url], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "() False"


def test_a_new_revision_is_made_in_the_house_form(tmp_path: Path) -> None:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("version_locations", str(tmp_path))
    made = command.revision(config, message="what changes", head="base", splice=True)
    assert made is not None
    assert not isinstance(made, list)
    path = Path(made.path)
    assert path.name.startswith("20")
    assert path.name.endswith("_what_changes.py")
    compile(path.read_text(), path.name, "exec")
