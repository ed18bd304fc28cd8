"""Watching: status words, passing trouble, hints, lost tasks."""

import json

import pytest

from app.providers.errors import (
    AccountProblem,
    ContentBlocked,
    InvalidRequest,
    TaskLost,
    UnexpectedReply,
)
from app.providers.minimax.bundle import MiniMaxBundle
from app.providers.video import (
    CallbackChallenge,
    CallbackHint,
    Failed,
    Running,
    Succeeded,
)
from tests.contract.providers.samples import CAMERA_MODEL, KEY, SOUND_MODEL, ended, request
from tests.doubles.clock import FrozenClock
from tests.standins.minimax.world import Fault, World

BOTH = pytest.mark.parametrize("model", [CAMERA_MODEL, SOUND_MODEL])
CREATE = {CAMERA_MODEL: "/v1/video_generation", SOUND_MODEL: "/v2/video_generation"}
QUERY = {CAMERA_MODEL: "/v1/query/video_generation", SOUND_MODEL: "/v2/query/video_generation"}


@pytest.mark.parametrize("word", ["Success", "success", "SUCCESS", "succeeded", "Finished"])
async def test_success_is_read_in_all_spellings(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, word: str
) -> None:
    world.outcomes.append({"word": word})
    assert isinstance(await ended(kit, clock, await kit.video.submit(request(), key=KEY)), Succeeded)


@BOTH
@pytest.mark.parametrize("word", ["Fail", "fail", "Failed", "failed", "cancelled", "canceled"])
async def test_failure_is_read_in_all_spellings(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, word: str, model: str
) -> None:
    world.outcomes.append({"fail": 0, "word": word})
    assert isinstance(await ended(kit, clock, await kit.video.submit(request(model), key=KEY)), Failed)


@BOTH
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0, UnexpectedReply),
        (1026, ContentBlocked),
        (1027, ContentBlocked),
        (2013, InvalidRequest),
        (1000, UnexpectedReply),
    ],
)
async def test_a_failed_clip_says_why_as_far_as_the_vendor_does(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, code: int, expected: type[Exception], model: str
) -> None:
    world.outcomes.append({"fail": code})
    state = await ended(kit, clock, await kit.video.submit(request(model), key=KEY))
    assert isinstance(state, Failed)
    assert type(state.error) is expected


async def test_an_unknown_status_word_means_still_running(kit: MiniMaxBundle, clock: FrozenClock, world: World) -> None:
    world.outcomes.append({"stuck_word": "Polishing"})
    task = await kit.video.submit(request(), key=KEY)
    clock.move(3000)
    state = await kit.video.poll(task)
    assert isinstance(state, Running)
    assert state.status == "Polishing"


@BOTH
async def test_success_without_a_file_is_looked_at_again_and_then_fails(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, model: str
) -> None:
    world.outcomes.append({"no_file": True})
    task = await kit.video.submit(request(model), key=KEY)
    clock.move(100)
    assert isinstance(await kit.video.poll(task), Running)
    state = await ended(kit, clock, task)
    assert isinstance(state, Failed)
    assert isinstance(state.error, UnexpectedReply)


@BOTH
async def test_a_task_that_the_vendor_forgot_is_lost(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, model: str
) -> None:
    world.outcomes.append({"forget": True})
    state = await ended(kit, clock, await kit.video.submit(request(model), key=KEY))
    assert isinstance(state, Failed)
    assert isinstance(state.error, TaskLost)


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", "", status=502),
        Fault("status", "", status=429),
        Fault("code", "", code=1002),
        Fault("code", "", code=1001),
        Fault("code", "", code=4711),
        Fault("body", "", body="<html>"),
        Fault("body", "", body='{"status": 5, "task": 7}'),
        Fault("huge", "", size_bytes=3_000_000),
        Fault("swallow", ""),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status or fault.code or fault.body}",
)
async def test_passing_trouble_while_looking_never_ends_a_paid_task(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, fault: Fault, model: str
) -> None:
    task = await kit.video.submit(request(model), key=KEY)
    clock.move(100)
    world.faults = [Fault(**(vars(fault) | {"path": QUERY[model], "times": 3}))]
    assert isinstance(await kit.video.poll(task), Running)
    assert isinstance(await ended(kit, clock, task), Succeeded)


@pytest.mark.parametrize("code", [1004, 1008, 2049])
async def test_a_broken_account_stops_the_looks(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, code: int
) -> None:
    task = await kit.video.submit(request(), key=KEY)
    clock.move(100)
    world.faults = [Fault("code", QUERY[CAMERA_MODEL], code=code)]
    with pytest.raises(AccountProblem):
        await kit.video.poll(task)


async def test_looking_too_often_is_answered_from_memory(kit: MiniMaxBundle, world: World) -> None:
    task = await kit.video.submit(request(), key=KEY)
    for _ in range(50):
        assert isinstance(await kit.video.poll(task), Running)
    assert len(world.calls) == 1


async def test_a_hint_makes_the_next_look_immediate_and_proves_nothing(
    kit: MiniMaxBundle, clock: FrozenClock, world: World
) -> None:
    task = await kit.video.submit(request(), key=KEY)
    assert isinstance(await kit.video.poll(task), Running)
    hint = kit.video.hear(json.dumps({"task_id": task.id, "status": "success", "file_id": "1"}).encode())
    assert hint == CallbackHint(task.id)
    assert isinstance(await kit.video.poll(task), Running)
    assert len(world.calls) == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"challenge": "abc"}', CallbackChallenge({"challenge": "abc"})),
        (b'{"challenge": "' + b"x" * 256 + b'"}', CallbackChallenge({"challenge": "x" * 256})),
        (b'{"challenge": "' + b"x" * 257 + b'"}', None),
        (b'{"challenge": 5}', None),
        (b'{"task_id": 106916112212032, "status": "processing"}', CallbackHint("106916112212032")),
        (b'{"task_id": "a b"}', None),
        (b'{"task_id": "' + b"9" * 65 + b'"}', None),
        (b'{"task_id": true}', None),
        (b"[]", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b"[" * 100_000, None),
        (b'{"task_id": "1", "x": "' + b"y" * 20_000 + b'"}', None),
    ],
)
def test_whatever_arrives_at_a_callback_is_a_challenge_a_hint_or_nothing(
    kit: MiniMaxBundle, body: bytes, expected: object
) -> None:
    assert kit.video.hear(body) == expected
