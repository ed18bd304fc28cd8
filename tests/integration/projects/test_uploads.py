"""Pictures and samples that owners bring into a film, and what happens to media when it goes."""

import io
import math
import struct
import wave
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.core.settings import Settings
from app.jobs.domain import JobStatus
from app.library.domain import AssetKind
from app.library.intake import Intake
from app.library.models import Asset
from app.projects.domain import FrameOrigin
from app.projects.freshness import Part, stale_parts
from app.resources import Resources
from tests import factories
from tests.integration.projects.conftest import MakeProject
from tests.integration.projects.test_segments import clip

pytestmark = pytest.mark.flow

PROJECTS = "/api/v1/projects"
UPLOAD = "/api/v1/media/upload"


def picture(colour: int = 0) -> dict[str, Any]:
    return {"file": (f"lis {colour}.jpg", factories.picture(640 + 2 * colour, 400), "image/jpeg")}


def sample(seconds: float = 10.5) -> dict[str, Any]:
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        tones = (int(9000 * math.sin(n / 6)) for n in range(int(8000 * seconds)))
        sound.writeframes(b"".join(struct.pack("<h", tone) for tone in tones))
    return {"file": ("głos.wav", made.getvalue(), "audio/wav")}


@pytest.mark.parametrize("path", [f"{UPLOAD}/first-frame?project_id={{id}}", f"{PROJECTS}/{{id}}/first-frame"])
async def test_a_first_frame_begins_the_film(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, make_project: MakeProject, path: str
) -> None:
    project = await make_project()
    reply = await alice.post(path.format(id=project["id"]), files=picture())
    assert reply.status_code == 200, reply.text
    assert set(reply.json()) == {"url", "filename", "asset_id"}
    shown = (await alice.get(f"{PROJECTS}/{project['id']}")).json()
    assert shown["status"] == "media_uploaded"
    segments = (await alice.get(f"{PROJECTS}/{project['id']}/segments")).json()
    for link in (reply.json()["url"], shown["first_frame_url"], segments[0]["first_frame_url"]):
        seen = await client.get(link)
        assert (seen.status_code, seen.headers["content-type"]) == (200, "image/png")
    assert segments[1]["first_frame_url"] is None
    listed = (await alice.get(PROJECTS, params={"status": "media_uploaded"})).json()
    assert (listed["total"], listed["projects"][0]["first_frame_url"] is not None) == (1, True)


@pytest.mark.parametrize("path", [f"{UPLOAD}/audio?project_id={{id}}", f"{PROJECTS}/{{id}}/audio-sample"])
async def test_a_voice_sample_belongs_to_the_film(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, make_project: MakeProject, path: str
) -> None:
    project = await make_project()
    reply = await alice.post(path.format(id=project["id"]), files=sample())
    assert reply.status_code == 200, reply.text
    shown = (await alice.get(f"{PROJECTS}/{project['id']}")).json()
    assert shown["status"] == "media_uploaded"
    heard = await client.get(shown["audio_sample_url"])
    assert (heard.status_code, heard.headers["content-type"]) == (200, "audio/mpeg")


@pytest.mark.parametrize(("side", "position"), [("first", 1), ("last", 2)])
async def test_a_segment_shares_its_frames_with_its_neighbours(
    alice: httpx2.AsyncClient, make_project: MakeProject, progress: Any, side: str, position: int
) -> None:
    project = await make_project()
    path = f"{UPLOAD}/segment-frame/{project['segments'][1]['id']}"
    reply = await alice.post(path, params={"frame_type": side}, files=picture())
    assert reply.status_code == 200, reply.text
    assert (reply.json()["frame_type"], set(reply.json())) == (side, {"url", "filename", "frame_type", "asset_id"})
    async with progress() as work:
        frames = (await work.board(project["id"])).frames
    assert [frame.position for frame in frames if frame.asset_id] == [position]
    assert (frames[position].origin, frames[position].approved) == (FrameOrigin.UPLOADED, True)
    segments = (await alice.get(f"{PROJECTS}/{project['id']}/segments")).json()
    assert (segments[position - 1]["last_frame_url"] is None, segments[position]["first_frame_url"] is None) == (
        False,
        False,
    )
    cleared = await alice.delete(f"/api/v1/segments/{segments[position - 1]['id']}/last-frame")
    assert (cleared.status_code, cleared.json()["last_frame_url"]) == (200, None)
    segments = (await alice.get(f"{PROJECTS}/{project['id']}/segments")).json()
    assert segments[position]["first_frame_url"] is None


async def test_a_new_picture_makes_the_clips_beside_it_stale(
    alice: httpx2.AsyncClient, make_project: MakeProject, write_prompts: Any, progress: Any
) -> None:
    project = await make_project()
    await write_prompts(project)
    for segment in project["segments"]:
        await alice.post(f"/api/v1/segments/{segment['id']}/approve")
    async with progress() as work:
        for segment in project["segments"]:
            await clip(work, segment["id"], f"clip-{segment['index']}")
    await alice.post(
        f"{UPLOAD}/segment-frame/{project['segments'][0]['id']}", params={"frame_type": "last"}, files=picture()
    )
    async with progress() as work:
        board = await work.board(project["id"])
    assert [s.index for s in board.segments if Part.CLIP in stale_parts(s)] == [0, 1]


@pytest.mark.parametrize(
    "form",
    [
        {"data": {"file": "null"}},
        {"data": {}},
        {"files": {"file": ("a.png", b"", "image/png")}},
        {"files": {"file": ("a.png", b"<html>", "image/png")}},
        {"files": {"other": ("a.png", b"x", "image/png")}},
        {"files": {"file": ("a.jpg", factories.picture(200, 200), "image/jpeg")}},
        {"files": {"file": ("a.jpg", factories.picture(2000, 400), "image/jpeg")}},
        {"json": None},
    ],
    ids=["text null", "no file", "empty", "no picture", "other field", "too small", "too wide", "json null"],
)
async def test_what_is_no_usable_picture_is_refused_and_leaves_nothing(
    alice: httpx2.AsyncClient,
    make_project: MakeProject,
    app_resources: Resources,
    settings: Settings,
    form: dict[str, Any],
) -> None:
    project = await make_project()
    reply = await alice.post(f"{UPLOAD}/first-frame", params={"project_id": project["id"]}, **form)
    assert 400 <= reply.status_code < 500, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert (await alice.get(f"{PROJECTS}/{project['id']}")).json() == project
    assert await factories.rows(app_resources.database, Asset) == 0
    assert files_of(settings) == []


def files_of(settings: Settings) -> list[Path]:
    return [path for path in settings.storage.storage_path.rglob("*") if path.is_file()]


async def test_a_short_sample_is_refused(alice: httpx2.AsyncClient, make_project: MakeProject) -> None:
    project = await make_project()
    reply = await alice.post(f"{PROJECTS}/{project['id']}/audio-sample", files=sample(2))
    assert reply.status_code == 422
    assert (await alice.get(f"{PROJECTS}/{project['id']}")).json()["audio_sample_url"] is None


@pytest.mark.parametrize("side", [None, "middle"])
async def test_a_frame_has_a_side(alice: httpx2.AsyncClient, make_project: MakeProject, side: str | None) -> None:
    project = await make_project()
    query = {} if side is None else {"frame_type": side}
    path = f"{UPLOAD}/segment-frame/{project['segments'][0]['id']}"
    assert (await alice.post(path, params=query, files=picture())).status_code == 422


async def test_nobody_uploads_into_a_foreign_film(
    alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, make_project: MakeProject, app_resources: Resources
) -> None:
    project = await make_project()
    for path in (
        f"{UPLOAD}/first-frame?project_id={project['id']}",
        f"{PROJECTS}/{project['id']}/audio-sample",
        f"{UPLOAD}/segment-frame/{project['segments'][0]['id']}?frame_type=last",
    ):
        assert (await bob.post(path, files=picture())).status_code == 404
    assert await factories.rows(app_resources.database, Asset) == 0


async def test_no_frame_is_replaced_under_a_running_clip(
    alice: httpx2.AsyncClient, make_project: MakeProject, write_prompts: Any, progress: Any, app_resources: Resources
) -> None:
    segment = (await write_prompts(await make_project()))[0]
    await alice.post(f"/api/v1/segments/{segment['id']}/approve")
    async with progress() as work:
        await work.begin_segment(segment["id"], None)
    path = f"{UPLOAD}/segment-frame/{segment['id']}?frame_type=last"
    reply = await alice.post(path, files=picture())
    assert (reply.status_code, reply.json()["code"]) == (409, "segment.busy")
    assert await factories.rows(app_resources.database, Asset) == 0


async def test_media_go_with_the_last_project_that_shows_them(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, make_project: MakeProject, app_resources: Resources
) -> None:
    project = await make_project()
    link = (await alice.post(f"{PROJECTS}/{project['id']}/first-frame", files=picture())).json()["url"]
    copy = (await alice.post(f"{PROJECTS}/{project['id']}/duplicate")).json()
    assert copy["first_frame_url"] is not None
    assert (await alice.delete(f"{PROJECTS}/{project['id']}")).status_code == 204
    assert (await client.get(link)).status_code == 200
    assert (await alice.delete(f"{PROJECTS}/{copy['id']}")).status_code == 204
    assert (await client.get(link)).status_code == 404
    assert await factories.rows(app_resources.database, Asset) == 0


async def test_music_is_a_track_of_ones_own(
    alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, make_project: MakeProject, app_resources: Resources
) -> None:
    project = await make_project()
    frame = (await alice.post(f"{PROJECTS}/{project['id']}/first-frame", files=picture())).json()["asset_id"]
    content = sample()["file"][1]
    mine, foreign = [
        await Intake(app_resources).receive(owner, AssetKind.MUSIC, "track.wav", factories.stream(content))
        for owner in (
            project["user_id"],
            (await bob.post(PROJECTS, json={"name": "Bob's"})).json()["user_id"],
        )
    ]
    kept = await alice.patch(f"{PROJECTS}/{project['id']}", json={"music": {"asset_id": mine.id, "volume": 0.3}})
    assert kept.json()["music"] == {"mood": None, "asset_id": mine.id, "volume": 0.3}
    for other in (frame, foreign.id, "0190a000-0000-7000-8000-000000000000"):
        reply = await alice.patch(f"{PROJECTS}/{project['id']}", json={"music": {"asset_id": other}})
        assert (reply.status_code, reply.json()["code"]) == (422, "project.asset_unusable")


async def test_unfinished_jobs_keep_a_project_unless_they_are_cancelled(
    alice: httpx2.AsyncClient, make_project: MakeProject, app_resources: Resources
) -> None:
    project = await make_project()
    job = await factories.job(app_resources, project["user_id"], "library.sweep", project_id=project["id"])
    path = f"{PROJECTS}/{project['id']}"
    assert (await alice.delete(path)).json()["code"] == "project.busy"
    assert (await alice.delete(path, params={"cancel": "true"})).status_code == 204
    assert (await alice.get(f"/api/v1/jobs/{job.id}")).json()["status"] == JobStatus.CANCELLED
    assert (await alice.get(path)).status_code == 404
