"""Uploads that are cut, meet a full disk, or are completed twice at once leave rows, bytes and counts in step."""

import asyncio
import errno
import hashlib
import io
import math
import struct
import wave
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import override

from app.core.errors import StorageFull
from app.library.domain import AssetKind, AssetState, AssetView, UploadWish
from app.library.errors import AssetNotFound, UploadMissing
from app.library.intake import Intake
from app.library.links import MediaLinks
from app.library.models import Asset
from app.library.service import LibraryService, complete_upload, discard
from app.media.errors import UnsupportedMedia
from app.resources import Resources, temp_dirs_of
from app.storage.base import StoredFile
from app.storage.local import LocalStore
from tests import factories
from tests.conftest import MakeSettings
from tests.integration.library.conftest import Files, Used, View


class FullStore(LocalStore):
    """A disk whose last byte goes while a finished file is taken in."""

    @override
    async def put_file(self, key: str, path: Path) -> StoredFile:
        raise OSError(errno.ENOSPC, "No space left on device")


class MeetingStore(LocalStore):
    """A store that lets nobody read before so many want to."""

    readers = asyncio.Barrier(1)

    @override
    async def open(self, key: str, begin: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        await self.readers.wait()
        async for chunk in super().open(key, begin, end):
            yield chunk


@pytest.fixture
def local(resources: Resources) -> Path:
    return resources.settings.storage.storage_path


async def announced(resources: Resources, owner: str, content: bytes, kind: AssetKind = AssetKind.FIRST_FRAME) -> str:
    digest = hashlib.sha256(content).hexdigest().upper()
    wish = UploadWish(kind, "a.png", "image/png", len(content), digest)
    async with resources.database.unit_of_work() as session:
        return (await LibraryService.over(session, resources).announce(owner, wish)).asset_id


async def arrived(resources: Resources, asset: AssetView, content: bytes) -> None:
    await resources.store.put(asset.store_key, factories.stream(content))


def recording(seconds: float) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(n / 6))) for n in range(int(8000 * seconds))))
    return made.getvalue()


@pytest.mark.parametrize("end", [ConnectionResetError, asyncio.CancelledError])
async def test_a_sender_who_leaves_midway_leaves_nothing(
    resources: Resources, owner: str, files: Files, used: Used, end: type[BaseException]
) -> None:
    seen: list[list[Path]] = []

    async def cut() -> AsyncIterator[bytes]:
        yield factories.picture()[:1000]
        seen.append(files())
        raise end

    with pytest.raises(end):
        await Intake(resources).receive(owner, AssetKind.FIRST_FRAME, "x.png", cut())
    assert {path.name for path in seen[0]} == {".held", "raw"}, "the bytes went to a working file first"
    assert (files(), await used(), await factories.rows(resources.database, Asset)) == ([], (0, 0), 0)


async def test_a_full_disk_is_said_and_leaves_nothing(
    resources: Resources, owner: str, files: Files, used: Used, local: Path
) -> None:
    full = replace(resources, store=FullStore(local, resources.threads))
    with pytest.raises(StorageFull):
        await Intake(full).receive(owner, AssetKind.FIRST_FRAME, "x.png", factories.stream(factories.picture()))
    assert (files(), await used()) == ([], (0, 0))


async def test_the_reserve_of_the_disk_is_not_used_up(
    make_settings: MakeSettings, resources: Resources, owner: str, files: Files
) -> None:
    limits = make_settings(storage={"storage_reserve_mb": 2**40}).storage
    careful = replace(resources, temp_dirs=temp_dirs_of(limits, resources.clock, resources.threads))
    with pytest.raises(StorageFull):
        await Intake(careful).receive(owner, AssetKind.FIRST_FRAME, "x.png", factories.stream(factories.picture()))
    assert files() == []


async def test_a_recording_is_kept_as_mp3_with_its_length(resources: Resources, owner: str, files: Files) -> None:
    sent = factories.stream(recording(10.5))
    kept = await Intake(resources).receive(owner, AssetKind.AUDIO_SAMPLE, "głos.wav", sent)
    assert (kept.content_type, kept.name) == ("audio/mpeg", "głos.mp3")
    assert kept.facts["duration_seconds"] == pytest.approx(10.5, abs=0.1)
    assert [path.suffix for path in files()] == [".mp3"]


async def test_an_upload_completed_twice_at_once_is_one_file(
    resources: Resources, owner: str, files: Files, used: Used, view: View, local: Path
) -> None:
    store = MeetingStore(local, resources.threads)
    slow = replace(resources, store=store)
    content = factories.picture()
    asset = await view(await announced(slow, owner, content))
    await arrived(slow, asset, content)
    store.readers = asyncio.Barrier(2)
    first, second = await asyncio.gather(complete_upload(slow, asset), complete_upload(slow, asset))
    assert first == second == await view(asset.id)
    assert first.state is AssetState.READY
    assert (await used(), len(files())) == ((first.size_bytes, 1), 1)


async def test_a_completion_that_comes_late_finds_the_file_ready(resources: Resources, owner: str, view: View) -> None:
    content = factories.picture()
    asset = await view(await announced(resources, owner, content))
    await arrived(resources, asset, content)
    ready = await complete_upload(resources, asset)
    assert await complete_upload(resources, asset) == ready


async def test_a_completion_of_what_was_deleted_is_not_found(resources: Resources, owner: str, view: View) -> None:
    asset = await view(await announced(resources, owner, factories.picture()))
    await discard(resources, asset)
    with pytest.raises(AssetNotFound):
        await complete_upload(resources, asset)


async def test_a_late_discard_does_not_take_the_finished_file(
    resources: Resources, owner: str, files: Files, used: Used, view: View
) -> None:
    content = factories.picture()
    asset = await view(await announced(resources, owner, content))
    await arrived(resources, asset, content)
    ready = await complete_upload(resources, asset)
    await discard(resources, asset)
    assert await view(asset.id) == ready
    assert (await used(), len(files())) == ((ready.size_bytes, 1), 1)


async def test_a_file_is_counted_out_once(
    resources: Resources, owner: str, files: Files, used: Used, view: View
) -> None:
    kept = await view(await factories.asset(resources, owner))
    other = await view(await factories.asset(resources, owner))
    await asyncio.gather(*(discard(resources, kept) for _ in range(4)))
    assert (await used(), len(files())) == ((other.size_bytes, 1), 1)


async def test_what_arrived_as_announced_but_is_no_picture_is_thrown_away(
    resources: Resources, owner: str, files: Files, used: Used, view: View
) -> None:
    content = b"%PDF-1.7 " * 100
    asset = await view(await announced(resources, owner, content))
    await arrived(resources, asset, content)
    with pytest.raises(UnsupportedMedia):
        await complete_upload(resources, asset)
    assert (files(), await used(), await factories.rows(resources.database, Asset)) == ([], (0, 0), 0)


async def test_a_full_disk_does_not_throw_the_arrived_file_away(
    resources: Resources, owner: str, view: View, local: Path
) -> None:
    content = factories.picture()
    asset = await view(await announced(resources, owner, content))
    await arrived(resources, asset, content)
    with pytest.raises(StorageFull):
        await complete_upload(replace(resources, store=FullStore(local, resources.threads)), asset)
    assert (await complete_upload(resources, asset)).state is AssetState.READY


async def test_an_upload_without_its_file_stays_announced(resources: Resources, owner: str, view: View) -> None:
    asset = await view(await announced(resources, owner, factories.picture()))
    with pytest.raises(UploadMissing):
        await complete_upload(resources, asset)
    assert (await view(asset.id)).state is AssetState.PENDING


async def test_links_stand_behind_the_base_they_are_given(
    resources: Resources, owner: str, view: View, subtests: pytest.Subtests
) -> None:
    for base in ("", "https://films.example", "https://films.example/spa"):
        with subtests.test(base=base):
            asset = await view(await factories.asset(resources, owner))
            links = replace(MediaLinks.over(resources), base=base)
            assert links.to(asset).startswith(f"{base}/media/")
            assert links.asset_id_of(links.to(asset), owner) == asset.id
            assert links.of({}, asset.id) is None


async def test_links_are_absolute_when_the_public_address_is_known(
    make_settings: MakeSettings, resources: Resources, owner: str, view: View
) -> None:
    asset = await view(await factories.asset(resources, owner))
    public = replace(resources, settings=make_settings(server={"public_base_url": "https://films.example"}))
    assert MediaLinks.over(public).to(asset).startswith("https://films.example/media/")


async def test_what_is_no_link_leads_nowhere(resources: Resources, owner: str, subtests: pytest.Subtests) -> None:
    for link in ("", "media", "/media", "/media/", "http://[x/media/a/b", "/media/%ff/x", "\0", "/media/" + "A" * 9000):
        with subtests.test(link=link):
            assert MediaLinks.over(resources).asset_id_of(link, owner) is None
