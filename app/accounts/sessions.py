"""Sessions: refresh tokens that are rotated on use, and the signed-in sessions of one account."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from app.accounts.domain import Account, Caller, SessionKind, SessionView, device_of, digest
from app.accounts.errors import RefreshRefused, SessionNotFound
from app.accounts.models import RefreshFamily, User
from app.accounts.repository import SessionRepository
from app.core.clock import Clock
from app.core.database import Session
from app.core.logging import audit
from app.core.pagination import Page, Window
from app.resources import Resources

PREFIX: Final = "avr_"
MAX_CHARACTERS: Final = 200
MAX_AGENT_CHARACTERS: Final = 300
GRACE: Final = timedelta(seconds=10)


@dataclass(frozen=True)
class Chain:
    """A refresh token's two parts: which family, and which place in it; both are secrets."""

    family: str
    place: str

    def text(self) -> str:
        """The token as clients keep it."""
        return f"{PREFIX}{self.family}.{self.place}"


@dataclass(frozen=True)
class Rotated:
    """What presenting a refresh token came to; without a successor the family is dead."""

    family: RefreshFamily
    user: User
    successor: Chain | None


def read(token: str) -> Chain:
    """The parts of a token of the right form."""
    family, dot, place = token.removeprefix(PREFIX).partition(".")
    whole = token.startswith(PREFIX) and token.isascii() and len(token) <= MAX_CHARACTERS
    if not (whole and dot and family and place):
        raise RefreshRefused
    return Chain(family, place)


class Families:
    """Opens sessions and moves their chains on."""

    def __init__(self, session: Session, clock: Clock, *secrets: str) -> None:
        self._sessions = SessionRepository(session, clock)
        self._clock = clock
        self._keys = tuple(hmac.digest(secret.encode(), b"refresh-chain", "sha256") for secret in secrets)

    async def open(
        self, user_id: str, kind: SessionKind, life: timedelta, agent: str = ""
    ) -> tuple[RefreshFamily, Chain]:
        """A new session and its first refresh token."""
        chain = Chain(self._clock.secret(), self._clock.secret())
        family = RefreshFamily(
            user_id=user_id,
            kind=kind,
            family_hash=digest(chain.family),
            current_hash=digest(chain.place),
            agent=agent[:MAX_AGENT_CHARACTERS],
            last_seen_at=self._clock.now(),
            expires_at=self._clock.now() + life,
        )
        return await self._sessions.add(family), chain

    async def rotate(self, presented: Chain, caller: Caller) -> Rotated:
        """Moves the chain on, repeats the last answer to the same client, or ends the family."""
        found = await self._sessions.by_family_hash(digest(presented.family))
        if found is None:
            raise RefreshRefused
        family, user = found
        successors = self._successors(presented)
        successor = successors[0]
        client = digest(f"{caller.address}\n{caller.agent}")
        here = digest(presented.place)
        if await self._sessions.rotate(family, presented=here, successor=digest(successor.place), client=client):
            return Rotated(family, user, successor)
        # Another request may have moved the chain on between the two statements: judge what stands now.
        found = await self._sessions.by_family_hash(digest(presented.family))
        if found is None:
            raise RefreshRefused
        family, user = found
        if _is_retry(family, here, client, self._clock.now()):
            # It may have been moved on with the SECRET_KEY before a change.
            repeated = next((each for each in successors if digest(each.place) == family.current_hash), None)
            if repeated is not None:
                return Rotated(family, user, repeated)
        await self._sessions.revoke(family.id)
        return Rotated(family, user, None)

    def _successors(self, presented: Chain) -> tuple[Chain, ...]:
        """Follow from the token and each secret alone: a retry finds the same one although only its hash is stored."""
        text = f"{presented.family}.{presented.place}".encode()
        return tuple(Chain(presented.family, hmac.digest(key, text, "sha256").hex()) for key in self._keys)


def _is_retry(family: RefreshFamily, here: str, client: str, now: datetime) -> bool:
    if family.revoked_at is not None or family.expires_at <= now or family.rotated_at is None:
        return False
    is_last = family.previous_hash is not None and hmac.compare_digest(family.previous_hash, here)
    return is_last and family.client_hash == client and now - family.rotated_at <= GRACE


class OwnSessions:
    """What people do with their own sessions."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._sessions = SessionRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def listed(self, account: Account, window: Window) -> tuple[Page[SessionView], int]:
        """One page of the caller's live sessions, newest first, and how many there are."""
        page, total = await self._sessions.listed(account.id, window)
        views = tuple(_view(row, account.session_id) for row in page.items)
        return Page(items=views, next=page.next), total

    async def end(self, account: Account, session_id: str) -> None:
        """Signs the caller out of one session; its tokens are refused from the next request on."""
        if not await self._sessions.revoke_own(account.id, session_id):
            raise SessionNotFound
        audit("signed_out", who=account.id, session=session_id)

    async def end_others(self, account: Account) -> None:
        """Signs the caller out of every session but the present one."""
        ended = await self._sessions.revoke_all(account.id, but=account.session_id)
        audit("signed_out_elsewhere", who=account.id, sessions=ended)


def _view(row: RefreshFamily, current_id: str | None) -> SessionView:
    return SessionView(
        id=row.id,
        device=device_of(row.agent or ""),
        user_agent=row.agent or "",
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        is_current=row.id == current_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
