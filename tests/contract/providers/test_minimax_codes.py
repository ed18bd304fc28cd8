"""Every code of the vendor has its row, and every row means what the table says on the wire."""

import pytest

from app.core.http import OutboundFailed
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
from app.providers.minimax.bundle import MiniMaxBundle
from app.providers.minimax.errors import CODES, STATUSES, Told, error_for, error_for_status, error_for_wire
from tests.contract.providers.samples import KEY, request, speech
from tests.standins.minimax.world import Fault, World

PAID = {
    1000: Unreachable,
    1001: OutcomeUnknown,
    1002: RateLimited,
    1004: AccountProblem,
    1008: AccountProblem,
    1013: Unreachable,
    1024: Unreachable,
    1026: ContentBlocked,
    1027: ContentBlocked,
    1028: AccountProblem,
    1030: AccountProblem,
    1033: Unreachable,
    1039: RateLimited,
    1041: RateLimited,
    1042: InvalidRequest,
    1043: InvalidRequest,
    1044: InvalidRequest,
    2013: InvalidRequest,
    20132: InvalidRequest,
    2037: InvalidRequest,
    2038: AccountProblem,
    2039: InvalidRequest,
    2042: InvalidRequest,
    2045: RateLimited,
    2048: InvalidRequest,
    2049: AccountProblem,
    2056: AccountProblem,
    2061: AccountProblem,
}
DISPOSITIONS = {
    Unreachable: AttemptDisposition.RESEND,
    OutcomeUnknown: AttemptDisposition.RECONCILE,
    RateLimited: AttemptDisposition.WAIT,
    AccountProblem: AttemptDisposition.STOP,
    ContentBlocked: AttemptDisposition.FAIL,
    InvalidRequest: AttemptDisposition.FAIL,
    UnexpectedReply: AttemptDisposition.FAIL,
}


def test_the_table_has_a_row_for_every_known_code() -> None:
    assert set(CODES) == set(PAID)


@pytest.mark.parametrize("code", PAID)
async def test_a_code_on_a_paid_call_means_its_row(kit: MiniMaxBundle, world: World, code: int) -> None:
    world.faults = [Fault("code", "/v1/t2a_v2", code=code)]
    with pytest.raises(ProviderError) as raised:
        await kit.speech.speak(speech(), key=KEY)
    error = raised.value
    assert type(error) is PAID[code]
    assert error.disposition is DISPOSITIONS[PAID[code]]
    assert (error.provider, error.provider_code) == ("minimax", str(code))
    assert (error.retry_after_seconds is not None) is (type(error) is RateLimited)
    assert error.hint or type(error) in {Unreachable, OutcomeUnknown, RateLimited}
    assert world.paid == []


@pytest.mark.parametrize("code", PAID)
async def test_a_code_inside_a_real_status_of_the_second_interface_means_the_same(
    kit: MiniMaxBundle, world: World, code: int
) -> None:
    body = f'{{"type": "error", "error": {{"type": "x", "message": "no ({code})", "http_code": "400"}}}}'
    world.faults = [Fault("status", "/v2/video", status=400, body=body)]
    with pytest.raises(PAID[code]):
        await kit.video.submit(request("MiniMax-H3"), key=KEY)


def test_a_free_call_never_leaves_an_unknown_outcome() -> None:
    assert all(not isinstance(error_for(Told(code), paid=False), OutcomeUnknown) for code in CODES)
    assert not any(
        isinstance(error_for_status(status, Told(0), paid=False), OutcomeUnknown) for status in range(300, 600)
    )


def test_an_unknown_code_is_final_for_money_and_passing_for_looks() -> None:
    assert type(error_for(Told(4711), paid=True)) is UnexpectedReply
    assert type(error_for(Told(4711), paid=False)) is Unreachable


@pytest.mark.parametrize("status", [*STATUSES, 408, 500, 502, 503, 504, 529, 302, 404, 418])
def test_a_breakdown_of_the_vendor_proves_nothing_about_money(status: int) -> None:
    error = error_for_status(int(status), Told(0), paid=True)
    assert isinstance(error, OutcomeUnknown) is (status >= 500 or status == 408)


@pytest.mark.parametrize(("maybe_sent", "expected"), [(True, OutcomeUnknown), (False, Unreachable)])
def test_only_bytes_that_may_have_left_make_an_outcome_unknown(*, maybe_sent: bool, expected: type[Exception]) -> None:
    assert type(error_for_wire(OutboundFailed("cut", maybe_sent=maybe_sent), paid=True)) is expected


def test_the_vendors_own_words_never_reach_people() -> None:
    for code in CODES:
        error = error_for(Told(code, trace_id="t"), paid=True)
        assert error.text == type(error).message
