"""Row 7 of what real clients showed, and rows of client B: what was done otherwise is said where it is read."""

from typing import Any

import httpx2
import pytest

from app.providers.values import MediaType
from tests import factories
from tests.contract.faces.test_one_shot_flow import VIDEO, ended, page, settings
from tests.scripted_house import Vendor, app, kit, vendor

__all__ = ["app", "kit", "page", "settings", "vendor"]

Json = dict[str, Any]
PROMPT = "A fox carries a lantern through the fog"
LENGTH = "The film lasts 18 seconds, because its clips last 6 seconds each."
CROPPED = "The first picture (474x421) is cropped around its middle to 16:9."


async def reference(page: httpx2.AsyncClient, width: int, height: int) -> str:
    files = {"file": ("photo.png", factories.picture(width, height), "image/png")}
    text: str = (await page.post(f"{VIDEO}/upload-reference", files=files)).json()["image_base64"]
    return text


async def job_result(page: httpx2.AsyncClient) -> Json:
    listed = await page.get("/api/v1/jobs", params={"kind": "film.produce", "limit": 1})
    result: Json = listed.json()["jobs"][0]["result"]
    return result


async def test_15_s_asked_18_s_made_the_reply_of_generate_and_the_job_say_so_the_page_shows_message(
    page: httpx2.AsyncClient,
) -> None:
    started = (await page.post(f"{VIDEO}/generate", json={"prompt": PROMPT, "duration": 15})).json()
    assert started["notes"] == [LENGTH]
    assert LENGTH in started["message"]
    told = await ended(page, f"{VIDEO}/status/{started['job_id']}")
    assert (told["status"], told["notes"]) == ("completed", [LENGTH])
    assert (await job_result(page))["notes"] == [LENGTH]
    exact = (await page.post(f"{VIDEO}/generate", json={"prompt": PROMPT, "duration": 18})).json()
    assert (exact["notes"], exact["message"]) == ([], "The video is being made.")


async def test_where_both_are_given_and_disagree_the_picture_is_cropped_and_b_reads_the_note(
    page: httpx2.AsyncClient, vendor: Vendor
) -> None:
    """B: 474x421 with 16:9 gave 1216x1080."""
    wish = {"prompt": PROMPT, "duration": 6, "aspectRatio": "16:9", "reference_image": await reference(page, 474, 421)}
    started = (await page.post(f"{VIDEO}/generate", json=wish)).json()
    assert started["notes"] == [CROPPED]
    told = await ended(page, f"{VIDEO}/status/{started['job_id']}")
    assert (told["status"], told["notes"]) == ("completed", [CROPPED]), told
    assert (await job_result(page))["notes"] == [CROPPED]
    (request,) = vendor.video.requests
    for picture in (request.first_frame, request.last_frame):
        assert picture is not None
        assert picture.width_px / picture.height_px == pytest.approx(16 / 9, rel=0.01)
    assert request.first_frame is not None
    assert request.first_frame.media_type is MediaType.JPEG


async def test_where_b_chose_no_ratio_the_reference_chooses_it(page: httpx2.AsyncClient, vendor: Vendor) -> None:
    wish = {"prompt": PROMPT, "duration": 6, "reference_image": await reference(page, 720, 1280)}
    started = (await page.post(f"{VIDEO}/generate", json=wish)).json()
    assert started["notes"] == []
    assert (await ended(page, f"{VIDEO}/status/{started['job_id']}"))["status"] == "completed"
    (request,) = vendor.video.requests
    assert vendor.image.requests[0].aspect_ratio == "9:16"
    for picture in (request.first_frame, request.last_frame):
        assert picture is not None
        assert picture.width_px / picture.height_px == pytest.approx(9 / 16, rel=0.01)


async def test_films_without_narration_carry_music_on_b(page: httpx2.AsyncClient) -> None:
    await page.post(f"{VIDEO}/generate", json={"prompt": PROMPT, "duration": 6, "style": "commercial"})
    project = (await page.get("/api/v1/projects", params={"limit": 1})).json()["projects"][0]
    assert project["music"]["mood"] == "upbeat"
