"""Rate limits as a client meets them."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from app.core.settings import SecuritySettings
from tests.integration.api.conftest import Edge, client_of


async def test_answers_tell_where_the_caller_stands(edge: Edge) -> None:
    client = await edge(security={"rate_limit_reads": 5})
    answer = await client.get("/engines")
    assert answer.headers["ratelimit-policy"] == '"reads";q=5;w=60'
    assert re.fullmatch(r'"reads";r=4;t=\d+', answer.headers["ratelimit"])


async def test_beyond_the_quota_is_429_with_everything_a_client_needs(edge: Edge) -> None:
    client = await edge(security={"rate_limit_jobs": 2})
    for _ in range(2):
        assert (await client.post("/probe/notes", json={"text": "x"})).status_code == 200
    answer = await client.post("/probe/notes", json={"text": "x"})
    assert answer.status_code == 429
    assert answer.json()["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert answer.json()["violated-policies"] == ["jobs"]
    assert answer.json()["error"]["type"] == "rate_limit_error"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert re.match(r'"jobs";r=0;t=', answer.headers["ratelimit"])
    assert (await client.get("/engines")).status_code == 200


async def test_another_address_has_its_own_quota_and_may_not_borrow_one(started: Callable[..., Any]) -> None:
    app = await started(security={"rate_limit_reads": 1})
    async with client_of(app) as one, client_of(app, address="203.0.113.5") as other:
        assert (await one.get("/engines")).status_code == 200
        spoofed = {"x-forwarded-for": "192.0.2.1", "forwarded": "for=192.0.2.1"}
        assert (await one.get("/engines", headers=spoofed)).status_code == 429
        assert (await other.get("/engines")).status_code == 200


async def test_a_checked_account_has_its_quota_wherever_it_comes_from(started: Callable[..., Any]) -> None:
    app = await started(security={"rate_limit_reads": 2})
    ada = {"authorization": "Bearer token-ada"}
    async with client_of(app) as here, client_of(app, address="203.0.113.5") as there:
        assert (await here.get("/probe/account", headers=ada)).status_code == 200
        assert (await here.get("/probe/account", headers=ada)).status_code == 200
        assert (await there.get("/probe/account", headers=ada)).status_code == 200
        assert (await there.get("/probe/account", headers=ada)).status_code == 429
        assert (await there.get("/engines")).status_code == 200


async def test_invented_tokens_buy_no_new_quota(edge: Edge) -> None:
    client = await edge(security={"rate_limit_reads": 3})
    statuses = [
        (await client.get("/probe/account", headers={"authorization": f"Bearer forged-{n}"})).status_code
        for n in range(5)
    ]
    assert statuses == [200, 200, 200, 429, 429]


async def test_sign_ins_count_by_address_whatever_token_they_bring(edge: Edge) -> None:
    client = await edge(security={"rate_limit_login": 2})
    statuses = [
        (await client.post("/api/v1/auth/login", headers={"authorization": f"Bearer t-{n}"})).status_code
        for n in range(3)
    ]
    assert statuses[-1] == 429
    assert 429 not in statuses[:2]


async def test_health_and_who_am_i_are_never_limited(edge: Edge) -> None:
    client = await edge(security={"rate_limit_reads": 1})
    for _ in range(5):
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/api/v1/auth/me")).status_code != 429
        assert (await client.get("/spa/api/v1/auth/me")).status_code != 429


async def test_the_polling_of_all_known_clients_in_a_minute_passes(edge: Edge) -> None:
    shipped = SecuritySettings(_env_file=None)
    quotas = {"rate_limit_reads": shipped.rate_limit_reads, "rate_limit_jobs": shipped.rate_limit_jobs}
    client = await edge(security=quotas)
    polls = [("POST", "/spa/api/v1/segments/1/check-complete")] * 120 + [
        ("GET", "/spa/api/v1/segments/project/1")
    ] * 120
    polls += [("GET", "/api/v1/video/status/1")] * 50 + [("GET", "/hub/api/v1/jobs/1")] * 30
    # All at once, because a refused poll of that page is answered slowly and the quota is of one minute.
    answers = await asyncio.gather(*(client.request(method, path) for method, path in polls))
    assert {answer.status_code for answer in answers} == {401}
