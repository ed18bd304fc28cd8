"""The signed-in sessions of one account: where from, when last used, and signing out of them."""

from typing import Self

from app.accounts.errors import SessionNotFound
from app.accounts.models import RefreshFamily
from app.accounts.repository import SessionRepository
from app.accounts.values import Account, SessionView, device_of
from app.core.database import Session
from app.core.logging import audit
from app.core.pagination import Page, Window
from app.resources import Resources

__all__ = ["OwnSessions"]


class OwnSessions:
    """What people do with their own sessions."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._sessions = SessionRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def listed(self, account: Account, window: Window) -> tuple[Page[SessionView], int]:
        """One page of the caller's live sessions, newest first, and how many there are."""
        page, total = await self._sessions.listed(account.id, window)
        views = tuple(_view(row, account.session_id) for row in page.items)
        return Page(items=views, next=page.next), total

    async def end(self, account: Account, session_id: str) -> None:
        """Signs the caller out of one session; its tokens are refused from the next request on."""
        if not await self._sessions.revoke_own(account.id, session_id):
            raise SessionNotFound
        audit("signed_out", who=account.id, session=session_id)

    async def end_others(self, account: Account) -> None:
        """Signs the caller out of every session but the present one."""
        ended = await self._sessions.revoke_all(account.id, but=account.session_id)
        audit("signed_out_elsewhere", who=account.id, sessions=ended)


def _view(row: RefreshFamily, current_id: str | None) -> SessionView:
    return SessionView(
        id=row.id,
        device=device_of(row.agent or ""),
        user_agent=row.agent or "",
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        is_current=row.id == current_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
