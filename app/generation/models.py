"""Table of takes."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed


class Take(Keyed, Base):
    """One clip that was made for a segment; a take is never changed, only chosen."""

    __tablename__ = "takes"

    segment_id: Mapped[str] = mapped_column(ForeignKey("segments.id", ondelete="CASCADE"))
    job_id: Mapped[str] = mapped_column(String(36), unique=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    asset_id: Mapped[str] = mapped_column(String(36), index=True)
    last_picture_asset_id: Mapped[str] = mapped_column(String(36), index=True)
    first_frame_asset_id: Mapped[str] = mapped_column(String(36))
    last_frame_asset_id: Mapped[str | None] = mapped_column(String(36))
    hands_on: Mapped[bool]
    digest: Mapped[str] = mapped_column(String(64))
    prompt: Mapped[str] = mapped_column(Text)
    resolution: Mapped[str] = mapped_column(String(16))
    look: Mapped[dict[str, Any]] = mapped_column(JSON)
    duration_seconds: Mapped[float] = mapped_column(Float)
    width_px: Mapped[int]
    height_px: Mapped[int]
    provider: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(120))
    cost_micro_usd: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("segment_id", "number"),)
