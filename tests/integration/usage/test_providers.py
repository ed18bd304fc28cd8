"""GET /providers: roles, models, limits and prices, or the reason why an engine is absent."""

from datetime import date

import httpx2
import pytest

from app.main import create_app
from tests.conftest import MakeSettings
from tests.people import access_token


def named(answer: httpx2.Response, name: str) -> dict:
    assert answer.status_code == 200, answer.text
    return next(engine for engine in answer.json()["providers"] if engine["name"] == name)


def role_of(engine: dict, role: str) -> dict:
    return next(offer for offer in engine["roles"] if offer["role"] == role)


async def test_without_keys_the_offline_engines_are_the_default_of_every_role(alice: httpx2.AsyncClient) -> None:
    local = named(await alice.get("/api/v1/providers"), "local")
    assert (local["available"], local["online"], local["absent_reason"]) == (True, False, None)
    assert {offer["role"]: offer["is_default"] for offer in local["roles"]} == dict.fromkeys(
        ("planner", "video", "image", "speech", "moderation"), True
    )
    assert all(offer["prices"] == [] for offer in local["roles"])
    clips = role_of(local, "video")["models"][0]["capabilities"]
    assert {"duration_seconds": 6, "resolution": "768P"} in clips["outputs"]["first_last_frame"]


async def test_an_engine_without_its_key_says_so_and_still_shows_its_prices(alice: httpx2.AsyncClient) -> None:
    minimax = named(await alice.get("/api/v1/providers"), "minimax")
    assert (minimax["available"], minimax["absent_reason"]) == (False, "MINIMAX_API_KEY is not set.")
    offer = role_of(minimax, "video")
    assert offer["models"] == []
    [price] = [line for line in offer["prices"] if (line["model"], line["option"]) == ("MiniMax-Hailuo-02", "768P 6 s")]
    assert (price["usd"], price["unit"]) == (0.28, "clip")
    assert date.fromisoformat(price["as_of"])


async def test_one_engine_is_read_by_name(alice: httpx2.AsyncClient) -> None:
    answer = await alice.get("/api/v1/providers/openai")
    assert (answer.status_code, answer.json()["title"]) == (200, "OpenAI")
    unknown = await alice.get("/api/v1/providers/nobody")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "provider.not_found")


@pytest.mark.parametrize("path", ["/api/v1/providers", "/api/v1/providers/local"])
async def test_only_people_with_an_account_read_them(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 401


async def test_a_key_makes_the_engine_available_with_its_limits(make_settings: MakeSettings, sqlite_url: str) -> None:
    app = create_app(make_settings(database={"database_url": sqlite_url}, minimax={"api_key": "sk-test"}))
    async with app.router.lifespan_context(app):
        headers = {"Authorization": f"Bearer {await access_token(app.state.resources, 'alice')}"}
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as alice:
            minimax = (await alice.get("/api/v1/providers/minimax")).json()
    assert (minimax["available"], minimax["absent_reason"]) == (True, None)
    model = role_of(minimax, "video")["models"][0]
    assert (model["model"], model["capabilities"]["prompt_limit_characters"]) == ("MiniMax-Hailuo-02", 2000)
