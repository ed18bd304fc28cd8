"""Each refusal that a client can bring about arrives with its own code and the status the reference names."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.api_keys import MOST_KEYS
from app.accounts.avatar import MAX_AVATAR_BYTES
from app.accounts.errors import UserNotFound
from app.accounts.repository import UserRepository
from app.accounts.service import AccountService
from app.api.problems import STATUS
from app.library.domain import AssetKind, UploadWish
from app.library.errors import KindNotUploaded
from app.library.service import LibraryService
from app.notifications.service import MOST_ENDPOINTS
from docs import generated
from tests import factories

pytestmark = pytest.mark.flow

NOBODY = "00000000-0000-7000-8000-00000000abcd"
API = "/api/v1"
STATUS_OF = {kind.code: STATUS[kind.kind] for kind in generated.known_errors()}
PERSON = {"email": "ada@example.com", "password": "seven herons over the weir"}
WRONG = {"email": "ada@example.com", "password": "another long phrase"}

SIGNED_IN: list[tuple[str, str, str, dict[str, Any]]] = [
    ("asset.not_found", "GET", f"/assets/{NOBODY}", {}),
    ("job.not_found", "GET", f"/jobs/{NOBODY}", {}),
    ("job.kind_unknown", "POST", "/jobs", {"json": {"kind": "nothing.known"}}),
    ("usage.period_unusable", "GET", "/usage", {"params": {"from": "2026-02-01", "to": "2026-01-01"}}),
    ("webhook.not_found", "DELETE", f"/webhooks/{NOBODY}", {}),
    ("accounts.avatar_not_found", "GET", f"/avatar/{NOBODY}", {}),
    ("accounts.avatar_unusable", "POST", "/avatar", {"files": {"file": ("me.png", b"", "image/png")}}),
    ("accounts.key_not_found", "DELETE", f"/api-keys/{NOBODY}", {}),
    ("accounts.scope_not_yours", "POST", "/api-keys", {"json": {"name": "all", "scopes": ["admin"]}}),
    (
        "accounts.key_expiry_passed",
        "POST",
        "/api-keys",
        {"json": {"name": "old", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}},
    ),
    ("project.not_found", "GET", f"/projects/{NOBODY}", {}),
    ("segment.not_found", "GET", f"/segments/{NOBODY}", {}),
]
ANONYMOUS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("auth.not_signed_in", "GET", f"{API}/projects", {}),
    ("auth.token_refused", "GET", f"{API}/projects", {"headers": {"Authorization": "Bearer no.token.atall"}}),
    ("auth.wrong_login", "POST", f"{API}/auth/login", {"json": WRONG}),
    ("auth.refresh_refused", "POST", f"{API}/auth/refresh", {"json": {"refresh_token": "x" * 60}}),
    ("events.ticket_spent", "GET", f"{API}/events", {"params": {"ticket": "x" * 43}}),
    ("media.link_refused", "GET", "/media/forged/picture.png", {}),
]


def assert_refused(answer: httpx2.Response, code: str) -> None:
    said = answer.json()
    assert (said["code"], answer.status_code) == (code, STATUS_OF[code]), said
    assert said["error"]["code"] == code
    assert said["detail"].endswith((".", "!", "?"))


@pytest.mark.parametrize(("code", "method", "path", "sent"), SIGNED_IN, ids=[row[0] for row in SIGNED_IN])
async def test_a_signed_in_client_is_refused(
    code: str, method: str, path: str, sent: dict[str, Any], alice: httpx2.AsyncClient
) -> None:
    assert_refused(await alice.request(method, API + path, **sent), code)


@pytest.mark.parametrize(("code", "method", "path", "sent"), ANONYMOUS, ids=[row[0] for row in ANONYMOUS])
async def test_an_anonymous_client_is_refused(
    code: str, method: str, path: str, sent: dict[str, Any], client: httpx2.AsyncClient
) -> None:
    assert_refused(await client.request(method, path, **sent), code)


async def test_a_taken_address_is_refused(client: httpx2.AsyncClient) -> None:
    assert (await client.post(f"{API}/auth/register", json=PERSON)).status_code == 201
    assert_refused(await client.post(f"{API}/auth/register", json=PERSON), "accounts.taken")


async def test_a_key_without_the_scope_is_refused(alice: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    made = await alice.post(f"{API}/api-keys", json={"name": "reader", "scopes": ["read"]})
    bearer = {"Authorization": f"Bearer {made.json()['key']}"}
    assert (await client.get(f"{API}/projects", headers=bearer)).status_code == 200
    assert_refused(await client.post(f"{API}/projects", headers=bearer, json={"name": "Mine"}), "auth.scope_missing")
    assert_refused(await client.get(f"{API}/api-keys", headers=bearer), "auth.sign_in_needed")


async def test_a_wrong_password_changes_nothing(client: httpx2.AsyncClient) -> None:
    await client.post(f"{API}/auth/register", json=PERSON)
    token = (await client.post(f"{API}/auth/login", json=PERSON)).json()["access_token"]
    change = {"current_password": WRONG["password"], "new_password": "a third long phrase"}
    bearer = {"Authorization": f"Bearer {token}"}
    answer = await client.post(f"{API}/auth/change-password", json=change, headers=bearer)
    assert_refused(answer, "accounts.wrong_password")
    assert (await client.post(f"{API}/auth/login", json=PERSON)).status_code == 200


async def test_a_foreign_page_cannot_use_the_session_cookie(client: httpx2.AsyncClient) -> None:
    await client.post(f"{API}/auth/register", json=PERSON)
    await client.post(f"{API}/auth/login", json=PERSON)
    foreign = {"Origin": "https://evil.example"}
    assert_refused(
        await client.post(f"{API}/projects", json={"name": "Theirs"}, headers=foreign), "auth.origin_not_allowed"
    )


async def test_guessing_is_slowed_down(client: httpx2.AsyncClient) -> None:
    answers = [await client.post(f"{API}/auth/login", json=WRONG) for _ in range(11)]
    assert_refused(answers[-1], "auth.too_many_attempts")
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_picture_of_oneself_has_its_limit(alice: httpx2.AsyncClient) -> None:
    large = {"file": ("me.png", b"\x89PNG" + bytes(MAX_AVATAR_BYTES), "image/png")}
    assert_refused(await alice.post(f"{API}/avatar", files=large), "accounts.avatar_too_large")


async def test_a_waiting_job_is_neither_retried_nor_moved_back(
    alice: httpx2.AsyncClient, admin: httpx2.AsyncClient, app: FastAPI
) -> None:
    person = (await alice.get(f"{API}/auth/me")).json()["id"]
    waiting = await factories.job(app.state.resources, person)
    assert_refused(await alice.post(f"{API}/jobs/{waiting.id}/retry"), "job.not_retryable")
    answer = await admin.patch(f"{API}/jobs/{waiting.id}/status", json={"status": "pending"})
    assert_refused(answer, "job.illegal_move")
    assert answer.json()["allowed"]


async def test_an_unknown_name_is_no_account(app: FastAPI) -> None:
    async with app.state.resources.database.unit_of_work() as session:
        with pytest.raises(UserNotFound):
            await AccountService.over(session, app.state.resources).find("nobody@example.com")


async def test_keys_and_webhooks_have_their_limits(alice: httpx2.AsyncClient) -> None:
    key = {"name": "one of many", "scopes": ["read"]}
    made = [await alice.post(f"{API}/api-keys", json=key) for _ in range(MOST_KEYS + 1)]
    assert {answer.status_code for answer in made[:-1]} == {201}
    assert_refused(made[-1], "accounts.too_many_keys")
    hook = {"url": "https://hooks.example.com/film"}
    made = [await alice.post(f"{API}/webhooks", json=hook) for _ in range(MOST_ENDPOINTS + 1)]
    assert {answer.status_code for answer in made[:-1]} == {201}
    assert_refused(made[-1], "webhook.too_many")
    first = f"{API}/webhooks/{made[0].json()['id']}"
    assert_refused(await alice.post(f"{first}/deliveries/{NOBODY}/redeliver"), "webhook.delivery_not_found")


async def test_an_account_without_a_password_has_none_to_change(alice: httpx2.AsyncClient, app: FastAPI) -> None:
    person = (await alice.get(f"{API}/auth/me")).json()["id"]
    resources = app.state.resources
    async with resources.database.unit_of_work() as session:
        await UserRepository(session, resources.clock).drop_password(person)
    change = {"current_password": "never had one", "new_password": "a third long phrase"}
    assert_refused(await alice.post(f"{API}/auth/change-password", json=change), "accounts.no_password")


async def test_only_what_people_bring_is_uploaded(alice: httpx2.AsyncClient, app: FastAPI) -> None:
    person = (await alice.get(f"{API}/auth/me")).json()["id"]
    wish = UploadWish(kind=AssetKind.FILM, content_type="video/mp4", size_bytes=10, sha256="0" * 64, name="film.mp4")
    async with app.state.resources.database.unit_of_work() as session:
        with pytest.raises(KindNotUploaded):
            await LibraryService.over(session, app.state.resources).announce(person, wish)
