"""SQL of the preferences that clients keep here."""

from collections.abc import Sequence

from pydantic import JsonValue
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import UserSetting
from app.core.repository import Repository

__all__ = ["SettingRepository"]


class SettingRepository(Repository[UserSetting]):
    """Preferences by owner and name."""

    table = UserSetting

    async def of_owner(self, owner_id: str) -> Sequence[UserSetting]:
        """Every preference of one user."""
        return await self.all(select(UserSetting).where(UserSetting.owner_id == owner_id).order_by(UserSetting.name))

    async def named(self, owner_id: str, name: str) -> UserSetting | None:
        """One preference."""
        return await self.one(select(UserSetting).where(UserSetting.owner_id == owner_id, UserSetting.name == name))

    async def put(self, owner_id: str, name: str, content: JsonValue) -> None:
        """Stores a preference in place of an earlier one."""
        if await self._replace(owner_id, name, content):
            return
        try:
            async with self._session.begin_nested():
                await self.add(UserSetting(owner_id=owner_id, name=name, content=content))
        except IntegrityError:
            await self._replace(owner_id, name, content)

    async def drop_all(self, owner_id: str) -> None:
        """Forgets every preference of a user."""
        await self._session.execute(delete(UserSetting).where(UserSetting.owner_id == owner_id))

    async def _replace(self, owner_id: str, name: str, content: JsonValue) -> bool:
        change = (
            update(UserSetting)
            .where(UserSetting.owner_id == owner_id, UserSetting.name == name)
            .values(content=content, updated_at=self._clock.now())
            .returning(UserSetting.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None
