"""SQL of users' own keys of vendors."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import ProviderKey
from app.core.repository import Repository

__all__ = ["ProviderKeyRepository"]


class ProviderKeyRepository(Repository[ProviderKey]):
    """Keys by owner and vendor."""

    table = ProviderKey

    async def of_owner(self, owner_id: str) -> Sequence[ProviderKey]:
        """Every key of one user."""
        return await self.all(
            select(ProviderKey).where(ProviderKey.owner_id == owner_id).order_by(ProviderKey.provider)
        )

    async def holders(self, provider: str) -> Sequence[str]:
        """Who has a key of this vendor."""
        query = select(ProviderKey.owner_id).where(ProviderKey.provider == provider).order_by(ProviderKey.owner_id)
        return (await self._session.scalars(query)).all()

    async def put(self, owner_id: str, provider: str, sealed: str, hint: str) -> None:
        """Stores a key in place of an earlier one."""
        if await self._replace(owner_id, provider, sealed, hint):
            return
        try:
            async with self._session.begin_nested():
                await self.add(ProviderKey(owner_id=owner_id, provider=provider, sealed=sealed, hint=hint))
        except IntegrityError:
            await self._replace(owner_id, provider, sealed, hint)

    async def drop(self, owner_id: str, provider: str | None = None) -> int:
        """Forgets one key of a user, or all; says how many."""
        which = [ProviderKey.owner_id == owner_id]
        if provider is not None:
            which.append(ProviderKey.provider == provider)
        gone = await self._session.execute(delete(ProviderKey).where(*which).returning(ProviderKey.id))
        return len(gone.all())

    async def not_begun_with(self, beginning: str, after: str, limit: int) -> Sequence[ProviderKey]:
        """Keys whose seal begins otherwise, in the order of their ids, behind one of them."""
        other = ~ProviderKey.sealed.startswith(beginning, autoescape=True)
        query = select(ProviderKey).where(other, ProviderKey.id > after)
        return await self.all(query.order_by(ProviderKey.id).limit(limit))

    async def reseal(self, row_id: str, *, before: str, after: str) -> bool:
        """Writes another seal of the same key, unless the key was changed meanwhile."""
        change = (
            update(ProviderKey)
            .where(ProviderKey.id == row_id, ProviderKey.sealed == before)
            .values(sealed=after)
            .returning(ProviderKey.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def _replace(self, owner_id: str, provider: str, sealed: str, hint: str) -> bool:
        change = (
            update(ProviderKey)
            .where(ProviderKey.owner_id == owner_id, ProviderKey.provider == provider)
            .values(sealed=sealed, hint=hint, updated_at=self._clock.now())
            .returning(ProviderKey.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None
