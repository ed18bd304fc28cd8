"""Proofs by e-mail: a new password for a forgotten one, and that an address is its user's own."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Self

from app.accounts.domain import MailPurpose, Notice, digest
from app.accounts.errors import MailTokenSpent
from app.accounts.models import MailToken, User
from app.accounts.passwords import refuse_common
from app.accounts.repository import MailTokenRepository, UserRepository
from app.accounts.repository.users import user_view
from app.accounts.service import AccountService
from app.accounts.sign_in import passwords_of
from app.core.database import Session
from app.core.logging import audit
from app.resources import Resources

TOKEN_LIFE: Final = timedelta(minutes=30)
MOST_PER_HOUR: Final = 5
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Ticket:
    """A fresh token on its way to an address; it is stored as a hash only."""

    email: str
    name: str | None
    token: str = field(repr=False)


class Recovery:
    """Makes tokens for mails and takes them back, once each."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._database = resources.database

    @classmethod
    def over(cls, resources: Resources) -> Self:
        """The service of this process; it owns its transactions, because hashing stands between them."""
        return cls(resources)

    async def addressee(self, session: Session, email: str) -> str | None:
        """Whose account this address signs in to."""
        found = await UserRepository(session, self._clock).by_login(email.strip().lower())
        return None if found is None or found[0].login_email != email.strip().lower() else found[0].id

    async def ticket(self, user_id: str, purpose: MailPurpose) -> Ticket | None:
        """A token for this user's address; None for the closed, those without one, and who was sent enough."""
        async with self._database.unit_of_work() as session:
            user = await self._entitled(session, user_id, purpose)
            if user is None or user.email is None:
                return None
            token = self._clock.secret()
            await MailTokenRepository(session, self._clock).add(
                MailToken(
                    user_id=user.id,
                    purpose=purpose,
                    email=user.email,
                    token_hash=digest(token),
                    expires_at=self._clock.now() + TOKEN_LIFE,
                )
            )
        audit("mail_code_made", who=user.id, what=purpose.value)
        return Ticket(user.email, user.name, token)

    async def reset(self, token: str, new_password: str) -> None:
        """Sets a new password, uses every code up, ends all sessions and all API keys made before."""
        async with self._database.reading() as session:
            known, user = await self._known(session, token, MailPurpose.RESET)
        refuse_common(new_password, user.email, user.username)
        new_hash = await self._resources.once(passwords_of).hash(new_password)
        async with self._database.unit_of_work() as session:
            users, tokens = UserRepository(session, self._clock), MailTokenRepository(session, self._clock)
            if not await tokens.spend(known.id):
                raise MailTokenSpent
            old_hash = await users.hold_password(user.id)
            if old_hash is None or not await users.change_password(user.id, old_hash=old_hash, new_hash=new_hash):
                raise MailTokenSpent
            await tokens.spend_all(user.id, MailPurpose.RESET)
            # Whoever read the mail has shown that the address is theirs; what was made before may be somebody else's.
            proven = await users.change(user.id, {"email_verified_at": self._clock.now()})
            if proven is None:
                raise MailTokenSpent
            accounts = AccountService.over(session, self._resources)
            await accounts.end_access(user_view(proven), Notice.CREDENTIAL_RESET)
        audit("password_reset", who=user.id)

    async def verify(self, token: str) -> None:
        """Notes that the address is its user's own."""
        async with self._database.unit_of_work() as session:
            known, user = await self._known(session, token, MailPurpose.VERIFY)
            if not await MailTokenRepository(session, self._clock).spend(known.id):
                raise MailTokenSpent
            await UserRepository(session, self._clock).change(user.id, {"email_verified_at": self._clock.now()})
        audit("email_verified", who=user.id)

    async def _entitled(self, session: Session, user_id: str, purpose: MailPurpose) -> User | None:
        user = await UserRepository(session, self._clock).find(user_id)
        if user is None or not user.is_active or user.closed_at is not None:
            return None
        since = self._clock.now() - HOUR
        sent = await MailTokenRepository(session, self._clock).recent(user_id, purpose, since)
        return user if sent < MOST_PER_HOUR else None

    async def _known(self, session: Session, token: str, purpose: MailPurpose) -> tuple[MailToken, User]:
        known = await MailTokenRepository(session, self._clock).standing(digest(token), purpose)
        user = None if known is None else await UserRepository(session, self._clock).find(known.user_id)
        # An address changed since then is another address.
        if known is None or user is None or not user.is_active or user.email != known.email:
            raise MailTokenSpent
        return known, user
