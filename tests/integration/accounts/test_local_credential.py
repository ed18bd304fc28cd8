"""The local credential acts as the local user, from this machine alone and for one start of the service."""

from typing import Any

import pytest
from fastapi import FastAPI

from app.accounts.errors import LocalCredentialRefused
from tests.integration.accounts.conftest import At

pytestmark = pytest.mark.flow

SECRET = "avcl_seven-herons-over-the-weir"
PROOF = {"Authorization": f"Bearer {SECRET}"}
ME, HERE = "/api/v1/auth/me", "http://127.0.0.1:8000"
ASKED = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
AGENT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(autouse=True)
def secret(app: FastAPI) -> None:
    app.state.local_secret = SECRET


async def test_commands_of_this_machine_act_as_the_local_user_beside_other_accounts(
    at: At, ada: dict[str, Any]
) -> None:
    command = await at("127.0.0.1", base_url=HERE)
    me = await command.get(ME, headers=PROOF)
    assert (me.status_code, me.json()["username"], me.json()["role"]) == (200, "local", "user")
    assert me.json()["id"] != ada["id"]
    made = await command.post("/api/v1/projects", json={"name": "Mine"}, headers=PROOF)
    assert made.status_code == 201
    other = await at("::1", base_url="http://[::1]:8000")
    assert (await other.get(ME, headers=PROOF)).json()["id"] == me.json()["id"]
    agent = await command.post("/mcp", json=ASKED, headers=PROOF | AGENT)
    assert agent.status_code == 200, agent.text


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.1", HERE),
        ("10.0.0.1", "http://localhost:8000"),
        ("127.0.0.1", "http://evil.example"),
        ("127.0.0.1", "http://192.0.2.1:8000"),
        ("unix", HERE),
    ],
)
async def test_from_elsewhere_or_by_another_name_it_is_refused(at: At, peer: str, address: str) -> None:
    stranger = await at(peer, base_url=address)
    for path, method in ((ME, "GET"), ("/api/v1/projects", "POST"), ("/mcp", "POST")):
        reply = await stranger.request(method, path, headers=PROOF | AGENT)
        assert (reply.status_code, reply.json()["code"]) == (401, LocalCredentialRefused.code), reply.text
        assert "send an API key" in reply.json()["detail"]


@pytest.mark.parametrize(
    "name", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP"]
)
async def test_what_came_through_a_proxy_is_refused(at: At, name: str) -> None:
    command = await at("127.0.0.1", base_url=HERE)
    reply = await command.get(ME, headers=PROOF | {name: "127.0.0.1"})
    assert (reply.status_code, reply.json()["code"]) == (401, LocalCredentialRefused.code)


@pytest.mark.parametrize(
    "wrong", [f"{SECRET}x", SECRET[:-1], "avcl_", "avcl_é", SECRET.upper().replace("AVCL", "avcl")]
)
async def test_a_wrong_secret_is_refused(at: At, wrong: str) -> None:
    command = await at("127.0.0.1", base_url=HERE)
    reply = await command.get(ME, headers={"Authorization": f"Bearer {wrong}".encode()})
    assert (reply.status_code, reply.json()["code"]) == (401, LocalCredentialRefused.code)


async def test_a_foreign_page_changes_nothing_with_it(at: At) -> None:
    command = await at("127.0.0.1", base_url=HERE)
    headers = PROOF | {"Origin": "http://evil.example"}
    assert (await command.post("/api/v1/projects", json={"name": "Stolen"}, headers=headers)).status_code == 401


@pytest.mark.parametrize("accepted", ["", None])
async def test_a_service_that_left_none_accepts_none(at: At, app: FastAPI, accepted: str | None) -> None:
    if accepted is None:
        del app.state.local_secret
    else:
        app.state.local_secret = accepted
    command = await at("127.0.0.1", base_url=HERE)
    for proof in (SECRET, "avcl_"):
        reply = await command.get(ME, headers={"Authorization": f"Bearer {proof}"})
        assert (reply.status_code, reply.json()["code"]) == (401, LocalCredentialRefused.code)


class TestProduction:
    """Production accepts no local credential, even if one were left."""

    @pytest.fixture
    def settings(self, make_settings: Any, database_url: str) -> Any:
        return make_settings(
            server={"app_env": "production"}, database={"database_url": database_url}, work={"embedded_worker": False}
        )

    async def test_it_is_refused(self, at: At) -> None:
        command = await at("127.0.0.1", base_url=HERE)
        reply = await command.get(ME, headers=PROOF)
        assert (reply.status_code, reply.json()["code"]) == (401, LocalCredentialRefused.code)
