"""Intake: what is refused leaves no file, no row and no count; what is kept is clean."""

import asyncio
from pathlib import Path

import pytest

from app.library.errors import NothingSent, QuotaExceeded, UploadDiffers, UploadMissing, UploadTooLarge
from app.library.intake import Intake
from app.library.links import MediaLinks
from app.library.models import Asset
from app.library.repository import QuotaRepository
from app.library.service import LibraryService, complete_upload, discard
from app.library.values import AssetKind, UploadWish
from app.media.errors import MediaTooLarge, PictureTooSmall, PictureUnfit, UnreadableMedia, UnsupportedMedia
from app.resources import Resources, open_resources
from tests import factories


@pytest.fixture
async def owner(resources: Resources) -> str:
    return await factories.user(resources)


def files(resources: Resources) -> list[Path]:
    root = resources.settings.storage.storage_path
    return [path for path in root.rglob("*") if path.is_file() and path.name != ".secret_key"]


async def used(resources: Resources, owner: str) -> tuple[int, int]:
    async with resources.database.reading() as session:
        return await QuotaRepository(session).used(owner)


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


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_leaves_nothing_behind(resources: Resources, owner: str, name: str) -> None:
    content, refusal = REFUSED[name]
    with pytest.raises(refusal):
        await Intake(resources).receive(owner, AssetKind.FIRST_FRAME, "x.png", factories.stream(content))
    assert files(resources) == []
    assert await factories.rows(resources.database, Asset) == 0
    assert await used(resources, owner) == (0, 0)


async def test_a_picture_is_kept_without_its_metadata(resources: Resources, owner: str) -> None:
    from PIL import Image

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
    assert await used(resources, owner) == (kept.size_bytes, 1)


async def test_a_failure_of_the_caller_takes_the_asset_back(resources: Resources, owner: str) -> None:
    async def fail() -> None:
        frames = factories.stream(factories.picture())
        async with Intake(resources).received(owner, AssetKind.FIRST_FRAME, "x", frames):
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert files(resources) == []
    assert await used(resources, owner) == (0, 0)


async def test_the_quota_holds_under_parallel_uploads(make_settings, database_url: str) -> None:
    settings = make_settings(database={"database_url": database_url}, storage={"user_quota_files": 3})
    async with open_resources(settings) as resources:
        owner = await factories.user(resources)

        async def upload() -> bool:
            try:
                await factories.asset(resources, owner)
            except QuotaExceeded:
                return False
            return True

        assert sum(await asyncio.gather(*(upload() for _ in range(8)))) == 3
        assert (await used(resources, owner))[1] == 3
        assert len(files(resources)) == 3


async def test_a_direct_upload_is_checked_before_it_counts_as_ready(resources: Resources, owner: str) -> None:
    import hashlib

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
    assert await used(resources, owner) == (ready.size_bytes, 1)
    assert len(files(resources)) == 1
    await discard(resources, ready)
    assert (files(resources), await used(resources, owner)) == ([], (0, 0))


@pytest.mark.parametrize("arrived", [factories.picture(700, 400), b"not a picture at all" * 50])
async def test_another_file_than_announced_is_thrown_away(resources: Resources, owner: str, arrived: bytes) -> None:
    wish = UploadWish(AssetKind.FIRST_FRAME, "a.png", "image/png", len(arrived), "0" * 64)
    async with resources.database.unit_of_work() as session:
        upload = await LibraryService.over(session, resources).announce(owner, wish)
    async with resources.database.reading() as session:
        asset = await LibraryService.over(session, resources).owned(upload.asset_id, owner)
    await resources.store.put(asset.store_key, factories.stream(arrived))
    with pytest.raises(UploadDiffers):
        await complete_upload(resources, asset)
    assert (files(resources), await factories.rows(resources.database, Asset)) == ([], 0)


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
