"""SQL of assets and quotas."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.library.domain import SUCCESSOR, AssetKind, AssetState, AssetView, StorageUseView
from app.library.models import Asset, StorageUse


class AssetRepository(Repository[Asset]):
    """Assets by owner."""

    table = Asset

    async def view(self, asset_id: str) -> AssetView | None:
        """The asset as it stands in the database now."""
        query = select(Asset).where(Asset.id == asset_id).execution_options(populate_existing=True)
        found = await self.one(query)
        return None if found is None else asset_view(found)

    async def views(self, asset_ids: Collection[str]) -> dict[str, AssetView]:
        """Several assets by their ids; replaced ones are not among them."""
        query = select(Asset).where(Asset.id.in_(asset_ids), Asset.state != AssetState.REPLACED)
        rows = await self.all(query) if asset_ids else []
        return {row.id: asset_view(row) for row in rows}

    async def insert(self, row: Asset) -> AssetView:
        """Stores a new asset."""
        return asset_view(await self.add(row))

    async def listed(self, owner_id: str, kind: AssetKind | None, window: Window) -> tuple[Page[AssetView], int]:
        """One page of an owner's finished assets and how many there are."""
        query = select(Asset).where(Asset.owner_id == owner_id, Asset.state == AssetState.READY)
        if kind is not None:
            query = query.where(Asset.kind == kind)
        page = await self.page(query, window, Asset.created_at)
        return Page(tuple(asset_view(row) for row in page.items), page.next), await self.count(query)

    async def finish(self, asset_id: str, **facts: Any) -> AssetView | None:
        """Makes a pending asset ready, once; None when it is not pending any more."""
        change = (
            update(Asset)
            .where(Asset.id == asset_id, Asset.state == AssetState.PENDING)
            .values(state=AssetState.READY, expires_at=None, updated_at=self._clock.now(), **facts)
            .returning(Asset.id)
            .execution_options(synchronize_session=False)
        )
        return None if await self._session.scalar(change) is None else await self.view(asset_id)

    async def label(self, asset_ids: Collection[str], kind: AssetKind) -> None:
        """Says what these files are for."""
        change = update(Asset).where(Asset.id.in_(asset_ids), Asset.kind != kind).values(kind=kind)
        await self._session.execute(change.execution_options(synchronize_session=False))

    async def refill(self, asset: AssetView, other: AssetView) -> AssetView | None:
        """Gives an asset another's content, once; None when its own is not the seen one any more."""
        change = (
            update(Asset)
            .where(Asset.id == asset.id, Asset.store_key == asset.store_key)
            .values(
                store_key=other.store_key,
                content_type=other.content_type,
                size_bytes=other.size_bytes,
                sha256=other.sha256,
                facts=dict(other.facts),
                updated_at=self._clock.now(),
            )
            .returning(Asset.id)
            .execution_options(synchronize_session=False)
        )
        return None if await self._session.scalar(change) is None else await self.view(asset.id)

    async def remove(self, asset: AssetView) -> int | None:
        """Deletes a row whose bytes are still the seen ones; gives the bytes that it counted, once."""
        change = delete(Asset).where(Asset.id == asset.id, Asset.store_key == asset.store_key)
        gone = (await self._session.execute(change.returning(Asset.size_bytes, Asset.state))).one_or_none()
        return None if gone is None or gone.state is AssetState.REPLACED else gone.size_bytes

    async def mark_replaced(self, asset: AssetView, successor_id: str, until: datetime) -> int | None:
        """Takes a file out of sight for another; gives the bytes that it counted, once."""
        change = (
            update(Asset)
            .where(Asset.id == asset.id, Asset.store_key == asset.store_key, Asset.state == AssetState.READY)
            .values(state=AssetState.REPLACED, expires_at=until, facts={**asset.facts, SUCCESSOR: successor_id})
            .returning(Asset.size_bytes)
            .execution_options(synchronize_session=False)
        )
        counted: int | None = await self._session.scalar(change)
        return counted

    async def expired(self, now: datetime, after: str, limit: int) -> Sequence[AssetView]:
        """Announced uploads that never came and replaced files past their links, by id, behind one of them."""
        late = select(Asset).where(Asset.state != AssetState.READY, Asset.expires_at < now, Asset.id > after)
        rows = await self.all(late.order_by(Asset.id).limit(limit))
        return [asset_view(row) for row in rows]

    async def of_owner(self, owner_id: str, limit: int) -> Sequence[AssetView]:
        """Some assets of an owner, in any state."""
        return [asset_view(row) for row in await self.all(select(Asset).where(Asset.owner_id == owner_id).limit(limit))]

    async def known_keys(self, keys: Collection[str]) -> frozenset[str]:
        """Which of these store keys belong to a row."""
        return frozenset(await self._session.scalars(select(Asset.store_key).where(Asset.store_key.in_(keys))))


USE_COLUMNS = (
    StorageUse.owner_id,
    StorageUse.size_bytes,
    StorageUse.files,
    StorageUse.most_bytes,
    StorageUse.most_files,
)


class QuotaRepository:
    """What each user keeps."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert

    async def take(self, owner_id: str, size_bytes: int, *, most_bytes: int, most_files: int) -> bool:
        """Counts a file in if the user's own quota or else this one allows it; says whether it did."""
        await self._begin(owner_id)
        change = (
            update(StorageUse)
            .where(
                StorageUse.owner_id == owner_id,
                StorageUse.size_bytes + size_bytes <= func.coalesce(StorageUse.most_bytes, most_bytes),
                StorageUse.files + 1 <= func.coalesce(StorageUse.most_files, most_files),
            )
            .values(size_bytes=StorageUse.size_bytes + size_bytes, files=StorageUse.files + 1)
            .returning(StorageUse.owner_id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def give_back(self, owner_id: str, size_bytes: int) -> None:
        """Counts a file out."""
        await self._session.execute(
            update(StorageUse)
            .where(StorageUse.owner_id == owner_id)
            .values(size_bytes=StorageUse.size_bytes - size_bytes, files=StorageUse.files - 1)
        )

    async def correct(self, owner_id: str, more_bytes: int) -> None:
        """Counts what a file has grown or shrunk by."""
        await self._session.execute(
            update(StorageUse)
            .where(StorageUse.owner_id == owner_id)
            .values(size_bytes=StorageUse.size_bytes + more_bytes)
        )

    async def used(self, owner_id: str) -> tuple[int, int]:
        """Bytes and files that a user keeps."""
        found = (await self.uses([owner_id])).get(owner_id)
        return (0, 0) if found is None else (found.size_bytes, found.files)

    async def limit(self, owner_id: str, most_bytes: int | None, most_files: int | None) -> None:
        """Gives a user a quota of their own; None is what the settings say."""
        await self._begin(owner_id)
        limits = {"most_bytes": most_bytes, "most_files": most_files}
        await self._session.execute(update(StorageUse).where(StorageUse.owner_id == owner_id).values(limits))

    async def uses(self, owner_ids: Collection[str]) -> dict[str, StorageUseView]:
        """What each of these users keeps, as far as they keep anything."""
        rows = await self._session.execute(select(*USE_COLUMNS).where(StorageUse.owner_id.in_(owner_ids)))
        return {row.owner_id: StorageUseView(*row) for row in rows}

    async def largest(self, skip: int, limit: int) -> tuple[Sequence[StorageUseView], int]:
        """Who keeps how much, the largest first, and how many users keep anything."""
        query = select(*USE_COLUMNS).order_by(StorageUse.size_bytes.desc(), StorageUse.owner_id)
        rows = await self._session.execute(query.offset(skip).limit(limit))
        total = await self._session.scalar(select(func.count()).select_from(StorageUse)) or 0
        return [StorageUseView(*row) for row in rows], total

    async def sums(self) -> tuple[int, int]:
        """Bytes and files of everybody."""
        query = select(func.sum(StorageUse.size_bytes), func.sum(StorageUse.files))
        size_bytes, files = (await self._session.execute(query)).one()
        return int(size_bytes or 0), int(files or 0)

    async def _begin(self, owner_id: str) -> None:
        fresh = {"owner_id": owner_id, "size_bytes": 0, "files": 0}
        await self._session.execute(self._insert(StorageUse).values(fresh).on_conflict_do_nothing())


def asset_view(row: Asset) -> AssetView:
    """The frozen view of a row."""
    return AssetView(
        id=row.id,
        owner_id=row.owner_id,
        kind=row.kind,
        state=row.state,
        store_key=row.store_key,
        name=row.name,
        content_type=row.content_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        facts=row.facts,
        expires_at=row.expires_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
