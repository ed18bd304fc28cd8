"""What a commit whose answer was lost may have kept is not undone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.clock import SystemClock
from app.core.database import CommitUnknown
from app.library.domain import AssetKind
from app.library.intake import Intake, MadeFile
from app.resources import open_resources
from tests import factories
from tests.conftest import MakeSettings
from tests.faults.books import Books
from tests.faults.outages import OwnPostgres, PostgresProxy, own_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[OwnPostgres]:
    with own_postgres() as opened:
        yield opened


async def test_a_file_stays_whose_row_may_have_been_committed(
    server: OwnPostgres, make_settings: MakeSettings, tmp_path: Path
) -> None:
    name = f"c_{SystemClock().new_id().replace('-', '')}"
    await server.create(name)
    made = tmp_path / "made.mp3"
    made.write_bytes(b"sound")
    async with PostgresProxy(server.folder, name).serving() as proxy:
        settings = make_settings(database={"database_url": proxy.url})
        async with open_resources(settings) as resources:
            owner = await factories.user(resources)
            proxy.cut_at(b"COMMIT", delivered=True)
            with pytest.raises(CommitUnknown):
                await Intake(resources).keep(owner, AssetKind.NARRATION, "made", MadeFile(made, "mp3", {}))
            [(key,)] = await Books(server.url).rows("SELECT store_key FROM assets")
            assert b"".join([chunk async for chunk in resources.store.open(key)]) == b"sound"
