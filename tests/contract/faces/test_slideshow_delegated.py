"""The studio with four outside services: one is slow and one fails; what they deliver is ours afterwards."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.providers.errors import TaskLost
from app.providers.stages import OutsideFailed
from app.resources import Outside
from tests.conftest import MakeSettings
from tests.doubles.engines import ScriptedJudge, ScriptedKit
from tests.standins.outside.app import SCRIPT, OutsideWorld, outside_app
from tests.standins.running import served

Json = dict[str, Any]
STAGES = ("script", "audio", "image", "video")
PUBLIC = "http://testserver"
PROJECT = {"title": "The fox", "language": "en", "nb_section": 2, "resolution": "720p", "fps": 24}


@pytest.fixture
def worlds() -> dict[str, OutsideWorld]:
    found = {stage: OutsideWorld() for stage in STAGES}
    found["audio"].delay_seconds = 1.0
    return found


@pytest.fixture
def addresses(worlds: dict[str, OutsideWorld]) -> Iterator[dict[str, str]]:
    with ExitStack() as opened:
        yield {
            f"{stage}_service_url": opened.enter_context(served(outside_app(world))) for stage, world in worlds.items()
        }


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str, addresses: dict[str, str]) -> Settings:
    return make_settings(
        database={"database_url": database_url},
        work={"embedded_worker": True, "client_wait_seconds": 60},
        server={"public_base_url": PUBLIC},
        outside=addresses,
    )


@pytest.fixture
def judge() -> ScriptedJudge:
    return ScriptedJudge()


@pytest.fixture
async def app(settings: Settings, judge: ScriptedJudge) -> AsyncIterator[FastAPI]:
    """No engine of our own but the judge: whatever is not delegated cannot be made."""
    application = create_app(settings, outside=Outside(bundles={"local": ScriptedKit(moderation=judge)}))
    async with application.router.lifespan_context(application):
        yield application


async def asked(page: httpx2.AsyncClient, path: str, body: Json | None = None, status: int = 200) -> Json:
    reply = await page.post(f"/studio-api{path}", json=body or {})
    assert reply.status_code == status, reply.text
    found: Json = reply.json()
    return found


async def test_four_services_make_a_film_that_is_copied_into_our_storage(
    alice: httpx2.AsyncClient, worlds: dict[str, OutsideWorld]
) -> None:
    made = await asked(alice, "/projects", PROJECT, 201)
    path = f"/projects/{made['id']}"
    wish = {"title": "The fox", "description": "A tale", "use_case": "tutorial", "language": "en", "style": "casual"}
    scripted = await asked(alice, f"{path}/generate-script", wish)
    assert (scripted["script_text"], [each["prompt"] for each in scripted["images"]]) == (
        SCRIPT,
        ["The fox walks.", "It finds a lantern."],
    )
    assert wish.items() <= worlds["script"].asked[0][1].items()

    wish = {"script_text": SCRIPT, "voice_id": "nova", "audio_speed": 1.2, "audio_pitch": 0.9, "language": "en"}
    spoken, joined = await asyncio.gather(*(asked(alice, f"{path}/generate-audio", wish) for _ in range(2)))
    assert spoken["id"] == joined["id"]
    assert worlds["audio"].asked == [("/generate", wish)]

    drawn = await asked(alice, f"{path}/generate-images", {"style": "sketch"})
    told = {"images": [{"prompt": "The fox walks."}, {"prompt": "It finds a lantern."}], "style": "sketch"}
    assert worlds["image"].asked == [("/generate-batch", told)]
    one = await asked(alice, f"{path}/generate-images/1", {"prompt": "Fog", "style": "sketch"})
    assert worlds["image"].asked[1] == ("/generate", {"prompt": "Fog", "style": "sketch"})

    worlds["video"].faults = [500]
    failed = await asked(alice, f"{path}/generate-video", {"template": "zoom_in"}, 503)
    assert (failed["code"], isinstance(failed["detail"], str)) == (OutsideFailed.code, True)
    filmed = await asked(alice, f"{path}/generate-video", {"template": "zoom_in", "background_music": "soft"})
    assert (filmed["status"], filmed["duration"]) == ("video_ready", pytest.approx(2.0, abs=0.1))
    _, rendered = worlds["video"].asked[1]
    assert {name: rendered[name] for name in ("resolution", "fps", "template", "background_music")} == {
        "resolution": "720p",
        "fps": 24,
        "template": "zoom_in",
        "background_music": "soft",
    }
    links = [rendered["audio_path"], *(each["url"] for each in rendered["images"])]
    links += [filmed["video_url"], filmed["thumbnail"], drawn["images"][0]["url"], one["image_url"]]
    for link in links:
        assert link.startswith(PUBLIC)
        assert (await alice.get(link)).status_code == 200


async def test_a_service_s_nonsense_and_lost_files_are_told_and_asked_for_anew(
    alice: httpx2.AsyncClient, worlds: dict[str, OutsideWorld]
) -> None:
    made = await asked(alice, "/projects", PROJECT | {"script_text": SCRIPT}, 201)
    worlds["audio"].delay_seconds = 0.0
    worlds["audio"].lost_files = 1
    wish = {"script_text": SCRIPT}
    assert (await asked(alice, f"/audios/{made['id']}", wish, 503))["code"] == TaskLost.code
    assert (await asked(alice, f"/audios/{made['id']}", wish))["audio_path"]
    assert len(worlds["audio"].asked) == 2
    worlds["image"].replies = [{"images": []}]
    wish = {"images": [{"prompt": "One"}, {"prompt": "Two"}], "style": "anime"}
    assert (await asked(alice, f"/images/{made['id']}", wish, 503))["code"] == OutsideFailed.code
    worlds["script"].replies = [{"nothing": "agreed"}]
    assert (await asked(alice, f"/scripts/{made['id']}", {}, 503))["code"] == OutsideFailed.code
    kept = (await alice.get(f"/studio-api/projects/{made['id']}")).json()
    assert kept["script_text"] == SCRIPT


async def test_what_a_service_wrote_is_judged_like_any_text(
    alice: httpx2.AsyncClient, worlds: dict[str, OutsideWorld], judge: ScriptedJudge
) -> None:
    judge.scores = {"lantern": {"violence": 0.99}}
    made = await asked(alice, "/projects", PROJECT, 201)
    refused = await asked(alice, f"/scripts/{made['id']}", {"title": "The fox"}, 403)
    assert refused["code"] == "moderation.refused"
    assert len(worlds["script"].asked) == 1
