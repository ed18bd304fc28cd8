"""How segments follow each other, and whether their clips are heard, as the project's owner wishes."""

import json
import re
from typing import Any

import pytest

from app.assembly.service import AssemblyService
from app.projects.progress import ProgressService
from tests.integration.assembly.conftest import API, CuttingRoom
from tests.integration.media import reels

Json = dict[str, Any]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def test_a_dissolve_is_as_long_as_wished_and_a_cut_is_there_again_after_it(room: CuttingRoom) -> None:
    project = await room.ready(transitions={"kind": "dissolve", "duration_ms": 500})
    await room.cut(project)
    film = room.folder / "dissolved.mp4"
    film.write_bytes((await room.part(project)).content)
    colours = await reels.frames(room.tools, film)
    mixed = [number for number, (red, green, _) in enumerate(colours) if red > 40 and green > 30]
    assert len(colours) == 48
    assert mixed
    assert 18 <= min(mixed) < 24 <= max(mixed) < 30
    assert await reels.warnings(room.tools, film) == ""
    report = json.loads((await room.part(project, "report")).text)
    assert {each["treatment"] for each in report["segments"]} <= {"partly_encoded", "encoded_again"}
    assert "dissolve over" in report["segments"][0]["reasons"][0]
    await room.person.patch(f"{API}/projects/{project['id']}", json={"transitions": {"kind": "cut"}})
    assert (await room.get(f"/projects/{project['id']}"))["stale"]
    await room.cut(project)
    report = json.loads((await room.part(project, "report")).text)
    assert [each["treatment"] for each in report["segments"]] == ["copied", "copied"]


async def test_the_clips_own_sound_is_heard_where_it_is_wished(room: CuttingRoom) -> None:
    project = await room.empty(clip_sound={"keep": True, "volume": 0.4})
    humming = "color=red:s=128x72:r=24:d=1[out0];sine=f=3000:d=1[out1]"
    for segment in await room.segments(project):
        await room.give_clip(segment, humming, "-c:a", "aac")
        await room.give_narration(segment)
    async with room.resources.database.unit_of_work() as session:
        view = (await ProgressService.over(session, room.resources).board(project["id"])).project
        job = await AssemblyService.over(session, room.resources).begin_sound(view)
    assert (await room.run({"id": job.id}))["result"] == {"waits_for": "clips"}
    await room.cut(project)
    assert await humming_level(room, project) > -46
    await room.person.patch(f"{API}/projects/{project['id']}", json={"clip_sound": {"keep": False}})
    assert (await room.get(f"/projects/{project['id']}"))["stale"]
    await room.cut(project)
    assert await humming_level(room, project) < -60


async def humming_level(room: CuttingRoom, project: Json) -> float:
    """How loud the tone of the clips is, in decibels."""
    film = room.folder / "heard.mp4"
    film.write_bytes((await room.part(project)).content)
    filters = "bandpass=f=3000:width_type=h:w=100,bandpass=f=3000:width_type=h:w=100,volumedetect"
    done = await room.tools.run(["-i", str(film), "-af", filters, "-f", "null", "-"], timeout_seconds=30)
    return float(re.findall(r"mean_volume: (-?[\d.]+|-inf) dB", done.stderr_tail)[-1])
