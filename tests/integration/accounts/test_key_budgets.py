"""API keys: when last used, and what may be spent through each; a job remembers its key and hands it to its parts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.pagination import Window
from app.core.settings import Settings
from app.jobs.domain import JobFilter, JobView, Lane
from app.jobs.queue import JobQueue, Order
from app.jobs.repository import JobRepository
from app.main import create_app
from app.resources import Resources
from app.usage.domain import BudgetExceeded
from app.usage.ledger import LedgerBudget
from tests.conftest import MakeSettings
from tests.integration.accounts.mailing import ShiftedClock

pytestmark = pytest.mark.flow

API = "/api/v1"
ME = f"{API}/auth/me"
# More than one picture of the vendor costs, and less than two.
ONE_PICTURE_USD = 0.005


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, minimax={"api_key": "sk-minimax"})


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    application = create_app(settings, clock=ShiftedClock())
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def app_resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


async def made(client: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    reply = await client.post(f"{API}/api-keys", json={"name": "key", "scopes": ["read", "write"], **more})
    assert reply.status_code == 201, reply.text
    key: dict[str, Any] = reply.json()
    return key


async def listed(client: httpx2.AsyncClient) -> dict[str, Any]:
    (key,) = (await client.get(f"{API}/api-keys")).json()["api_keys"]
    shown: dict[str, Any] = key
    return shown


def bearer(key: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['key']}"}


async def draw(client: httpx2.AsyncClient, prompt: str, key: dict[str, Any] | None = None) -> httpx2.Response:
    headers = bearer(key) if key else {}
    return await client.post(f"{API}/image/generate", json={"prompt": prompt}, headers=headers)


async def test_a_keys_use_is_noted_once_a_minute(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, app: FastAPI
) -> None:
    key = await made(alice)
    assert (key["last_used_at"], (await listed(alice))["last_used_at"]) == (None, None)
    await client.get(ME, headers=bearer(key))
    first = (await listed(alice))["last_used_at"]
    assert first is not None
    clock = app.state.resources.clock
    clock.ahead = timedelta(seconds=59)
    await client.get(ME, headers=bearer(key))
    assert (await listed(alice))["last_used_at"] == first
    clock.ahead = timedelta(seconds=61)
    await client.get(ME, headers=bearer(key))
    assert (await listed(alice))["last_used_at"] > first


async def test_a_key_ends_at_its_time(alice: httpx2.AsyncClient, client: httpx2.AsyncClient, app: FastAPI) -> None:
    clock = app.state.resources.clock
    key = await made(alice, expires_at=(clock.now() + timedelta(minutes=5)).isoformat())
    assert (await client.get(ME, headers=bearer(key))).status_code == 200
    clock.ahead = timedelta(minutes=5)
    assert (await client.get(ME, headers=bearer(key))).status_code == 401


async def test_a_key_buys_no_more_than_its_budget(alice: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    key, other = await made(alice, budget_usd=ONE_PICTURE_USD), await made(alice)
    assert key["budget_usd"] == ONE_PICTURE_USD
    assert (await draw(client, "A red boat", key)).status_code == 200
    refused = await draw(client, "A blue boat", key)
    assert (refused.status_code, refused.json()["code"], refused.json()["budget"]) == (402, "budget.exceeded", "key")
    assert (await draw(client, "A green boat", other)).status_code == 200
    assert (await draw(alice, "A white boat")).status_code == 200


async def test_a_budget_of_nothing_allows_what_is_free(alice: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    key = await made(alice, budget_usd=0)
    film = await client.post(f"{API}/projects", json={"name": "By key"}, headers=bearer(key))
    assert film.status_code == 201
    assert (await draw(client, "A red boat", key)).status_code == 402


@pytest.mark.parametrize("budget", [-1, "5", True, 1e9])
async def test_a_budget_is_a_sum_of_dollars(alice: httpx2.AsyncClient, budget: Any) -> None:
    body = {"name": "key", "scopes": ["read"], "budget_usd": budget}
    assert (await alice.post(f"{API}/api-keys", json=body)).status_code == 422


async def part_of(resources: Resources, parent: JobView) -> JobView:
    order = Order(owner_id=parent.owner_id, kind="test.work", lane=Lane.LIGHT, params={}, parent_id=parent.id)
    async with resources.database.unit_of_work() as session:
        return (await JobQueue(session, resources).enqueue(order))[0]


async def test_the_parts_of_a_job_count_for_its_key(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, app_resources: Resources
) -> None:
    key = await made(alice, budget_usd=ONE_PICTURE_USD)
    await draw(client, "A red boat", key)
    owner_id = (await alice.get(ME)).json()["id"]
    async with app_resources.database.reading() as session:
        jobs = JobRepository(session, app_resources.clock)
        (job,) = (await jobs.listed(owner_id, JobFilter(), Window()))[0].items
    part = await part_of(app_resources, job)
    assert (job.key_id, part.key_id) == (key["id"], key["id"])
    async with app_resources.database.unit_of_work() as session:
        with pytest.raises(BudgetExceeded):
            await LedgerBudget(app_resources).hold(session, part, 5_000)


async def test_what_a_job_gives_back_its_key_may_spend_again(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, app_resources: Resources
) -> None:
    key = await made(alice, budget_usd=ONE_PICTURE_USD)
    await draw(client, "A red boat", key)
    jobs = (await alice.get(f"{API}/jobs")).json()["jobs"]
    assert (await alice.post(f"{API}/jobs/{jobs[0]['id']}/cancel")).status_code in {200, 202}
    assert (await draw(client, "A blue boat", key)).status_code == 200
