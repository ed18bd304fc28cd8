"""Tables of shows and of the files that belong to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, UtcDateTime, string_enum
from app.projects.options import Language
from app.shows.domain import Door, ShowStatus


class Show(Keyed, Base):
    """One show; a draft belongs to nobody's list and goes after its time."""

    __tablename__ = "shows"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    door: Mapped[Door] = mapped_column(string_enum(Door))
    title: Mapped[str] = mapped_column(Text)
    sort_title: Mapped[str] = mapped_column(String(255))
    search_text: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    language: Mapped[Language] = mapped_column(string_enum(Language))
    status: Mapped[ShowStatus] = mapped_column(string_enum(ShowStatus))
    content: Mapped[str] = mapped_column(Text)
    script_text: Mapped[str] = mapped_column(Text)
    options: Mapped[dict[str, Any]]
    extra: Mapped[dict[str, Any]]
    made: Mapped[dict[str, Any]]
    draft_key: Mapped[str | None] = mapped_column(String(64))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), index=True)

    __table_args__ = (
        Index("ix_shows_owner_id_door_updated_at_id", "owner_id", "door", "updated_at", "id"),
        UniqueConstraint("owner_id", "draft_key"),
    )


class ShowFile(Base):
    """A file that a show has or had; it goes with the last show that names it."""

    __tablename__ = "show_files"

    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id", ondelete="CASCADE"), primary_key=True)
    asset_id: Mapped[str] = mapped_column(String(36), primary_key=True, index=True)
