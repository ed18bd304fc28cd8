"""SQL of mailed one-use tokens."""

from datetime import datetime

from sqlalchemy import delete, select, update

from app.accounts.models import MailToken
from app.accounts.values import MailPurpose
from app.core.repository import Repository

__all__ = ["MailTokenRepository"]


class MailTokenRepository(Repository[MailToken]):
    """Tokens by their hash."""

    table = MailToken

    async def recent(self, user_id: str, purpose: MailPurpose, since: datetime) -> int:
        """How many of a kind one user was sent since a moment."""
        return await self.count(
            select(MailToken).where(
                MailToken.user_id == user_id, MailToken.purpose == purpose, MailToken.created_at > since
            )
        )

    async def standing(self, token_hash: str, purpose: MailPurpose) -> MailToken | None:
        """A token that may still be used."""
        return await self.one(
            select(MailToken).where(
                MailToken.token_hash == token_hash,
                MailToken.purpose == purpose,
                MailToken.used_at.is_(None),
                MailToken.expires_at > self._clock.now(),
            )
        )

    async def spend(self, token_id: str) -> bool:
        """Uses a token up; False when somebody did already."""
        now = self._clock.now()
        change = (
            update(MailToken)
            .where(MailToken.id == token_id, MailToken.used_at.is_(None), MailToken.expires_at > now)
            .values(used_at=now, updated_at=now)
            .returning(MailToken.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def spend_all(self, user_id: str, purpose: MailPurpose) -> None:
        """Uses up whatever of a kind one user still has."""
        now = self._clock.now()
        await self._session.execute(
            update(MailToken)
            .where(MailToken.user_id == user_id, MailToken.purpose == purpose, MailToken.used_at.is_(None))
            .values(used_at=now, updated_at=now)
            .execution_options(synchronize_session=False)
        )

    async def forget(self, expired_before: datetime) -> int:
        """Drops tokens that expired before a moment; says how many."""
        gone = await self._session.execute(
            delete(MailToken).where(MailToken.expires_at < expired_before).returning(MailToken.id)
        )
        return len(gone.all())
