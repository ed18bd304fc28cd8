"""SQL of sessions: every change is guarded by the state it was decided on."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select, update

from app.accounts.models import RefreshFamily, User
from app.core.pagination import Page, Window
from app.core.repository import Repository

__all__ = ["SessionRepository"]


class SessionRepository(Repository[RefreshFamily]):
    """Refresh families by id and by the hash of their lasting part."""

    table = RefreshFamily

    async def standing(self, session_id: str, user_id: str) -> tuple[RefreshFamily, User] | None:
        """A live session and its user: the one read that every request with a token costs."""
        query = (
            select(RefreshFamily, User)
            .join(User, User.id == RefreshFamily.user_id)
            .where(RefreshFamily.id == session_id, User.id == user_id, *self._live())
        )
        found = (await self._session.execute(query)).first()
        return (found[0], found[1]) if found else None

    async def mark_used(self, session_id: str, *, unless_since: datetime) -> None:
        """Notes that a session is in use now, unless somebody has noted that since a moment."""
        is_due = or_(RefreshFamily.last_seen_at.is_(None), RefreshFamily.last_seen_at <= unless_since)
        await self._session.execute(
            update(RefreshFamily)
            .where(RefreshFamily.id == session_id, is_due)
            .values(last_seen_at=self._clock.now())
            .execution_options(synchronize_session=False)
        )

    async def listed(self, user_id: str, window: Window) -> tuple[Page[RefreshFamily], int]:
        """One page of a user's live sessions, newest first, and how many there are."""
        query = select(RefreshFamily).where(RefreshFamily.user_id == user_id, *self._live())
        return await self.page(query, window, RefreshFamily.created_at), await self.count(query)

    async def revoke_own(self, user_id: str, session_id: str) -> bool:
        """Ends one live session of this user; False when there is none."""
        return await self._end(RefreshFamily.id == session_id, RefreshFamily.user_id == user_id, *self._live()) > 0

    async def by_family_hash(self, family_hash: str) -> tuple[RefreshFamily, User] | None:
        """A session and its user, as they stand now."""
        query = (
            select(RefreshFamily, User)
            .join(User, User.id == RefreshFamily.user_id)
            .where(RefreshFamily.family_hash == family_hash)
            .execution_options(populate_existing=True)
        )
        found = (await self._session.execute(query)).first()
        return (found[0], found[1]) if found else None

    async def rotate(self, family: RefreshFamily, *, presented: str, successor: str, client: str) -> bool:
        """Moves the chain on if the presented token is still its end."""
        now = self._clock.now()
        change = (
            update(RefreshFamily)
            .where(
                RefreshFamily.id == family.id,
                RefreshFamily.current_hash == presented,
                RefreshFamily.revoked_at.is_(None),
                RefreshFamily.expires_at > now,
            )
            .values(current_hash=successor, previous_hash=presented, client_hash=client, rotated_at=now, updated_at=now)
            .returning(RefreshFamily.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def revoke(self, session_id: str) -> None:
        """Ends one session."""
        await self._end(RefreshFamily.id == session_id)

    async def revoke_all(self, user_id: str, *, but: str | None = None) -> int:
        """Ends the sessions of a user, except one; says how many."""
        return await self._end(RefreshFamily.user_id == user_id, RefreshFamily.id != (but or ""))

    async def forget_ended(self, before: datetime) -> int:
        """Drops sessions whose life ended before a moment; says how many."""
        gone = await self._session.execute(
            delete(RefreshFamily).where(RefreshFamily.expires_at < before).returning(RefreshFamily.id)
        )
        return len(gone.all())

    def _live(self) -> tuple[ColumnElement[bool], ...]:
        return RefreshFamily.revoked_at.is_(None), RefreshFamily.expires_at > self._clock.now()

    async def _end(self, *which: ColumnElement[bool]) -> int:
        now = self._clock.now()
        ended = await self._session.execute(
            update(RefreshFamily)
            .where(*which, RefreshFamily.revoked_at.is_(None))
            .values(revoked_at=now, updated_at=now)
            .returning(RefreshFamily.id)
            .execution_options(synchronize_session=False)
        )
        return len(ended.all())
