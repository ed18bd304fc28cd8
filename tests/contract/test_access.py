"""Who may do what, generated from the router: a new route without a policy fails here."""

import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
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
    "topic": "conversations",
    "character_id": "fox",
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
# Fewer would mean that a caller was not tried at most routes.
LEAST_CONCERNED = 100
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
        path = re.sub(rf"\{{{name}(:path)?}}", objects.get(name) or SHARED[name], path)
    query = {"project_id": objects["project_id"]} if "/media/upload/" in path else {}
    body = BODIES.get(f"{operation.method} {operation.path}")
    return {"method": operation.method, "url": path, "params": query} | ({} if body is None else {"json": body})


@pytest.fixture(scope="module")
def all_operations(tmp_path_factory: pytest.TempPathFactory) -> list[Operation]:
    return operations(create_app())


def test_every_route_says_who_may_call_it(all_operations: list[Operation]) -> None:
    without = [f"{op.method} {op.path}" for op in all_operations if op.is_public == op.identifies]
    assert without == [], "declare Public or an account on these routes"


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


@dataclass(frozen=True)
class World:
    """Who is there when a caller tries everything."""

    resources: Resources
    alice: httpx2.AsyncClient
    admin: httpx2.AsyncClient

    async def key(self, owner: httpx2.AsyncClient, *scopes: str) -> str:
        made = await owner.post("/api/v1/api-keys", json={"name": " ".join(scopes), "scopes": scopes})
        return str(made.json()["key"])


Proofs = Callable[[Operation], str | None]


@dataclass(frozen=True)
class CallerKind:
    """Somebody who must not get through, how every route answers, and what proof the request carries."""

    name: str
    answers: frozenset[int]
    concerns: Callable[[Operation], bool]
    proofs: Callable[[World], Awaitable[Proofs]]


def named(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def is_of_an_account(operation: Operation) -> bool:
    return operation.identifies


def names_an_object(operation: Operation) -> bool:
    return operation.identifies and not set(operation.names) <= set(SHARED)


def names_what_administrators_may_not_touch(operation: Operation) -> bool:
    return names_an_object(operation) and named(operation) not in ADMIN_ONLY | ADMINS_TOO


async def nothing(_world: World) -> Proofs:
    return lambda _operation: None


async def forged(_world: World) -> Proofs:
    proof = "avc_" + secrets.token_urlsafe(32)
    return lambda _operation: proof


async def expired(world: World) -> Proofs:
    claims = LocalClaims(account_id=world.resources.clock.new_id(), session_id=world.resources.clock.new_id())
    proof = local_tokens(world.resources).issue(claims, use=TokenUse.ACCESS, life=timedelta(minutes=-1))
    return lambda _operation: proof


async def revoked(world: World) -> Proofs:
    made = await world.alice.post("/api/v1/api-keys", json={"name": "revoked", "scopes": ["read", "write"]})
    await world.alice.delete(f"/api/v1/api-keys/{made.json()['id']}")
    proof = str(made.json()["key"])
    return lambda _operation: proof


async def disabled(world: World) -> Proofs:
    me = (await world.alice.get("/api/v1/auth/me")).json()["id"]
    answer = await world.admin.patch(f"/api/v1/admin/users/{me}", json={"is_active": False, "reason": "a test"})
    assert answer.is_success, answer.text
    proof = world.alice.headers["Authorization"].removeprefix("Bearer ")
    return lambda _operation: proof


async def lacking_the_scope(world: World) -> Proofs:
    reading, writing = await world.key(world.alice, "read"), await world.key(world.alice, "write")
    return lambda operation: writing if operation.method in {"GET", "HEAD"} else reading


async def a_stranger(world: World) -> Proofs:
    proof = world.alice.headers["Authorization"].removeprefix("Bearer ")
    return lambda _operation: proof


async def a_strangers_key(world: World) -> Proofs:
    proof = await world.key(world.alice, "read", "write")
    return lambda _operation: proof


async def an_administrator(world: World) -> Proofs:
    proof = world.admin.headers["Authorization"].removeprefix("Bearer ")
    return lambda _operation: proof


UNPROVEN, FORBIDDEN, ABSENT = frozenset({401}), frozenset({403}), frozenset({403, 404})
CALLERS = (
    CallerKind("nobody", UNPROVEN, is_of_an_account, nothing),
    CallerKind("a forged key", UNPROVEN, is_of_an_account, forged),
    CallerKind("an expired token", UNPROVEN, is_of_an_account, expired),
    CallerKind("a revoked key", UNPROVEN, is_of_an_account, revoked),
    CallerKind("a disabled account", UNPROVEN, is_of_an_account, disabled),
    CallerKind("a key without the scope", FORBIDDEN, is_of_an_account, lacking_the_scope),
    CallerKind("a stranger", ABSENT, names_an_object, a_stranger),
    CallerKind("a stranger's key", ABSENT, names_an_object, a_strangers_key),
    CallerKind("an administrator", ABSENT, names_what_administrators_may_not_touch, an_administrator),
)


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
async def test_only_the_owner_gets_through(
    caller: CallerKind,
    all_operations: list[Operation],
    app: FastAPI,
    client: httpx2.AsyncClient,
    alice: httpx2.AsyncClient,
    admin: httpx2.AsyncClient,
    bobs: dict[str, str],
) -> None:
    proofs = await caller.proofs(World(app.state.resources, alice, admin))
    concerned = [operation for operation in all_operations if caller.concerns(operation)]
    assert len(concerned) > LEAST_CONCERNED
    through = []
    for operation in concerned:
        proof = proofs(operation)
        headers = {} if proof is None else {"Authorization": f"Bearer {proof}"}
        reply = await client.request(**request_of(operation, bobs), headers=headers)
        if reply.status_code not in caller.answers:
            through.append((named(operation), reply.status_code, reply.text[:200]))
    assert through == []


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
    "POST /api/v1/chat/{topic:path}": "nobody answers there",
}


def test_every_post_of_an_account_takes_an_idempotency_key(all_operations: list[Operation]) -> None:
    """A new POST that creates something without one fails here."""
    posts = [op for op in all_operations if op.method == "POST" and op.identifies]
    without = {f"{op.method} {op.path}" for op in posts if keyed_request not in op.calls}
    assert without == set(KEYLESS)
