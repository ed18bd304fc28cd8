"""Every status and word of the vendor has its row, and every row means what the table says on the wire."""

import json
from dataclasses import replace

import httpx2
import pytest
from openai import APIConnectionError, APIResponseValidationError
from pydantic import SecretStr

from app.core.threads import Threads
from app.providers import errors
from app.providers.errors import (
    AccountProblem,
    AttemptDisposition,
    ContentBlocked,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    UnexpectedReply,
    Unreachable,
)
from app.providers.openai.account import OpenAIAccount
from app.providers.openai.bundle import OpenAIBundle
from app.providers.openai.errors import BEFORE_ANY_BYTE, CODES, STATUSES, error_for
from tests.contract.providers.openai.orders import FREE, PAID
from tests.doubles.clock import FrozenClock
from tests.standins.minimax.world import Fault
from tests.standins.openai.world import World

BY_STATUS = {
    302: UnexpectedReply,
    400: InvalidRequest,
    401: AccountProblem,
    402: AccountProblem,
    403: AccountProblem,
    404: AccountProblem,
    408: OutcomeUnknown,
    409: Unreachable,
    413: InvalidRequest,
    418: UnexpectedReply,
    422: InvalidRequest,
    429: RateLimited,
    500: OutcomeUnknown,
    502: OutcomeUnknown,
    503: OutcomeUnknown,
}
BY_CODE = {
    "insufficient_quota": (429, AccountProblem),
    "billing_hard_limit_reached": (400, AccountProblem),
    "billing_not_active": (429, AccountProblem),
    "account_deactivated": (401, AccountProblem),
    "invalid_api_key": (401, AccountProblem),
    "model_not_found": (404, AccountProblem),
    "rate_limit_exceeded": (429, RateLimited),
    "content_policy_violation": (400, ContentBlocked),
    "content_filter": (400, ContentBlocked),
    "moderation_blocked": (400, ContentBlocked),
    "invalid_prompt": (400, ContentBlocked),
    "context_length_exceeded": (400, InvalidRequest),
    "string_above_max_length": (400, InvalidRequest),
}
SILENT = {Unreachable, OutcomeUnknown, RateLimited, UnexpectedReply}


def said(code: str | None) -> str:
    return json.dumps({"error": {"message": "foreign words", "type": "some_error", "param": None, "code": code}})


async def failed(kit: OpenAIBundle, path: str) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        await (PAID | FREE)[path](kit)
    return raised.value


def test_the_tables_have_a_row_for_every_known_word() -> None:
    assert set(CODES) == set(BY_CODE)
    assert set(STATUSES) <= set(BY_STATUS)


@pytest.mark.parametrize("path", PAID)
@pytest.mark.parametrize("status", BY_STATUS)
async def test_a_status_on_a_paid_call_means_its_row(kit: OpenAIBundle, world: World, path: str, status: int) -> None:
    world.faults = [Fault("status", path, status=status, body=said(None), headers={"x-request-id": "req-7"})]
    error = await failed(kit, path)
    assert type(error) is BY_STATUS[status]
    assert (error.provider, error.provider_code, error.trace_id) == ("openai", f"http {status}", "req-7")
    assert error.hint or type(error) in SILENT
    assert error.text == type(error).message
    assert len(world.calls) == 1


@pytest.mark.parametrize("code", BY_CODE)
async def test_the_vendors_word_says_more_than_its_status(kit: OpenAIBundle, world: World, code: str) -> None:
    status, expected = BY_CODE[code]
    world.faults = [Fault("status", "/v1", status=status, body=said(code))]
    error = await failed(kit, "/v1/audio/speech")
    assert type(error) is expected
    assert error.provider_code == code
    assert (error.disposition is AttemptDisposition.WAIT) is (expected is RateLimited)


@pytest.mark.parametrize("code", BY_CODE)
async def test_a_word_in_a_breakdown_proves_nothing(kit: OpenAIBundle, world: World, code: str) -> None:
    world.faults = [Fault("status", "/v1", status=500, body=said(code))]
    assert type(await failed(kit, "/v1/audio/speech")) is OutcomeUnknown


@pytest.mark.parametrize("path", PAID)
async def test_a_swallowed_reply_is_unknown_and_never_sent_again(kit: OpenAIBundle, world: World, path: str) -> None:
    world.faults = [Fault("swallow", path)]
    assert type(await failed(kit, path)) is OutcomeUnknown
    assert [one.path for one in world.paid] == [path]


@pytest.mark.parametrize("path", PAID)
@pytest.mark.parametrize("body", ["<html>fine</html>", '{"output": [', "[]", "{}", '"x"', "null"])
async def test_garbage_with_a_good_status_leaves_paid_work_unknown(
    kit: OpenAIBundle, world: World, path: str, body: str
) -> None:
    for headers in ({}, {"content-type": "text/html"}):
        world.faults = [Fault("body", path, body=body, headers=headers)]
        error = await failed(kit, path)
        assert type(error) in {OutcomeUnknown, UnexpectedReply}
        assert type(error) is OutcomeUnknown or path == "/v1/responses"


@pytest.mark.parametrize("kind", ["huge", "gzip_bomb"])
async def test_a_reply_that_would_fill_the_memory_is_not_read(kit: OpenAIBundle, world: World, kind: str) -> None:
    world.faults = [Fault(kind, "/v1/images", size_bytes=97 * 1024 * 1024)]
    error = await failed(kit, "/v1/images/generations")
    assert (type(error), error.provider_code) == (OutcomeUnknown, "ReplyTooMuch")


@pytest.mark.parametrize("path", [*PAID, *FREE])
async def test_a_server_that_is_not_there_got_nothing(
    account: OpenAIAccount, clock: FrozenClock, threads: Threads, path: str
) -> None:
    nowhere = OpenAIBundle.over(replace(account, base_url="http://127.0.0.1:9/v1"), clock, threads)
    assert type(await failed(nowhere, path)) is Unreachable
    await nowhere.close()


@pytest.mark.parametrize("path", [*PAID, *FREE])
async def test_a_wrong_key_stops_the_account(
    account: OpenAIAccount, clock: FrozenClock, threads: Threads, world: World, path: str
) -> None:
    stranger = OpenAIBundle.over(replace(account, api_key=SecretStr("sk-wrong-key-000")), clock, threads)
    error = await failed(stranger, path)
    assert (type(error), error.provider_code) == (AccountProblem, "invalid_api_key")
    assert "OPENAI_API_KEY" in (error.hint or "")
    assert len(world.calls) == 1
    await stranger.close()


async def test_a_good_key_passes_the_free_check(kit: OpenAIBundle, world: World) -> None:
    await kit.check()
    assert world.calls == [("GET", "/v1/models")]
    assert world.paid == []


@pytest.mark.parametrize("path", FREE)
async def test_free_calls_are_repeated_on_passing_trouble(kit: OpenAIBundle, world: World, path: str) -> None:
    world.faults = [Fault("status", path, status=503, times=2)]
    await FREE[path](kit)
    assert len(world.calls) == 3
    world.faults = [Fault("status", path, status=500, times=3)]
    assert type(await failed(kit, path)) is Unreachable


async def test_a_busy_vendor_is_left_alone_for_as_long_as_it_says(
    kit: OpenAIBundle, world: World, clock: FrozenClock
) -> None:
    world.faults = [Fault("status", "/v1/audio", status=429, body=said(None), headers={"retry-after": "45"})]
    assert (await failed(kit, "/v1/audio/speech")).retry_after_seconds == 45
    assert type(await failed(kit, "/v1/audio/speech")) is RateLimited
    assert len(world.calls) == 1
    clock.move(46)
    await PAID["/v1/audio/speech"](kit)
    assert len(world.paid) == 1


async def test_an_account_without_credit_stops(kit: OpenAIBundle, world: World) -> None:
    world.rules.has_credit = False
    for path in PAID:
        error = await failed(kit, path)
        assert (type(error), error.provider_code) == (AccountProblem, "insufficient_quota")
    assert world.paid == []


def test_only_a_byte_that_may_have_left_makes_an_outcome_unknown() -> None:
    asked = httpx2.Request("POST", "http://vendor")
    for cause in (*BEFORE_ANY_BYTE, httpx2.ReadTimeout, httpx2.ReadError, httpx2.WriteError):
        fault = APIConnectionError(request=asked)
        fault.__cause__ = cause("x")
        expected = Unreachable if cause in BEFORE_ANY_BYTE else OutcomeUnknown
        assert type(error_for(fault, paid=True)) is expected
        assert type(error_for(fault, paid=False)) is Unreachable
    assert type(error_for(TimeoutError(), paid=True)) is OutcomeUnknown


def test_an_answer_that_the_sdk_refuses_is_unknown_for_paid_calls() -> None:
    answer = httpx2.Response(200, request=httpx2.Request("POST", "http://vendor"))
    fault = APIResponseValidationError(response=answer, body=None)
    assert type(error_for(fault, paid=True)) is OutcomeUnknown
    assert issubclass(OutcomeUnknown, errors.ProviderError)
