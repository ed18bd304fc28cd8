"""Signing in, refreshing and signing out; its refusals are written down although the caller gets an error."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from app.accounts import sessions
from app.accounts.domain import Account, Caller, Login, SessionKind, SignedIn, UserView
from app.accounts.errors import (
    AccountClosed,
    AccountInactive,
    CodeNeeded,
    PasswordsBusy,
    RefreshRefused,
    TokenRefused,
    WrongCode,
    WrongLogin,
)
from app.accounts.identity import Identities, local_tokens
from app.accounts.models import RefreshFamily
from app.accounts.oidc import BroughtBack, OidcProvider
from app.accounts.passwords import Argon2, Passwords
from app.accounts.repository import SessionRepository, UserRepository
from app.accounts.repository.users import user_view
from app.accounts.second_factor import SecondFactors
from app.accounts.sessions import Chain, Families, Rotated
from app.accounts.throttle import LoginLimits, Throttle, ThrottlePlace, account_bucket, address_bucket
from app.accounts.tokens import LocalClaims, LocalTokens, TokenUse
from app.core.clock import Clock
from app.core.database import Database, Session
from app.core.errors import NotSignedIn
from app.core.logging import audit
from app.core.sealing import Sealer
from app.core.settings import SecuritySettings
from app.resources import Resources


@dataclass(frozen=True, kw_only=True)
class SignInParts:
    """What signing in works with."""

    database: Database
    clock: Clock
    security: SecuritySettings
    tokens: LocalTokens
    sealer: Sealer
    identities: Identities
    passwords: Passwords
    throttle: Throttle


@dataclass(frozen=True)
class Candidate:
    """The account that a login names, as it stood before the password was checked."""

    user: UserView
    password_hash: str


@dataclass(frozen=True)
class SessionOpening:
    """How a session begins once its password was right."""

    kind: SessionKind
    code: str = field(repr=False)
    better_hash: str | None = field(repr=False)
    agent: str = ""


def passwords_of(resources: Resources) -> Passwords:
    """The one queue of this process for password checks."""
    return Passwords(resources.password_threads, Argon2())


def throttle_of(resources: Resources) -> Throttle:
    """The login buckets."""
    return Throttle(resources.database, resources.clock, LoginLimits())


class SignIn:
    """Opens, continues and ends sessions; it owns its transactions, because a failure is written and then raised."""

    def __init__(self, parts: SignInParts) -> None:
        self._parts = parts
        self._clock = parts.clock
        self._database = parts.database

    @classmethod
    def over(cls, resources: Resources) -> Self:
        """Signing in at this process."""
        parts = SignInParts(
            database=resources.database,
            clock=resources.clock,
            security=resources.settings.security,
            tokens=resources.once(local_tokens),
            sealer=resources.sealer,
            identities=Identities.over(resources),
            passwords=resources.once(passwords_of),
            throttle=resources.once(throttle_of),
        )
        return cls(parts)

    async def sign_in(self, login: Login, caller: Caller, *, kind: SessionKind = SessionKind.NATIVE) -> SignedIn:
        """A new session for the right password; one and the same refusal for everything else."""
        name = login.name.strip().lower()
        candidate = await self._candidate(name)
        place = ThrottlePlace(account_bucket(candidate.user.id if candidate else name), address_bucket(caller.address))
        await self._parts.throttle.take(place)
        better_hash = await self._check(candidate, login.password, place, caller)
        if candidate is None:
            raise WrongLogin
        if not candidate.user.is_active:
            await self._parts.throttle.unjudged(place)
            raise AccountInactive
        try:
            return await self._open(candidate, place, SessionOpening(kind, login.code, better_hash, caller.agent))
        except (WrongLogin, CodeNeeded):
            await self._parts.throttle.unjudged(place)
            raise
        except WrongCode:
            await self._parts.throttle.failed(place)
            audit("sign_in_failed", who=candidate.user.id, address=caller.address, reason="second factor")
            raise

    async def sign_in_by_oidc(self, provider: OidcProvider, back: BroughtBack, caller: Caller) -> SignedIn:
        """A new session for whom the OpenID Connect provider names; a second factor is the provider's matter."""
        person, begun = await provider.finish(back)
        user = await self._parts.identities.by_oidc(person, begun.invitation or None)
        if not user.is_active:
            raise AccountInactive
        life = timedelta(days=self._parts.security.refresh_token_expire_days)
        async with self._database.unit_of_work() as session:
            family, chain = await self._families(session).open(user.id, SessionKind.NATIVE, life, caller.agent)
        audit("signed_in", who=user.id, session=family.id, kind="oidc")
        return self._handed_out(user, family, chain)

    async def refresh(self, token: str, caller: Caller) -> SignedIn:
        """The next pair of tokens; a refresh token used before ends its session instead."""
        presented = sessions.read(token)
        async with self._database.unit_of_work() as session:
            rotated = await self._families(session).rotate(presented, caller)
        if rotated.successor is None:
            audit("session_revoked", who=rotated.user.id, session=rotated.family.id, reason="refresh_token_reused")
            raise RefreshRefused
        return self._continued(rotated, rotated.successor)

    async def renew(self, account: Account) -> SignedIn:
        """A new access token within the session of a valid one."""
        async with self._database.reading() as session:
            family = await SessionRepository(session, self._clock).find(account.session_id or "")
        if family is None:
            raise TokenRefused
        return self._handed_out(account, family, None)

    async def go_on(self, token: str | None, account: Account | None, caller: Caller) -> SignedIn:
        """Refreshes by token, else renews the session of a signed-in caller."""
        if token:
            return await self.refresh(token, caller)
        if account is None:
            raise NotSignedIn
        return await self.renew(account)

    async def sign_out(self, account: Account | None) -> None:
        """Ends the session that the caller used, if it was one."""
        if account is None or account.session_id is None:
            return
        async with self._database.unit_of_work() as session:
            await SessionRepository(session, self._clock).revoke(account.session_id)
        audit("signed_out", who=account.id, session=account.session_id)

    async def _candidate(self, name: str) -> Candidate | None:
        async with self._database.reading() as session:
            found = await UserRepository(session, self._clock).by_login(name)
        return Candidate(user_view(found[0]), found[1]) if found else None

    async def _check(
        self, candidate: Candidate | None, password: str, place: ThrottlePlace, caller: Caller
    ) -> str | None:
        """A better hash to store, or None; a wrong password is counted and refused."""
        try:
            good, better_hash = await self._parts.passwords.verify(
                password, candidate.password_hash if candidate else None
            )
        except PasswordsBusy:
            await self._parts.throttle.unjudged(place)
            raise
        if not good:
            await self._parts.throttle.failed(place)
            audit("sign_in_failed", who=candidate.user.id if candidate else None, address=caller.address)
            raise WrongLogin
        return better_hash

    async def _open(self, candidate: Candidate, place: ThrottlePlace, opening: SessionOpening) -> SignedIn:
        user_id, checked = candidate.user.id, candidate.password_hash
        life = timedelta(days=self._parts.security.refresh_token_expire_days)
        async with self._database.unit_of_work() as session:
            users = UserRepository(session, self._clock)
            # A password changed since the check must not leave this session behind.
            if await users.hold_password(user_id) != checked:
                raise WrongLogin
            await SecondFactors(session, self._clock, self._parts.sealer).demand(user_id, opening.code)
            await self._parts.throttle.passed(session, place)
            if opening.better_hash is not None:
                await users.change_password(user_id, old_hash=checked, new_hash=opening.better_hash)
            family, chain = await self._families(session).open(user_id, opening.kind, life, opening.agent)
        audit("signed_in", who=user_id, session=family.id, kind=opening.kind.value)
        return self._handed_out(candidate.user, family, chain)

    def _families(self, session: Session) -> Families:
        return Families(session, self._clock, *self._parts.security.secret_keys())

    def _continued(self, rotated: Rotated, successor: Chain) -> SignedIn:
        user = user_view(rotated.user)
        if not user.is_active:
            raise AccountClosed
        return self._handed_out(user, rotated.family, successor)

    def _handed_out(self, user: UserView, family: RefreshFamily, chain: Chain | None) -> SignedIn:
        claims = LocalClaims(account_id=user.id, session_id=family.id)
        client_life = timedelta(minutes=self._parts.security.client_token_expire_minutes)
        native_life = timedelta(minutes=self._parts.security.access_token_expire_minutes)
        life = self._within(family, client_life if family.kind is SessionKind.CLIENT else native_life)
        cookie_life = self._within(family, client_life)
        return SignedIn(
            user=user,
            session_id=family.id,
            access_token=self._parts.tokens.issue(claims, use=TokenUse.ACCESS, life=life),
            expires_in_seconds=int(life.total_seconds()),
            refresh_token=chain.text() if chain else None,
            cookie_token=self._parts.tokens.issue(claims, use=TokenUse.COOKIE, life=cookie_life),
            cookie_seconds=int(cookie_life.total_seconds()),
        )

    def _within(self, family: RefreshFamily, life: timedelta) -> timedelta:
        """No token outlives its session."""
        return max(min(life, family.expires_at - self._clock.now()), timedelta(seconds=1))
