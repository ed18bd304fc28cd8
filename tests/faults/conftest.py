"""Fixtures of the kill harness: a nursery of workers, a vendor with faults, a harness on either database."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.harness import SEED, Harness
from tests.faults.nursery import Nursery
from tests.faults.vendor import Vendor


@pytest.fixture
async def single(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """The harness for one worker at a time, on SQLite."""
    dice = random.Random(SEED)
    async with Nursery.opened() as nursery, Vendor(dice).serving() as vendor:
        yield Harness(sqlite_url, str(tmp_path / "storage"), nursery, vendor, dice)


@pytest.fixture
async def replicas(postgres_database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """The harness for several workers at once, on Postgres."""
    dice = random.Random(SEED)
    async with Nursery.opened() as nursery, Vendor(dice).serving() as vendor:
        yield Harness(postgres_database_url, str(tmp_path / "storage"), nursery, vendor, dice)
