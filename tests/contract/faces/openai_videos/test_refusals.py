"""What the OpenAI-Videos face refuses, as the official client understands it."""

import re
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from app.accounts.errors import TokenRefused
from app.production.errors import (
    VideoModelNotFound,
    VideoNotFound,
    VideoNotReady,
    VideoPartMissing,
    VideoReferenceUnreadable,
    VideoUnfinished,
)
from app.projects.errors import NotOfThisProject, TargetTooLong
from app.providers.errors import ContentBlocked
from app.providers.video import Failed
from tests.contract.faces.door import key_of
from tests.contract.faces.openai_videos.wishes import PROMPT, made, reference
from tests.doubles.visuals import VENDOR, ScriptedCamera

# The resource outlives the hosted service that it was made for.
pytestmark = [pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"), pytest.mark.timeout(120)]


async def test_a_wish_that_cannot_be_met_is_a_bad_request(studio: AsyncOpenAI) -> None:
    faults: list[tuple[Any, str]] = [
        ({"seconds": "4", "prompt": " "}, "request.invalid"),
        ({"size": "wide"}, "request.invalid"),
        ({"seconds": "soon"}, "request.invalid"),
        ({"prompt": "a\0b"}, "request.invalid"),
        ({"seconds": "300"}, TargetTooLong.code),
        (reference(image_url="https://example.com/a.png"), VideoReferenceUnreadable.code),
        (reference(file_id="no-such-file"), NotOfThisProject.code),
    ]
    for fault, code in faults:
        with pytest.raises(openai.BadRequestError) as refused:
            await studio.videos.create(**{"prompt": PROMPT} | fault)
        assert (refused.value.code, refused.value.type) == (code, "invalid_request_error"), fault
    assert (await studio.videos.list()).data == []


async def test_a_refusal_names_the_fields_of_the_wire(studio: AsyncOpenAI) -> None:
    faults: list[tuple[Any, str]] = [
        ({"seconds": "300"}, "seconds"),
        ({"seconds": "soon"}, "seconds"),
        ({"size": "wide"}, "size"),
        ({"prompt": " "}, "prompt"),
        (reference(image_url="https://example.com/a.png"), "input_reference"),
    ]
    for fault, field in faults:
        with pytest.raises(openai.BadRequestError) as refused:
            await studio.videos.create(**{"prompt": PROMPT} | fault)
        assert refused.value.param == field
        assert not re.search(r"target_duration_sec|story_prompt|/body|[\^$\\]", refused.value.message), fault


async def test_a_model_that_is_not_offered_falls_back_to_the_preferred_one_with_a_note(studio: AsyncOpenAI) -> None:
    offered = [model.id async for model in studio.models.list()]
    assert offered[0] == "MiniMax-Hailuo-02"
    assert (await studio.models.retrieve(offered[0])).owned_by == VENDOR
    begun = await studio.videos.create(prompt=PROMPT, model="sora-2")
    read = await studio.videos.retrieve(begun.id)
    for video in (begun, read):
        assert video.model == offered[0]
        assert (video.model_extra or {})["notes"] == [
            f"The model sora-2 is not offered here; {offered[0]} makes this video."
        ]
    as_offered = await studio.videos.create(prompt=PROMPT, model=offered[0])
    assert (as_offered.model_extra or {})["notes"] == []
    with pytest.raises(openai.NotFoundError) as refused:
        await studio.models.retrieve("sora-2")
    assert refused.value.code == VideoModelNotFound.code


async def test_only_a_form_may_write_true_and_false_in_other_words(address: str, alice: httpx2.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {await key_of(alice)}"}
    async with httpx2.AsyncClient(base_url=f"{address}/v1", headers=headers, timeout=60) as client:
        for odd in (0, 1, "false", "no"):
            refused = await client.post("/videos", json={"prompt": PROMPT, "narration": odd})
            assert (refused.status_code, refused.json()["error"]["param"]) == (400, "narration")
        for plain in (False, True, None):
            taken = await client.post("/videos", json={"prompt": PROMPT, "narration": plain})
            assert taken.status_code == 200
        for written in ("0", "false", "no", "true"):
            taken = await client.post("/videos", data={"prompt": PROMPT, "narration": written})
            assert taken.status_code == 200


async def test_nothing_is_shown_of_a_video_before_it_is_there(studio: AsyncOpenAI, camera: ScriptedCamera) -> None:
    camera.looks = [lambda task: Failed(ContentBlocked(provider="minimax"))]
    begun = await studio.videos.create(prompt=PROMPT, seconds="4")
    with pytest.raises(openai.ConflictError) as early:
        await studio.videos.download_content(begun.id)
    assert early.value.code == VideoNotReady.code
    assert early.value.response.headers["x-should-retry"] == "false"
    failed = await studio.videos.poll(begun.id, poll_interval_ms=50)
    assert failed.status == "failed"
    assert failed.error is not None
    for call in (studio.videos.download_content(begun.id), studio.videos.remix(begun.id, prompt="Again")):
        with pytest.raises(openai.ConflictError) as refused:
            await call
        assert refused.value.code == VideoUnfinished.code


async def test_a_cancelled_video_is_a_failed_one(studio: AsyncOpenAI, alice: httpx2.AsyncClient) -> None:
    begun = await studio.videos.create(prompt=PROMPT, seconds="4")
    project_id = (begun.model_extra or {})["project_id"]
    job = (await alice.get("/api/v1/jobs", params={"project_id": project_id, "kind": "film.produce"})).json()["jobs"][0]
    await alice.post(f"/api/v1/jobs/{job['id']}/cancel")
    video = await studio.videos.poll(begun.id, poll_interval_ms=50)
    assert video.error is not None
    assert (video.status, video.error.code) == ("failed", "cancelled")


async def test_a_stranger_finds_nothing_and_its_owner_only_what_is_made(
    studio: AsyncOpenAI, stranger: AsyncOpenAI
) -> None:
    video = await made(studio)
    with pytest.raises(openai.BadRequestError) as refused:
        await studio.videos.download_content(video.id, extra_query={"variant": "score"})
    assert (refused.value.code, refused.value.param) == (VideoPartMissing.code, "variant")
    for knock in (
        stranger.videos.retrieve(video.id),
        stranger.videos.delete(video.id),
        stranger.videos.download_content(video.id),
        stranger.videos.remix(video.id, prompt="Mine"),
        stranger.videos.list(after=video.id),
    ):
        with pytest.raises(openai.NotFoundError) as absent:
            await knock
        assert absent.value.code == VideoNotFound.code
    assert (await stranger.videos.list()).data == []
    assert (await studio.videos.retrieve(video.id)).status == "completed"


async def test_a_wrong_key_opens_nothing(address: str) -> None:
    async with AsyncOpenAI(base_url=f"{address}/v1", api_key="avc_wrong") as nobody:
        for call in (nobody.videos.create(prompt=PROMPT), nobody.models.retrieve("x")):
            with pytest.raises(openai.AuthenticationError) as refused:
                await call
            assert refused.value.code == TokenRefused.code


async def test_a_key_that_only_reads_starts_nothing(address: str, alice: httpx2.AsyncClient) -> None:
    async with AsyncOpenAI(base_url=f"{address}/v1", api_key=await key_of(alice, "read")) as reader:
        assert (await reader.videos.list()).data == []
        with pytest.raises(openai.PermissionDeniedError):
            await reader.videos.create(prompt=PROMPT)
