"""What a user's clients remember between visits, also as one object; the theme is the profile's own."""

import json
import re
from collections.abc import Mapping
from typing import Final, Self

from pydantic import JsonValue

from app.accounts.domain import Theme
from app.accounts.errors import SettingNotFound, SettingUnusable
from app.accounts.provider_keys import HIDDEN, OwnKeys
from app.accounts.repository import SettingRepository, UserRepository
from app.core.database import Session
from app.resources import Resources

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


# What a client calls a key, and whose key it is.
KEYS: Final[Mapping[str, str]] = {
    "google_api_key": "google",
    "gemini_api_key": "gemini",
    "openai_api_key": "openai",
    "minimax_api_key": "minimax",
}
# What a page shows before its user has chosen anything; a form without a value would send nothing back.
DEFAULTS: Final[Mapping[str, JsonValue]] = {
    "google_api_key": "",
    "google_cloud_project": "",
    "gemini_api_key": "",
    "default_style": "cinematic",
    "default_duration": 6,
    "default_aspect_ratio": "16:9",
    "auto_save": True,
    "notifications": True,
    "theme": "system",
}
KNOWN_SETTINGS: Final = tuple(DEFAULTS)


class ClientSettings:
    """Reads and writes both stores; a key that comes back as its own mask was not changed."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._preferences = Preferences.over(session, resources)
        self._keys = OwnKeys.over(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def shown(self, owner_id: str) -> dict[str, JsonValue]:
        """Every setting; what was never set has its default, and a key is its mask."""
        kept = {name: kept for name, kept in (await self._preferences.all(owner_id)).items() if kept is not None}
        hints = {view.provider: view.hint for view in await self._keys.listed(owner_id)}
        masks: dict[str, JsonValue] = {name: hints.get(provider) or "" for name, provider in KEYS.items()}
        return {**DEFAULTS, **kept, **masks}

    async def one(self, owner_id: str, name: str) -> JsonValue:
        """One setting, or the mask of one key; one that was never set and has no default is not found."""
        if name in KEYS or name in DEFAULTS:
            return (await self.shown(owner_id))[name]
        return await self._preferences.one(owner_id, name)

    async def save(self, owner_id: str, changes: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Writes what was named; the others stay."""
        plain = {name: content for name, content in changes.items() if name not in KEYS}
        if plain:
            await self._preferences.save(owner_id, plain)
        for name, provider in KEYS.items():
            sent = changes.get(name)
            if isinstance(sent, str) and sent and not sent.startswith(HIDDEN):
                await self._keys.put(owner_id, provider, sent)
        return await self.shown(owner_id)
