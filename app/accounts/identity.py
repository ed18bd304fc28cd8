"""Who sends a request: access token, API key, Entra token, session cookie or the local user."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta

from app.accounts.domain import Account, AccountRole, Scope, UserView, Via, digest
from app.accounts.entra import EntraPerson, EntraVerifier, entra_verifier
from app.accounts.errors import AccountClosed, Taken, TokenRefused
from app.accounts.models import User
from app.accounts.oidc import OidcPerson
from app.accounts.repository import ApiKeyRepository, SessionRepository, UserRepository
from app.accounts.repository.users import user_view
from app.accounts.service import Admission
from app.accounts.tokens import LocalClaims, LocalTokens, TokenUse
from app.core.clock import Clock
from app.core.database import Database, Session
from app.core.errors import NotNow
from app.core.logging import audit
from app.core.settings import RegistrationMode
from app.resources import Resources

KEY_PREFIX = "avc_"
LOCAL_SUBJECT = "local"
MAX_KEY_CHARACTERS = 100
MARKED_EVERY = timedelta(minutes=1)


def local_tokens(resources: Resources) -> LocalTokens:
    """The signer of this process."""
    return LocalTokens(resources.clock, *resources.settings.security.secret_keys())


class Identities:
    """Turns proofs into accounts; each costs at most one read, and once a minute a note that it is in use."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        tokens: LocalTokens,
        entra: EntraVerifier | None = None,
        registration: RegistrationMode = RegistrationMode.OPEN,
    ) -> None:
        self._database = database
        self._registration = registration
        self._clock = clock
        self._tokens = tokens
        self._entra = entra

    @classmethod
    def over(cls, resources: Resources) -> "Identities":
        """The identities of this process."""
        return cls(
            database=resources.database,
            clock=resources.clock,
            tokens=resources.once(local_tokens),
            entra=resources.once(entra_verifier),
            registration=resources.settings.security.registration,
        )

    async def by_bearer(self, proof: str, invitation: str | None = None) -> Account:
        """The account of an API key or a token; the decoders stand in a fixed order, whatever a token says.

        Who comes from elsewhere for the first time is registered, by an invitation where one is needed.
        """
        if proof.startswith(KEY_PREFIX):
            return await self._by_key(proof)
        try:
            claims = self._tokens.verify(proof, use=TokenUse.ACCESS)
        except TokenRefused:
            if self._entra is None:
                raise
            return await self._by_entra(await self._entra.verify(proof), invitation)
        return await self._in_session(claims)

    async def by_access_token(self, proof: str) -> Account:
        """The account of a local access token and of nothing else."""
        return await self._in_session(self._tokens.verify(proof, use=TokenUse.ACCESS))

    async def by_cookie(self, proof: str) -> Account:
        """The account of a session cookie."""
        return await self._in_session(self._tokens.verify(proof, use=TokenUse.COOKIE))

    async def local(self) -> Account:
        """The one account of requests without credentials, made at its first use."""
        newcomer = User(
            subject=LOCAL_SUBJECT, email="local@localhost", username="local", name="Local user", role=AccountRole.USER
        )

        async def store(session: Session) -> User:
            return await UserRepository(session, self._clock).insert(newcomer)

        return _account(await self._seen(LOCAL_SUBJECT, store), via=Via.LOCAL)

    async def _in_session(self, claims: LocalClaims) -> Account:
        async with self._database.reading() as session:
            found = await SessionRepository(session, self._clock).standing(claims.session_id, claims.account_id)
        if found is None:
            raise TokenRefused
        family, user = found
        account = _account(user, via=Via.SESSION, session_id=family.id)
        await self._mark_used(SessionRepository, family.id, family.last_seen_at)
        return account

    async def _mark_used(
        self, kind: type[SessionRepository] | type[ApiKeyRepository], row_id: str, last_used_at: datetime | None
    ) -> None:
        """Notes once a minute that a proof is in use; a database that cannot write now refuses nobody for that."""
        minute_ago = self._clock.now() - MARKED_EVERY
        if last_used_at is not None and last_used_at > minute_ago:
            return
        with suppress(NotNow):
            async with self._database.unit_of_work() as session:
                await kind(session, self._clock).mark_used(row_id, unless_since=minute_ago)

    async def _by_key(self, proof: str) -> Account:
        if len(proof) > MAX_KEY_CHARACTERS or not proof.isascii():
            raise TokenRefused
        async with self._database.reading() as session:
            found = await ApiKeyRepository(session, self._clock).standing(digest(proof))
        if found is None:
            raise TokenRefused
        key, user = found
        scopes = frozenset(Scope(scope) for scope in key.scopes)
        account = _account(user, via=Via.API_KEY, scopes=scopes, key_id=key.id)
        await self._mark_used(ApiKeyRepository, key.id, key.last_used_at)
        return account

    async def _by_entra(self, person: EntraPerson, invitation: str | None) -> Account:
        newcomer = User(
            subject=person.subject,
            entra_id=person.object_id,
            email=person.email,
            name=person.name,
            role=AccountRole.USER,
        )

        async def store(session: Session) -> User:
            return await Admission(session, self._clock, self._registration).admit(newcomer, invitation)

        return _account(await self._seen(person.subject, store), via=Via.ENTRA)

    async def by_oidc(self, person: OidcPerson, invitation: str | None) -> UserView:
        """The account of a person whom the OpenID Connect provider has named, with the role that its groups give."""
        newcomer = User(subject=person.subject, email=person.email, name=person.name, role=AccountRole.USER)

        async def store(session: Session) -> User:
            return await Admission(session, self._clock, self._registration).admit(newcomer, invitation)

        user = await self._seen(person.subject, store)
        if person.role is None or user.role is person.role:
            return user_view(user)
        async with self._database.unit_of_work() as session:
            changed = await UserRepository(session, self._clock).change(user.id, {"role": person.role})
        if changed is None:
            raise AccountClosed
        audit("role_changed", who="oidc", object=user.id, role=person.role.value)
        return user_view(changed)

    async def _seen(self, subject: str, store: Callable[[Session], Awaitable[User]]) -> User:
        """The user of this subject, stored at first sight; never matched by e-mail address."""
        async with self._database.reading() as session:
            known = await UserRepository(session, self._clock).by_subject(subject)
        if known is not None:
            return known
        try:
            async with self._database.unit_of_work() as session:
                return await store(session)
        except Taken:
            async with self._database.reading() as session:
                known = await UserRepository(session, self._clock).by_subject(subject)
        if known is None:
            raise TokenRefused
        return known


def _account(
    user: User,
    *,
    via: Via,
    scopes: frozenset[Scope] = frozenset(),
    session_id: str | None = None,
    key_id: str | None = None,
) -> Account:
    view = user_view(user)
    if not view.is_active:
        raise AccountClosed
    return Account(**asdict(view), via=via, scopes=scopes, session_id=session_id, key_id=key_id)
