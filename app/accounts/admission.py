"""Who may become an account: the one rule behind every door that registers people."""

from typing import Self

from app.accounts.digests import digest
from app.accounts.errors import InvitationNeeded, InvitationSpent, RegistrationClosed
from app.accounts.models import User
from app.accounts.repository import InvitationRepository, UserRepository
from app.accounts.values import AccountRole
from app.core.clock import Clock
from app.core.database import Session
from app.core.settings import RegistrationMode
from app.resources import Resources

__all__ = ["Admission"]


class Admission:
    """Admits newcomers by the setting REGISTRATION; the first of all becomes the administrator."""

    def __init__(self, session: Session, clock: Clock, mode: RegistrationMode) -> None:
        self._users = UserRepository(session, clock)
        self._invitations = InvitationRepository(session, clock)
        self._mode = mode

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The rule on this session."""
        return cls(session, resources.clock, resources.settings.security.registration)

    async def check(self, invitation: str | None) -> None:
        """Refuses whoever would not be admitted, before anything costly is done for them."""
        if self._mode is RegistrationMode.CLOSED:
            raise RegistrationClosed
        if self._mode is RegistrationMode.OPEN or not await self._users.has_people():
            return
        if not invitation:
            raise InvitationNeeded
        if not await self._invitations.is_valid(digest(invitation)):
            raise InvitationSpent

    async def admit(self, newcomer: User, invitation: str | None = None) -> User:
        """Stores a newcomer who may come in, and uses the invitation up."""
        await self.check(invitation)
        newcomer.role = AccountRole.ADMIN if await self._is_first() else AccountRole.USER
        user = await self._users.insert(newcomer)
        is_invited = bool(invitation) and await self._invitations.spend(digest(invitation or ""), user.id)
        # Somebody else may have used the invitation, or become the first, since it was looked at.
        if self._mode is RegistrationMode.INVITE and user.role is AccountRole.USER and not is_invited:
            raise InvitationSpent
        return user

    async def _is_first(self) -> bool:
        if await self._users.has_people():
            return False
        await self._users.hold_registration()
        return not await self._users.has_people()
