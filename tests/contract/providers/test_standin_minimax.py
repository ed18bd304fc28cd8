"""The stand-in is worth testing against: it refuses what the vendor refuses and calls back as the vendor does."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.contract.providers.samples import frame
from tests.standins.minimax.media import still
from tests.standins.minimax.world import FOREIGN_REGION_KEY, GOOD_KEY, World
from tests.unit.core.listeners import listening

PICTURE = "data:image/jpeg;base64," + base64.b64encode(frame().content).decode()
SMALL = "data:image/jpeg;base64," + base64.b64encode(still(300, 300, (1, 2, 3))).decode()
CLIP = {
    "model": "MiniMax-Hailuo-02",
    "prompt": "A lake",
    "duration": 6,
    "resolution": "768P",
    "first_frame_image": PICTURE,
    "last_frame_image": PICTURE,
}
VOICE = {"voice_id": "Wise_Woman"}
SPEECH = {"model": "speech-2.8-hd", "text": "Ala", "voice_setting": VOICE, "language_boost": "Polish"}


@pytest.fixture
async def raw(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A plain client with a good key."""
    headers = {"Authorization": f"Bearer {GOOD_KEY}"}
    async with httpx.AsyncClient(base_url=world.base_url, headers=headers, trust_env=False) as client:
        yield client


async def code_of(raw: httpx.AsyncClient, path: str, body: dict[str, Any]) -> int:
    reply = await raw.post(path, json=body)
    assert reply.status_code == 200
    assert reply.headers["trace-id"]
    return int(reply.json()["base_resp"]["status_code"])


@pytest.mark.parametrize(
    "change",
    [
        {"model": "MiniMax-Hailuo-2.3"},
        {"model": "S2V-01"},
        {"duration": 7},
        {"duration": "6"},
        {"duration": True},
        {"resolution": "720P"},
        {"resolution": "512P"},
        {"duration": 10, "resolution": "1080P"},
        {"prompt": "x" * 2001},
        {"first_frame_image": SMALL},
        {"first_frame_image": "data:image/gif;base64,R0lG"},
        {"first_frame_image": "data:image/png;base64,###"},
        {"first_frame_image": base64.b64encode(b"bare").decode()},
        {"fast_pretreatment": True},
        {"colour": "blue"},
    ],
    ids=lambda change: str(change)[:60],
)
async def test_a_clip_that_the_vendor_refuses_is_refused(
    raw: httpx.AsyncClient, world: World, change: dict[str, Any]
) -> None:
    assert await code_of(raw, "/v1/video_generation", CLIP | change) == 2013
    assert world.paid == []


async def test_the_same_clip_without_the_change_is_accepted(raw: httpx.AsyncClient, world: World) -> None:
    assert await code_of(raw, "/v1/video_generation", CLIP) == 0
    assert len(world.paid) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": "x" * 10_000}, 2013),
        ({"text": "\u200b" * 50}, 1042),
        ({"model": "speech-1"}, 2013),
        ({"language_boost": "pl"}, 2013),
        ({"output_format": "mp3"}, 2013),
        ({"audio_setting": {"sample_rate": 48_000}}, 2013),
        ({"audio_setting": {"format": "wav", "bitrate": 128_000}}, 2013),
        ({"voice_setting": {}}, 2013),
        ({"voice_setting": {"voice_id": "nobody-here"}}, 20132),
        ({"voice_setting": VOICE | {"speed": 3}}, 2013),
    ],
)
async def test_speech_that_the_vendor_refuses_is_refused(
    raw: httpx.AsyncClient, change: dict[str, Any], code: int
) -> None:
    assert await code_of(raw, "/v1/t2a_v2", SPEECH | change) == code


@pytest.mark.parametrize(
    "voice_id", ["short", "1starts-with-digit", "ends-with-dash-", "has space inside", "ż-letters-x"]
)
async def test_voice_names_keep_the_vendors_form(raw: httpx.AsyncClient, world: World, voice_id: str) -> None:
    assert await code_of(raw, "/v1/voice_clone", {"file_id": 1, "voice_id": voice_id}) == 2013
    assert world.voices == {}


async def test_a_file_id_as_text_is_refused_where_a_number_belongs(raw: httpx.AsyncClient) -> None:
    assert await code_of(raw, "/v1/voice_clone", {"file_id": "1", "voice_id": "good-voice-1"}) == 2013


@pytest.mark.parametrize(("key", "code"), [("wrong", 1004), ("sk-api-", 1004), (FOREIGN_REGION_KEY, 2049)])
async def test_a_wrong_key_is_refused_by_number_on_v1_and_by_status_on_v2(
    raw: httpx.AsyncClient, key: str, code: int
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    one = await raw.post("/v1/video_generation", json=CLIP, headers=headers)
    two = await raw.post("/v2/video_generation", json=CLIP, headers=headers)
    assert (one.status_code, one.json()["base_resp"]["status_code"]) == (200, code)
    assert two.status_code == 401


async def test_the_rate_the_balance_and_the_places_are_limited(raw: httpx.AsyncClient, world: World) -> None:
    world.rules.rpm["video"] = 2
    assert [await code_of(raw, "/v1/video_generation", CLIP) for _ in range(3)] == [0, 0, 1002]
    world.rules.rpm["video"] = 100
    world.rules.balance_micro_usd = 1
    assert await code_of(raw, "/v1/video_generation", CLIP) == 1008
    assert len(world.paid) == 2


async def test_get_voice_by_get_is_not_found(raw: httpx.AsyncClient) -> None:
    assert (await raw.get("/v1/get_voice")).status_code in {404, 405}


async def test_a_link_expires_and_a_new_one_works(raw: httpx.AsyncClient, world: World) -> None:
    world.rules.task_seconds = 0
    task = (await raw.post("/v1/video_generation", json=CLIP)).json()["task_id"]
    file_id = (await raw.get("/v1/query/video_generation", params={"task_id": task})).json()["file_id"]
    question = {"file_id": file_id}
    old = (await raw.get("/v1/files/retrieve", params=question)).json()["file"]["download_url"]
    world.advanced += 3601
    new = (await raw.get("/v1/files/retrieve", params=question)).json()["file"]["download_url"]
    assert (await raw.get(old)).status_code == 403
    assert (await raw.get(new, headers={"Range": "bytes=4-7"})).content.startswith(b"ftyp")


async def test_the_second_interface_lists_its_tasks(raw: httpx.AsyncClient) -> None:
    body = {"model": "MiniMax-H3", "content": [{"type": "text", "text": "A lake"}], "duration": 5, "resolution": "768P"}
    assert (await raw.post("/v2/video_generation", json=body)).status_code == 400
    made = await raw.post("/v2/video_generation", json=body | {"ratio": "16:9"})
    page = (await raw.get("/v2/query/video_generation", params={"page_num": 1, "page_size": 10})).json()
    assert [task["id"] for task in page["tasks"]] == [made.json()["task_id"]]


@pytest.mark.parametrize(
    ("manner", "statuses"),
    [
        ("normal", ["processing", "success"]),
        ("duplicate", ["processing", "processing", "success", "success"]),
        ("reorder", ["success", "processing"]),
        ("drop", []),
    ],
)
async def test_callbacks_are_challenged_unsigned_and_as_unreliable_as_asked(
    raw: httpx.AsyncClient, world: World, manner: str, statuses: list[str]
) -> None:
    heard: list[dict[str, Any]] = []
    enough = asyncio.Event()

    async def echo(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = requests[-1].partition(b"\r\n\r\n")[2]
        heard.append(json.loads(body))
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        if len(heard) > len(statuses):
            enough.set()

    world.rules.callbacks = manner
    world.rules.task_seconds = 0.05
    async with listening(echo) as (address, requests):
        await raw.post("/v1/video_generation", json=CLIP | {"callback_url": f"{address}/callback"})
        async with asyncio.timeout(5):
            await enough.wait()
            while world.background:
                await asyncio.sleep(0.01)
    assert "challenge" in heard[0]
    assert [update["status"] for update in heard[1:]] == statuses
    assert not any("sign" in name.lower() for request in requests for name in request.decode().splitlines())


async def test_an_address_that_does_not_echo_gets_no_updates(raw: httpx.AsyncClient, world: World) -> None:
    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")

    world.rules.task_seconds = 0
    async with listening(mute) as (address, requests):
        await raw.post("/v1/video_generation", json=CLIP | {"callback_url": f"{address}/callback"})
        async with asyncio.timeout(5):
            while world.background:
                await asyncio.sleep(0.01)
    assert len(requests) == 1


async def test_the_control_endpoint_tells_what_was_paid(raw: httpx.AsyncClient) -> None:
    await raw.post("/v1/video_generation", json=CLIP)
    await raw.post("/_control/faults", json=[{"kind": "code", "path": "/v1/video", "code": 1008}])
    assert await code_of(raw, "/v1/video_generation", CLIP) == 1008
    told = (await raw.get("/_control/paid")).json()
    assert told["count"] == 1
    assert told["paid"][0]["micro_usd"] == 280_000
