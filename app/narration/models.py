"""Tables of voices, of the consents behind them, and of narration takes."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, UtcDateTime, string_enum
from app.providers.speech import VoiceOrigin


class Consent(Keyed, Base):
    """The words by which a person agreed; kept after the voice is gone.

    Of a voice that was copied elsewhere there is no recording here: its id and sum are empty.
    """

    __tablename__ = "consents"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    sample_asset_id: Mapped[str] = mapped_column(String(36))
    sample_sha256: Mapped[str] = mapped_column(String(64))


class Voice(Keyed, Base):
    """A voice that its owner may speak with; one that was made stays after its deletion, as nobody's name."""

    __tablename__ = "voices"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    voice_id: Mapped[str] = mapped_column(String(256), index=True)
    provider: Mapped[str] = mapped_column(String(64))
    origin: Mapped[VoiceOrigin] = mapped_column(string_enum(VoiceOrigin))
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    job_id: Mapped[str | None] = mapped_column(String(36), unique=True)
    sample_asset_id: Mapped[str | None] = mapped_column(String(36))
    sample_is_own: Mapped[bool] = mapped_column(default=False)
    is_brought: Mapped[bool] = mapped_column(default=False)
    preview_asset_id: Mapped[str | None] = mapped_column(String(36))
    consent_id: Mapped[str | None] = mapped_column(ForeignKey("consents.id"))
    consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    spoken_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    lost_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (Index("ix_voices_owner_id_created_at_id", "owner_id", "created_at", "id"),)


class Narration(Keyed, Base):
    """One spoken try at a segment; a job makes at most one."""

    __tablename__ = "narrations"

    segment_id: Mapped[str] = mapped_column(ForeignKey("segments.id", ondelete="CASCADE"))
    number: Mapped[int]
    job_id: Mapped[str] = mapped_column(String(36), unique=True)
    attempt_id: Mapped[str] = mapped_column(String(36), index=True)
    asset_id: Mapped[str] = mapped_column(String(36), index=True)
    voice_id: Mapped[str] = mapped_column(String(256))
    provider: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    spoken_seconds: Mapped[float] = mapped_column(Float)
    duration_seconds: Mapped[float] = mapped_column(Float)
    tempo: Mapped[float] = mapped_column(Float)
    words_to_cut: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    words: Mapped[list[Any]]
    cost_micro_usd: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("segment_id", "number"),)
