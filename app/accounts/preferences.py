"""What a user's clients remember between visits; the theme is the profile's own and shown here too."""

import json
import re
from collections.abc import Mapping
from typing import Final, Self

from pydantic import JsonValue

from app.accounts.errors import SettingNotFound, SettingUnusable
from app.accounts.repository import SettingRepository, UserRepository
from app.accounts.values import Theme
from app.core.database import Session
from app.resources import Resources

__all__ = ["Preferences"]

MOST_SETTINGS: Final = 100
MOST_CHARACTERS: Final = 4096
NAMES = re.compile(r"[A-Za-z0-9_.-]{1,100}")
THEME: Final = "theme"


class Preferences:
    """Settings of one user by name; their meaning is their client's."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._settings = SettingRepository(session, resources.clock)
        self._users = UserRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def all(self, owner_id: str) -> dict[str, JsonValue]:
        """Every setting of the user."""
        kept: dict[str, JsonValue] = {row.name: row.content for row in await self._settings.of_owner(owner_id)}
        user = await self._users.find(owner_id)
        if user is not None and user.theme_pref is not None:
            kept[THEME] = user.theme_pref.value
        return kept

    async def one(self, owner_id: str, name: str) -> JsonValue:
        """One setting."""
        kept = await self.all(owner_id)
        if name not in kept:
            raise SettingNotFound
        return kept[name]

    async def save(self, owner_id: str, changes: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Writes the named settings, the others stay; answers with all."""
        kept = await self.all(owner_id)
        if len(kept.keys() | changes.keys()) > MOST_SETTINGS:
            raise SettingUnusable
        for name, content in changes.items():
            _check(name, content)
            await self._settings.put(owner_id, name, content)
        if THEME in changes:
            # Any other word, like `system`, is the client's; the profile knows light, dark or nothing.
            theme = next((theme for theme in Theme if theme.value == changes[THEME]), None)
            await self._users.change(owner_id, {"theme_pref": theme})
        return await self.all(owner_id)


def _check(name: str, content: JsonValue) -> None:
    if not NAMES.fullmatch(name) or len(json.dumps(content)) > MOST_CHARACTERS:
        raise SettingUnusable(param=name[:100])
