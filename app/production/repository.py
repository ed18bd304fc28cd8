"""Table and SQL of one-shot videos."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.core.tables import Base, Keyed, string_enum
from app.production.domain import VideoQuality, VideoStyle


class Video(Keyed, Base):
    """What was wished for in one shot; the film itself is the project made for it."""

    __tablename__ = "videos"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), unique=True)
    prompt: Mapped[str] = mapped_column(Text)
    style: Mapped[VideoStyle] = mapped_column(string_enum(VideoStyle))
    quality: Mapped[VideoQuality] = mapped_column(string_enum(VideoQuality))
    duration_sec: Mapped[int] = mapped_column(Integer)
    narrated: Mapped[bool] = mapped_column(Boolean)
    notes: Mapped[list[Any]] = mapped_column(JSON)
    # Stays when the earlier video is deleted, so it is no foreign key.
    remixed_from_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (Index("ix_videos_owner_id_created_at_id", "owner_id", "created_at", "id"),)


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
