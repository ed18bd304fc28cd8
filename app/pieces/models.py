"""Table of single pictures and pieces of music."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, string_enum
from app.pieces.domain import PieceKind


class Piece(Keyed, Base):
    """What was wished for, the job that makes it, and the file once it is there."""

    __tablename__ = "pieces"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[PieceKind] = mapped_column(string_enum(PieceKind))
    prompt: Mapped[str] = mapped_column(Text)
    style: Mapped[str] = mapped_column(String(64))
    quality: Mapped[str] = mapped_column(String(64))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    notes: Mapped[list[Any]] = mapped_column(JSON)
    source_id: Mapped[str | None] = mapped_column(String(36))
    job_id: Mapped[str | None] = mapped_column(String(36))
    asset_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (Index("ix_pieces_owner_id_kind_created_at_id", "owner_id", "kind", "created_at", "id"),)
