"""Who keeps files, which of them lie on the disk, and what is counted."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.library.domain import AssetView
from app.library.repository import QuotaRepository
from app.library.service import LibraryService
from app.resources import Resources
from tests import factories

Files = Callable[[], list[Path]]
Used = Callable[[], Awaitable[tuple[int, int]]]
View = Callable[[str], Awaitable[AssetView]]


@pytest.fixture
async def owner(resources: Resources) -> str:
    return await factories.user(resources)


@pytest.fixture
def files(resources: Resources) -> Files:
    """Every file under the storage folder, working files included."""
    root = resources.settings.storage.storage_path

    def look() -> list[Path]:
        return [path for path in root.rglob("*") if path.is_file() and path.name != ".secret_key"]

    return look


@pytest.fixture
def used(resources: Resources, owner: str) -> Used:
    """Bytes and files that count for the owner."""

    async def count() -> tuple[int, int]:
        async with resources.database.reading() as session:
            return await QuotaRepository(session).used(owner)

    return count


@pytest.fixture
def view(resources: Resources, owner: str) -> View:
    """The owner's asset as it stands."""

    async def read(asset_id: str) -> AssetView:
        async with resources.database.reading() as session:
            return await LibraryService.over(session, resources).owned(asset_id, owner)

    return read
