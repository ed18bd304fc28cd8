"""SQL of API keys and of users' own keys of vendors."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, or_, select, true, update
from sqlalchemy.exc import IntegrityError

from app.accounts.domain import ApiKeyView, Scope
from app.accounts.models import ApiKey, ProviderKey, User
from app.core.pagination import Page, Window
from app.core.repository import Repository


def key_view(row: ApiKey) -> ApiKeyView:
    """The frozen view of a key row."""
    return ApiKeyView(
        id=row.id,
        name=row.name,
        hint=row.hint,
        scopes=tuple(Scope(scope) for scope in row.scopes),
        budget_micro_usd=row.budget_micro_usd,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


class ApiKeyRepository(Repository[ApiKey]):
    """Keys by owner and by hash."""

    table = ApiKey

    async def standing(self, key_hash: str) -> tuple[ApiKey, User] | None:
        """A key that is neither revoked nor past its time, and its owner."""
        query = (
            select(ApiKey, User)
            .join(User, User.id == ApiKey.owner_id)
            .where(
                ApiKey.key_hash == key_hash,
                ApiKey.revoked_at.is_(None),
                or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > self._clock.now()),
            )
        )
        found = (await self._session.execute(query)).first()
        return (found[0], found[1]) if found else None

    async def mark_used(self, key_id: str, *, unless_since: datetime) -> None:
        """Notes that a key is in use now, unless somebody has noted that since a moment."""
        is_due = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= unless_since)
        await self._session.execute(
            update(ApiKey)
            .where(ApiKey.id == key_id, is_due)
            .values(last_used_at=self._clock.now())
            .execution_options(synchronize_session=False)
        )

    async def budget(self, key_id: str) -> int | None:
        """What a key may cost, also one that was deleted while its work goes on."""
        return await self._session.scalar(select(ApiKey.budget_micro_usd).where(ApiKey.id == key_id))

    async def listed(self, owner_id: str, window: Window) -> Page[ApiKey]:
        """The keys of one owner that were not deleted."""
        return await self.page(_owned(owner_id), window, ApiKey.created_at)

    async def total(self, owner_id: str) -> int:
        """How many keys one owner has."""
        return await self.count(_owned(owner_id))

    async def revoke(self, owner_id: str, key_id: str) -> bool:
        """Ends one key of this owner; False when there is none."""
        return await self._end(ApiKey.owner_id == owner_id, ApiKey.id == key_id) > 0

    async def revoke_all(self, owner_id: str, *, made_before: datetime | None = None) -> int:
        """Ends the keys of this owner, all or those made before a moment; says how many."""
        is_old = true() if made_before is None else ApiKey.created_at < made_before
        return await self._end(ApiKey.owner_id == owner_id, is_old)

    async def _end(self, *which: ColumnElement[bool]) -> int:
        now = self._clock.now()
        ended = await self._session.execute(
            update(ApiKey)
            .where(*which, ApiKey.revoked_at.is_(None))
            .values(revoked_at=now, updated_at=now)
            .returning(ApiKey.id)
            .execution_options(synchronize_session=False)
        )
        return len(ended.all())


def _owned(owner_id: str) -> Select[ApiKey]:
    return select(ApiKey).where(ApiKey.owner_id == owner_id, ApiKey.revoked_at.is_(None))


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
