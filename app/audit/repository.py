"""SQL of the audit log."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit.domain import AuditFilter, AuditView
from app.audit.models import AuditEntry
from app.core.pagination import Cursor, Page, Window


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
