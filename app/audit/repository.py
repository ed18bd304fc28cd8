"""Table and SQL of the audit log: rows are added and never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Select, String, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.audit.domain import AuditFilter, AuditView
from app.core.pagination import Cursor, Page, Window
from app.core.tables import Base, UtcDateTime


class AuditEntry(Base):
    """One act of an operator or administrator."""

    __tablename__ = "audit_entries"

    # UUIDv7, so that the order of ids is that of time.
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    # The id of a user, or `operator` for whoever used the command line; without a foreign key, because accounts go.
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(500))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (
        Index("ix_audit_entries_actor_id", "actor", "id"),
        Index("ix_audit_entries_action_id", "action", "id"),
        Index("ix_audit_entries_subject_id", "subject", "id"),
    )


class AuditRepository:
    """Entries, newest first."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, entry: AuditView) -> None:
        """Appends an entry."""
        facts = {name: getattr(entry, name) for name in ("id", "created_at", "actor", "action", "subject", "reason")}
        self._session.add(AuditEntry(**facts, details=dict(entry.details)))
        await self._session.flush()

    async def listed(self, wanted: AuditFilter, window: Window) -> tuple[Page[AuditView], int]:
        """One page and how many entries there are."""
        query = _filtered(wanted)
        total = await self._session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
        shown = query.order_by(AuditEntry.id.desc()).limit(window.limit + 1)
        shown = shown.offset(window.skip) if window.after is None else shown.where(AuditEntry.id < window.after.id)
        rows = (await self._session.scalars(shown)).all()
        entries = tuple(audit_view(row) for row in rows[: window.limit])
        more = len(rows) > window.limit
        return Page(entries, Cursor(entries[-1].id, entries[-1].id) if more else None), total


def audit_view(row: AuditEntry) -> AuditView:
    """The frozen view of a row."""
    return AuditView(
        id=row.id,
        created_at=row.created_at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        reason=row.reason,
        details=row.details,
    )


def _filtered(wanted: AuditFilter) -> Select[Any]:
    query = select(AuditEntry)
    for column in (AuditEntry.actor, AuditEntry.action, AuditEntry.subject):
        value = getattr(wanted, column.key)
        query = query if value is None else query.where(column == value)
    if wanted.since is not None:
        query = query.where(AuditEntry.created_at >= wanted.since)
    return query if wanted.until is None else query.where(AuditEntry.created_at < wanted.until)
