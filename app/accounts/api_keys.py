"""API keys: shown once, stored as a hash, with scopes, a budget and an end."""

from typing import Final, Self

from app.accounts.domain import Account, AccountRole, ApiKeyView, KeyWish, MadeKey, Scope, digest
from app.accounts.errors import KeyExpiryPassed, KeyNotFound, ScopeNotYours, TooManyKeys
from app.accounts.identity import KEY_PREFIX
from app.accounts.models import ApiKey
from app.accounts.repository import ApiKeyRepository
from app.accounts.repository.keys import key_view
from app.core.database import Session
from app.core.logging import audit
from app.core.pagination import Page, Window
from app.resources import Resources

MOST_KEYS: Final = 100
HINT_CHARACTERS: Final = len(KEY_PREFIX) + 4
FOR_ADMINISTRATORS: Final = frozenset({Scope.ADMIN, Scope.WORKER})


class KeyService:
    """The keys of one account."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._clock = resources.clock
        self._keys = ApiKeyRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def listed(self, account: Account, window: Window) -> tuple[Page[ApiKeyView], int]:
        """One page of the caller's keys, newest first, and how many there are."""
        page = await self._keys.listed(account.id, window)
        views = tuple(key_view(row) for row in page.items)
        return Page(items=views, next=page.next), await self._keys.total(account.id)

    async def make(self, account: Account, wish: KeyWish) -> MadeKey:
        """A new key with its secret, which nobody can read again."""
        if wish.scopes & FOR_ADMINISTRATORS and account.role is not AccountRole.ADMIN:
            raise ScopeNotYours
        if wish.expires_at is not None and wish.expires_at <= self._clock.now():
            raise KeyExpiryPassed
        if await self._keys.total(account.id) >= MOST_KEYS:
            raise TooManyKeys
        secret = f"{KEY_PREFIX}{self._clock.secret()}"
        row = ApiKey(
            owner_id=account.id,
            name=wish.name,
            key_hash=digest(secret),
            hint=secret[:HINT_CHARACTERS],
            scopes=sorted(wish.scopes),
            budget_micro_usd=wish.budget_micro_usd,
            expires_at=wish.expires_at,
        )
        made = key_view(await self._keys.add(row))
        audit("api_key_made", who=account.id, object=made.id, scopes=[scope.value for scope in made.scopes])
        return MadeKey(made, secret)

    async def budget(self, key_id: str) -> int | None:
        """The most that may ever be held and charged through a key, in millionths of a dollar; None sets no limit."""
        return await self._keys.budget(key_id)

    async def revoke(self, account: Account, key_id: str) -> None:
        """Ends one of the caller's keys; it is refused from the next request on."""
        if not await self._keys.revoke(account.id, key_id):
            raise KeyNotFound
        audit("api_key_revoked", who=account.id, object=key_id)
