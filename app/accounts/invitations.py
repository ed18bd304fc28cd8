"""Invitations: links by which an administrator lets one person make an account."""

from datetime import timedelta
from typing import Self

from app.accounts.digests import digest
from app.accounts.errors import InvitationNotFound
from app.accounts.models import Invitation
from app.accounts.repository import InvitationRepository
from app.accounts.repository.invitations import invitation_view
from app.accounts.values import Account, InvitationView, MadeInvitation
from app.core.database import Session
from app.core.logging import audit
from app.core.pagination import Page, Window
from app.resources import Resources

__all__ = ["InvitationService"]


class InvitationService:
    """What administrators do with invitations."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._clock = resources.clock
        self._invitations = InvitationRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def make(self, account: Account, note: str, life: timedelta) -> MadeInvitation:
        """A new invitation with its code, which nobody can read again."""
        code = self._clock.secret()
        row = Invitation(created_by=account.id, note=note, code_hash=digest(code), expires_at=self._clock.now() + life)
        made = invitation_view(await self._invitations.add(row))
        audit("invitation_made", who=account.id, object=made.id)
        return MadeInvitation(made, code)

    async def listed(self, window: Window) -> tuple[Page[InvitationView], int]:
        """One page of invitations, newest first, and how many there are."""
        page, total = await self._invitations.listed(window)
        return Page(items=tuple(map(invitation_view, page.items)), next=page.next), total

    async def revoke(self, account: Account, invitation_id: str) -> None:
        """Takes an invitation back that nobody has used."""
        if not await self._invitations.revoke(invitation_id):
            raise InvitationNotFound
        audit("invitation_revoked", who=account.id, object=invitation_id)
