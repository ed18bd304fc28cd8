"""Table of verdicts."""

from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, string_enum
from app.moderation.domain import Decision, Subject


class Verdict(Keyed, Base):
    """What follows for one content, whoever sends it; kept for audit."""

    __tablename__ = "verdicts"

    subject: Mapped[Subject] = mapped_column(string_enum(Subject))
    content_hash: Mapped[str] = mapped_column(String(64))
    decision: Mapped[Decision] = mapped_column(string_enum(Decision))
    judge: Mapped[str | None] = mapped_column(String(120))
    categories: Mapped[list[Any]]
    scores: Mapped[dict[str, Any]]
    excerpt: Mapped[str] = mapped_column(String(500))
    reviewed_by: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        UniqueConstraint("subject", "content_hash"),
        Index("ix_verdicts_decision_created_at", "decision", "created_at"),
    )
