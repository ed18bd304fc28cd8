"""Fixtures of the kill harness: a nursery of workers, a vendor with faults, a harness on either database."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.harness import Harness
from tests.faults.nursery import Nursery
from tests.faults.vendor import Vendor

SEED = 20_261_121


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """The harness on a migrated database of its own."""
    dice = random.Random(SEED)
    async with Nursery.opened() as nursery, Vendor(dice).serving() as vendor:
        yield Harness(database_url, str(tmp_path / "storage"), nursery, vendor, dice)


@pytest.fixture
async def replicas(postgres_database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    """The harness for several workers at once."""
    dice = random.Random(SEED)
    async with Nursery.opened() as nursery, Vendor(dice).serving() as vendor:
        yield Harness(postgres_database_url, str(tmp_path / "storage"), nursery, vendor, dice)
