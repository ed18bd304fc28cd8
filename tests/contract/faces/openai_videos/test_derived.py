"""What the official client makes of a finished video: a change, and what follows on it; characters are refused."""

from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types import Video

from app.production.errors import CharactersNotOffered, VideoNotFound, VideoNotReady, VideoSourceUploaded
from app.projects.errors import SegmentsExhausted
from tests.contract.faces.openai_videos.wishes import PROMPT, made
from tests.doubles.engines import ScriptedPlanner
from tests.doubles.visuals import ScriptedCamera

# The resource outlives the hosted service that it was made for.
pytestmark = [pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"), pytest.mark.timeout(120)]
FURTHER = "The fox comes home"
FILE = ("fox.mp4", b"\0\0\0\x18ftypmp42", "video/mp4")


async def edited(client: AsyncOpenAI, video_id: str, prompt: str = "Blue") -> Video:
    """As an object: the SDK types it so, but its own method sends files only."""
    return await client.post("/videos/edits", body={"prompt": prompt, "video": {"id": video_id}}, cast_to=Video)


async def extended(client: AsyncOpenAI, video_id: str, seconds: str = "4") -> Video:
    """As the form that the SDK makes of an object."""
    fields = {"prompt": FURTHER, "seconds": seconds, "video[id]": video_id}
    headers = {"Content-Type": "multipart/form-data"}
    return await client.post("/videos/extensions", body=fields, files=[], options={"headers": headers}, cast_to=Video)


async def test_an_edit_makes_a_new_video_like_a_finished_one(studio: AsyncOpenAI, planner: ScriptedPlanner) -> None:
    first = await made(studio)
    begun = await edited(studio, first.id, "The lantern is blue")
    assert (begun.remixed_from_video_id, begun.prompt) == (first.id, "The lantern is blue")
    assert (await studio.videos.poll(begun.id, poll_interval_ms=50)).status == "completed"
    assert "The lantern is blue" in planner.briefs[-1].story


async def test_an_extension_films_only_what_is_added(studio: AsyncOpenAI, camera: ScriptedCamera) -> None:
    first = await made(studio)
    filmed = len(camera.requests)
    begun = await extended(studio, first.id)
    assert (begun.remixed_from_video_id, begun.seconds) == (first.id, "12")
    whole = await studio.videos.poll(begun.id, poll_interval_ms=50)
    assert whole.status == "completed", whole.error
    assert len(camera.requests) == filmed + 1
    assert FURTHER in camera.requests[-1].prompt
    old, new = [(await studio.videos.download_content(each.id)).read() for each in (first, whole)]
    assert len(new) > len(old)
    assert (await studio.videos.retrieve(first.id)).seconds == "6"


async def test_only_finished_videos_of_ones_own_are_changed_and_continued(
    studio: AsyncOpenAI, stranger: AsyncOpenAI
) -> None:
    begun = await studio.videos.create(prompt=PROMPT, seconds="4")
    for change in (edited, extended):
        with pytest.raises(openai.ConflictError) as early:
            await change(studio, begun.id)
        assert early.value.code == VideoNotReady.code
    done = await studio.videos.poll(begun.id, poll_interval_ms=50)
    for change in (edited, extended):
        with pytest.raises(openai.NotFoundError) as absent:
            await change(stranger, done.id)
        assert absent.value.code == VideoNotFound.code
    with pytest.raises(openai.ConflictError) as full:
        await extended(studio, done.id, seconds="300")
    assert full.value.code == SegmentsExhausted.code
    assert len((await studio.videos.list()).data) == 1


async def test_a_video_from_elsewhere_and_a_character_are_refused_in_a_sentence(studio: AsyncOpenAI) -> None:
    sent: Any = {"prompt": "Blue", "video": FILE}
    for change, more in ((studio.videos.edit, {}), (studio.videos.extend, {"seconds": "4"})):
        with pytest.raises(openai.BadRequestError) as uploaded:
            await change(**sent | more)
        assert (uploaded.value.code, uploaded.value.param) == (VideoSourceUploaded.code, "video")
    with pytest.raises(openai.BadRequestError):
        await edited(studio, "x", prompt=" ")
    for call, given in (
        (studio.videos.create_character, {"name": "Fox", "video": FILE}),
        (studio.videos.get_character, {"character_id": "fox"}),
    ):
        with pytest.raises(openai.APIStatusError) as refused:
            await call(**given)
        assert (refused.value.status_code, refused.value.code) == (501, CharactersNotOffered.code)
