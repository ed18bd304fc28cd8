"""Table of the pictures that were made for key frames."""

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, string_enum
from app.projects.values import FrameOrigin


class FrameCandidate(Keyed, Base):
    """One picture made for a key frame, accepted or not; the frame keeps its candidates when it moves."""

    __tablename__ = "frame_candidates"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    frame_id: Mapped[str] = mapped_column(ForeignKey("key_frames.id", ondelete="CASCADE"))
    job_id: Mapped[str | None] = mapped_column(String(36))
    origin: Mapped[FrameOrigin] = mapped_column(string_enum(FrameOrigin))
    asset_id: Mapped[str] = mapped_column(String(36), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    reference_asset_id: Mapped[str | None] = mapped_column(String(36))
    prompt: Mapped[str] = mapped_column(Text)
    provider: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(120))
    cost_micro_usd: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("job_id", "frame_id"),
        Index("ix_frame_candidates_frame_id_created_at_id", "frame_id", "created_at", "id"),
        Index("ix_frame_candidates_project_id", "project_id"),
    )
