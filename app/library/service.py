"""Register, list, open and delete assets; announce and complete direct uploads."""

import hashlib
from collections.abc import Collection
from datetime import timedelta
from typing import Self

from app.core.database import Session
from app.core.errors import TooLarge, Unusable
from app.core.pagination import Page, Window
from app.jobs.domain import JobView, Phase
from app.jobs.errors import NotDownloadable
from app.library.domain import (
    MEDIA_TYPES,
    SUCCESSOR,
    AssetKind,
    AssetState,
    AssetView,
    DirectUpload,
    UploadWish,
    safe_name,
)
from app.library.errors import AssetNotFound, KindNotUploaded, UploadDiffers, UploadMissing, UploadTooLarge
from app.library.intake import MEBIBYTE, Intake
from app.library.links import MediaLinks
from app.library.models import Asset
from app.library.repository import AssetRepository, QuotaRepository
from app.resources import Resources
from app.storage.base import FileMissing, Stat

UPLOAD_LIFE = timedelta(hours=1)


class LibraryService:
    """Assets of one owner."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._clock = resources.clock
        self._assets = AssetRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def owned(self, asset_id: str, owner_id: str) -> AssetView:
        """The owner's asset; a foreign one is not found."""
        asset = await self._assets.view(asset_id)
        if asset is None or asset.owner_id != owner_id or asset.state is AssetState.REPLACED:
            raise AssetNotFound
        return asset

    async def linked(self, asset_id: str, owner_id: str) -> AssetView:
        """What a link opens: a replaced file too, for as long as what stands in its place is not deleted."""
        asset = found = await self._assets.view(asset_id)
        while found is not None and found.state is AssetState.REPLACED:
            found = await self._assets.view(str(found.facts[SUCCESSOR]))
        if asset is None or found is None or asset.owner_id != owner_id:
            raise AssetNotFound
        return asset

    async def views(self, asset_ids: Collection[str]) -> dict[str, AssetView]:
        """Several assets by their ids, for links."""
        return await self._assets.views(asset_ids)

    async def listed(self, owner_id: str, kind: AssetKind | None, window: Window) -> tuple[Page[AssetView], int]:
        """One page of an owner's assets and how many there are."""
        return await self._assets.listed(owner_id, kind, window)

    async def made_by(self, job: JobView) -> AssetView:
        """The file that a completed job names as its result."""
        named = (job.result or {}).get("asset_id") if job.phase is Phase.SUCCEEDED else None
        if not isinstance(named, str):
            raise NotDownloadable
        return await self.owned(named, job.owner_id)

    async def forget(self, asset: AssetView) -> None:
        """Drops the row and gives the quota back; the bytes go with `discard` after the commit."""
        counted_bytes = await self._assets.remove(asset)
        if counted_bytes is not None:
            await QuotaRepository(self._session).give_back(asset.owner_id, counted_bytes)

    async def replace(self, asset: AssetView, successor_id: str) -> None:
        """Takes a file out of its owner's sight and count; its bytes go when no link to it can be open any more."""
        until = self._clock.now() + MediaLinks.longest(self._resources)
        counted_bytes = await self._assets.mark_replaced(asset, successor_id, until)
        if counted_bytes is not None:
            await QuotaRepository(self._session).give_back(asset.owner_id, counted_bytes)

    async def label(self, asset_ids: Collection[str], kind: AssetKind) -> None:
        """Says what these files are for from now on: only films stand in the gallery."""
        if asset_ids:
            await self._assets.label(asset_ids, kind)

    async def take_over(self, asset: AssetView, other: AssetView) -> AssetView:
        """Puts another asset's content under this one's id, so that old links show it; the other is gone then.

        The bytes that were there go with `resources.store.delete(asset.store_key)` after the commit.
        """
        await self.forget(other)
        refilled = await self._assets.refill(asset, other)
        if refilled is None:
            raise AssetNotFound
        await QuotaRepository(self._session).correct(asset.owner_id, other.size_bytes - asset.size_bytes)
        return refilled

    async def announce(self, owner_id: str, wish: UploadWish) -> DirectUpload:
        """Reserves room for a file that comes past us, and says where to send it."""
        if not wish.kind.is_uploaded:
            raise KindNotUploaded
        if wish.size_bytes > self._resources.settings.storage.upload_max_size_mb * MEBIBYTE:
            raise UploadTooLarge
        await Intake(self._resources).count_in(self._session, owner_id, wish.size_bytes)
        key_id = self._clock.new_id()
        expires_at = self._clock.now() + UPLOAD_LIFE
        ending = next((e for e, media in MEDIA_TYPES.items() if media == wish.content_type), "bin")
        asset = await self._assets.insert(
            Asset(
                owner_id=owner_id,
                kind=wish.kind,
                state=AssetState.PENDING,
                store_key=f"uploads/{key_id}",
                name=safe_name(wish.name, ending),
                content_type=wish.content_type,
                size_bytes=wish.size_bytes,
                sha256=wish.sha256,
                facts={},
                expires_at=expires_at,
            )
        )
        kind = {"Content-Type": wish.content_type}
        # The store takes exactly so many bytes: their number is part of what is signed.
        signed = {**kind, "Content-Length": str(wish.size_bytes)}
        remote = await self._resources.store.presign_put(asset.store_key, UPLOAD_LIFE, signed)
        url = remote or MediaLinks.over(self._resources).exactly(UPLOAD_LIFE).for_upload(asset)
        return DirectUpload(asset.id, url, "PUT", kind, expires_at)


async def complete_upload(resources: Resources, asset: AssetView) -> AssetView:
    """Checks that exactly the announced file arrived, judges it, and makes the asset ready; repeatable."""
    if asset.state is AssetState.READY:
        return asset
    try:
        return await _completed(resources, asset)
    except FileMissing as gone:
        # Another request may have completed the same upload meanwhile and put the clean file elsewhere.
        async with resources.database.reading() as session:
            now = await LibraryService.over(session, resources).owned(asset.id, asset.owner_id)
        if now.state is not AssetState.READY:
            raise UploadMissing from gone
        return now


async def discard(resources: Resources, asset: AssetView) -> None:
    """Deletes an asset with its bytes; the row goes first, so that no row ever points to nothing."""
    async with resources.database.unit_of_work() as session:
        await LibraryService.over(session, resources).forget(asset)
    await resources.store.delete(asset.store_key)


async def _completed(resources: Resources, asset: AssetView) -> AssetView:
    stat = await resources.store.stat(asset.store_key)
    if stat is None:
        raise FileMissing
    if not await _is_announced(resources, asset, stat):
        await discard(resources, asset)
        raise UploadDiffers
    try:
        finished = await Intake(resources).rejudge(asset)
    except (Unusable, TooLarge):
        await discard(resources, asset)
        raise
    if finished is None:
        raise FileMissing
    return finished


async def _is_announced(resources: Resources, asset: AssetView, stat: Stat) -> bool:
    if stat.size_bytes != asset.size_bytes:
        return False
    digest = hashlib.sha256()
    async for chunk in resources.store.open(asset.store_key):
        await resources.threads.run(digest.update, chunk)
    return digest.hexdigest() == asset.sha256.lower()
