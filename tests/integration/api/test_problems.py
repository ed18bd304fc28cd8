"""Every refusal is problem+json with the OpenAI member, whoever refuses."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.integration.api.conftest import Edge

PROBLEM = "application/problem+json"
BIG = 256 * 1024 + 1


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 65536):
        yield b" " * 65536


def assert_problem(answer: httpx2.Response, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert answer.headers["content-type"] == PROBLEM
    assert body["status"] == status
    assert isinstance(body["detail"], str)
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["error"].keys() == {"message", "type", "param", "code"}
    assert (body["error"]["message"], body["error"]["code"]) == (body["detail"], code)


async def test_unknown_path_is_a_problem(edge: Edge) -> None:
    assert_problem(await (await edge()).get("/nowhere"), 404, "request.no_such_path")


async def test_wrong_method_names_all_the_right_ones(edge: Edge) -> None:
    answer = await (await edge()).delete("/probe/items/1")
    assert_problem(answer, 405, "request.method_not_allowed")
    assert answer.headers["allow"] == "GET, PUT"


async def test_announced_excess_is_a_problem(edge: Edge) -> None:
    client = await edge()
    assert_problem(await client.post("/probe/notes", content=b" " * BIG), 413, "request.too_large")


async def test_unannounced_excess_is_a_problem(edge: Edge) -> None:
    client = await edge()
    headers = {"content-type": "application/json"}
    answer = await client.post("/probe/notes", content=chunks(BIG), headers=headers)
    assert_problem(answer, 413, "request.too_large")


async def test_excess_on_a_path_without_a_body_is_a_problem(edge: Edge) -> None:
    client = await edge()
    answer = await client.request("GET", "/probe/items/1", content=b" " * BIG)
    assert_problem(answer, 413, "request.too_large")


async def test_invalid_body_names_the_field_and_never_echoes_it(edge: Edge) -> None:
    answer = await (await edge()).post("/probe/notes", json={"text": "x", "count": "canary-in-the-body", "more": 1})
    assert_problem(answer, 422, "request.invalid")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/body/count", "/body/more"]
    assert "count" in answer.json()["detail"]
    assert "canary" not in answer.text


async def test_broken_json_is_invalid(edge: Edge) -> None:
    answer = await (await edge()).post(
        "/probe/notes", content=b'{"text": ', headers={"content-type": "application/json"}
    )
    assert_problem(answer, 422, "request.invalid")


async def test_broken_form_is_unreadable(edge: Edge) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await (await edge()).post("/probe/files", content=b"no part at all", headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == PROBLEM


async def test_a_crash_is_told_without_its_cause(edge: Edge) -> None:
    answer = await (await edge()).get("/probe/crash")
    assert_problem(answer, 500, "internal")
    assert "canary" not in answer.text
    assert answer.headers["x-should-retry"] == "false"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "status", "code", "kind"),
    [
        ("busy", 409, "probe.busy", "invalid_request_error"),
        ("broke", 402, "probe.broke", "invalid_request_error"),
        ("odd", 400, "probe.odd", "invalid_request_error"),
        ("outdated", 412, "request.outdated", "invalid_request_error"),
        ("exhausted", 429, "request.rate_limited", "rate_limit_error"),
        ("unavailable", 503, "service.unavailable", "server_error"),
        ("full", 507, "storage.full", "server_error"),
    ],
)
async def test_each_kind_has_its_status_and_facts_cannot_forge_it(
    edge: Edge, name: str, status: int, code: str, kind: str
) -> None:
    answer = await (await edge()).get(f"/probe/errors/{name}")
    assert_problem(answer, status, code)
    assert answer.json()["allowed"] == ["a"]
    assert answer.json()["error"]["type"] == kind


async def test_clients_that_repeat_blindly_are_told_not_to(edge: Edge) -> None:
    client = await edge()
    assert (await client.get("/probe/errors/busy")).headers["x-should-retry"] == "false"
    assert (await client.get("/probe/errors/full")).headers["x-should-retry"] == "false"
    waiting = await client.get("/probe/errors/busy?after=3")
    assert "x-should-retry" not in waiting.headers
    assert waiting.headers["retry-after"] == "3"


async def test_advice_to_wait_is_always_there_and_never_longer_than_sdks_accept(edge: Edge) -> None:
    client = await edge()
    assert (await client.get("/probe/errors/unavailable")).headers["retry-after"] == "5"
    assert (await client.get("/probe/errors/exhausted?after=900")).headers["retry-after"] == "120"


async def test_a_refusal_says_each_thing_once_in_words_for_people(edge: Edge) -> None:
    client = await edge()
    person = {"email": "no address", "username": "?", "password": "x"}
    refused = (await client.post("/api/v1/auth/register", json=person)).json()
    assert refused["detail"].startswith("The request is not valid: email must be an e-mail address")
    assert refused["param"] == refused["error"]["param"] == "email"
    broken = await client.post("/probe/notes", content=b'{"text": ', headers={"content-type": "application/json"})
    assert broken.json()["detail"] == "The request is not valid: the body is not JSON."
    assert broken.json()["errors"] == [{"pointer": "/body", "detail": "is not JSON"}]
    for detail in (refused["detail"], broken.json()["detail"]):
        assert not re.search(r"[\^$\\\[\]]|/body|[0-9]{2,}:|Value error|Input should", detail)
        said = detail.removeprefix("The request is not valid: ").rstrip(".").split("; ")
        assert len(said) == len(set(said))
