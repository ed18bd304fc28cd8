"""Idempotency-Key over HTTP: a repeat gets the first answer at every door, another request is refused."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.jobs.errors import KeyReused
from app.jobs.models import IdempotencyRecord
from app.notifications.models import WebhookEndpoint
from app.projects.models import Project
from app.resources import Resources
from tests import factories

pytestmark = pytest.mark.flow
KEY = {"Idempotency-Key": "0198c0de-0000-7000-8000-000000000001"}
WEBHOOK = {"url": "https://alice.example.com/x"}


def picture(seed: int = 640) -> dict[str, Any]:
    return {"file": ("frame.png", factories.picture(seed), "image/png")}


async def made(alice: httpx2.AsyncClient, name: str = "Film") -> str:
    project = await alice.post("/api/v1/projects", json={"name": name, "target_duration_sec": 6})
    found: str = project.json()["id"]
    return found


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/projects", {"name": "Film"}),
        ("/spa/api/v1/projects", {"name": "Film"}),
        ("/hub/api/v1/projects", {"title": "Film", "script": "A fox wakes."}),
    ],
)
async def test_a_repeated_wish_for_a_project_makes_one(
    app: FastAPI, alice: httpx2.AsyncClient, path: str, body: dict[str, str]
) -> None:
    first = await alice.post(path, json=body, headers=KEY)
    again = await alice.post(f"{path}/", json=body, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert await factories.rows(app.state.resources.database, Project) == 1


async def test_the_same_key_with_another_path_is_refused(alice: httpx2.AsyncClient) -> None:
    one, other = await made(alice, "One"), await made(alice, "Other")
    first = await alice.post(f"/api/v1/projects/{one}/duplicate", headers=KEY)
    second = await alice.post(f"/api/v1/projects/{other}/duplicate", headers=KEY)
    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 422, KeyReused.code)


async def test_the_same_key_with_another_query_is_refused(alice: httpx2.AsyncClient) -> None:
    one, other = await made(alice, "One"), await made(alice, "Other")
    path, headers = "/api/v1/media/upload/first-frame", KEY
    first = await alice.post(path, params={"project_id": one}, files=picture(), headers=headers)
    again = await alice.post(path, params={"project_id": one}, files=picture(), headers=headers)
    second = await alice.post(path, params={"project_id": other}, files=picture(), headers=headers)
    assert first.json()["asset_id"] == again.json()["asset_id"]
    assert (second.status_code, second.json()["code"]) == (422, KeyReused.code)


async def test_the_same_key_with_another_file_or_name_is_refused(alice: httpx2.AsyncClient) -> None:
    path = f"/api/v1/projects/{await made(alice)}/first-frame"
    assert (await alice.post(path, files=picture(), headers=KEY)).status_code == 200
    for sent in (picture(641), {"file": ("other.png", factories.picture(640), "image/png")}):
        refused = await alice.post(path, files=sent, headers=KEY)
        assert (refused.status_code, refused.json()["code"]) == (422, KeyReused.code)


async def test_a_secret_is_told_again_and_kept_sealed(app: FastAPI, alice: httpx2.AsyncClient) -> None:
    first = await alice.post("/api/v1/webhooks", json=WEBHOOK, headers=KEY)
    again = await alice.post("/api/v1/webhooks", json=WEBHOOK, headers=KEY)
    assert first.status_code == 201
    assert first.json()["secret"] == again.json()["secret"]
    resources: Resources = app.state.resources
    assert await factories.rows(resources.database, WebhookEndpoint) == 1
    async with resources.database.reading() as session:
        kept = (await session.scalars(select(IdempotencyRecord.body))).all()
    assert not any(first.json()["secret"] in (body or "") for body in kept)


async def test_at_every_door_the_key_stands_for_the_job_that_was_started(
    app: FastAPI, alice: httpx2.AsyncClient
) -> None:
    """So that a request whose answer was lost in a crash does not start its work, and pay for it, once more."""
    starts = {
        "/api/v1/videos/generate": {"prompt": "A fox"},
        "/api/v1/video/generate": {"prompt": "A fox", "duration": 6},
        "/v1/videos": {"prompt": "A fox"},
    }
    for number, (path, body) in enumerate(starts.items()):
        answer = await alice.post(path, json=body, headers={"Idempotency-Key": f"start-{number}"})
        assert answer.status_code < 300, answer.text
    async with app.state.resources.database.reading() as session:
        jobs = (await session.scalars(select(IdempotencyRecord.job_id))).all()
    assert len({job for job in jobs if job}) == len(starts)
