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
KNOWN_SETTINGS: Final = (
    *("google_api_key", "google_cloud_project", "gemini_api_key", "default_style", "default_duration"),
    *("default_aspect_ratio", "auto_save", "notifications", "theme"),
)


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
        """Every setting; what was never set is null, and a key is its mask."""
        kept = await self._preferences.all(owner_id)
        hints = {view.provider: view.hint for view in await self._keys.listed(owner_id)}
        masks: dict[str, JsonValue] = {name: hints.get(provider) or None for name, provider in KEYS.items()}
        return {**dict.fromkeys(KNOWN_SETTINGS), **kept, **masks}

    async def one(self, owner_id: str, name: str) -> JsonValue:
        """One setting, or the mask of one key."""
        if name in KEYS:
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
