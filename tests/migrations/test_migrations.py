"""Migrations go up, down and up again on both databases; the metadata has not drifted from them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from app.core.database import Database
from app.core.migrations import migrate, missing_revisions, present_revisions
from app.tables import METADATA

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
BOOKKEEPING = {"alembic_version"}


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


def test_revisions_are_dated_in_their_file_names() -> None:
    names = [Path(revision.path).name for revision in SCRIPTS.walk_revisions()]
    assert names
    assert [name for name in names if not name.startswith("20")] == []


def test_a_new_revision_is_made_in_the_house_form(tmp_path: Path) -> None:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("version_locations", str(tmp_path))
    made = command.revision(config, message="what changes", head="base", splice=True)
    assert made is not None
    assert not isinstance(made, list)
    path = Path(made.path)
    assert path.name.endswith("_what_changes.py")
    compile(path.read_text(), path.name, "exec")
