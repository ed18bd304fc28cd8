"""A vendor gone mad: mutated answers crash nothing, end nothing wrongly, and no secret reaches a log."""

import asyncio
import json
import random
from dataclasses import replace

import pytest
from sqlalchemy import text as sql

from app.core.database import Database
from app.core.sinks import MemorySink
from app.providers.errors import ContentBlocked, InvalidRequest, ProviderError, UnexpectedReply
from app.providers.image import ImageRequest
from app.providers.minimax.bundle import MiniMaxBundle
from app.providers.values import MediaType, Picture
from app.providers.video import Failed, Running, Succeeded
from tests.contract.providers.samples import CAMERA_MODEL, KEY, SOUND_MODEL, cloning, ended, made, request, speech
from tests.doubles.clock import FrozenClock
from tests.standins.minimax.world import GOOD_KEY, Fault, World

MUTATIONS = 200
CREATED = {"task_id": "106916112212032", "base_resp": {"status_code": 0, "status_msg": "success"}}
RUNNING = {"task_id": "1", "status": "Processing", "file_id": "", "video_width": 0, "base_resp": {"status_code": 0}}
JUNK = [None, True, -1, 1e308, "", "x" * 300, [], {}, [[]], {"a": {}}, "Success\u0000", 10**30, "\uff11\uff12"]
CANARIES = ("CANARY-PROMPT", "CANARY-VOICE", GOOD_KEY)


def mutated(body: dict[str, object], chance: random.Random) -> str:
    """The answer with one thing wrong."""
    changed = json.loads(json.dumps(body))
    name = chance.choice([*changed, "base_resp"])
    match chance.randrange(4):
        case 0:
            changed[name] = chance.choice(JUNK)
        case 1:
            changed.pop(name, None)
        case 2:
            return json.dumps(changed)[: chance.randrange(1, 60)]
        case _:
            changed["base_resp"] = {"status_code": chance.choice(JUNK), "status_msg": chance.choice(JUNK)}
    return json.dumps(changed)


async def submitted(kit: MiniMaxBundle) -> str | ProviderError:
    try:
        return (await kit.video.submit(request(), key=KEY)).id
    except ProviderError as error:
        return error


async def test_mutated_answers_to_a_submit_never_crash_and_never_forget_money(kit: MiniMaxBundle, world: World) -> None:
    chance = random.Random(1)
    for _ in range(MUTATIONS):
        body = mutated(CREATED, chance)
        world.faults = [Fault("body", "/v1/video", body=body)]
        outcome = await submitted(kit)
        if isinstance(outcome, ProviderError):
            assert outcome.disposition == "reconcile" or '"task_id"' not in body, body
        else:
            assert outcome, body


@pytest.mark.parametrize("model", [CAMERA_MODEL, SOUND_MODEL])
async def test_mutated_answers_to_a_look_never_end_a_paid_task(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, model: str
) -> None:
    chance = random.Random(2)
    task = await kit.video.submit(request(model), key=KEY)
    path = "/v1/query" if model == CAMERA_MODEL else "/v2/query"
    for _ in range(MUTATIONS):
        clock.move(60)
        world.faults = [Fault("body", path, body=mutated(RUNNING, chance), times=3)]
        assert isinstance(await kit.video.poll(task), Running)
    world.faults = []
    assert isinstance(await ended(kit, clock, task), Succeeded)


async def test_no_key_no_prompt_and_no_media_reach_a_log_or_an_error(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    echo = json.dumps({"base_resp": {"status_code": 2013, "status_msg": f"bad Bearer {GOOD_KEY}"}, "x": "Q" * 400})
    said = []
    for path, call in {
        "/v1/video": lambda: kit.video.submit(replace(request(), prompt="CANARY-PROMPT"), key=KEY),
        "/v1/t2a_v2": lambda: kit.speech.speak(speech("CANARY-VOICE"), key=KEY),
        "/v1/image": lambda: kit.image.draw(ImageRequest("CANARY-PROMPT"), key=KEY),
        "/v1/voice_clone": lambda: kit.speech.clone(cloning(), key=KEY),
        "/v1/files/upload": lambda: kit.speech.clone(cloning("other"), key=KEY),
    }.items():
        for fault in (Fault("body", path, body=echo), Fault("status", path, status=500, body=echo, times=3)):
            world.faults = [fault]
            with pytest.raises(ProviderError) as raised:
                await call()
            said.append(f"{raised.value!r} {raised.value.text} {raised.value.hint} {raised.value.provider_code}")
    done = await made(kit, clock)
    world.faults = [Fault("status", "/_files/clip", status=404, times=9)]
    with pytest.raises(ProviderError):
        await kit.video.fetch(done, MemorySink(10**8))
    logged = capsys.readouterr().out
    everything = logged + "".join(said)
    assert "minimax_refused" in logged
    assert not [canary for canary in (*CANARIES, "Q" * 100, "base64,", "output.mp4") if canary in everything]


async def test_a_call_inside_a_transaction_is_refused(kit: MiniMaxBundle, sqlite_url: str, world: World) -> None:
    database = Database(sqlite_url)
    try:
        async with database.unit_of_work() as session:
            await session.execute(sql("SELECT 1"))
            with pytest.raises(RuntimeError, match="transaction"):
                await kit.speech.voices()
    finally:
        await database.close()
    assert world.calls == []


async def test_a_cancelled_submit_sends_nothing_twice_and_keeps_its_place(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("swallow_hang", "/v1/video", seconds=0.5)]
    submitting = asyncio.ensure_future(kit.video.submit(request(), key=KEY))
    async with asyncio.timeout(5):
        while not world.paid:
            await asyncio.sleep(0.01)
    submitting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await submitting
    assert len(world.paid) == 1


async def test_pictures_are_labelled_as_what_they_are(kit: MiniMaxBundle, world: World) -> None:
    lying = Picture(b"\x89PNG not really", MediaType.PNG, 640, 360)
    with pytest.raises(InvalidRequest):
        await kit.video.submit(replace(request(), first_frame=lying), key=KEY)
    assert world.refused == [("/v1/video_generation", 2013)]


@pytest.mark.parametrize(("code", "expected"), [(1026, ContentBlocked), (0, UnexpectedReply)])
async def test_an_ended_task_stays_ended(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, code: int, expected: type[Exception]
) -> None:
    world.outcomes.append({"fail": code})
    task = await kit.video.submit(request(), key=KEY)
    for _ in range(2):
        state = await ended(kit, clock, task)
        assert isinstance(state, Failed)
        assert isinstance(state.error, expected)
