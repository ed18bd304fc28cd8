"""The sweep: a closed account leaves nothing, and what is in use stays."""

import httpx2
from fastapi import FastAPI

from app.library.jobs import SweepLibrary
from app.library.models import Asset
from app.resources import Resources
from tests import factories


async def test_the_media_of_a_closed_account_are_gone_and_others_stay(
    app: FastAPI, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    resources: Resources = app.state.resources
    for person in (alice, bob):
        owner = (await person.get("/api/v1/auth/me")).json()["id"]
        await factories.asset(resources, owner)
    assert (await alice.delete("/api/v1/users/me")).status_code == 204
    sweep = SweepLibrary(resources)
    assert await sweep.purge_accounts() == 1
    assert await sweep.purge_accounts() == 0
    assert await factories.rows(resources.database, Asset) == 1
    assert len([stat async for stat in resources.store.walk("assets/")]) == 1
