"""The OpenAI-Videos face by the unmodified official client, over a real socket."""

import asyncio
import base64
import io
import json
import secrets
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI
from PIL import Image

from app.core.settings import Settings
from app.core.threads import Threads
from app.main import create_app
from app.media.probe import Probes
from app.media.tools import find_tools
from tests import factories
from tests.conftest import MakeSettings
from tests.contract.faces.door import key_of, listening
from tests.contract.faces.openai_videos.wishes import PROMPT, made, reference
from tests.doubles.engines import ScriptedPlanner

# The resource outlives the hosted service that it was made for.
pytestmark = [pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"), pytest.mark.timeout(120)]


def noise() -> bytes:
    """A picture that nothing makes small."""
    made = io.BytesIO()
    Image.frombytes("RGB", (400, 400), secrets.token_bytes(400 * 400 * 3)).save(made, "PNG")
    return made.getvalue()


def corner_of(picture: bytes) -> Any:
    with Image.open(io.BytesIO(picture)) as opened:
        return opened.convert("RGB").getpixel((5, 5))


async def test_a_prompt_becomes_a_film_offline(
    make_settings: MakeSettings, database_url: str, tmp_path: Path, settings: Settings
) -> None:
    service = create_app(settings)
    async with service.router.lifespan_context(service), listening(service) as address:
        async with httpx2.AsyncClient(base_url=address) as http:
            person = {"email": "ada@example.com", "password": "a long pass phrase 1"}
            await http.post("/api/v1/auth/register", json=person)
            token = (await http.post("/api/v1/auth/login", json=person)).json()["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            key = await key_of(http)
        async with AsyncOpenAI(base_url=f"{address}/v1", api_key=key) as studio:
            models = [model.id async for model in studio.models.list()]
            video = await made(studio, model=models[0], size="640x640", extra_body={"language": "en"})
            content = await studio.videos.download_content(video.id)
            target = tmp_path / "film.mp4"
            target.write_bytes(content.read())
            thumbnail = (await studio.videos.download_content(video.id, variant="thumbnail")).read()
            sheet = (await studio.videos.download_content(video.id, variant="spritesheet")).read()
    media = await Probes(find_tools("", ""), Threads(2)).probe(target)
    assert media.video is not None
    assert media.audio is not None
    assert (video.model, video.seconds, video.progress, video.error) == (models[0], "6", 100, None)
    assert video.size == f"{media.video.width_px}x{media.video.height_px}"
    assert media.video.width_px == media.video.height_px
    assert media.video.duration_seconds == pytest.approx(6, abs=0.1)
    assert thumbnail.startswith(b"\xff\xd8\xff")
    assert sheet.startswith(b"\xff\xd8\xff")
    assert sheet != thumbnail


async def test_a_video_shows_every_key_of_the_wire(studio: AsyncOpenAI) -> None:
    begun = await studio.videos.with_raw_response.create(prompt=PROMPT, seconds="8", size="720x1280")
    assert begun.headers["openai-poll-after-ms"] == "2000"
    shown = json.loads(begun.http_response.text)
    assert {name for name in shown if name not in {"stage", "project_id", "notes"}} == {
        *("id", "object", "created_at", "completed_at", "expires_at", "error", "model", "progress", "prompt"),
        *("remixed_from_video_id", "seconds", "size", "status"),
    }
    assert shown["id"].startswith("video_")
    assert (shown["object"], shown["prompt"], shown["model"]) == ("video", PROMPT, "MiniMax-Hailuo-02")
    assert (shown["seconds"], shown["size"], shown["status"]) == ("10", "768x1366", "queued")
    read = await studio.videos.retrieve(shown["id"])
    assert (read.id, read.created_at) == (shown["id"], shown["created_at"])


async def test_a_film_begins_with_the_picture_that_was_sent(studio: AsyncOpenAI, alice: httpx2.AsyncClient) -> None:
    picture = factories.picture(1280, 720)
    url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    sent = await studio.videos.create(prompt=PROMPT, input_reference=("fox.png", picture, "image/png"))
    first = await first_frame(alice, sent)
    named = await studio.videos.create(prompt=PROMPT, **reference(image_url=url))
    again = await studio.videos.create(prompt=PROMPT, **reference(image_url=first["first_frame_url"]))
    for video in (sent, named, again):
        shown = (await alice.get((await first_frame(alice, video))["first_frame_url"])).content
        assert corner_of(shown) == corner_of(picture)
    assert (await first_frame(alice, await studio.videos.create(prompt=PROMPT)))["first_frame_url"] is None


async def first_frame(alice: httpx2.AsyncClient, video: Any) -> Any:
    return (await alice.get(f"/api/v1/projects/{video.model_extra['project_id']}")).json()


async def test_a_finished_video_is_remixed(studio: AsyncOpenAI, planner: ScriptedPlanner) -> None:
    first = await made(studio, size="720x1280")
    video = await studio.videos.remix(first.id, prompt="The lantern is blue")
    assert (video.status, video.remixed_from_video_id, video.prompt) == ("queued", first.id, "The lantern is blue")
    assert (video.seconds, video.size) == (first.seconds, "768x1366")
    async with asyncio.timeout(30):
        while len(planner.briefs) < 2:
            await asyncio.sleep(0.05)
    assert PROMPT in planner.briefs[1].story
    assert "The lantern is blue" in planner.briefs[1].story


async def test_pages_follow_one_another_in_either_order(studio: AsyncOpenAI) -> None:
    ids = [(await studio.videos.create(prompt=f"{PROMPT} {number}", seconds="4")).id for number in range(3)]
    assert [video.id async for video in studio.videos.list(limit=2)] == ids[::-1]
    assert [video.id async for video in studio.videos.list(limit=1, order="asc")] == ids
    page = await studio.videos.list(limit=2, order="asc", after=ids[0])
    assert ([video.id for video in page.data], page.has_more, page.last_id) == (ids[1:], False, ids[2])
    gone = await studio.videos.delete(ids[1])
    assert (gone.id, gone.deleted, gone.object) == (ids[1], True, "video.deleted")
    assert [video.id async for video in studio.videos.list(limit=1)] == [ids[2], ids[0]]
    with pytest.raises(openai.NotFoundError):
        await studio.videos.retrieve(ids[1])


async def test_an_order_that_is_repeated_under_its_key_is_one_order(studio: AsyncOpenAI) -> None:
    once = [
        await studio.videos.create(prompt=PROMPT, seconds="4", extra_headers={"Idempotency-Key": "order-1"})
        for _ in range(2)
    ]
    assert once[0].id == once[1].id
    odd: Any = {"prompt": PROMPT, "size": "wide", "extra_headers": {"Idempotency-Key": "order-2"}}
    for _ in range(2):
        with pytest.raises(openai.BadRequestError):
            await studio.videos.create(**odd)
    assert len((await studio.videos.list()).data) == 1


async def test_other_clients_send_json(address: str, alice: httpx2.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {await key_of(alice)}"}
    async with httpx2.AsyncClient(base_url=address, headers=headers) as client:
        body = {"prompt": PROMPT, "seconds": 12, "size": "1792x1024", "user": "u-1", "num_frames": 48}
        made_by_json = await client.post("/v1/videos", json=body)
        assert (made_by_json.status_code, made_by_json.json()["seconds"]) == (200, "12")
        assert made_by_json.json()["size"] == "1920x1080"
        picture = base64.b64encode(noise()).decode()
        assert len(picture) > 512 * 1024
        large = {"prompt": PROMPT, "input_reference": {"image_url": f"data:image/png;base64,{picture}"}}
        assert (await client.post("/v1/videos", json=large)).status_code == 200
        assert (
            await client.post("/v1/videos", content=b"prompt", headers={"Content-Type": "text/csv"})
        ).status_code == 415
        assert (
            await client.post("/v1/videos", content=b"{", headers={"Content-Type": "application/json"})
        ).status_code == 400
