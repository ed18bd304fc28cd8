"""/admin: accounts, queue, money that waits, storage; each act with its reason in the audit log."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.domain import AccountRole
from app.core.clock import SystemClock
from app.jobs.domain import AttemptState, JobStatus, JobView, Question
from app.jobs.models import ProviderAttempt
from app.jobs.reconcile import CHARGED, ENDED_TOPIC, NOT_CHARGED
from app.jobs.repository import AttemptRepository, JobRepository
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from tests import factories
from tests.people import SignedIn, admin, alice, bob, signed_in

__all__ = ["admin", "alice", "bob", "signed_in"]
pytestmark = pytest.mark.flow
ADMIN = "/api/v1/admin"
WHY = {"reason": "asked by the owner"}


@pytest.fixture
def resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


async def me(client: httpx2.AsyncClient) -> str:
    return str((await client.get("/api/v1/auth/me")).json()["id"])


async def logged(admin: httpx2.AsyncClient, **wanted: str) -> list[dict[str, Any]]:
    reply = await admin.get(f"{ADMIN}/audit", params=wanted)
    assert reply.status_code == 200, reply.text
    entries: list[dict[str, Any]] = reply.json()["entries"]
    return entries


async def parked(resources: Resources, owner_id: str, state: AttemptState = AttemptState.PARKED) -> tuple[str, JobView]:
    """A call that may have been charged, of a job that has ended and asks about it."""
    job = await factories.job(resources, owner_id)
    clock = SystemClock()
    async with resources.database.unit_of_work() as session:
        attempt = await AttemptRepository(session, clock).add(
            ProviderAttempt(
                job_id=job.id,
                owner_id=owner_id,
                operation="clip",
                number=1,
                provider="minimax",
                account="key",
                nonce=clock.secret(24),
                request_hash="0" * 64,
                exclusive=False,
                state=state,
                estimated_micro_usd=490_000,
            )
        )
        jobs = JobRepository(session, clock)
        await jobs.move(job.id, to=JobStatus.FAILED, finished_at=clock.now())
        question = Question(ENDED_TOPIC, "Does it stand in your bill?", (CHARGED, NOT_CHARGED), attempt.id)
        await jobs.ask_after_end(job.id, question.as_json())
    return attempt.id, job


async def test_accounts_are_found_by_part_of_a_name(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    everybody = (await admin.get(f"{ADMIN}/users")).json()
    assert everybody["total"] == 3
    assert [user["username"] for user in everybody["users"]] == ["bob", "alice", "admin"]
    found = (await admin.get(f"{ADMIN}/users", params={"search": "ALI"})).json()
    assert [user["email"] for user in found["users"]] == ["alice@example.com"]
    assert (await admin.get(f"{ADMIN}/users", params={"search": "%"})).json()["total"] == 0
    assert (await admin.get(f"{ADMIN}/users", params={"role": "admin"})).json()["total"] == 1
    first = await admin.get(f"{ADMIN}/users", params={"limit": 2})
    second = await admin.get(first.links["next"]["url"])
    assert [user["username"] for user in second.json()["users"]] == ["admin"]


async def test_nobody_is_taken_for_another_whose_id_they_took_as_a_name(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    bobs = await me(bob)
    assert (await alice.patch("/api/v1/users/me", json={"username": bobs})).status_code == 200
    found = await admin.get(f"{ADMIN}/users/{bobs}")
    assert (found.status_code, found.json().get("id")) == (200, bobs)


async def test_a_disabled_account_is_out_at_once_and_the_reason_is_kept(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient
) -> None:
    alices = await me(alice)
    changed = await admin.patch(f"{ADMIN}/users/{alices}", json={"is_active": False, "reason": "spam"})
    assert changed.json()["is_active"] is False
    assert (await alice.get("/api/v1/auth/me")).status_code == 401
    (entry,) = await logged(admin, subject=f"user:{alices}")
    assert (entry["actor"], entry["action"], entry["reason"]) == (await me(admin), "user.disable", "spam")


async def test_no_act_without_a_reason(admin: httpx2.AsyncClient, alice: httpx2.AsyncClient) -> None:
    alices = await me(alice)
    assert (await admin.patch(f"{ADMIN}/users/{alices}", json={"is_active": False})).status_code == 422
    assert (await admin.patch(f"{ADMIN}/users/{alices}", json={"role": "admin", "reason": "  "})).status_code == 422
    assert (await admin.delete(f"{ADMIN}/users/{alices}")).status_code == 422
    assert await logged(admin) == []


async def test_the_last_administrator_stays(admin: httpx2.AsyncClient, signed_in: SignedIn) -> None:
    own = await me(admin)
    for change in ({"role": "user"}, {"is_active": False}):
        refused = await admin.patch(f"{ADMIN}/users/{own}", json=change | WHY)
        assert (refused.status_code, refused.json()["code"]) == (409, "administration.last_administrator")
    assert (await admin.delete(f"{ADMIN}/users/{own}", params=WHY)).status_code == 409
    await signed_in("second", role=AccountRole.ADMIN)
    assert (await admin.patch(f"{ADMIN}/users/{own}", json={"role": "user"} | WHY)).status_code == 200
    assert (await admin.get(f"{ADMIN}/users")).status_code == 403


async def test_a_quota_of_ones_own_holds_for_the_next_upload(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    alices, project = await me(alice), (await alice.post("/api/v1/projects", json={"name": "Film"})).json()["id"]
    body = {"quota_mb": 0, "quota_files": 5} | WHY
    changed = (await admin.patch(f"{ADMIN}/users/{alices}", json=body)).json()
    assert (changed["quota_bytes"], changed["quota_files"]) == (0, 5)
    files = {"file": ("a.png", factories.picture(), "image/png")}
    refused = await alice.post(f"/api/v1/projects/{project}/first-frame", files=files)
    assert "quota" in refused.json()["code"]
    reset = await admin.patch(f"{ADMIN}/users/{alices}", json={"quota_mb": None} | WHY)
    # A quota that is not named stays.
    assert (reset.status_code, reset.json()["quota_files"]) == (200, 5), reset.text
    assert (await alice.post(f"/api/v1/projects/{project}/first-frame", files=files)).status_code < 300
    stored = (await admin.get(f"{ADMIN}/storage")).json()
    assert [owner["owner_id"] for owner in stored["owners"]] == [alices]
    assert stored["size_bytes"] == stored["owners"][0]["size_bytes"] > 0
    assert stored["free_bytes"] > 0


async def test_a_deleted_account_is_closed(admin: httpx2.AsyncClient, alice: httpx2.AsyncClient) -> None:
    alices = await me(alice)
    assert (await admin.delete(f"{ADMIN}/users/{alices}", params=WHY)).status_code == 204
    assert (await alice.get("/api/v1/auth/me")).status_code == 401
    assert (await admin.get(f"{ADMIN}/users/{alices}")).status_code == 404
    assert [entry["action"] for entry in await logged(admin)] == ["user.delete"]


async def test_the_queue_is_shown_and_a_job_is_stopped(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, resources: Resources
) -> None:
    alices = await me(alice)
    job = await factories.job(resources, alices)
    queue = (await admin.get(f"{ADMIN}/queue")).json()
    assert queue["groups"][0] | {"oldest_at": ""} == {
        "kind": "test.work",
        "status": "queued",
        "stage": "",
        "count": 1,
        "oldest_at": "",
    }
    listed = (await admin.get(f"{ADMIN}/jobs", params={"owner_id": alices, "phase": "queued"})).json()
    assert [(found["id"], found["owner_id"]) for found in listed["jobs"]] == [(job.id, alices)]
    stopped = await admin.post(f"{ADMIN}/jobs/{job.id}/cancel", json=WHY)
    assert stopped.json()["status"] == "cancelled"
    (entry,) = await logged(admin, action="job.cancel")
    assert (entry["subject"], entry["reason"], entry["details"]["owner_id"]) == (f"job:{job.id}", WHY["reason"], alices)


async def test_the_older_door_for_stopping_a_job_is_logged_too(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, resources: Resources
) -> None:
    job = await factories.job(resources, await me(alice))
    assert (await admin.post(f"/api/v1/jobs/{job.id}/cancel")).status_code == 202
    assert [(entry["action"], entry["subject"]) for entry in await logged(admin)] == [("job.cancel", f"job:{job.id}")]


async def test_a_parked_call_is_answered_once(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, resources: Resources
) -> None:
    attempt_id, job = await parked(resources, await me(alice))
    listed = (await admin.get(f"{ADMIN}/attempts", params={"state": "parked"})).json()
    assert [found["question"]["choices"] for found in listed["attempts"]] == [[CHARGED, NOT_CHARGED]]
    answer = {"choice": NOT_CHARGED, "reason": "not in the bill of November"}
    wrong = await admin.post(f"{ADMIN}/attempts/{attempt_id}/answer", json=answer | {"choice": "perhaps"})
    assert wrong.status_code in {409, 422}
    assert (await admin.post(f"{ADMIN}/attempts/{attempt_id}/answer", json=answer)).json()["id"] == job.id
    again = await admin.post(f"{ADMIN}/attempts/{attempt_id}/answer", json=answer)
    assert again.json()["code"] == "job.attempt_not_asked"
    unknown = await admin.post(f"{ADMIN}/attempts/{job.id}/answer", json=answer)
    assert unknown.json()["code"] == "job.attempt_not_found"
    assert (await admin.get(f"{ADMIN}/attempts")).json()["total"] == 0
    (entry,) = await logged(admin, action="attempt.answer")
    assert entry["details"]["choice"] == NOT_CHARGED


async def test_what_is_put_aside_is_listed(admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, app: FastAPI) -> None:
    resources: Resources = app.state.resources
    job = await factories.job(resources, await me(alice))
    async with resources.database.unit_of_work() as session:
        await LedgerBudget(resources).hold(session, job, 2_500_000)
    (hold,) = (await admin.get(f"{ADMIN}/holds")).json()["holds"]
    assert (hold["job_id"], hold["held"], hold["drawn"], hold["closed"]) == (job.id, 2.5, 0.0, False)


async def test_the_log_is_exported_whole_as_lines_and_as_a_table(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient
) -> None:
    alices = await me(alice)
    for number in range(3):
        why = {"reason": f"=reason {number}"}
        await admin.patch(f"{ADMIN}/users/{alices}", json={"quota_files": number} | why)
    exported = await admin.get(f"{ADMIN}/audit/export")
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line)["details"]["most_files"] for line in exported.text.splitlines()] == [2, 1, 0]
    table = await admin.get(f"{ADMIN}/audit/export", params={"format": "csv", "action": "user.quota"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["reason"] for row in rows] == ["'=reason 2", "'=reason 1", "'=reason 0"]
    later = (SystemClock().now() + timedelta(hours=1)).isoformat()
    assert (await admin.get(f"{ADMIN}/audit/export", params={"since": later})).text == ""


async def test_the_log_is_read_page_by_page(admin: httpx2.AsyncClient, alice: httpx2.AsyncClient) -> None:
    alices = await me(alice)
    for number in range(3):
        await admin.patch(f"{ADMIN}/users/{alices}", json={"quota_files": number} | WHY)
    first = await admin.get(f"{ADMIN}/audit", params={"limit": 2})
    second = await admin.get(first.links["next"]["url"])
    shown = [entry["details"]["most_files"] for reply in (first, second) for entry in reply.json()["entries"]]
    assert (shown, second.json()["total"]) == ([2, 1, 0], 3)


async def test_users_and_their_keys_stay_outside(alice: httpx2.AsyncClient, admin: httpx2.AsyncClient) -> None:
    paths = ("users", "queue", "jobs", "attempts", "holds", "storage", "audit", "audit/export")
    assert {(await alice.get(f"{ADMIN}/{path}")).status_code for path in paths} == {403}
    key = (await admin.post("/api/v1/api-keys", json={"name": "reads", "scopes": ["read"]})).json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    assert {(await alice.get(f"{ADMIN}/{path}", headers=headers)).status_code for path in paths} == {403}
