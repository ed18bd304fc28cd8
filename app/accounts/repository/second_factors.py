"""SQL of second factors and recovery codes: a code is used up by the statement that accepts it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select, update

from app.accounts.models import RecoveryCode, SecondFactor
from app.core.repository import Repository

__all__ = ["SecondFactorRepository"]


class SecondFactorRepository(Repository[SecondFactor]):
    """Second factors by their user."""

    table = SecondFactor

    async def of_user(self, user_id: str) -> SecondFactor | None:
        """The second factor of this user, confirmed or not."""
        return await self.one(select(SecondFactor).where(SecondFactor.user_id == user_id))

    async def confirm(self, factor_id: str, step: int) -> bool:
        """Turns a second factor on by its first code; False when it is on already."""
        return await self._changed(factor_id, step, confirmed_at=self._clock.now())

    async def spend_step(self, factor_id: str, step: int) -> bool:
        """Uses the code of a step of time up; False when it, or a later one, was used."""
        return await self._changed(factor_id, step)

    async def spend_recovery_code(self, user_id: str, code_hash: str) -> bool:
        """Uses a recovery code up; False when there is none such."""
        now = self._clock.now()
        change = (
            update(RecoveryCode)
            .where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None))
            .values(used_at=now, updated_at=now)
            .returning(RecoveryCode.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def add_recovery_codes(self, user_id: str, hashes: Iterable[str]) -> None:
        """Stores fresh recovery codes."""
        now = self._clock.now()
        for code_hash in hashes:
            row = RecoveryCode(user_id=user_id, code_hash=code_hash)
            row.id, row.created_at, row.updated_at = self._clock.new_id(), now, now
            self._session.add(row)
        await self._session.flush()

    async def recovery_codes_left(self, user_id: str) -> int:
        """How many recovery codes nobody has used."""
        return await self.count(
            select(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
        )

    async def drop(self, user_id: str) -> None:
        """Forgets the second factor of a user and its recovery codes."""
        for table in (RecoveryCode, SecondFactor):
            await self._session.execute(delete(table).where(table.user_id == user_id))

    async def not_begun_with(self, beginning: str, after: str, limit: int) -> Sequence[SecondFactor]:
        """Second factors whose seal begins otherwise, in the order of their ids, behind one of them."""
        other = ~SecondFactor.sealed.startswith(beginning, autoescape=True)
        query = select(SecondFactor).where(other, SecondFactor.id > after)
        return await self.all(query.order_by(SecondFactor.id).limit(limit))

    async def reseal(self, factor_id: str, *, before: str, after: str) -> bool:
        """Writes another seal of the same secret, unless the secret was changed meanwhile."""
        change = (
            update(SecondFactor)
            .where(SecondFactor.id == factor_id, SecondFactor.sealed == before)
            .values(sealed=after)
            .returning(SecondFactor.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def _changed(self, factor_id: str, step: int, **columns: object) -> bool:
        change = (
            update(SecondFactor)
            .where(SecondFactor.id == factor_id, SecondFactor.last_step < step)
            .values(last_step=step, updated_at=self._clock.now(), **columns)
            .returning(SecondFactor.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None
