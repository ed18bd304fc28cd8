"""Client E's rows that were found by driving both of its editions: what each sends back, and what it reads then."""

import asyncio
from typing import Any

import httpx2

from tests.contract.faces.test_slideshow import EDITOR, SCRIPT, Json, asked, bytes_of, page, settings

__all__ = ["page", "settings"]

OLDER: Json = EDITOR | {"audio_url": None}
SPOKEN = {"script_text": SCRIPT, "voice_id": "nova"}
IMAGES = [{"prompt": "A fox", "url": None}, {"prompt": "A lantern", "url": None}]


async def ready(page: httpx2.AsyncClient, **wish: Any) -> Json:
    """A project with sound and pictures."""
    made = await asked(page, "POST", "/projects", EDITOR | {"images": IMAGES[:1]} | wish, 201)
    await asked(page, "POST", f"/audios/{made['id']}", SPOKEN)
    drawn: Json = await asked(page, "POST", f"/images/{made['id']}", {"style": "sketch"})
    return drawn


async def test_e1_audio_url_is_filled_on_the_e1_audio_route_and_in_every_reply_of_a_project_that_carries_the_key(
    page: httpx2.AsyncClient,
) -> None:
    made = await asked(page, "POST", "/projects", OLDER, 201)
    path = f"/projects/{made['id']}"
    assert made["audio_url"] is None
    spoken = await asked(page, "POST", f"{path}/generate-audio", SPOKEN)
    sound = await bytes_of(page, spoken["audio_url"])
    read = [await asked(page, "GET", path), (await asked(page, "GET", "/projects"))[0]]
    read.append(await asked(page, "POST", f"{path}/generate-script", {"title": "Fox"}))
    for reply in read:
        assert await bytes_of(page, reply["audio_url"]) == sound
    # Spoken anew, its editor takes the new link under the one name it knows, and sends the older one beside it.
    again = await asked(page, "POST", f"{path}/generate-audio", SPOKEN | {"audio_speed": 1.5})
    state = spoken | {"audio_url": again["audio_url"], "audio_speed": 1.5}
    saved = await asked(page, "PUT", path, state)
    assert await bytes_of(page, saved["audio_url"]) == await bytes_of(page, again["audio_url"]) != sound
    assert (await asked(page, "GET", path))["audio_url"] is not None, "ours coming back is kept"
    foreign = await asked(page, "PUT", path, {"audio_url": "https://evil.example/a.mp3"})
    assert foreign["audio_url"].startswith("http://localhost:8000/studio-api/media/")


async def test_e1_audio_url_of_an_unsaved_project_is_kept_when_it_is_saved(page: httpx2.AsyncClient) -> None:
    spoken = await asked(page, "POST", "/projects/temp/generate-audio", SPOKEN | {"language": "en"})
    saved = await asked(page, "POST", "/projects", OLDER | {"audio_url": spoken["audio_url"]}, 201)
    assert await bytes_of(page, saved["audio_url"]) == await bytes_of(page, spoken["audio_url"])


async def test_e2_projects_have_no_audio_url(page: httpx2.AsyncClient) -> None:
    made = await asked(page, "POST", "/projects", EDITOR, 201)
    spoken = await asked(page, "POST", f"/audios/{made['id']}", SPOKEN)
    assert "audio_url" not in made
    assert "audio_url" not in spoken
    assert spoken["audio_path"]


async def test_e2_of_two_template_names_the_one_that_differs_wins_and_both_then_say_the_same(
    page: httpx2.AsyncClient,
) -> None:
    made = await asked(page, "POST", "/projects", EDITOR, 201)
    assert (made["video_template_id"], made["video_template_path"]) == ("basic_fade", "basic_fade")
    for name, chosen in (("video_template_path", "zoom_in"), ("video_template_id", "slide_left")):
        made = await asked(page, "PUT", f"/projects/{made['id']}", made | {name: chosen})
        assert (made["video_template_id"], made["video_template_path"]) == (chosen, chosen)
    kept = await asked(page, "PUT", f"/projects/{made['id']}", made)
    assert (kept["video_template_id"], kept["video_template_path"]) == ("slide_left", "slide_left")


async def test_e2_duration_typed_in_minutes_is_kept_until_a_film_exists_and_then_it_is_the_film_s(
    page: httpx2.AsyncClient,
) -> None:
    made = await ready(page, duration=3)
    assert made["duration"] == 3
    saved = await asked(page, "PUT", f"/projects/{made['id']}", made | {"duration": 2.5})
    assert (saved["duration"], (await asked(page, "GET", f"/projects/{made['id']}"))["duration"]) == (2.5, 2.5)
    filmed = await asked(page, "POST", f"/video/{made['id']}", {"resolution": "720p", "fps": 24})
    assert type(filmed["duration"]) is int
    assert 0 < filmed["duration"] < 10
    again = await asked(page, "PUT", f"/projects/{made['id']}", filmed | {"duration": 7})
    assert again["duration"] == filmed["duration"], "a film has its own length"


async def test_e2_images_empty_in_a_put_leaves_prompts_that_were_never_drawn(page: httpx2.AsyncClient) -> None:
    made = await asked(page, "POST", "/projects", EDITOR | {"images": IMAGES}, 201)
    path = f"/projects/{made['id']}"
    kept = await asked(page, "PUT", path, made | {"images": []})
    assert [each["prompt"] for each in kept["images"]] == ["A fox", "A lantern"]
    await asked(page, "POST", f"/images/{made['id']}/1", {"prompt": "A lantern", "style": "sketch"})
    emptied = await asked(page, "PUT", path, {"images": []})
    assert emptied["images"] == [{"prompt": "A fox", "url": None}], "what was drawn is taken away"


async def test_e2_tiktok_highlight_is_offered_and_means_highlight(page: httpx2.AsyncClient) -> None:
    styles = {each["name"] for each in (await asked(page, "GET", "/subtitles/styles"))["styles"]}
    assert "tiktok_highlight" in styles
    made = await ready(page)
    await asked(page, "POST", f"/video/{made['id']}", {"resolution": "720p", "fps": 24})
    burned = []
    for style in ("plain", "highlight", "tiktok_highlight"):
        shown = await asked(page, "POST", f"/subtitles/{made['id']}", {"style_name": style, "position_name": "bottom"})
        burned.append(len(await bytes_of(page, shown["video_url"])))
    assert burned[1] == burned[2] != burned[0]


async def test_e2_post_video_temp_takes_the_newest_drafts_of_the_owner(page: httpx2.AsyncClient) -> None:
    for prompt in ("An older fox", "A fox"):
        await asked(page, "POST", "/images/temp", {"images": [{"prompt": prompt}, {"prompt": "Fog"}], "style": "anime"})
    await asked(page, "POST", "/images/temp/1", {"prompt": "A lantern", "style": "anime"})
    await asked(page, "POST", "/audios/temp", SPOKEN | {"language": "en"})
    filmed = await asked(page, "POST", "/video/temp", {"resolution": "720p", "fps": 24, "background_music": ""})
    assert (await bytes_of(page, filmed["video_url"]))[4:8] == b"ftyp"
    assert await asked(page, "GET", "/projects") == []


async def test_e2_two_renders_at_once_with_other_options_each_reply_names_its_own(page: httpx2.AsyncClient) -> None:
    made = await ready(page)
    wishes = [{"resolution": "720p", "video_template_path": "zoom_in"}, {"resolution": "1080p", "fps": 24}]

    async def filmed(wish: Json) -> tuple[Json, bytes]:
        reply = await asked(page, "POST", f"/video/{made['id']}", wish)
        return reply, await bytes_of(page, reply["video_url"])

    (one, first), (other, second) = await asyncio.gather(*(filmed(wish) for wish in wishes))
    assert [each["resolution"] for each in (one, other)] == ["720p", "1080p"]
    assert first != second
    assert one["video_url"] != other["video_url"]
    assert one["thumbnail"] != other["thumbnail"]
