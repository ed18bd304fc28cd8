"""The audit log: what an operator or administrator did is written in the transaction that does it."""

from collections.abc import AsyncIterator
from typing import Self

from pydantic import JsonValue

from app.audit.domain import AuditFilter, AuditView
from app.audit.repository import AuditRepository
from app.core.clock import Clock
from app.core.database import Database, Session
from app.core.logging import audit
from app.core.pagination import Page, Window

MOST_REASON_CHARACTERS = 500
EXPORTED_AT_ONCE = 500


class AuditLog:
    """Entries on one session."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._entries = AuditRepository(session)
        self._clock = clock

    @classmethod
    def over(cls, session: Session, clock: Clock) -> Self:
        """The log on this session."""
        return cls(session, clock)

    async def record(self, actor: str, action: str, subject: str, reason: str = "", **details: JsonValue) -> None:
        """Appends an act, which stands or falls with the transaction of the session, and logs it."""
        entry = AuditView(
            id=self._clock.new_id(),
            created_at=self._clock.now(),
            actor=actor,
            action=action,
            subject=subject[:200],
            reason=reason.strip()[:MOST_REASON_CHARACTERS],
            details=details,
        )
        await self._entries.add(entry)
        audit(action.replace(".", "_"), who=actor, object=entry.subject, reason=entry.reason)

    async def listed(self, wanted: AuditFilter, window: Window) -> tuple[Page[AuditView], int]:
        """One page, newest first, and how many entries there are."""
        window.fits(str)
        return await self._entries.listed(wanted, window)


async def exported(database: Database, wanted: AuditFilter) -> AsyncIterator[AuditView]:
    """Every entry, newest first, read page by page, so that a long log holds no transaction open."""
    window: Window | None = Window(limit=EXPORTED_AT_ONCE)
    while window is not None:
        async with database.reading() as session:
            page, _ = await AuditRepository(session).listed(wanted, window)
        for entry in page.items:
            yield entry
        window = None if page.next is None else Window(limit=EXPORTED_AT_ONCE, after=page.next)
