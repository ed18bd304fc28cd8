"""SQL of API keys."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select, true, update

from app.accounts.models import ApiKey, User
from app.accounts.values import ApiKeyView, Scope
from app.core.pagination import Page, Window
from app.core.repository import Repository

__all__ = ["ApiKeyRepository", "key_view"]


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
