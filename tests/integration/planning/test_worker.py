"""The whole way with the real engine: a worker plans while the caller waits."""

from typing import Any

import httpx2
import pytest

from app.core.settings import Settings
from tests.conftest import MakeSettings
from tests.integration.planning.conftest import PLAN, STORY


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": True})


async def test_a_worker_plans_while_the_caller_waits(alice: httpx2.AsyncClient) -> None:
    made = await alice.post("/api/v1/projects", json={"name": "Film", "target_duration_sec": 12})
    project: dict[str, Any] = made.json()
    answer = await alice.post(PLAN, json={"project_id": project["id"], "story_prompt": STORY}, timeout=60)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["segments"]) == 2
    assert (await alice.get(f"/api/v1/projects/{project['id']}")).json()["status"] == "plan_ready"
