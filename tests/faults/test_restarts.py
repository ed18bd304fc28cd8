"""The database restarts in daily life: the service is ready again by itself, and nobody is answered with 500."""

from pathlib import Path

import pytest

from tests.faults.outages import own_postgres
from tests.faults.restarts import restarted

pytestmark = pytest.mark.timeout(170)

RESTARTS = 3
# What the promise says; a busy machine needs a fraction of it.
READY_SECONDS = 10.0


async def test_after_each_restart_of_the_database_the_service_is_ready_and_nobody_got_a_500(tmp_path: Path) -> None:
    with own_postgres() as server:
        await server.create("restarts")
        seen = await restarted(server, tmp_path, RESTARTS)
    print(seen)
    assert seen.wrongs == []
    assert len(seen.ready_seconds) == RESTARTS
    assert max(seen.ready_seconds) < READY_SECONDS
    assert seen.statuses[200] > 0
    assert seen.streams > 0
