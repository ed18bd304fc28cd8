"""A cut that dies, fails or is called off leaves nothing half done, and the next one makes the film."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.jobs.settlement import JobRuntime
from app.library.jobs import SweepLibrary
from app.library.service import LibraryService
from app.projects.progress import ProgressService
from tests.doubles.context import Crash
from tests.integration.assembly.conftest import API, CuttingRoom

Json = dict[str, Any]
STEPS = ["stage.gathering_clips", "begin", "stage.cutting_film", "cut"]
# Long enough to be met at work: noise that has to be encoded again because its size is odd.
SLOW = "testsrc2=s=640x480:r=24:d=40"


@pytest.mark.parametrize("when", ["crash_before", "crash_after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_is_followed_by_one_film(
    room: CuttingRoom, project: Json, step: str, when: str
) -> None:
    job = await room.started(project)
    with pytest.raises(Crash):
        await room.run(job, **{when: step})
    done = await room.run(job)
    assert done["phase"] == "succeeded", done
    assert (await room.get(f"/projects/{project['id']}"))["status"] == "completed"
    assert (await room.get("/assets?kind=film"))["total"] == 1
    assert temp_dirs_of(room) == []


async def test_a_cut_that_is_called_off_kills_its_tool_and_lets_the_project_go(
    room: CuttingRoom, project: Json
) -> None:
    await room.give_clip((await room.segments(project))[1], SLOW)
    job = await room.started(project)
    running = asyncio.ensure_future(room.run(job))
    watch = asyncio.ensure_future(room.resources.provided(JobRuntime).cancels.run())
    try:
        await until(lambda: tools_at_work(room) != [])
        assert (await room.person.post(f"{API}/jobs/{job['id']}/cancel")).is_success
        done = await running
    finally:
        watch.cancel()
    assert done["status"] == "cancelled"
    await until(lambda: tools_at_work(room) == [])
    assert (await room.get(f"/projects/{project['id']}"))["status"] == "generating"
    assert (await room.get("/assets?kind=film"))["total"] == 0
    assert temp_dirs_of(room) == []


async def test_a_cut_that_fails_says_why_and_can_be_started_again(room: CuttingRoom, project: Json) -> None:
    segment = (await room.segments(project))[1]
    key = await stored_at(room, segment.clip_asset_id or "")
    content = key.read_bytes()
    key.write_bytes(b"nothing that could be a film")
    failed = await room.run(await room.started(project))
    assert (failed["phase"], failed["error"]["code"]) == ("failed", "film.clips_broken")
    assert "segment 1" in failed["error"]["message"]
    shown = await room.get(f"/projects/{project['id']}")
    assert (shown["status"], shown["error"]["code"]) == ("failed", "film.clips_broken")
    key.write_bytes(content)
    await room.cut(project)
    assert (await room.get(f"/projects/{project['id']}"))["status"] == "completed"


async def test_a_retried_cut_takes_the_project_again(room: CuttingRoom, project: Json) -> None:
    segment = (await room.segments(project))[0]
    key = await stored_at(room, segment.clip_asset_id or "")
    content = key.read_bytes()
    key.write_bytes(b"")
    failed = await room.run(await room.started(project))
    key.write_bytes(content)
    retried = await room.person.post(f"{API}/jobs/{failed['id']}/retry")
    assert retried.is_success, retried.text
    done = await room.run(retried.json())
    assert done["phase"] == "succeeded", done


async def test_a_project_deleted_meanwhile_gets_no_film_and_leaves_no_bytes(room: CuttingRoom, project: Json) -> None:
    job = await room.started(project)
    deleted = await room.person.delete(f"{API}/projects/{project['id']}?cancel=true")
    assert deleted.status_code == 204, deleted.text
    await room.run(job)
    assert (await room.get("/assets?kind=film"))["total"] == 0
    before = stored_files(room)
    await SweepLibrary(room.resources).delete_orphans()
    assert stored_files(room) == before


async def test_settings_changed_during_the_cut_leave_a_stale_film(room: CuttingRoom, project: Json) -> None:
    job = await room.started(project)
    with pytest.raises(Crash):
        await room.run(job, crash_after="cut")
    changed = await room.person.patch(f"{API}/projects/{project['id']}", json={"music": {"mood": "soft"}})
    assert changed.is_success, changed.text
    assert (await room.get(f"/projects/{project['id']}"))["stale"]


async def test_two_cuts_of_one_project_are_one_job(room: CuttingRoom, project: Json) -> None:
    first, second = await room.started(project), await room.started(project)
    assert first["id"] == second["id"]


async def test_while_a_film_is_cut_no_segment_is_made(room: CuttingRoom, project: Json) -> None:
    await room.started(project)
    async with room.resources.database.reading() as session:
        board = await ProgressService.over(session, room.resources).board(project["id"])
    assert board.project.status == "finalizing"


async def until(seen: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not seen():
            await asyncio.sleep(0.02)


def temp_dirs_of(room: CuttingRoom) -> list[Path]:
    work = room.resources.settings.storage.storage_path / ".work"
    return list(work.iterdir()) if work.is_dir() else []


def stored_files(room: CuttingRoom) -> list[Path]:
    return sorted((room.resources.settings.storage.storage_path / "assets").rglob("*.*"))


def tools_at_work(room: CuttingRoom) -> list[int]:
    """The processes whose command names a file of this test's own storage."""
    mark = os.fsencode(room.resources.settings.storage.storage_path)
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark in place.read_bytes():
                found.append(int(place.parent.name))
        except OSError:
            continue
    return found


async def stored_at(room: CuttingRoom, asset_id: str) -> Path:
    async with room.resources.database.reading() as session:
        asset = (await LibraryService.over(session, room.resources).views([asset_id]))[asset_id]
    return next(room.resources.settings.storage.storage_path.rglob(Path(asset.store_key).name))
