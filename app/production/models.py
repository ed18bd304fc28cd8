"""Table of one-shot videos."""

from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

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
