"""A vendor gone mad, and a careful house: no secret in a log, no call in a transaction, no wait without an end."""

import asyncio
import json
import random
import time
from dataclasses import replace

import httpx2
import pytest
from sqlalchemy import text as sql

from app.core.database import Database
from app.core.threads import Threads
from app.providers.errors import OutcomeUnknown, ProviderError, RateLimited, UnexpectedReply
from app.providers.image import ImageRequest
from app.providers.openai.account import Api, OpenAIAccount
from app.providers.openai.bundle import OpenAIBundle
from app.providers.openai.client import OpenAIClient
from app.providers.planner import StoryPlan
from app.providers.values import AttemptKey
from tests.contract.providers.openai.orders import BRIEF, FREE, KEY, PAID, frame, speech
from tests.doubles.clock import FrozenClock
from tests.standins.minimax.world import Fault
from tests.standins.openai.world import GOOD_KEY, World

MUTATIONS = 200
CANARIES = ("CANARY-STORY", "CANARY-PROMPT", "CANARY-VOICE", "CANARY-TEXT", GOOD_KEY, "base64,", "Q" * 100)
PLAN = json.dumps({"title": "t", "segments": [], "continuity_notes": ""})
ANSWERS = {
    Api.RESPONSES: {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "m",
        "output": [
            {
                "type": "message",
                "id": "msg_1",
                "status": "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": PLAN, "annotations": []}],
            }
        ],
        "usage": None,
    },
    Api.CHAT: {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": PLAN}, "finish_reason": "stop"}],
    },
}
JUNK = [None, True, -1, 1e308, "", "x" * 300, [], {}, [[]], [None], {"a": {}}, 10**30]


def mutated(body: object, chance: random.Random) -> str:
    """The answer with one thing wrong, at any depth."""
    changed = json.loads(json.dumps(body))
    places = list(_places(changed))
    holder, name = chance.choice(places)
    if chance.randrange(4) == 0:
        del holder[name]
    else:
        holder[name] = chance.choice(JUNK)
    return json.dumps(changed)


def _places(node: object):
    if isinstance(node, dict | list):
        for name, inner in node.items() if isinstance(node, dict) else enumerate(node):
            yield node, name
            yield from _places(inner)


async def test_mutated_plans_crash_nothing_and_forget_no_money(
    account: OpenAIAccount, clock: FrozenClock, threads: Threads, world: World, api: Api
) -> None:
    kit = OpenAIBundle.over(replace(account, api=api), clock, threads)
    chance = random.Random(3)
    kinds = set()
    for _ in range(MUTATIONS):
        body = mutated(ANSWERS[api], chance)
        world.faults = [Fault("body", "/v1", body=body)]
        try:
            outcome: object = await kit.planner.plan(BRIEF, key=KEY)
        except (OutcomeUnknown, UnexpectedReply) as error:
            outcome = error
        kinds.add(type(outcome))
    await kit.close()
    assert StoryPlan in kinds
    assert len(kinds) >= 2


async def test_no_key_no_prompt_and_no_media_reach_a_log_or_an_error(
    kit: OpenAIBundle, world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    echo = json.dumps({"error": {"message": f"bad Bearer {GOOD_KEY} " + "Q" * 400, "type": "t", "code": "c"}})
    prompt = ImageRequest("CANARY-PROMPT", references=(frame(),))
    said = []
    for path, call in {
        "/v1/responses": lambda: kit.planner.plan(replace(BRIEF, story="CANARY-STORY"), key=KEY),
        "/v1/images": lambda: kit.image.draw(prompt, key=KEY),
        "/v1/audio": lambda: kit.speech.speak(speech("CANARY-VOICE"), key=KEY),
        "/v1/moderations": lambda: kit.moderation.judge_text("CANARY-TEXT"),
    }.items():
        for status in (200, 400, 500):
            world.faults = [Fault("status", path, status=status, body=echo, times=3)]
            with pytest.raises(ProviderError) as raised:
                await call()
            said.append(f"{raised.value!r} {raised.value.text} {raised.value.hint} {raised.value.provider_code}")
    await kit.planner.plan(replace(BRIEF, story="CANARY-STORY"), key=KEY)
    captured = capsys.readouterr()
    everything = captured.out + captured.err + caplog.text + "".join(said)
    assert "openai_refused" in everything
    assert not [canary for canary in CANARIES if canary in everything]


@pytest.mark.parametrize("path", [*PAID, *FREE])
async def test_a_call_inside_a_transaction_is_refused(
    kit: OpenAIBundle, sqlite_url: str, world: World, path: str
) -> None:
    database = Database(sqlite_url)
    try:
        async with database.unit_of_work() as session:
            await session.execute(sql("SELECT 1"))
            with pytest.raises(RuntimeError, match="transaction"):
                await (PAID | FREE)[path](kit)
    finally:
        await database.close()
    assert world.calls == []


@pytest.mark.parametrize("path", PAID)
async def test_a_cancelled_call_is_paid_once_and_leaves_room_behind(
    account: OpenAIAccount, clock: FrozenClock, threads: Threads, world: World, path: str
) -> None:
    one_at_a_time = replace(account, limits=replace(account.limits, max_in_flight=1))
    kit = OpenAIBundle.over(one_at_a_time, clock, threads)
    world.faults = [Fault("swallow_hang", path, seconds=1)]
    calling = asyncio.ensure_future(PAID[path](kit))
    async with asyncio.timeout(5):
        while not world.paid:
            await asyncio.sleep(0.01)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert len(world.paid) == 1
    await PAID[path](kit)
    await kit.close()


@pytest.mark.parametrize("kind", ["swallow_hang", "drip"])
async def test_every_call_has_a_total_deadline(
    account: OpenAIAccount, clock: FrozenClock, threads: Threads, world: World, kind: str
) -> None:
    client = OpenAIClient(account, clock, threads)
    world.faults = [Fault(kind, "/v1/audio", seconds=0.05 if kind == "drip" else 1.0)]
    with pytest.raises(OutcomeUnknown) as lost:
        await client.pay(
            client.limiter(10),
            "key",
            lambda: client.sdk.audio.speech.create(model="tts-1", input="Hello", voice="ash"),
            total_seconds=0.3,
        )
    assert lost.value.provider_code == "TimeoutError"
    await client.close()


async def test_work_at_once_is_limited_per_role(
    account: OpenAIAccount, clock: FrozenClock, threads: Threads, world: World
) -> None:
    kit = OpenAIBundle.over(replace(account, limits=replace(account.limits, rpm_speech=2)), clock, threads)
    outcomes = await asyncio.gather(
        *(kit.speech.speak(speech(), key=AttemptKey(f"a{number}")) for number in range(3)), return_exceptions=True
    )
    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [RateLimited]
    assert len(world.paid) == 2
    await kit.close()


async def test_the_environment_adds_nothing_to_a_call(
    account: OpenAIAccount, clock: FrozenClock, threads: Threads, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-operator")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-operator")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    kit = OpenAIBundle.over(account, clock, threads)
    await kit.planner.plan(BRIEF, key=KEY)
    await kit.speech.speak(speech(), key=KEY)
    assert [name for headers in world.headers for name in headers if name.startswith("openai-")] == []
    assert [headers["authorization"] for headers in world.headers] == [f"Bearer {GOOD_KEY}"] * 2
    await kit.close()


async def test_the_network_can_be_replaced_and_a_redirect_is_not_followed(
    account: OpenAIAccount, clock: FrozenClock, threads: Threads
) -> None:
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.host)
        return httpx2.Response(307, headers={"location": "http://169.254.169.254/"})

    kit = OpenAIBundle.over(account, clock, threads, transport=httpx2.MockTransport(answer))
    with pytest.raises(UnexpectedReply):
        await kit.speech.speak(speech(), key=KEY)
    assert asked == ["127.0.0.1"]
    await kit.close()


async def test_large_pictures_do_not_hold_up_the_loop(kit: OpenAIBundle, world: World) -> None:
    body = json.dumps({"data": [{"b64_json": "iVBORw0KGgoA" + "A" * 8_000_000}] * 4})
    world.faults = [Fault("body", "/v1/images", body=body)]
    longest, drawing = 0.0, asyncio.ensure_future(kit.image.draw(ImageRequest("x", count=4), key=KEY))
    while not drawing.done():
        began = time.monotonic()
        await asyncio.sleep(0.005)
        longest = max(longest, time.monotonic() - began)
    assert [len(one.content) for one in (await drawing).stills] == [6_000_009] * 4
    assert longest < 0.5
    print(f"longest pause of the loop: {longest * 1000:.0f} ms")
