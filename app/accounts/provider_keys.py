"""Users' own keys of vendors: sealed at rest, shown to nobody, lent to the work of their owner only."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, Self

import structlog

from app.accounts.domain import ProviderKeyView
from app.accounts.errors import ProviderKeyNotFound, ProviderKeyUnusable, ProviderUnknown
from app.accounts.models import ProviderKey
from app.accounts.repository import ProviderKeyRepository
from app.core.database import Session
from app.core.logging import audit
from app.core.sealing import SealBroken
from app.resources import Resources

log = structlog.get_logger(__name__)

# Clients keep these here too; no engine of this version takes a user's key of theirs.
OTHER_KEYS: Final = ("gemini", "google", "groq1", "groq2", "groq3")
KEYS: Final = re.compile(r"[\x21-\x7e]{8,512}")
SHOWN_CHARACTERS: Final = 4
HIDDEN: Final = "••••"
RESEALED_AT_ONCE: Final = 500


class OwnKeys:
    """The keys of one user; every change is written to the audit log without the key."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._keys = ProviderKeyRepository(session, resources.clock)
        self._sealer = resources.sealer
        self._used = resources.engines.keyed_vendors()

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def listed(self, owner_id: str) -> Sequence[ProviderKeyView]:
        """Every vendor whose key may be kept, and whether this user keeps one."""
        rows = {row.provider: row for row in await self._keys.of_owner(owner_id)}
        return [self._view(provider, rows.get(provider)) for provider in (*self._used, *OTHER_KEYS)]

    async def put(self, owner_id: str, provider: str, key: str) -> ProviderKeyView:
        """Keeps a key; work that begins from now on uses it."""
        self._check(provider)
        text = key.strip()
        if not KEYS.fullmatch(text):
            raise ProviderKeyUnusable(param="key")
        hint = HIDDEN + text[-SHOWN_CHARACTERS:]
        await self._keys.put(owner_id, provider, self._sealer.seal(text, place_of(owner_id, provider)), hint)
        audit("provider_key_set", who=owner_id, what=provider)
        return next(view for view in await self.listed(owner_id) if view.provider == provider)

    async def put_all(self, owner_id: str, keys: Mapping[str, str]) -> Sequence[ProviderKeyView]:
        """Keeps several keys, or none of them when one cannot be a key."""
        for provider, key in keys.items():
            await self.put(owner_id, provider, key)
        return await self.listed(owner_id)

    async def remove(self, owner_id: str, provider: str) -> None:
        """Forgets a key; work under way at the vendor cannot be fetched with another one."""
        self._check(provider)
        if not await self._keys.drop(owner_id, provider):
            raise ProviderKeyNotFound
        audit("provider_key_removed", who=owner_id, what=provider)

    async def opened(self, owner_id: str) -> Mapping[str, str]:
        """The keys that engines take, in plain text: for the registry alone."""
        rows = await self._keys.of_owner(owner_id)
        return {
            row.provider: self._sealer.open(row.sealed, place_of(owner_id, row.provider))
            for row in rows
            if row.provider in self._used
        }

    async def holders(self, provider: str) -> frozenset[str]:
        """Who works with a key of their own at this vendor."""
        return frozenset(await self._keys.holders(provider))

    async def reseal(self) -> int:
        """Seals anew what stands under an earlier SECRET_KEY; says how many."""
        done, after = 0, ""
        while rows := await self._keys.not_begun_with(self._sealer.beginning, after, RESEALED_AT_ONCE):
            done += await self._resealed(rows)
            after = rows[-1].id
        return done

    async def _resealed(self, rows: Sequence[ProviderKey]) -> int:
        done = 0
        for row in rows:
            place = place_of(row.owner_id, row.provider)
            try:
                fresh = self._sealer.seal(self._sealer.open(row.sealed, place), place)
            except SealBroken:
                log.warning("provider_key_unreadable", owner=row.owner_id, provider=row.provider)
                continue
            done += await self._keys.reseal(row.id, before=row.sealed, after=fresh)
        return done

    def _check(self, provider: str) -> None:
        if provider not in self._used and provider not in OTHER_KEYS:
            raise ProviderUnknown(facts={"providers": [*self._used, *OTHER_KEYS]})

    def _view(self, provider: str, row: ProviderKey | None) -> ProviderKeyView:
        is_used = provider in self._used
        return ProviderKeyView(provider, is_used) if row is None else _stored(row, is_used=is_used)


@asynccontextmanager
async def resources_of(resources: Resources, owner_id: str) -> AsyncIterator[Resources]:
    """The process as this user's work sees it: with engines on the user's own keys, for as long as the block lasts."""
    async with resources.database.reading() as session:
        keys = await OwnKeys.over(session, resources).opened(owner_id)
    if not keys:
        yield resources
        return
    async with resources.engines.lend(keys) as engines:
        yield resources.with_engines(engines)


def place_of(owner_id: str, provider: str) -> str:
    """What the seal of a key is bound to."""
    return f"provider_key:{owner_id}:{provider}"


def _stored(row: ProviderKey, *, is_used: bool) -> ProviderKeyView:
    return ProviderKeyView(row.provider, is_used, row.hint, row.updated_at)
