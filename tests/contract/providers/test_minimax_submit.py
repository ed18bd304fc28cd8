"""Paying: what a broken submit proves, how a lost one is found, limits, log lines."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from pydantic import SecretStr
from starlette.responses import JSONResponse

from app.providers.errors import (
    AccountProblem,
    InvalidRequest,
    OutcomeUnknown,
    RateLimited,
    UnexpectedReply,
    Unreachable,
)
from app.providers.minimax.account import MiniMaxAccount
from app.providers.minimax.bundle import MiniMaxBundle
from app.providers.minimax.tasks import by_vendor_clock
from app.providers.values import AttemptKey
from app.providers.video import (
    CannotTell,
    Found,
    NotReceived,
)
from tests.contract.providers.samples import CAMERA_MODEL, KEY, SOUND_MODEL, ended, request
from tests.doubles.clock import FrozenClock
from tests.standins.minimax.world import Fault, World

BOTH = pytest.mark.parametrize("model", [CAMERA_MODEL, SOUND_MODEL])
CREATE = {CAMERA_MODEL: "/v1/video_generation", SOUND_MODEL: "/v2/video_generation"}
QUERY = {CAMERA_MODEL: "/v1/query/video_generation", SOUND_MODEL: "/v2/query/video_generation"}


@BOTH
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("swallow", "/v"), OutcomeUnknown),
        (Fault("swallow_status", "/v", status=502), OutcomeUnknown),
        (Fault("status", "/v", status=500), OutcomeUnknown),
        (Fault("status", "/v", status=504), OutcomeUnknown),
        (Fault("body", "/v", body="<html>ok</html>"), OutcomeUnknown),
        (Fault("body", "/v", body="{}"), OutcomeUnknown),
        (Fault("body", "/v", body='{"task_id": {"a": 1}}'), OutcomeUnknown),
        (Fault("huge", "/v", size_bytes=3_000_000), OutcomeUnknown),
        (Fault("gzip_bomb", "/v", size_bytes=50_000_000), OutcomeUnknown),
        (Fault("status", "/v", status=429, headers={"Retry-After": "7"}), RateLimited),
        (Fault("status", "/v", status=401), AccountProblem),
        (Fault("status", "/v", status=402), AccountProblem),
        (Fault("status", "/v", status=400), InvalidRequest),
        (Fault("status", "/v", status=302), UnexpectedReply),
    ],
    ids=lambda value: f"{value.kind} {value.status or value.body}" if isinstance(value, Fault) else "",
)
async def test_a_broken_submit_says_what_is_known_of_the_money(
    kit: MiniMaxBundle, world: World, model: str, fault: Fault, expected: type[Exception]
) -> None:
    world.faults = [Fault(**vars(fault))]
    with pytest.raises(expected):
        await kit.video.submit(request(model), key=KEY)
    assert sum(path == CREATE[model] for _, path in world.calls) == 1


async def test_a_server_that_does_not_listen_was_surely_not_asked(clock: FrozenClock, account: MiniMaxAccount) -> None:
    made_kit = MiniMaxBundle.over(replace(account, base_url="http://127.0.0.1:9"), clock)
    with pytest.raises(Unreachable):
        await made_kit.video.submit(request(), key=KEY)
    await made_kit.close()


async def test_a_rate_limit_closes_the_door_for_the_next_one_too(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("status", "/v1/video", status=429, headers={"Retry-After": "40"})]
    for attempt in ("a", "b"):
        with pytest.raises(RateLimited) as limited:
            await kit.video.submit(request(), key=AttemptKey(attempt))
        assert (limited.value.retry_after_seconds or 0) >= 40
    assert len(world.calls) == 1


async def test_the_first_interface_cannot_tell_what_became_of_a_lost_reply(
    kit: MiniMaxBundle, world: World, clock: FrozenClock
) -> None:
    world.faults = [Fault("swallow", CREATE[CAMERA_MODEL])]
    with pytest.raises(OutcomeUnknown):
        await kit.video.submit(request(), key=KEY)
    assert await kit.video.find(KEY, since=clock.now(), request=request(), known=()) == CannotTell()


async def test_the_second_interface_finds_the_one_orphan(kit: MiniMaxBundle, world: World, clock: FrozenClock) -> None:
    earlier = await kit.video.submit(request(SOUND_MODEL), key=AttemptKey("other"))
    world.faults = [Fault("swallow", CREATE[SOUND_MODEL])]
    with pytest.raises(OutcomeUnknown):
        await kit.video.submit(request(SOUND_MODEL), key=KEY)
    since = clock.now() - timedelta(seconds=5)
    state = await kit.video.find(KEY, since=since, request=request(SOUND_MODEL), known={earlier.id})
    assert isinstance(state, Found)
    assert state.task.id == world.paid[1].task_id


async def test_an_empty_complete_list_proves_that_nothing_arrived(
    kit: MiniMaxBundle, world: World, clock: FrozenClock
) -> None:
    world.faults = [Fault("status", CREATE[SOUND_MODEL], status=500)]
    with pytest.raises(OutcomeUnknown):
        await kit.video.submit(request(SOUND_MODEL), key=KEY)
    state = await kit.video.find(KEY, since=clock.now(), request=request(SOUND_MODEL), known=())
    assert state == NotReceived()


def test_a_clock_of_ours_that_is_ahead_hides_no_lost_order() -> None:
    since, ours = datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 12, 1, tzinfo=UTC)
    assert by_vendor_clock(since, ours, ours - timedelta(seconds=40)) == since - timedelta(seconds=40)
    assert by_vendor_clock(since, ours, ours + timedelta(seconds=40)) == since
    assert by_vendor_clock(since, ours, None) == since


async def test_an_order_is_found_by_the_vendors_clock(clock: FrozenClock, account: MiniMaxAccount) -> None:
    ordered_at = clock.now() - timedelta(seconds=60)
    listed = {"tasks": [{"id": "lost", "created_at": int(ordered_at.timestamp()), "status": "queued"}], "total": 1}
    dated = {"Date": format_datetime(ordered_at + timedelta(seconds=1), usegmt=True)}
    vendor = httpx.ASGITransport(JSONResponse(listed, headers=dated))
    kit = MiniMaxBundle.over(account, clock, transport=vendor)
    since = clock.now() - timedelta(seconds=5)
    state = await kit.video.find(KEY, since=since, request=request(SOUND_MODEL), known=())
    await kit.close()
    assert isinstance(state, Found)
    assert state.task.id == "lost"


async def test_two_orphans_are_never_guessed_between(kit: MiniMaxBundle, clock: FrozenClock) -> None:
    for attempt in ("a", "b"):
        await kit.video.submit(request(SOUND_MODEL), key=AttemptKey(attempt))
    since = clock.now() - timedelta(seconds=5)
    assert await kit.video.find(KEY, since=since, request=request(SOUND_MODEL), known=()) == CannotTell()


async def test_a_list_in_an_unknown_shape_proves_nothing(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("body", QUERY[SOUND_MODEL], body='{"result": []}')]
    since = datetime(2026, 1, 1, tzinfo=UTC)
    assert await kit.video.find(KEY, since=since, request=request(SOUND_MODEL), known=()) == CannotTell()


async def test_taking_back_cancels_what_has_not_begun(kit: MiniMaxBundle, world: World) -> None:
    task = await kit.video.submit(request(SOUND_MODEL), key=KEY)
    await kit.video.forget(task)
    assert world.tasks[task.id].cancelled


async def test_taking_back_running_work_is_no_error(kit: MiniMaxBundle, world: World, clock: FrozenClock) -> None:
    tasks = [await kit.video.submit(request(model), key=AttemptKey(model)) for model in CREATE]
    clock.move(50)
    for task in tasks:
        await kit.video.forget(task)
    assert not any(task.cancelled for task in world.tasks.values())


async def test_work_in_flight_is_limited_per_account(world: World, account: MiniMaxAccount, clock: FrozenClock) -> None:
    narrow = MiniMaxBundle.over(replace(account, max_in_flight=2), clock)
    first = await narrow.video.submit(request(), key=AttemptKey("a"))
    await narrow.video.submit(request(), key=AttemptKey("b"))
    with pytest.raises(RateLimited):
        await narrow.video.submit(request(), key=AttemptKey("c"))
    await ended(narrow, clock, first)
    await narrow.video.submit(request(), key=AttemptKey("c"))
    await narrow.close()
    assert len(world.paid) == 3
    assert world.most_in_flight == 2


async def test_every_answer_of_an_error_is_logged_with_its_trace_id(
    kit: MiniMaxBundle, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.faults = [Fault("code", "/v1/video", code=1008)]
    with pytest.raises(AccountProblem) as stopped:
        await kit.video.submit(request(), key=KEY)
    assert re.search(r"trace\d{8}", capsys.readouterr().out)
    assert stopped.value.provider_code == "1008"
    assert stopped.value.trace_id


@pytest.mark.parametrize(
    ("fault", "freed"),
    [(Fault("code", "/v1/video", code=1008), True), (Fault("swallow", "/v1/video"), False)],
    ids=["refused", "unknown"],
)
async def test_only_work_that_surely_was_not_accepted_gives_its_place_back(
    world: World, account: MiniMaxAccount, clock: FrozenClock, fault: Fault, *, freed: bool
) -> None:
    narrow = MiniMaxBundle.over(replace(account, max_in_flight=1), clock)
    world.faults = [Fault(**vars(fault))]
    with pytest.raises((AccountProblem, OutcomeUnknown)):
        await narrow.video.submit(request(), key=AttemptKey("a"))
    if freed:
        await narrow.video.submit(request(), key=AttemptKey("b"))
    else:
        with pytest.raises(RateLimited):
            await narrow.video.submit(request(), key=AttemptKey("b"))
    await narrow.close()


async def test_a_key_without_a_known_form_is_hidden_in_logs_too(
    world: World, account: MiniMaxAccount, clock: FrozenClock, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = MiniMaxBundle.over(replace(account, api_key=SecretStr("plainkey CANARY")), clock)
    world.faults = [Fault("status", "/v1/video", status=401, body="no account for plainkey CANARY")]
    with pytest.raises(AccountProblem):
        await plain.video.submit(request(), key=KEY)
    await plain.close()
    said = capsys.readouterr().out
    assert "no account for" in said
    assert "CANARY" not in said
