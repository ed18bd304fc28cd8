"""Intake: what is refused leaves no file, no row and no count; what is kept is clean."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from app.library.domain import AssetKind, UploadWish
from app.library.errors import NothingSent, QuotaExceeded, UploadDiffers, UploadMissing, UploadTooLarge
from app.library.intake import MEBIBYTE, Intake
from app.library.links import MediaLinks
from app.library.models import Asset
from app.library.service import LibraryService, complete_upload, discard
from app.media.errors import MediaTooLarge, PictureTooSmall, PictureUnfit, UnreadableMedia, UnsupportedMedia
from app.resources import Resources
from tests import factories
from tests.conftest import MakeSettings
from tests.integration.library.conftest import Files, Used

KIND = AssetKind.FIRST_FRAME


def frame() -> AsyncIterator[bytes]:
    return factories.stream(factories.picture())


REFUSED = {
    "text": (b"hello " * 100, UnsupportedMedia),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", UnsupportedMedia),
    "pdf": (b"%PDF-1.7 ...", UnsupportedMedia),
    "gif": (b"GIF89a" + b"\0" * 100, UnsupportedMedia),
    "empty": (b"", NothingSent),
    "cut": (factories.picture()[:200], UnreadableMedia),
    "small": (factories.picture(300, 400), PictureTooSmall),
    "narrow": (factories.picture(310, 900), PictureUnfit),
    "long": (factories.picture(8193, 4000, "JPEG"), MediaTooLarge),
    "heavy": (b"\x89PNG\r\n\x1a\n" + b"x" * 21 * 1024 * 1024, UploadTooLarge),
}


async def test_a_refusal_leaves_nothing_behind(
    resources: Resources, owner: str, files: Files, used: Used, subtests: pytest.Subtests
) -> None:
    for name in REFUSED:
        with subtests.test(name=name):
            content, refusal = REFUSED[name]
            with pytest.raises(refusal):
                await Intake(resources).receive(owner, AssetKind.FIRST_FRAME, "x.png", factories.stream(content))
            assert files() == []
            assert await factories.rows(resources.database, Asset) == 0
            assert await used() == (0, 0)


async def test_a_picture_is_kept_without_its_metadata(resources: Resources, owner: str, used: Used) -> None:
    exif = Image.Exif()
    exif[0x010E] = "canary-description"
    exif[0x0112] = 6
    content = factories.picture(640, 400, "JPEG", exif=exif) + b"canary-trailer"
    kept = await Intake(resources).receive(owner, AssetKind.FIRST_FRAME, "../../é.png", factories.stream(content))
    assert (kept.content_type, kept.name) == ("image/jpeg", "é.jpg")
    assert kept.facts == {"width": 400, "height": 640}
    stored = b"".join([chunk async for chunk in resources.store.open(kept.store_key)])
    assert b"canary" not in stored
    assert len(stored) == kept.size_bytes
    assert await used() == (kept.size_bytes, 1)


async def test_a_failure_of_the_caller_takes_the_asset_back(
    resources: Resources, owner: str, files: Files, used: Used
) -> None:
    async def fail() -> None:
        frames = factories.stream(factories.picture())
        async with Intake(resources).received(owner, AssetKind.FIRST_FRAME, "x", frames):
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert files() == []
    assert await used() == (0, 0)


@pytest.mark.parametrize(("limit", "room"), [({"user_quota_files": 4}, 3), ({"user_quota_mb": 1}, 2)])
async def test_the_quota_holds_under_parallel_uploads(
    make_settings: MakeSettings, resources: Resources, owner: str, files: Files, used: Used, limit: Any, room: int
) -> None:
    """One large file stands already; beside it there is room for so many small ones."""
    tight = replace(resources, settings=make_settings(storage=limit))
    size = (await Intake(resources).receive(await factories.user(resources, "bob"), KIND, "x", frame())).size_bytes
    large = MEBIBYTE - 2 * size - size // 2
    async with resources.database.unit_of_work() as session:
        await Intake(resources).count_in(session, owner, large)

    async def upload() -> bool:
        try:
            await factories.asset(tight, owner)
        except QuotaExceeded:
            return False
        return True

    assert sum(await asyncio.gather(*(upload() for _ in range(8)))) == room
    assert await used() == (large + room * size, 1 + room)
    assert len(files()) == 1 + room


async def test_a_direct_upload_is_checked_before_it_counts_as_ready(
    resources: Resources, owner: str, files: Files, used: Used
) -> None:
    content = factories.picture()
    digest = hashlib.sha256(content).hexdigest()
    wish = UploadWish(AssetKind.FIRST_FRAME, "a.png", "image/png", len(content), digest)
    async with resources.database.unit_of_work() as session:
        upload = await LibraryService.over(session, resources).announce(owner, wish)
    async with resources.database.reading() as session:
        asset = await LibraryService.over(session, resources).owned(upload.asset_id, owner)
    with pytest.raises(UploadMissing):
        await complete_upload(resources, asset)
    await resources.store.put(asset.store_key, factories.stream(content))
    ready = await complete_upload(resources, asset)
    assert (ready.id, ready.content_type) == (asset.id, "image/png")
    assert await used() == (ready.size_bytes, 1)
    assert len(files()) == 1
    await discard(resources, ready)
    assert (files(), await used()) == ([], (0, 0))


@pytest.mark.parametrize("arrived", [factories.picture(700, 400), b"not a picture at all" * 50])
async def test_another_file_than_announced_is_thrown_away(
    resources: Resources, owner: str, files: Files, arrived: bytes
) -> None:
    wish = UploadWish(AssetKind.FIRST_FRAME, "a.png", "image/png", len(arrived), "0" * 64)
    async with resources.database.unit_of_work() as session:
        upload = await LibraryService.over(session, resources).announce(owner, wish)
    async with resources.database.reading() as session:
        asset = await LibraryService.over(session, resources).owned(upload.asset_id, owner)
    await resources.store.put(asset.store_key, factories.stream(arrived))
    with pytest.raises(UploadDiffers):
        await complete_upload(resources, asset)
    assert (files(), await factories.rows(resources.database, Asset)) == ([], 0)


async def test_a_link_leads_back_to_its_asset_for_its_owner_only(resources: Resources, owner: str) -> None:
    asset_id = await factories.asset(resources, owner)
    async with resources.database.reading() as session:
        asset = await LibraryService.over(session, resources).owned(asset_id, owner)
    links = MediaLinks.over(resources)
    link = links.to(asset)
    assert links.asset_id_of(f"http://elsewhere/spa{link}?t=1&t=1", owner) == asset_id
    assert links.asset_id_of(link, "somebody-else") is None
    assert links.asset_id_of(link.replace("/media/", "/media/A"), owner) is None
    assert links.asset_id_of("https://evil.example/x.png", owner) is None
