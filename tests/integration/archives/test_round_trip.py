"""A project goes out as a zip and comes in again as the same film of somebody else."""

import hashlib
import io
from collections.abc import AsyncIterator

import httpx2
from PIL import Image

from app.core.pagination import Window
from app.library.domain import AssetKind
from app.library.service import LibraryService
from app.production.archive.exporting import Content, ZipPart, archive_of, packed
from app.production.archive.importing import import_archive
from app.projects.domain import Listing, ProjectStatus, ProjectView, SegmentStatus, Storyboard
from app.projects.freshness import film_is_stale, stale_frames, stale_parts
from app.projects.service import ProjectService
from app.resources import Resources, open_resources
from tests import factories
from tests.conftest import MakeSettings
from tests.integration.archives.conftest import API, exported, manifest_of, sent, unzipped
from tests.integration.assembly.conftest import CuttingRoom, Json


async def film_of(person: httpx2.AsyncClient, project: Json, variant: str = "video") -> bytes:
    answer = await person.get(f"{API}/projects/{project['id']}/film", params={"variant": variant})
    assert answer.status_code == 200, answer.text
    return answer.content


async def board_of(resources: Resources, project_id: str) -> Storyboard:
    async with resources.database.reading() as session:
        return await ProjectService.over(session, resources).board(project_id)


async def test_an_archive_holds_everything_under_its_own_hash(room: CuttingRoom, project: Json) -> None:
    parts = unzipped(await exported(room.person, project))
    manifest = manifest_of(parts)
    assert set(parts) == {"manifest.json", *(file["path"] for file in manifest["files"])}
    for file in manifest["files"]:
        content = parts[file["path"]]
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size_bytes"], file["sha256"])
    kinds = [file["kind"] for file in manifest["files"]]
    assert kinds.count(AssetKind.CLIP) == kinds.count(AssetKind.NARRATION) == 2
    assert kinds.count(AssetKind.FILM) == 1
    assert manifest["settings"]["style"] == "watercolour"
    assert manifest["segments"][1]["words"]["narration_text"] == "Scene 1 begins here."
    assert manifest["segments"][1]["narration"]["words"][0] == ["Scene", 0.0, 0.2]
    assert parts[manifest["film"]["variants"]["video"]] == await film_of(room.person, project)


async def test_an_imported_archive_is_the_same_film_of_another_owner(
    room: CuttingRoom, project: Json, bob: httpx2.AsyncClient
) -> None:
    answer = await sent(bob, await exported(room.person, project))
    assert answer.status_code == 201, answer.text
    copy = answer.json()
    assert copy["id"] != project["id"]
    same = ("name", "style", "music", "captions", "language", "status", "target_duration_sec", "segment_count")
    assert {name: copy[name] for name in same} == {name: project[name] for name in same}
    assert copy["status"] == ProjectStatus.COMPLETED
    for variant in ("video", "captions.srt", "captions.vtt", "audio", "report"):
        assert await film_of(bob, copy, variant) == await film_of(room.person, project, variant)
    assert await film_of(bob, copy, "poster")
    hidden = await room.person.get(f"{API}/projects/{copy['id']}")
    assert hidden.status_code == 404
    usual = [segment["status"] for segment in copy["segments"]]
    assert usual == [SegmentStatus.GENERATED] * 2


async def test_what_was_up_to_date_stays_so_and_what_was_not_does_not(room: CuttingRoom, project: Json) -> None:
    first, second = await room.segments(project)
    edit = {"video_prompt": "Another fox altogether."}
    assert (await room.person.patch(f"{API}/segments/{second.id}", json=edit)).status_code == 200
    source = await board_of(room.resources, project["id"])
    copy = (await sent(room.person, await exported(room.person, project))).json()
    board = await board_of(room.resources, copy["id"])
    assert [stale_parts(segment) for segment in board.segments] == [stale_parts(s) for s in source.segments]
    assert stale_frames(board) == stale_frames(source)
    assert film_is_stale(board.project) == film_is_stale(source.project)
    assert stale_parts(board.segments[0]) != stale_parts(board.segments[1])
    assert [segment.clip_asset_id for segment in board.segments] != [first.clip_asset_id, second.clip_asset_id]


async def test_an_imported_project_is_cut_again_without_paying(
    room: CuttingRoom, project: Json, bob: httpx2.AsyncClient
) -> None:
    copy = (await sent(bob, await exported(room.person, project))).json()
    there = await bob.post(f"{API}/projects/{copy['id']}/finalize", headers={"Prefer": "respond-async"})
    assert there.status_code == 200, "the film of just these clips is there already"
    elsewhere = CuttingRoom(room.resources, bob, room.folder)
    await bob.patch(f"{API}/projects/{copy['id']}", json={"music": {"mood": "upbeat"}})
    await elsewhere.cut(copy)
    assert await film_of(bob, copy) != await film_of(room.person, project)


async def test_an_unfinished_project_is_archived_too(room: CuttingRoom) -> None:
    empty = await room.empty(name="Unfinished / story")
    files = {"file": ("frame.png", factories.picture(), "image/png")}
    assert (await room.person.post(f"{API}/projects/{empty['id']}/first-frame", files=files)).is_success
    content = await exported(room.person, empty)
    copy = (await sent(room.person, content)).json()
    assert copy["status"] == (await room.get(f"/projects/{empty['id']}"))["status"]
    assert [segment["status"] for segment in copy["segments"]] == ["approved", "approved"]
    assert copy["first_frame_url"] is not None
    assert manifest_of(unzipped(content))["film"] is None
    assert (await room.get("/projects"))["total"] == 2


async def test_the_frames_alone_are_a_zip_of_pictures(room: CuttingRoom) -> None:
    empty = await room.empty()
    files = {"file": ("frame.png", factories.picture(), "image/png")}
    await room.person.post(f"{API}/projects/{empty['id']}/first-frame", files=files)
    parts = unzipped(await exported(room.person, empty, content="frames"))
    assert set(parts) == {"frame-00.png"}
    with Image.open(io.BytesIO(parts["frame-00.png"])) as picture:
        assert picture.size == (640, 400)


async def test_an_archive_is_streamed_and_never_whole_in_memory(room: CuttingRoom, project: Json) -> None:
    read: list[str] = []

    async def slow(name: str) -> AsyncIterator[bytes]:
        for _ in range(4):
            read.append(name)
            yield b"x" * 65_536

    zipping = packed((ZipPart(name, slow(name)) for name in ("a.bin", "b.bin")), room.resources.clock.now())
    first = await anext(zipping)
    assert read == ["a.bin"]
    sizes = [len(first)] + [len(piece) async for piece in zipping]
    assert max(sizes) < 70_000
    archive = await archive_of(room.resources, await view_of(room.resources, project["id"]), Content.PROJECT)
    assert max([len(piece) async for piece in archive.chunks]) <= 300_000


async def view_of(resources: Resources, project_id: str) -> ProjectView:
    return (await board_of(resources, project_id)).project


async def test_a_file_that_is_gone_is_told_before_the_first_byte(room: CuttingRoom, project: Json) -> None:
    clip = (await room.segments(project))[0].clip_asset_id or ""
    async with room.resources.database.reading() as session:
        asset = (await LibraryService.over(session, room.resources).views([clip]))[clip]
    await room.resources.store.delete(asset.store_key)
    answer = await room.person.get(f"{API}/projects/{project['id']}/archive")
    assert (answer.status_code, answer.json()["code"]) == (404, "storage.file_missing")


async def test_an_archive_is_restored_on_postgres(
    room: CuttingRoom, project: Json, make_settings: MakeSettings, postgres_database_url: str
) -> None:
    content = await exported(room.person, project)
    settings = make_settings(database={"database_url": postgres_database_url})
    async with open_resources(settings) as resources:
        owner = await factories.user(resources)
        copy = await import_archive(resources, owner, factories.stream(content))
        assert copy.status is ProjectStatus.COMPLETED
        async with resources.database.reading() as session:
            page = await ProjectService.over(session, resources).listed(owner, Listing(), Window())
        assert (page.total, page.page.items[0].id) == (1, copy.id)
