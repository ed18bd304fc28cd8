"""The proof of a film: how each clip looks, beside its key frames; a sheet of pictures and the shape of the sound."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.jobs.domain import JobStatus
from app.jobs.repository import JobRepository
from tests import factories
from tests.integration.assembly.conftest import API, CuttingRoom
from tests.integration.assembly.test_cut import bench_of
from tests.integration.media import reels

Json = dict[str, Any]
BLACK_THEN_MOVING = "testsrc2=s=128x72:r=24:d=1,geq=lum='if(lt(N,12),16,lum(X,Y))':cb='cb(X,Y)':cr='cr(X,Y)'"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def looks(room: CuttingRoom, project: Json) -> list[Json]:
    report = json.loads((await room.part(project, "report")).text)
    return [segment["look"] for segment in report["segments"]]


async def give_first_frame(room: CuttingRoom, project: Json, picture: bytes) -> None:
    path = f"{API}/media/upload/first-frame?project_id={project['id']}"
    assert (await room.person.post(path, files={"file": ("fox.png", picture, "image/png")})).is_success


def first_picture(room: CuttingRoom, clip: Path) -> bytes:
    """By another way than the code under test, and as large as pictures must be."""
    command = [room.tools.ffmpeg, "-v", "error", "-i", str(clip), "-frames:v", "1", "-vf", "scale=640:360"]
    return subprocess.run([*command, "-f", "image2pipe", "-c:v", "png", "-"], check=True, capture_output=True).stdout


async def test_the_report_says_what_of_a_clip_is_black_or_stands_still(room: CuttingRoom) -> None:
    project = await room.empty()
    first, second = await room.segments(project)
    await room.give_clip(first, BLACK_THEN_MOVING)
    await room.give_clip(second, "testsrc2=s=128x72:r=24:d=1")
    await room.cut(project)
    dark, moving = await looks(room, project)
    assert dark["black_share"] == pytest.approx(0.5, abs=0.05)
    assert moving == {"black_share": 0.0, "frozen_share": 0.0, "first_seam": None, "last_seam": None}
    page = (await room.part(project, "report.html")).text
    assert "<td>50%</td>" in page


async def test_the_report_says_how_well_a_clip_begins_in_its_key_frame(room: CuttingRoom, tmp_path: Path) -> None:
    project = await room.empty()
    clip = await reels.clip(room.tools, tmp_path / "seen.mp4", "mandelbrot=s=128x72:r=24,trim=0:1")
    await give_first_frame(room, project, first_picture(room, clip))
    for segment in await room.segments(project):
        await room.accept_clip(segment, clip, {})
    await room.cut(project)
    first, second = await looks(room, project)
    assert first["first_seam"] > 0.9
    assert second["first_seam"] is None
    other = await reels.clip(room.tools, tmp_path / "other.mp4", "testsrc2=s=128x72:r=24:d=1")
    await give_first_frame(room, project, first_picture(room, other))
    await room.accept_clip((await room.segments(project))[0], clip, {})
    await room.cut(project)
    assert (await looks(room, project))[0]["first_seam"] < 0.6


async def test_what_was_measured_when_a_clip_came_is_not_measured_again(room: CuttingRoom) -> None:
    project = await room.empty()
    known = {"black_share": 0.25, "frozen_share": 0.75, "first_seam": 0.5, "last_seam": None}
    first, second = await room.segments(project)
    await room.give_clip(first, facts={"look": known})
    await room.give_clip(second)
    await room.cut(project)
    assert (await looks(room, project))[0] == known
    (kept,) = bench_of(room, project).glob("look-*.json")
    before = kept.stat().st_mtime_ns
    await room.give_narration(first)
    await room.cut(project)
    assert [path.stat().st_mtime_ns for path in bench_of(room, project).glob("look-*.json*")] == [before]


async def test_a_clip_that_breaks_off_is_named_and_no_film_is_published(room: CuttingRoom, tmp_path: Path) -> None:
    project = await room.empty()
    first, second = await room.segments(project)
    await room.give_clip(first)
    whole = await reels.clip(room.tools, tmp_path / "whole.mp4", "testsrc2=s=128x72:r=24:d=1")
    content = bytearray(whole.read_bytes())
    begin = content.index(b"mdat") + 4000
    content[begin : begin + 9000] = bytes(9000)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)
    await room.accept_clip(second, broken, {})
    done = await room.run(await room.started(project))
    assert (done["phase"], done["error"]["code"]) == ("failed", "film.clips_broken")
    assert "segment 1" in done["error"]["message"]
    assert (await room.part(project)).status_code == 404


async def test_the_sheet_and_the_waveform_are_files_of_their_own(room: CuttingRoom) -> None:
    project = await room.ready(transitions={"kind": "dissolve", "duration_ms": 300})
    await room.cut(project)
    sheet, wave = await room.part(project, "sprite"), await room.part(project, "waveform")
    assert (sheet.headers["content-type"], wave.headers["content-type"]) == ("image/jpeg", "image/png")
    with Image.open(io.BytesIO(sheet.content)) as picture:
        width, height = picture.size
        colours = [picture.getpixel((round(width * (number + 0.5) / 5), height // 2)) for number in range(2)]
    first, second = colours
    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    assert first[0] > 200 > 100 > first[1]
    assert second[1] > 100 > 60 > second[0]
    with Image.open(io.BytesIO(wave.content)) as picture:
        assert picture.size == (1280, 120)


async def test_the_report_adds_up_what_all_jobs_of_the_film_have_cost(room: CuttingRoom) -> None:
    project = await room.ready()
    owner = (await room.get("/auth/me"))["id"]
    parent = await factories.job(room.resources, owner, project_id=project["id"])
    paid = await factories.children(room.resources, parent, 120, project_id=project["id"])
    async with room.resources.database.unit_of_work() as session:
        for job_id in paid:
            jobs = JobRepository(session, room.resources.clock)
            await jobs.add_cost(job_id, 10_000)
            await jobs.move(job_id, to=JobStatus.CANCELLED)
    await room.cut(project)
    report = json.loads((await room.part(project, "report")).text)
    assert report["cost"] == {"actual": 1.2, "currency": "USD"}
