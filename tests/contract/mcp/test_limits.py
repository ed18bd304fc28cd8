"""Tools that change something count as every other door's changes do, and their jobs as every other job."""

import httpx2
import pytest

from app.core.errors import Exhausted
from app.core.settings import Settings
from app.jobs.errors import JobNotFound, TooManyJobs
from tests.conftest import MakeSettings
from tests.contract.faces.door import address, key_of
from tests.contract.mcp.test_http import STORY, agent_of, refused
from tests.scripted_house import app, kit, vendor

__all__ = ["address", "app", "kit", "vendor"]

ORDER = {"story": STORY, "target_duration_seconds": 6, "ask_first": True}
CHANGES_A_MINUTE = 3


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(
        database={"database_url": database_url},
        security={"rate_limit_jobs": CHANGES_A_MINUTE},
        work={"embedded_worker": True, "max_jobs_per_user": 1},
    )


async def test_a_tool_that_starts_work_spends_the_quota_of_jobs(address: str, alice: httpx2.AsyncClient) -> None:
    async with agent_of(address, await key_of(alice)) as agent:
        for _ in range(CHANGES_A_MINUTE):
            assert JobNotFound.code in await refused(agent, "cancel_job", job_id="none")
        assert Exhausted.code in await refused(agent, "start_film", film=ORDER)
        assert (await agent.call("list_projects"))["total"] == 0
    assert (await alice.post("/api/v1/projects", json={"name": "Film"})).status_code == 429


async def test_a_tool_starts_no_more_jobs_than_a_user_may_have(address: str, alice: httpx2.AsyncClient) -> None:
    async with agent_of(address, await key_of(alice)) as agent:
        await agent.call("start_film", film=ORDER)
        assert TooManyJobs.code in await refused(agent, "start_film", film=ORDER)
