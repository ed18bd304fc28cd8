"""The slideshow client as it was recorded: its bodies in its order on both path sets, offline, without signing in."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.shows.errors import ShowNotFound, ShowPicturesMissing, ShowTooLarge, ShowVoiceMissing, VideoSiteAbsent
from tests.conftest import MakeSettings

Json = dict[str, Any]
STUDIO = "/studio-api"
SCRIPT = "A lantern shone."
# What the editor's form holds before anything is made.
EDITOR: Json = {
    "title": "The fox and the lantern",
    "description": "A fox finds a lantern in the fog.",
    "language": "en",
    "use_case": "storytelling",
    "status": "draft",
    "script_text": "",
    "script_style": "educational",
    "voice_id": "nova",
    "audio_speed": 1.0,
    "audio_pitch": 1.0,
    "audio_path": None,
    "image_style": "watercolor",
    "images": [],
    "resolution": "720p",
    "fps": 24,
    "video_template_id": "basic_fade",
    "background_music": "",
    "video_url": None,
    "thumbnail": None,
    "video_inspirations": [],
    "nb_section": 2,
    "heygen_avatar_id": "avatar-7",
    "youtube_video_id": None,
}


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    """The local user, as on the machine of somebody who tries the studio."""
    return make_settings(
        database={"database_url": database_url},
        work={"embedded_worker": True, "client_wait_seconds": 120},
        security={"local_user": True},
    )


@pytest.fixture
async def page(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A page on this machine that sends no credentials at all."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 50000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
        yield http


async def asked(page: httpx2.AsyncClient, method: str, path: str, body: Json | None = None, status: int = 200) -> Any:
    reply = await page.request(method, f"{STUDIO}{path}", json=body)
    assert reply.status_code == status, reply.text
    return reply.json() if reply.content else None


async def bytes_of(page: httpx2.AsyncClient, link: str) -> bytes:
    assert link.startswith("http://localhost:8000/studio-api/media/")
    reply = await page.get(link, params={"t": "1"})
    assert reply.status_code == 200
    return reply.content


async def test_the_guide_s_paths_make_a_film_from_list_to_delete(page: httpx2.AsyncClient) -> None:
    assert await asked(page, "GET", "/projects") == []
    made = await asked(page, "POST", "/projects", EDITOR, 201)
    path = f"/projects/{made['id']}"
    assert (made["heygen_avatar_id"], made["status"], made["images"]) == ("avatar-7", "draft", [])
    assert (made["createdAt"], made["updatedAt"]) == (made["created_at"], made["updated_at"])
    await check_script(page, made)
    await check_sound_and_pictures(page, path)
    filmed = await check_film(page, path)
    # The editor sends everything back, links included, and loses nothing.
    again = await asked(page, "PUT", path, filmed | {"title": "Renamed"})
    assert (again["title"], again["status"], again["duration"]) == ("Renamed", "video_ready", filmed["duration"])
    assert (await bytes_of(page, again["video_url"])) == (await bytes_of(page, filmed["video_url"]))
    assert [each["id"] for each in await asked(page, "GET", "/projects")] == [made["id"]]
    assert await asked(page, "DELETE", path, status=204) is None
    assert (await asked(page, "GET", path, status=404))["code"] == ShowNotFound.code


async def check_script(page: httpx2.AsyncClient, made: Json) -> None:
    """The script is written and persisted, and the editor's save keeps what nobody here knows."""
    path = f"/projects/{made['id']}"
    wish = {name: EDITOR[name] for name in ("title", "description", "use_case", "language")} | {"style": "comedic"}
    scripted = await asked(page, "POST", f"{path}/generate-script", wish)
    assert (scripted["status"], scripted["script_style"]) == ("script_generated", "comedic")
    assert scripted["script_text"] == (await asked(page, "GET", path))["script_text"] != ""
    assert [set(each) for each in scripted["images"]] == [{"prompt", "url"}] * 2
    saved = await asked(page, "PUT", path, scripted | {"script_text": SCRIPT, "myOwnField": {"kept": [1]}})
    assert (saved["script_text"], saved["myOwnField"], saved["id"]) == (SCRIPT, {"kept": [1]}, made["id"])
    assert [each["prompt"] for each in saved["images"]] == [each["prompt"] for each in scripted["images"]]


async def check_sound_and_pictures(page: httpx2.AsyncClient, path: str) -> None:
    """A film is refused without either; one picture is drawn anew and the others stay."""
    refused = await asked(page, "POST", f"{path}/generate-video", {"resolution": "720p", "fps": 24}, 400)
    assert refused["code"] == ShowVoiceMissing.code
    wish = {"script_text": SCRIPT, "voice_id": "nova", "audio_speed": 1.1, "audio_pitch": 0.9, "language": "en"}
    spoken = await asked(page, "POST", f"{path}/generate-audio", wish)
    assert (spoken["status"], spoken["audio_speed"]) == ("audio_generated", 1.1)
    assert len(await bytes_of(page, spoken["audio_path"])) > 1000
    assert (await asked(page, "GET", path))["status"] == "audio_ready"
    assert (await asked(page, "POST", f"{path}/generate-video", {}, 400))["code"] == ShowPicturesMissing.code
    drawn = await asked(page, "POST", f"{path}/generate-images", {"images": spoken["images"], "style": "anime"})
    assert drawn["image_style"] == "anime"
    first, second = [await bytes_of(page, each["url"]) for each in drawn["images"]]
    one = await asked(page, "POST", f"{path}/generate-images/1", {"prompt": "A red lantern", "style": "anime"})
    assert (one["scene_index"], one["image_url"]) == (1, one["images"][1]["url"])
    assert await bytes_of(page, one["image_url"]) != second
    assert await bytes_of(page, one["images"][0]["url"]) == first


async def check_film(page: httpx2.AsyncClient, path: str) -> Json:
    """The film is as long as its sound and can be played."""
    wish = {"resolution": "720p", "fps": 24, "template": "zoom_in", "background_music": "none"}
    filmed: Json = await asked(page, "POST", f"{path}/generate-video", wish)
    assert (filmed["status"], filmed["resolution"], filmed["video_template_id"]) == ("video_ready", "720p", "zoom_in")
    assert 0.5 < filmed["duration"] < 6.0
    assert (await bytes_of(page, filmed["video_url"]))[4:8] == b"ftyp"
    assert filmed["thumbnail"] == filmed["thumbnail_path"]
    assert (await bytes_of(page, filmed["thumbnail"])).startswith(b"\xff\xd8")
    return filmed


async def test_the_newer_paths_make_describe_and_subtitle_a_film(page: httpx2.AsyncClient) -> None:
    wish = {
        "title": "Three calm thoughts",
        "language": "en",
        "type_video": "STOICISM",
        "keywords": "calm",
        "duration": 20,
    }
    described = await asked(page, "POST", "/scripts/description/generate", wish)
    assert described["contextual_description"]
    templates = (await asked(page, "GET", "/video-template"))["templates"]
    style = (await asked(page, "GET", "/subtitles/styles"))["styles"][1]["name"]
    place = (await asked(page, "GET", "/subtitles/positions"))["positions"][2]["name"]
    made = await asked(page, "POST", "/projects", EDITOR | {"type_video": "STOICISM", "keywords": "calm, sea"}, 201)
    key = made["id"]
    wish = {"title": "Calm", "type_video": "LIFE_LESSON", "nb_section": 3, "keywords": "sea", "video_inspirations": []}
    scripted = await asked(page, "POST", f"/scripts/{key}", wish)
    assert (len(scripted["images"]), scripted["nb_section"], scripted["type_video"]) == (3, 3, "LIFE_LESSON")

    # A card of the list sends hardly anything: the rest comes from the project.
    await asked(page, "PATCH", f"/projects/{key}", {"script_text": SCRIPT, "images": scripted["images"][:1]})
    spoken = await asked(page, "POST", f"/audios/{key}", {"script_text": SCRIPT, "voice_id": "nova"})
    query = {"project_id": key, "audio_path": spoken["audio_path"]}
    told = await page.get(f"{STUDIO}/audios/generate-subtitle", params=query)
    assert (told.status_code, told.json()["success"]) == (200, True)
    assert b"lantern" in await bytes_of(page, told.json()["subtitle_path"])
    drawn = await asked(page, "POST", f"/images/{key}", {"style": "sketch"})
    assert drawn["images"][0]["url"]
    one = await asked(page, "POST", f"/images/{key}/1", {"prompt": "Fog", "style": "sketch"})
    assert [bool(each["url"]) for each in one["images"]] == [True, True]
    wish = {"resolution": "720p", "fps": 24, "video_template_path": templates[0]["absolute_path"]}
    filmed = await asked(page, "POST", f"/video/{key}", wish)
    assert filmed["video_template_path"] == templates[0]["absolute_path"]
    plain = await bytes_of(page, filmed["video_url"])
    wish = {"style_name": style, "position_name": place, "async_processing": False}
    burned = await asked(page, "POST", f"/subtitles/{key}", wish)
    assert (burned["id"], burned["status"]) == (key, "video_subtitled")
    assert await bytes_of(page, burned["video_url"]) != plain


async def test_an_unsaved_project_is_made_for_and_saved_with_what_was_made(page: httpx2.AsyncClient) -> None:
    spoken = await asked(page, "POST", "/audios/temp", {"script_text": SCRIPT, "voice_id": "nova", "language": "en"})
    assert set(spoken) == {"audio_path", "status", "updated_at"}
    drawn = await asked(page, "POST", "/images/temp", {"images": [{"prompt": "A fox", "url": None}], "style": "anime"})
    assert set(drawn) == {"images", "status", "updated_at"}
    again = await asked(page, "POST", "/images/temp", {"images": [{"prompt": "A fox", "url": None}], "style": "anime"})
    assert await bytes_of(page, again["images"][0]["url"]) == await bytes_of(page, drawn["images"][0]["url"])
    told = await page.get(
        f"{STUDIO}/audios/generate-subtitle", params={"project_id": "temp", "audio_path": spoken["audio_path"]}
    )
    assert told.json()["success"] is True
    one = await asked(page, "POST", "/images/temp/0", {"prompt": "A lantern", "style": "anime"})
    assert set(one) == {"image_url", "scene_index", "status", "updated_at"}
    assert await asked(page, "GET", "/projects") == []
    images = [drawn["images"][0], {"prompt": "A lantern", "url": one["image_url"]}]
    filled = EDITOR | {"script_text": SCRIPT, "audio_path": spoken["audio_path"], "images": images}
    saved = await asked(page, "POST", "/projects", filled, 201)
    assert saved["status"] == "images_ready"
    wish = {"audio_path": spoken["audio_path"], "images": images, "resolution": "720p", "fps": 24}
    filmed = await asked(page, "POST", "/video/temp", wish | {"template": "basic_fade"})
    assert set(filmed) == {"video_url", "thumbnail", "thumbnail_path", "duration", "status", "updated_at"}
    assert (await bytes_of(page, filmed["video_url"]))[4:8] == b"ftyp"
    assert await bytes_of(page, saved["audio_path"]) == await bytes_of(page, spoken["audio_path"])
    assert all(each["url"] for each in saved["images"])


async def test_lists_are_bare_arrays_with_their_number_in_a_header(page: httpx2.AsyncClient) -> None:
    for title in ("Alpha", "Beta", "Gamma"):
        await asked(page, "POST", "/projects", {"title": title}, 201)
    await asked(page, "POST", "/projects", {"title": "Written", "script_text": "Words"}, 201)

    async def titles(**query: Any) -> tuple[list[str], str]:
        reply = await page.get(f"{STUDIO}/projects/", params=query)
        return [each["title"] for each in reply.json()], reply.headers["X-Total-Count"]

    assert await titles() == (["Written", "Gamma", "Beta", "Alpha"], "4")
    assert await titles(search="eta") == (["Beta"], "1")
    assert await titles(q="ETA") == (["Beta"], "1")
    assert await titles(status="script_generated") == (["Written"], "1")
    assert await titles(page=2, limit=3) == (["Alpha"], "4")
    assert await titles(_page=2, _limit=1, _sort="title", _order="asc") == (["Beta"], "4")


async def test_what_is_sent_in_odd_forms_is_read(page: httpx2.AsyncClient) -> None:
    sent = {
        "title": None,
        "scriptText": "Camel words",
        "fps": "30",
        "audio_speed": "",
        "keywords": ["fox", "fog"],
        "language": "xx",
        "images_prompts": ["One", "Two"],
        "images_urls": ["https://evil.example/a.png", None],
        "id": "mine",
        "created_at": "1999",
    }
    made = await asked(page, "POST", "/projects", sent, 201)
    assert (made["title"], made["script_text"], made["fps"], made["keywords"]) == ("", "Camel words", 30, "fox, fog")
    assert made["images"] == [{"prompt": "One", "url": None}, {"prompt": "Two", "url": None}]
    assert made["id"] != "mine"
    assert not made["created_at"].startswith("1999")
    wrong = await asked(page, "PUT", f"/projects/{made['id']}", {"images": "none"}, 422)
    assert isinstance(wrong["detail"], str)
    many = {f"field{number}": number for number in range(201)}
    assert (await asked(page, "PUT", f"/projects/{made['id']}", many, 422))["code"] == ShowTooLarge.code


async def test_publishing_says_in_a_sentence_that_it_is_not_set_up(page: httpx2.AsyncClient) -> None:
    made = await asked(page, "POST", "/projects", {"title": "Alpha"}, 201)
    assert await asked(page, "GET", "/youtube/auth/status") == {"is_authenticated": False}
    for method, path in (
        ("GET", "/youtube/auth/url"),
        ("POST", "/youtube/auth/disconnect"),
        ("GET", "/youtube/channel/info"),
        ("POST", f"/youtube/videos/upload/{made['id']}"),
        ("POST", f"/youtube/thumbnail/update-by-project/{made['id']}"),
        ("GET", "/youtube/videos/x"),
        ("PATCH", "/youtube/videos/x"),
        ("POST", "/youtube/thumbnail/update/x"),
        ("GET", "/youtube/thumbnail/info/x"),
    ):
        assert (await asked(page, method, path, status=501))["code"] == VideoSiteAbsent.code


async def test_two_people_find_and_use_nothing_of_each_other(
    alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    made = await asked(alice, "POST", "/projects", EDITOR | {"images": [{"prompt": "A fox", "url": ""}]}, 201)
    drawn = await asked(alice, "POST", f"/images/{made['id']}", {"style": "anime"})
    link = drawn["images"][0]["url"]
    assert await asked(bob, "GET", "/projects") == []
    for method, path in (
        ("GET", f"/projects/{made['id']}"),
        ("PUT", f"/projects/{made['id']}"),
        ("DELETE", f"/projects/{made['id']}"),
        ("POST", f"/scripts/{made['id']}"),
        ("POST", f"/projects/{made['id']}/generate-audio"),
        ("POST", f"/images/{made['id']}/0"),
        ("POST", f"/video/{made['id']}"),
        ("POST", f"/subtitles/{made['id']}"),
    ):
        assert (await asked(bob, method, path, {"title": "stolen"}, 404))["code"] == ShowNotFound.code
    copied = await asked(bob, "POST", "/projects", {"title": "Mine", "images": [{"prompt": "A fox", "url": link}]}, 201)
    assert copied["images"] == [{"prompt": "A fox", "url": None}]
    assert (await asked(alice, "GET", f"/projects/{made['id']}"))["title"] == EDITOR["title"]
