"""The creator flow over real HTTP, step by step and by one call; offline and at the stand-ins of the vendors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.threads import Threads
from app.media.probe import Probes
from app.media.tools import find_tools
from tests import factories
from tests.e2e.conftest import Json, Person, service, voice_sample
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, World
from tests.standins.openai.app import openai_app
from tests.standins.openai.world import GOOD_KEY as OPENAI_KEY
from tests.standins.openai.world import World as OpenAIWorld
from tests.standins.running import served

STORY = "Żółw Gęgorek wychodzi o świcie na łąkę i szuka zgubionej latarni. Źrebię pomaga mu ją odnaleźć."

pytestmark = pytest.mark.timeout(420)


@contextmanager
def vendors() -> Iterator[tuple[World, OpenAIWorld, dict[str, str]]]:
    """Both stand-ins, and the environment that points the service at them."""
    world, openai = World(), OpenAIWorld()
    world.rules.task_seconds = 1.0
    with served(minimax_app(world)) as address, served(openai_app(openai)) as openai_address:
        world.base_url = address
        keys = {"MINIMAX_API_KEY": GOOD_KEY, "OPENAI_API_KEY": OPENAI_KEY}
        bases = {"MINIMAX_API_BASE": address, "OPENAI_BASE_URL": f"{openai_address}/v1"}
        yield world, openai, keys | bases | {"MINIMAX_POLL_SECONDS": "1", "PROVIDER_IMAGE": "minimax"}


async def flow(person: Person, folder: Path) -> tuple[Json, Path]:
    """Everything a creator does, step by step; the project at its end, and its film."""
    project = await person.post("/projects", {"name": "Latarnia", "target_duration_sec": 12, "story_prompt": STORY})
    path = f"/projects/{project['id']}"
    await person.upload(f"{path}/first-frame", "first.png", factories.picture(1280, 720), "image/png")
    await person.upload(f"{path}/audio-sample", "voice.wav", voice_sample(), "audio/wav")
    assert (await person.get(path))["status"] == "media_uploaded"
    voice = await person.post(f"/generation/voice-clone?project_id={project['id']}")
    assert (await person.get(path))["voice_id"] == voice["voice_id"]
    plan = await person.post("/generation/plan", {"project_id": project["id"], "story_prompt": STORY})
    assert len(plan["segments"]) == 2
    for segment in await person.get(f"{path}/segments"):
        assert segment["status"] == "prompt_ready"
        await person.post(f"/segments/{segment['id']}/approve")
    for segment in await person.get(f"{path}/segments"):
        task = await person.post(f"/generation/segment/{segment['id']}")
        await person.done(task["task_id"])
        status = await person.get(f"/generation/status/{task['task_id']}")
        assert (status["status"], status["progress"]) == ("Success", 100)
        await person.post(f"/segments/{segment['id']}/approve-video")
    answer = await person.http.post(f"/api/v1{path}/finalize", headers={"Prefer": "respond-async"})
    assert answer.status_code in {200, 202}, answer.text
    if answer.status_code == 202:
        await person.done(answer.json()["id"])
    return await person.get(path), await person.file(f"/media/download/{project['id']}/final", folder / "film.mp4")


async def looked_at(film: Path, person: Person, project: Json) -> None:
    """The film has picture and sound, and is as long as its segments."""
    segments = await person.get(f"/projects/{project['id']}/segments")
    media = await Probes(find_tools("", ""), Threads(2)).probe(film)
    assert media.video is not None
    assert media.audio is not None
    assert media.video.duration_seconds == pytest.approx(sum(s["video_duration_sec"] for s in segments), abs=0.3)
    assert media.video.width_px > media.video.height_px


async def captions_of(person: Person, project: Json) -> str:
    answer = await person.http.get(f"/api/v1/projects/{project['id']}/film?variant=captions.srt")
    assert answer.status_code == 200
    return answer.text


async def test_a_film_is_made_step_by_step_offline(tmp_path: Path) -> None:
    async with service(tmp_path) as person:
        project, film = await flow(person, tmp_path)
        assert project["status"] == "completed"
        assert [s["status"] for s in project["segments"]] == ["segment_approved"] * 2
        await looked_at(film, person, project)
        captions = await captions_of(person, project)
        assert set("ąęółśżźćń") & set(captions.lower())
        assert "�" not in captions


async def test_a_film_is_made_step_by_step_by_the_vendors(tmp_path: Path) -> None:
    with vendors() as (world, openai, environment):
        async with service(tmp_path, **environment) as person:
            project, film = await flow(person, tmp_path)
            assert project["status"] == "completed"
            await looked_at(film, person, project)
        assert sum("video_generation" in paid.path for paid in world.paid) == 2
        assert sum("t2a" in paid.path for paid in world.paid) == 2
        assert len(openai.paid) == 1


async def test_a_film_is_made_by_one_call_offline(tmp_path: Path) -> None:
    async with service(tmp_path) as person:
        wish = {"name": "Latarnia", "target_duration_sec": 12, "story_prompt": STORY}
        project = await person.post("/projects", wish)
        job = await person.post(f"/projects/{project['id']}/produce", {"auto_approve": True})
        await person.done(job["id"])
        film = await person.file(f"/projects/{project['id']}/film", tmp_path / "film.mp4")
        await looked_at(film, person, project)
