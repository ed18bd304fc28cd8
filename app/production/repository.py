"""SQL of one-shot videos."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.production.models import Video


class VideoRepository(Repository[Video]):
    """Videos of an owner, the newest first."""

    table = Video

    async def owned(self, video_id: str, owner_id: str) -> Video | None:
        """The video, if it is this owner's."""
        return await self.one(select(Video).where(Video.id == video_id, Video.owner_id == owner_id))

    async def newest(self, owner_id: str, skip: int, limit: int) -> Sequence[Video]:
        """So many videos after so many others."""
        order = (Video.created_at.desc(), Video.id.desc())
        return await self.all(
            select(Video).where(Video.owner_id == owner_id).order_by(*order).offset(skip).limit(limit)
        )

    async def total(self, owner_id: str) -> int:
        """How many this owner has."""
        return await self.count(select(Video).where(Video.owner_id == owner_id))

    async def following(self, owner_id: str, window: Window) -> Page[Video]:
        """One page of an owner's videos, from either end."""
        return await self.page(select(Video).where(Video.owner_id == owner_id), window, Video.created_at)

    async def forget(self, video_id: str) -> None:
        """Removes the row."""
        await self._session.execute(delete(Video).where(Video.id == video_id))
