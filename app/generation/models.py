"""Table of takes."""

from sqlalchemy import BigInteger, Float, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed

__all__ = ["Take"]


class Take(Keyed, Base):
    """One clip that was made for a segment; a take is never changed, only chosen."""

    __tablename__ = "takes"

    segment_id: Mapped[str] = mapped_column(ForeignKey("segments.id", ondelete="CASCADE"))
    job_id: Mapped[str] = mapped_column(String(36), unique=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    asset_id: Mapped[str] = mapped_column(String(36), index=True)
    last_picture_asset_id: Mapped[str] = mapped_column(String(36), index=True)
    last_frame_asset_id: Mapped[str | None] = mapped_column(String(36))
    hands_on: Mapped[bool]
    digest: Mapped[str] = mapped_column(String(64))
    duration_seconds: Mapped[float] = mapped_column(Float)
    width_px: Mapped[int]
    height_px: Mapped[int]
    provider: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(120))
    cost_micro_usd: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("segment_id", "number"),)
