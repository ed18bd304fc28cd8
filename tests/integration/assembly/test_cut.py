"""A project becomes a film: cut from its clips, published with everything beside it, found again, refused by name."""

import base64
import json
import re
from fractions import Fraction
from typing import Any

import pytest

from app.assembly.service import AssemblyService
from app.library.service import LibraryService, discard
from app.projects.progress import ProgressService
from tests.integration.assembly.conftest import API, CuttingRoom
from tests.integration.media import reels

pytestmark = pytest.mark.flow

Json = dict[str, Any]


async def test_a_film_is_cut_by_copying_its_clips(room: CuttingRoom, project: Json) -> None:
    job = await room.cut(project)
    shown = await room.get(f"/projects/{project['id']}")
    assert (shown["status"], shown["stale"]) == ("completed", False)
    assert shown["final_video_url"]
    film, clips = room.folder / "read.mp4", []
    film.write_bytes((await room.part(project)).content)
    for segment in await room.segments(project):
        clip = room.folder / f"clip-{segment.index}.mp4"
        answer = await room.person.get((await room.get(f"/segments/{segment.id}"))["video_url"])
        clip.write_bytes(answer.content)
        clips.append(clip)
    assert await reels.packets(room.tools, film) == await reels.packets(room.tools, *clips)
    assert await reels.frame_moments(room.tools, film) == [Fraction(number, 24) for number in range(48)]
    assert await reels.warnings(room.tools, film) == ""
    manifest = await room.get(f"/jobs/{job['id']}/manifest")
    assert [stage["stage"] for stage in manifest["stages"]] == ["gathering_clips", "cutting_film"]


async def test_everything_beside_the_film_is_published(room: CuttingRoom, project: Json) -> None:
    await room.cut(project)
    subtitles = await room.part(project, "captions.srt")
    assert subtitles.headers["content-type"].startswith("application/x-subrip")
    assert "00:00:01,000 --> " in subtitles.text
    assert "Scene 1" in subtitles.text
    assert (await room.part(project, "captions.vtt")).text.startswith("WEBVTT")
    assert (await room.part(project, "poster")).content[:2] == b"\xff\xd8"
    assert (await room.part(project, "audio")).content[4:8] == b"ftyp"
    report = json.loads((await room.part(project, "report")).text)
    assert (report["duration_seconds"], report["seams_seconds"], report["video"]["is_copied_whole"]) == (
        2.0,
        [1.0],
        True,
    )
    assert abs(report["audio"]["integrated_lufs"] + 14) <= 0.3
    assert [segment["treatment"] for segment in report["segments"]] == ["copied", "copied"]
    assert report["cost"] == {"actual": 0.0, "currency": "USD"}


async def test_the_proof_is_a_page_that_runs_nothing_and_shows_its_own_pictures(room: CuttingRoom) -> None:
    project = await room.ready(name="<script>alert(1)</script>")
    await room.cut(project)
    page = await room.part(project, "report.html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
    )
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert "2 of 2 segments" in page.text
    kind, sheet = re.findall(r'src="data:image/(jpeg|png);base64,([^"]+)"', page.text)[0]
    (room.folder / "sheet.jpg").write_bytes(base64.b64decode(sheet))
    first, second = await sheet_colours(room, room.folder / "sheet.jpg", 2)
    assert kind == "jpeg"
    assert first[0] > 200 > 100 > first[1]
    assert second[1] > 100 > 50 > second[0]


async def test_a_caller_who_waits_gets_the_project_with_its_film(room: CuttingRoom, project: Json) -> None:
    async with room.at_work():
        answer = await room.finalize(project, "wait=30")
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "completed"
    assert answer.json()["final_video_url"]
    assert answer.headers["location"].startswith("/api/v1/jobs/")


async def test_the_film_of_the_same_clips_is_the_answer(room: CuttingRoom, project: Json) -> None:
    await room.cut(project)
    first = (await room.part(project)).headers["etag"]
    again = await room.finalize(project)
    assert (again.status_code, again.json()["status"]) == (200, "completed")
    assert (await room.part(project)).headers["etag"] == first
    assert (await room.get("/jobs?kind=film.assemble"))["total"] == 1


async def test_a_new_clip_makes_a_new_film_and_finds_the_sound_again(room: CuttingRoom, project: Json) -> None:
    await room.cut(project)
    sounds = sorted(path.name for path in bench_of(room, project).glob("sound-*.mp4"))
    segment = (await room.segments(project))[1]
    await room.give_clip(segment, "color=white:s=128x72:r=24:d=1")
    assert (await room.get(f"/projects/{project['id']}"))["stale"]
    await room.cut(project)
    assert sorted(path.name for path in bench_of(room, project).glob("sound-*.mp4")) == sounds
    assert not (await room.get(f"/projects/{project['id']}"))["stale"]


async def test_a_new_film_takes_the_place_of_the_old_one(room: CuttingRoom, project: Json) -> None:
    await room.cut(project)
    old_url = (await room.get(f"/projects/{project['id']}"))["final_video_url"]
    before = (await room.get("/assets"))["total"]
    await room.person.patch(f"{API}/projects/{project['id']}", json={"music": {"mood": "ambient"}})
    await room.cut(project)
    assert (await room.get("/assets?kind=film"))["total"] == 1
    assert (await room.get("/assets"))["total"] == before
    assert (await room.person.get(old_url)).status_code == 200, "who watches it watches it to its end"
    assert (await room.part(project)).status_code == 200


async def test_a_repeated_request_with_a_key_gets_the_first_answer(room: CuttingRoom, project: Json) -> None:
    path, key = f"{API}/projects/{project['id']}/finalize", {"Idempotency-Key": "one", "Prefer": "respond-async"}
    first = await room.person.post(path, headers=key)
    again = await room.person.post(path, headers=key)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")


async def test_a_deleted_film_is_cut_again(room: CuttingRoom, project: Json) -> None:
    job = await room.cut(project)
    assert (await room.person.delete(f"{API}/assets/{job['result']['asset_id']}")).status_code == 204
    assert (await room.part(project)).status_code == 404
    await room.cut(project)
    assert (await room.part(project)).status_code == 200


async def test_a_film_with_segments_missing_says_which(room: CuttingRoom) -> None:
    project = await room.empty()
    await room.give_clip((await room.segments(project))[0])
    refused = await room.finalize(project)
    assert (refused.status_code, refused.json()["code"]) == (409, "project.segments_incomplete")
    assert refused.json()["missing"] == [1]
    assert (await room.get("/jobs?kind=film.assemble"))["total"] == 0


async def test_a_deleted_clip_is_named(room: CuttingRoom, project: Json) -> None:
    segment = (await room.segments(project))[1]
    async with room.resources.database.reading() as session:
        clip = await LibraryService.over(session, room.resources).owned(segment.clip_asset_id or "", segment.owner_id)
    await discard(room.resources, clip)
    refused = await room.finalize(project)
    assert (refused.status_code, refused.json()["code"]) == (409, "film.files_gone")
    assert refused.json()["segments"] == [1]
    assert (await room.get(f"/projects/{project['id']}"))["status"] == "generating"


@pytest.mark.parametrize(
    ("wish", "param"),
    [({"music": {"mood": "polka"}}, "music"), ({"captions": {"burn": True, "style": "neon"}}, "captions")],
)
async def test_what_is_not_offered_is_refused_before_any_work(room: CuttingRoom, wish: Json, param: str) -> None:
    refused = await room.finalize(await room.ready(**wish))
    assert (refused.status_code, refused.json()["code"]) == (422, "film.not_offered")
    assert refused.json()["error"]["param"] == param


async def test_before_the_first_cut_there_is_no_film(room: CuttingRoom, project: Json) -> None:
    for path in (f"/projects/{project['id']}/film", f"/media/download/{project['id']}/final"):
        answer = await room.person.get(API + path)
        assert (answer.status_code, answer.json()["code"]) == (404, "film.not_made")


async def test_a_film_is_served_in_ranges_and_for_download(room: CuttingRoom, project: Json) -> None:
    await room.cut(project)
    whole = await room.person.get(f"{API}/media/download/{project['id']}/final")
    assert whole.headers["content-disposition"].startswith("attachment")
    assert "The fox.mp4" in whole.headers["content-disposition"]
    part = await room.part(project, Range="bytes=4-7")
    assert (part.status_code, part.content) == (206, b"ftyp")
    head = await room.person.head(f"{API}/projects/{project['id']}/film")
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole.content)))


async def test_burned_captions_and_a_mood_are_part_of_the_film(room: CuttingRoom) -> None:
    wish = {"captions": {"burn": True, "soft": False, "style": "boxed"}, "music": {"mood": "soft", "volume": 0.2}}
    project = await room.ready(**wish)
    await room.cut(project)
    report = json.loads((await room.part(project, "report")).text)
    assert report["segments"][0]["reasons"] == ["captions burned in"]
    assert abs(report["audio"]["integrated_lufs"] + 14) <= 0.3


async def test_clips_of_other_sizes_and_in_fragments_become_one_film(room: CuttingRoom) -> None:
    project = await room.empty(target_duration_sec=18, music=None)
    segments = await room.segments(project)
    await room.give_clip(segments[0])
    await room.give_clip(segments[1], "color=green:s=128x72:r=24:d=1", "-movflags", "frag_keyframe+empty_moov")
    await room.give_clip(segments[2], "color=blue:s=96x96:r=30:d=1")
    await room.cut(project)
    report = json.loads((await room.part(project, "report")).text)
    assert [each["treatment"] for each in report["segments"]] == ["copied", "copied", "encoded_again"]
    assert report["seams_seconds"] == [1.0, 2.0]
    assert report["audio"]["is_silent"]


async def test_a_film_has_music_that_fits_its_story_unless_it_is_left_out(room: CuttingRoom) -> None:
    """Nobody speaks in these films: what is heard is music."""
    heard = []
    for wish in ({}, {"music": None}, {"music": {"mood": "none"}}):
        project = await room.empty(target_duration_sec=6, story_prompt="A knight meets a dragon.", **wish)
        await room.give_clip((await room.segments(project))[0])
        await room.cut(project)
        heard.append(json.loads((await room.part(project, "report")).text)["audio"])
    assert [audio["is_silent"] for audio in heard] == [False, True, True]
    assert heard[0]["integrated_lufs"] == pytest.approx(-14, abs=0.5)


async def test_sound_is_prepared_while_clips_are_still_being_made(room: CuttingRoom) -> None:
    project = await room.empty()
    for segment in await room.segments(project):
        await room.give_narration(segment)
    async with room.resources.database.unit_of_work() as session:
        view = (await ProgressService.over(session, room.resources).board(project["id"])).project
        job = await AssemblyService.over(session, room.resources).begin_sound(view)
    done = await room.run({"id": job.id})
    assert done["phase"] == "succeeded", done
    prepared = {path.name for path in bench_of(room, project).glob("sound-*")}
    for segment in await room.segments(project):
        await room.give_clip(segment, "color=red:s=128x72:r=24:d=6")
    await room.cut(project)
    assert {path.name for path in bench_of(room, project).glob("sound-*")} == prepared


async def sheet_colours(room: CuttingRoom, sheet: Any, count: int) -> list[bytes]:
    """The colour in the middle of each picture of the first row."""
    pick = "scale=5:1:flags=area,format=rgb24"
    raw = await reels.ran(room.tools, "-i", str(sheet), "-vf", pick, "-f", "rawvideo", "-")
    return [raw[3 * number : 3 * number + 3] for number in range(count)]


def bench_of(room: CuttingRoom, project: Json) -> Any:
    return room.resources.settings.storage.storage_path / ".cuts" / project["id"]
