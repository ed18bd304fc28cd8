"""Doors offer what the caller's own key pays for, and nobody else's."""

import httpx2

from tests.standins.minimax.world import GOOD_KEY


async def models(person: httpx2.AsyncClient) -> set[str]:
    answer = await person.get("/v1/models")
    assert answer.status_code == 200, answer.text
    return {model["id"] for model in answer.json()["data"]}


async def test_an_own_key_brings_its_models_to_its_owner_alone(
    alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    before = await models(alice)
    kept = await alice.put("/api/v1/provider-keys/minimax", json={"key": GOOD_KEY})
    assert kept.status_code == 200, kept.text
    brought = await models(alice) - before
    assert any("hailuo" in model.lower() for model in brought)
    assert await models(bob) == before
