"""What the database says, read with plain SQL beside the processes that write it."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import make_url

JOBS = "SELECT id, status, actual_micro_usd, question IS NOT NULL FROM jobs"
PARKED = "SELECT job_id FROM provider_attempts WHERE state = 'parked'"
ATTEMPTS = "SELECT id, job_id, state, remote_id FROM provider_attempts"
LEDGER = "SELECT job_id, charged_micro_usd FROM ledger_entries"


class Books:
    """Reads either database; never writes, and takes no lock that a worker could meet."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)

    @property
    def is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    async def rows(self, query: str, *, of_engine: bool = False) -> Sequence[Sequence[Any]]:
        if self.is_sqlite:
            file = Path(self._url.database or "")
            if of_engine:
                file = file.with_suffix(".engine.db")
            connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
            try:
                return connection.execute(query).fetchall()
            finally:
                connection.close()
        postgres = await asyncpg.connect(
            host=self._url.query["host"], user=self._url.username, database=self._url.database
        )
        try:
            return [tuple(row) for row in await postgres.fetch(query)]
        finally:
            await postgres.close()

    async def open_jobs(self) -> int:
        """Jobs that have neither ended nor wait for their owner."""
        active = "status NOT IN ('completed', 'failed', 'cancelled')"
        return int((await self.rows(f"SELECT count(*) FROM jobs WHERE {active} AND question IS NULL"))[0][0])

    async def new_jobs(self) -> int:
        """Jobs that no worker has touched yet."""
        return int((await self.rows("SELECT count(*) FROM jobs WHERE dispatched_at IS NULL"))[0][0])

    async def sending(self, executor: str) -> int:
        """Paid calls that this worker has begun and not explained."""
        begun = await self.rows("SELECT fence FROM provider_attempts WHERE state = 'sending'")
        return sum(1 for (fence,) in begun if fence == executor)

    async def most_deaths(self) -> int:
        """How many workers died at most under one job; beyond its limit the engine gives a job up."""
        table = "workflow_status" if self.is_sqlite else "engine.workflow_status"
        query = f"SELECT coalesce(max(recovery_attempts), 1) - 1 FROM {table}"
        return int((await self.rows(query, of_engine=True))[0][0])

    async def is_sound(self) -> bool:
        """What the database itself says of its pages; Postgres checks them on its own."""
        return not self.is_sqlite or list(await self.rows("PRAGMA integrity_check")) == [("ok",)]
