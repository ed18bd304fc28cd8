"""Who may do what, generated from the router: a new route without a policy fails here."""

import secrets
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.identity import local_tokens
from app.accounts.tokens import LocalClaims, TokenUse
from app.core.settings import Settings
from app.jobs.dependencies import keyed_request
from app.main import create_app
from app.resources import Resources
from tests import factories
from tests.contract.routes import Operation, operations
from tests.doubles.hurried_clock import UnpausedClock

# Bodies that pass validation, so that a refusal is about the person and not about the form.
BODIES: Mapping[str, Any] = {
    "PUT /api/v1/provider-keys/{provider}": {"key": "sk-stolen-0123456789"},
    "PUT /api/v1/projects/{project_id}": {"name": "stolen"},
    "PATCH /api/v1/projects/{project_id}": {"name": "stolen"},
    "PUT /api/v1/segments/{segment_id}": {"narration_text": "stolen"},
    "PATCH /api/v1/segments/{segment_id}": {"narration_text": "stolen"},
    "POST /api/v1/projects/{project_id}/segments": {},
    "POST /api/v1/projects/{project_id}/segments/reorder": {"segment_ids": []},
    "PATCH /api/v1/gallery/{asset_id}": {"title": "stolen"},
    "POST /api/gallery/{user_id}/rename": {"old_name": "a.mp4", "new_name": "stolen"},
    "PATCH /api/v1/webhooks/{webhook_id}": {"description": "stolen"},
    "PATCH /api/v1/jobs/{job_id}/status": {"status": "cancelled"},
    "POST /api/v1/jobs/{job_id}/answer": {"choice": "send_again"},
    "POST /api/v1/moderation/verdicts/{verdict_id}": {"decision": "allow"},
    "PATCH /api/v1/admin/users/{user_id}": {"role": "admin", "reason": "stolen"},
    "POST /api/v1/admin/jobs/{job_id}/cancel": {"reason": "stolen"},
    "POST /api/v1/admin/attempts/{attempt_id}/answer": {"choice": "send_again", "reason": "stolen"},
    "PUT /hub/api/v1/projects/{project_id}": {"title": "stolen"},
    "PATCH /hub/api/v1/jobs/{job_id}/status": {"status": "cancelled"},
    "PUT /spa/api/v1/projects/{project_id}": {"name": "stolen"},
    "PUT /spa/api/v1/segments/{segment_id}": {"narrationText": "stolen"},
    "POST /spa/api/v1/voices": {"voiceId": "stolen", "name": "Stolen"},
    "POST /spa/api/v1/voices/assign": {"projectId": "stolen", "voiceId": "stolen"},
    "POST /api/v1/voices": {"voice_id": "stolen", "name": "Stolen"},
    "POST /api/v1/voices/assign": {"project_id": "stolen", "voice_id": "stolen"},
    "POST /api/v1/music/{music_id}/remix": {"remix_style": "rock"},
    "POST /api/v1/settings/{key}": {"value": "dark"},
    "POST /api/v1/voices/design": {"name": "Stolen", "prompt": "A voice."},
    "POST /v1/videos/{video_id}/remix": {"prompt": "Stolen"},
}
# What belongs to nobody, by the name of its path parameter.
SHARED: Mapping[str, str] = {
    "name": "local",
    "position": "0",
    "scene_index": "0",
    "youtube_id": "x",
    "video_name": "film.mp4",
    "provider": "minimax",
    "key": "theme",
    "width": "4",
    "height": "3",
    "model": "any",
}
# A part of a front end that this service says it does not offer.
NOT_OFFERED = 501
ADMIN_ONLY = frozenset(
    {
        "PATCH /api/v1/jobs/{job_id}/status",
        "PATCH /hub/api/v1/jobs/{job_id}/status",
        "GET /api/v1/moderation/verdicts",
        "GET /api/v1/invitations",
        "POST /api/v1/invitations",
        "POST /api/v1/moderation/verdicts/{verdict_id}",
        "GET /api/v1/admin/users",
        "GET /api/v1/admin/users/{user_id}",
        "PATCH /api/v1/admin/users/{user_id}",
        "DELETE /api/v1/admin/users/{user_id}",
        "GET /api/v1/admin/queue",
        "GET /api/v1/admin/jobs",
        "POST /api/v1/admin/jobs/{job_id}/cancel",
        "GET /api/v1/admin/attempts",
        "POST /api/v1/admin/attempts/{attempt_id}/answer",
        "GET /api/v1/admin/holds",
        "GET /api/v1/admin/storage",
        "GET /api/v1/admin/audit",
        "GET /api/v1/admin/audit/export",
    }
)
# What administrators do with anybody's jobs: they stop them, and answer what nobody else can about a call's charge.
ADMINS_TOO = frozenset(
    {
        "GET /api/v1/jobs/{job_id}",
        "GET /api/v1/jobs/{job_id}/manifest",
        "POST /api/v1/jobs/{job_id}/answer",
        "POST /api/v1/jobs/{job_id}/cancel",
    }
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Who may do what does not depend on the kind of database."""
    return sqlite_url


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """Refusals of faces pause, and here they are asked for by the hundred."""
    application = create_app(settings, clock=UnpausedClock())
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def bobs(app: FastAPI, bob: httpx2.AsyncClient) -> dict[str, str]:
    """One object of each kind that belongs to Bob, by the name of its path parameter."""
    resources: Resources = app.state.resources
    me = (await bob.get("/api/v1/auth/me")).json()["id"]
    project = (await bob.post("/api/v1/projects", json={"name": "Bob's film"})).json()
    webhook = (await bob.post("/api/v1/webhooks", json={"url": "https://bob.example.com/x"})).json()
    delivery = (await bob.post(f"/api/v1/webhooks/{webhook['id']}/test")).json()
    key = (await bob.post("/api/v1/api-keys", json={"name": "bob", "scopes": ["read"]})).json()
    image = (await bob.post("/api/v1/image/generate", json={"prompt": "A picture of Bob's"})).json()
    music = (await bob.post("/api/v1/music/generate", json={"prompt": "A song of Bob's"})).json()
    job = await factories.job(resources, me)
    return {
        "image_id": image["id"],
        "music_id": music["id"],
        "project_id": project["id"],
        "segment_id": project["segments"][0]["id"],
        "webhook_id": webhook["id"],
        "delivery_id": delivery["id"],
        "key_id": key["id"],
        "session_id": (await bob.get("/api/v1/users/me/sessions")).json()["sessions"][0]["id"],
        "invitation_id": resources.clock.new_id(),
        "job_id": job.id,
        "attempt_id": resources.clock.new_id(),
        "task_id": (await factories.job(resources, me)).id,
        "take_id": resources.clock.new_id(),
        "user_id": me,
        "asset_id": await factories.asset(resources, me),
        "verdict_id": resources.clock.new_id(),
        "voice_id": await factories.voice(resources, me),
        "video_id": resources.clock.new_id(),
        "movie_id": resources.clock.new_id(),
        "show_id": await factories.show(resources, me),
    }


def request_of(operation: Operation, objects: Mapping[str, str]) -> dict[str, Any]:
    path = operation.path
    for name in operation.names:
        path = path.replace(f"{{{name}}}", objects.get(name) or SHARED[name])
    query = {"project_id": objects["project_id"]} if "/media/upload/" in path else {}
    body = BODIES.get(f"{operation.method} {operation.path}")
    return {"method": operation.method, "url": path, "params": query} | ({} if body is None else {"json": body})


@pytest.fixture(scope="module")
def all_operations(tmp_path_factory: pytest.TempPathFactory) -> list[Operation]:
    return operations(create_app())


def test_every_route_says_who_may_call_it(all_operations: list[Operation]) -> None:
    without = [f"{op.method} {op.path}" for op in all_operations if op.is_public == op.identifies]
    assert without == [], "declare Public or an account on these routes"


async def test_nobody_reaches_what_needs_an_account(
    all_operations: list[Operation], client: httpx2.AsyncClient, bobs: dict[str, str]
) -> None:
    reached = []
    for operation in all_operations:
        if not operation.is_public:
            reply = await client.request(**request_of(operation, bobs))
            if reply.status_code != 401:
                reached.append((operation.method, operation.path, reply.status_code))
    assert reached == []


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json"])
@pytest.mark.parametrize("proof", [{}, {"Authorization": "Bearer avc_forged"}], ids=["none", "forged"])
async def test_no_body_is_read_for_nobody(
    all_operations: list[Operation],
    client: httpx2.AsyncClient,
    bobs: dict[str, str],
    kind: str,
    proof: Mapping[str, str],
) -> None:
    taken = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(8):
            taken += 1
            yield b" " * 65536

    read = []
    for operation in all_operations:
        if not operation.is_public and operation.method not in {"GET", "HEAD"}:
            taken = 0
            request = request_of(operation, bobs) | {"headers": {"Content-Type": kind, **proof}, "content": counted()}
            request.pop("json", None)
            reply = await client.request(**request)
            if (reply.status_code, taken) != (401, 0):
                read.append((operation.method, operation.path, reply.status_code, taken))
    assert read == []


async def test_a_stranger_finds_nothing_of_bobs(
    all_operations: list[Operation], alice: httpx2.AsyncClient, admin: httpx2.AsyncClient, bobs: dict[str, str]
) -> None:
    reached = []
    for operation in all_operations:
        named = set(operation.names) & set(bobs)
        if operation.is_public or not named:
            continue
        for name, client in (("stranger", alice), ("admin", admin)):
            if name == "admin" and f"{operation.method} {operation.path}" in ADMIN_ONLY | ADMINS_TOO:
                continue
            reply = await client.request(**request_of(operation, bobs))
            if reply.status_code not in {403, 404}:
                reached.append((name, operation.method, operation.path, reply.status_code, reply.text[:200]))
    assert reached == []


async def test_a_foreign_object_looks_like_an_absent_one(
    all_operations: list[Operation], alice: httpx2.AsyncClient, bobs: dict[str, str], app: FastAPI
) -> None:
    absent = {name: app.state.resources.clock.new_id() for name in bobs}
    differing = []
    for operation in all_operations:
        if operation.is_public or not set(operation.names) & set(bobs):
            continue
        foreign = await alice.request(**request_of(operation, bobs))
        missing = await alice.request(**request_of(operation, absent))
        if alike(foreign, bobs) != alike(missing, absent):
            differing.append((operation.method, operation.path, foreign.text, missing.text))
    assert differing == []


def alike(reply: httpx2.Response, objects: Mapping[str, str]) -> tuple[int, str]:
    text = reply.text.replace(reply.headers["x-request-id"], "REQUEST")
    for name, object_id in objects.items():
        text = text.replace(object_id, name)
    return reply.status_code, text


async def test_lists_show_nothing_of_bobs(
    all_operations: list[Operation], alice: httpx2.AsyncClient, bobs: dict[str, str]
) -> None:
    for operation in all_operations:
        if (
            operation.method != "GET"
            or operation.names
            or not operation.identifies
            or operation.path.endswith("events")
        ):
            continue
        reply = await alice.get(operation.path)
        shown = [name for name, object_id in bobs.items() if object_id in reply.text]
        assert shown == [], operation.path


def expired_token(app: FastAPI) -> str:
    resources: Resources = app.state.resources
    claims = LocalClaims(account_id=resources.clock.new_id(), session_id=resources.clock.new_id())
    return local_tokens(resources).issue(claims, use=TokenUse.ACCESS, life=timedelta(minutes=-1))


@pytest.mark.parametrize("kind", ["expired", "forged", "empty"])
async def test_a_bad_token_opens_nothing(
    all_operations: list[Operation], app: FastAPI, bob: httpx2.AsyncClient, bobs: dict[str, str], kind: str
) -> None:
    proof = {"expired": expired_token(app), "forged": "avc_" + secrets.token_urlsafe(32), "empty": "x"}[kind]
    opened = []
    for operation in all_operations:
        if operation.identifies:
            request = request_of(operation, bobs)
            reply = await bob.request(**request, headers={"Authorization": f"Bearer {proof}"})
            if reply.status_code != 401:
                opened.append((operation.method, operation.path, reply.status_code))
    assert opened == []


async def test_a_key_without_the_scope_is_refused(
    all_operations: list[Operation], bob: httpx2.AsyncClient, bobs: dict[str, str]
) -> None:
    keys = {}
    for scope in ("read", "write"):
        made = await bob.post("/api/v1/api-keys", json={"name": scope, "scopes": [scope]})
        keys[scope] = {"Authorization": f"Bearer {made.json()['key']}"}
    wrong = []
    for operation in all_operations:
        if not operation.identifies:
            continue
        reads = operation.method in {"GET", "HEAD"}
        lacking = keys["write" if reads else "read"]
        reply = await bob.request(**request_of(operation, bobs), headers=lacking)
        if reply.status_code != 403:
            wrong.append((operation.method, operation.path, reply.status_code))
    assert wrong == []


async def test_the_owner_reads_what_is_bobs(
    all_operations: list[Operation], bob: httpx2.AsyncClient, bobs: dict[str, str]
) -> None:
    refused = []
    for operation in all_operations:
        if operation.method == "GET" and operation.identifies and "events" not in operation.path:
            reply = await bob.request(**request_of(operation, bobs))
            if f"{operation.method} {operation.path}" in ADMIN_ONLY:
                assert reply.status_code == 403
            elif reply.status_code in {401, 403} or (reply.status_code >= 500 and reply.status_code != NOT_OFFERED):
                refused.append((operation.path, reply.status_code, reply.text[:200]))
    assert refused == []


# Why a repeated POST of an account needs no key.
KEYLESS: Mapping[str, str] = {
    "POST /api/v1/auth/change-password": "it creates nothing",
    "POST /api/v1/auth/email/verify/request": "it creates nothing: the mail is the same again",
    "POST /api/v1/api-keys": "its secret is kept nowhere, and the list shows a key that was made twice",
    "POST /api/v1/auth/email/change": "it replaces",
    "POST /api/v1/auth/totp/setup": "it replaces what is not confirmed yet",
    "POST /api/v1/auth/totp/confirm": "a code counts once",
    "POST /api/v1/auth/totp/disable": "a code counts once",
    "POST /api/v1/invitations": "its code is kept nowhere, and the list shows an invitation that was made twice",
    "POST /api/v1/avatar": "it replaces",
    "POST /api/v1/projects/{project_id}/estimate": "it changes nothing",
}


def test_every_post_of_an_account_takes_an_idempotency_key(all_operations: list[Operation]) -> None:
    """A new POST that creates something without one fails here."""
    posts = [op for op in all_operations if op.method == "POST" and op.identifies]
    without = {f"{op.method} {op.path}" for op in posts if keyed_request not in op.calls}
    assert without == set(KEYLESS)
