"""SQL of invitations."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update

from app.accounts.models import Invitation
from app.accounts.values import InvitationView
from app.core.pagination import Page, Window
from app.core.repository import Repository

__all__ = ["InvitationRepository", "invitation_view"]


def invitation_view(row: Invitation) -> InvitationView:
    """The frozen view of an invitation row."""
    return InvitationView(
        id=row.id,
        note=row.note,
        created_by=row.created_by,
        expires_at=row.expires_at,
        used_at=row.used_at,
        used_by=row.used_by,
        revoked_at=row.revoked_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


class InvitationRepository(Repository[Invitation]):
    """Invitations by id and by the hash of their code."""

    table = Invitation

    async def is_valid(self, code_hash: str) -> bool:
        """Whether an invitation with this code can still be used."""
        query = select(Invitation.id).where(Invitation.code_hash == code_hash, *self._standing())
        return await self._session.scalar(query) is not None

    async def spend(self, code_hash: str, user_id: str) -> bool:
        """Uses an invitation up; False when there is none that can be used."""
        return await self._changed(Invitation.code_hash == code_hash, used_at=self._clock.now(), used_by=user_id)

    async def revoke(self, invitation_id: str) -> bool:
        """Takes an invitation back; False when there is none that could still be used."""
        return await self._changed(Invitation.id == invitation_id, revoked_at=self._clock.now())

    async def listed(self, window: Window) -> tuple[Page[Invitation], int]:
        """One page of all invitations, newest first, and how many there are."""
        query = select(Invitation)
        return await self.page(query, window, Invitation.created_at), await self.count(query)

    async def forget(self, expired_before: datetime) -> int:
        """Drops invitations that expired before a moment; says how many."""
        gone = await self._session.execute(
            delete(Invitation).where(Invitation.expires_at < expired_before).returning(Invitation.id)
        )
        return len(gone.all())

    def _standing(self) -> tuple[ColumnElement[bool], ...]:
        return (
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > self._clock.now(),
        )

    async def _changed(self, which: ColumnElement[bool], **columns: object) -> bool:
        change = (
            update(Invitation)
            .where(which, *self._standing())
            .values(updated_at=self._clock.now(), **columns)
            .returning(Invitation.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None
