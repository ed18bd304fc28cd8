"""Settings as one-page clients keep them: preferences and keys in one object, the keys never shown again."""

from collections.abc import Mapping
from typing import Final, Self

from pydantic import JsonValue

from app.accounts.own_keys import HIDDEN, OwnKeys
from app.accounts.preferences import Preferences
from app.core.database import Session
from app.resources import Resources

__all__ = ["KNOWN_SETTINGS", "ClientSettings"]

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
