"""Who keeps how much, and quotas of single users: for operators."""

from collections.abc import Collection, Mapping, Sequence
from typing import Self

from app.core.database import Session
from app.core.pagination import Window
from app.library.domain import StorageOverview, StorageUseView
from app.library.repository import QuotaRepository
from app.resources import Resources

MEBIBYTE = 1024 * 1024


class StorageQuotas:
    """What users keep, on one session."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._quotas = QuotaRepository(session)
        self._limits = resources.settings.storage
        self._temp_dirs = resources.temp_dirs

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def of(self, owner_ids: Collection[str]) -> Mapping[str, StorageUseView]:
        """What each of these users keeps, with the quota that holds for them."""
        found = await self._quotas.uses(owner_ids)
        return {owner: self._held(found.get(owner, StorageUseView(owner, 0, 0))) for owner in owner_ids}

    async def largest(self, window: Window) -> tuple[Sequence[StorageUseView], int]:
        """Who keeps how much, the largest first, and how many users keep anything."""
        uses, total = await self._quotas.largest(window.skip, window.limit)
        return [self._held(use) for use in uses], total

    async def overview(self, window: Window) -> StorageOverview:
        """What is stored in all, what the disk has left, and one page of who keeps how much."""
        owners, total = await self.largest(window)
        size_bytes, files = await self._quotas.sums()
        free_bytes = (await self._temp_dirs.space()).free_bytes
        return StorageOverview(size_bytes, files, free_bytes, self._temp_dirs.reserve_bytes, owners, total)

    async def own(self, owner_id: str) -> dict[str, int | None]:
        """The quotas that a user has of their own, by `most_mb` and `most_files`."""
        use = (await self._quotas.uses([owner_id])).get(owner_id, StorageUseView(owner_id, 0, 0))
        most_mb = None if use.most_bytes is None else use.most_bytes // MEBIBYTE
        return {"most_mb": most_mb, "most_files": use.most_files}

    async def limit(self, owner_id: str, most_bytes: int | None, most_files: int | None) -> None:
        """Gives a user a quota of their own; None is what the settings say."""
        await self._quotas.limit(owner_id, most_bytes, most_files)

    def _held(self, use: StorageUseView) -> StorageUseView:
        most_bytes = self._limits.user_quota_mb * MEBIBYTE if use.most_bytes is None else use.most_bytes
        most_files = self._limits.user_quota_files if use.most_files is None else use.most_files
        return StorageUseView(use.owner_id, use.size_bytes, use.files, most_bytes, most_files)
