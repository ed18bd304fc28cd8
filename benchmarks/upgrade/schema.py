"""Compares the schema of a database that began at an older commit with that of a new one, on SQLite and on Postgres.

Run it with `python -m benchmarks.upgrade.schema REVISION` in a clone that has this revision. The older code makes a
database, this code upgrades it and makes another. It prints each difference and ends with 1 unless there is none.
"""

import argparse
import asyncio
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, create_engine, inspect, select, text
from sqlalchemy.engine import Inspector

from benchmarks.upgrade.run import ROOT, unpacked
from tests.faults.outages import own_postgres

# What the inspector does not tell. Its own words for indexes and constraints hold every option of them.
SQLITE_CATALOG = {
    "table": "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'",
    "numbered": "SELECT name FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'",
    "column": 'SELECT t.name, c.cid, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden '
    "FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c WHERE t.schema = 'main' AND t.type = 'table'",
    "collation": "SELECT m.name, x.seqno, x.name, x.desc, x.coll "
    "FROM sqlite_schema AS m, pragma_index_xinfo(m.name) AS x WHERE m.type = 'index' AND m.sql IS NOT NULL",
    "other": "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type <> 'table'",
}
POSTGRES_CATALOG = {
    "column": "SELECT attrelid::regclass::text, attnum, attname, format_type(atttypid, atttypmod), attnotnull, "
    "attidentity, attgenerated, attcollation::regcollation::text, pg_get_expr(adbin, adrelid) FROM pg_attribute "
    "JOIN pg_class ON pg_class.oid = attrelid AND relnamespace = 'public'::regnamespace "
    "LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attnum > 0 AND NOT attisdropped",
    "constraint": "SELECT conrelid::regclass::text, conname, convalidated, pg_get_constraintdef(oid) "
    "FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "index": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "sequence": "SELECT s.sequencename, s.data_type::text, s.start_value, s.increment_by, s.last_value, "
    "pg_get_serial_sequence(d.refobjid::regclass::text, a.attname) FROM pg_sequences AS s "
    "LEFT JOIN pg_depend AS d ON d.objid = s.sequencename::regclass AND d.deptype IN ('a', 'i') "
    "LEFT JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE schemaname = 'public'",
    "relation": "SELECT relname, relkind::text, relpersistence::text, reloptions::text FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace",
    "function": "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "type": "SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace",
}


def description(engine: Engine) -> list[str]:
    """Everything about a database that its migrations decide, one fact a line, in an order of its own."""
    with engine.connect() as connection:
        lines = [*_inspected(inspect(connection)), *_catalog(connection), *_rows(connection)]
    return sorted(lines)


def _inspected(inspector: Inspector) -> Iterator[str]:
    for table in inspector.get_table_names():
        for column in inspector.get_columns(table):
            yield f"{table} column {sorted(column.items(), key=str)}"
        yield f"{table} primary key {inspector.get_pk_constraint(table)}"
        yield from (f"{table} foreign key {key}" for key in inspector.get_foreign_keys(table))
        yield from (f"{table} unique {constraint}" for constraint in inspector.get_unique_constraints(table))
        yield from (f"{table} check {constraint}" for constraint in inspector.get_check_constraints(table))
        yield from (f"{table} index {_index(dict(index))}" for index in inspector.get_indexes(table))


def _index(index: dict[str, object]) -> list[tuple[str, str]]:
    options = index.pop("dialect_options", {})
    assert isinstance(options, dict)
    # A condition is an object whose words are what counts.
    return sorted((name, str(value)) for name, value in {**index, **options}.items())


def _catalog(connection: Connection) -> Iterator[str]:
    catalog = SQLITE_CATALOG if connection.dialect.name == "sqlite" else POSTGRES_CATALOG
    for kind, query in catalog.items():
        yield from (f"catalog {kind} {tuple(row)}" for row in connection.execute(text(query)))


def _rows(connection: Connection) -> Iterator[str]:
    there = MetaData()
    there.reflect(connection)
    for name, table in there.tables.items():
        yield from (f"{name} row {tuple(row)}" for row in connection.execute(select(table)))


def upgraded(code: Path, url: str, folder: Path) -> None:
    """Has the program in this folder bring a database to its newest revision."""
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(code), "LOG_LEVEL": "WARNING"}
    known |= {"DATABASE_URL": url, "STORAGE_PATH": str(folder / "storage")}
    command = [sys.executable, "-m", "app.cli", "db", "upgrade"]
    if subprocess.run(command, env=known, cwd=code, check=False).returncode:
        raise SystemExit(f"the program in {code} does not upgrade the database {url}")


def differences(kind: str, older: Path, urls: dict[str, tuple[str, str]], folder: Path) -> int:
    """Makes both databases, prints in what they differ, and gives how many lines that is."""
    found: dict[str, list[str]] = {}
    for age, (url, sync_url) in urls.items():
        if age == "older":
            upgraded(older, url, folder)
        upgraded(ROOT, url, folder)
        engine = create_engine(sync_url)
        found[age] = description(engine)
        engine.dispose()
    lines = list(difflib.unified_diff(found["older"], found["new"], "older", "new", lineterm="", n=0))
    print("\n".join(lines) or f"{kind}: equal, {len(found['new'])} facts")
    return len(lines)


def main() -> int:
    """Prints what came of it, and gives the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("revision")
    chosen = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="avc-schema-"))
    try:
        older = unpacked(chosen.revision, folder / "older")
        files = {age: f"{folder}/{age}.db" for age in ("older", "new")}
        sqlite = {age: (f"sqlite+aiosqlite:///{file}", f"sqlite:///{file}") for age, file in files.items()}
        found = differences("SQLite", older, sqlite, folder)
        with own_postgres() as server:
            postgres = {}
            for age in ("older", "new"):
                asyncio.run(server.create_empty(f"schema_{age}"))
                postgres[age] = (server.url, server.url.replace("asyncpg", "psycopg"))
            found += differences("Postgres", older, postgres, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
