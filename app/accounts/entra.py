"""Entra ID: issuer and tenant rules, and the tenant's signing keys, fetched rarely and kept when a fetch fails."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import quote

import structlog
from typing_extensions import override

from app.accounts.errors import EntraKeysUnavailable, TokenRefused
from app.accounts.tokens import ENTRA_ALGORITHM, Claims, RsaKey, Verifier, header_of, peek, rsa_key
from app.core.clock import Clock
from app.core.http import OutboundClient, OutboundFailed
from app.core.settings import SecuritySettings
from app.resources import Resources

log = structlog.get_logger(__name__)
AUTHORITY: Final = "https://login.microsoftonline.com"
SHARED_TENANTS: Final = frozenset({"common", "organizations"})
TENANT_IN_TEMPLATE: Final = "{tenantid}"
KEYS_LIFE_SECONDS: Final = 24 * 3600
REFETCH_PAUSE_SECONDS: Final = 300
EMPTY_PAUSE_SECONDS: Final = 30
LEEWAY_SECONDS: Final = 60
MAX_KEYS: Final = 100
MAX_DOCUMENT_BYTES: Final = 256 * 1024
FETCH_SECONDS: Final = 5.0
MAX_CLAIM_CHARACTERS: Final = 200
OBJECT_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


class KeySource(Protocol):
    """Where a tenant's published keys come from."""

    async def fetch(self) -> Mapping[str, Any]:
        """The key set as published; EntraKeysUnavailable when it cannot be read in time."""


@dataclass(frozen=True)
class PublishedKey:
    """One signing key and the issuer that its publisher allows, if it names one."""

    key: RsaKey
    issuer: str | None


@dataclass(frozen=True)
class EntraPerson:
    """Whom a verified token names: the pair of tenant and object id is the identity, the rest is for show."""

    tenant_id: str
    object_id: str
    name: str | None
    email: str | None

    @property
    def subject(self) -> str:
        """The stable name of this identity among ours."""
        return f"entra:{self.tenant_id}:{self.object_id}"


@dataclass(frozen=True, kw_only=True)
class EntraRules:
    """Which tokens are meant for this service."""

    client_id: str
    tenants: frozenset[str]
    accept_v1: bool = False

    def issuers(self, tenant_id: str) -> dict[str, str]:
        """Token version to the issuer it must name for this tenant."""
        v2 = {"2.0": f"{AUTHORITY}/{tenant_id}/v2.0"}
        return v2 | ({"1.0": f"https://sts.windows.net/{tenant_id}/"} if self.accept_v1 else {})

    def audiences(self, version: str) -> tuple[str, ...]:
        """What the token may be meant for, by its version."""
        return (self.client_id, f"api://{self.client_id}") if version == "1.0" else (self.client_id,)


class EntraKeys:
    """The keys by their id: a day old at most, refetched for an unknown id at most once in five minutes."""

    def __init__(self, source: KeySource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._keys: dict[str, PublishedKey] = {}
        self._fetched_at: float | None = None
        self._refetched_at: float | None = None
        self._flight = asyncio.Lock()

    async def find(self, kid: str) -> PublishedKey | None:
        """The key with this id; None when the publisher does not know it either."""
        if kid in self._keys and not self._is_old():
            return self._keys[kid]
        if self._may_fetch(kid):
            async with self._flight:
                if self._may_fetch(kid):
                    await self._fetch(kid)
        return self._keys.get(kid)

    def _is_old(self) -> bool:
        return self._fetched_at is None or self._clock.monotonic() - self._fetched_at > KEYS_LIFE_SECONDS

    def _may_fetch(self, kid: str) -> bool:
        if kid in self._keys and not self._is_old():
            return False
        pause = REFETCH_PAUSE_SECONDS if self._keys else EMPTY_PAUSE_SECONDS
        return self._refetched_at is None or self._clock.monotonic() - self._refetched_at > pause

    async def _fetch(self, kid: str) -> None:
        was_empty = self._fetched_at is None
        try:
            found = _published(await self._source.fetch())
        except EntraKeysUnavailable:
            log.warning("entra_keys_unavailable", kept=len(self._keys))
            found = {}
        now = self._clock.monotonic()
        if found:
            self._keys, self._fetched_at = found, now
        # The first fetch that finds its key leaves the one refetch for a key that is published next.
        if not (was_empty and kid in self._keys):
            self._refetched_at = now


@dataclass(frozen=True, kw_only=True)
class EntraVerifier:
    """Judges Entra bearer tokens: RS256 only, an access token for this service, from an admitted tenant."""

    rules: EntraRules
    keys: EntraKeys
    clock: Clock
    _verifier: Verifier = field(init=False)

    def __post_init__(self) -> None:
        verifier = Verifier(
            algorithm=ENTRA_ALGORITHM,
            types=frozenset({"JWT", "at+jwt", None}),
            clock=self.clock,
            leeway_seconds=LEEWAY_SECONDS,
        )
        object.__setattr__(self, "_verifier", verifier)

    async def verify(self, token: str) -> EntraPerson:
        """Whom a genuine token names; anything else is TokenRefused."""
        header, said = header_of(token), peek(token)
        self._verifier.check_header(header)
        tenant, version, kid = said.get("tid"), said.get("ver"), header.get("kid")
        # The tenant is admitted or not before anything is looked up for it.
        if not isinstance(tenant, str) or tenant not in self.rules.tenants:
            raise TokenRefused
        issuer = self.rules.issuers(tenant).get(version) if isinstance(version, str) else None
        if issuer is None or not isinstance(kid, str) or said.get("iss") != issuer:
            raise TokenRefused
        key = await self._key(kid, tenant)
        audiences = self.rules.audiences(str(version))
        return _person(self._verifier.verify(token, key, issuers=(issuer,), audiences=audiences), tenant)

    async def _key(self, kid: str, tenant: str) -> RsaKey:
        published = await self.keys.find(kid)
        if published is None:
            raise TokenRefused
        if published.issuer is not None:
            named = published.issuer.replace(TENANT_IN_TEMPLATE, tenant)
            if named not in self.rules.issuers(tenant).values():
                raise TokenRefused
        return published.key


def _person(claims: Claims, tenant: str) -> EntraPerson:
    object_id = claims.get("oid")
    if not isinstance(object_id, str) or OBJECT_ID.fullmatch(object_id) is None:
        raise TokenRefused
    # Identity and Graph tokens carry neither a scope nor a role for this service.
    if not (_granted(claims.get("scp")) or _granted(claims.get("roles"))):
        raise TokenRefused
    shown = _short(claims, "email") or _short(claims, "preferred_username") or _short(claims, "upn")
    return EntraPerson(
        tenant_id=tenant,
        object_id=object_id,
        name=_short(claims, "name"),
        email=shown if shown and "@" in shown else None,
    )


def _granted(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, list) and any(isinstance(role, str) and role.strip() for role in value)


def _short(claims: Claims, name: str) -> str | None:
    value = claims.get(name)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        return None
    return value[:MAX_CLAIM_CHARACTERS]


def _published(document: Mapping[str, Any]) -> dict[str, PublishedKey]:
    listed = document.get("keys")
    if not isinstance(listed, list):
        return {}
    found: dict[str, PublishedKey] = {}
    for entry in listed[:MAX_KEYS]:
        kid = entry.get("kid") if isinstance(entry, dict) else None
        key = rsa_key(entry) if isinstance(kid, str) else None
        if key is not None and isinstance(kid, str):
            issuer = entry.get("issuer")
            found[kid] = PublishedKey(key=key, issuer=issuer if isinstance(issuer, str) else None)
    return found


def entra_rules(security: SecuritySettings) -> EntraRules | None:
    """The rules that the settings ask for; None when Entra is not configured."""
    tenant = security.azure_tenant_id.strip().lower()
    if not tenant or not security.azure_client_id:
        return None
    tenants = security.azure_allowed_tenants if tenant in SHARED_TENANTS else (tenant,)
    return EntraRules(
        client_id=security.azure_client_id,
        tenants=frozenset(admitted.lower() for admitted in tenants),
        accept_v1=security.azure_accept_v1,
    )


def keys_address(security: SecuritySettings) -> str:
    """Where Microsoft publishes the keys of the configured tenant."""
    return f"{AUTHORITY}/{quote(security.azure_tenant_id.strip(), safe='')}/discovery/v2.0/keys"


class PublishedKeys(KeySource):
    """Keys read over HTTPS from one fixed address; redirects are not followed."""

    def __init__(self, address: str) -> None:
        self._address = address

    @override
    async def fetch(self) -> Mapping[str, Any]:
        """The published set; asked for about once a day, so no connection is kept."""
        client = OutboundClient()
        try:
            document = await client.get_json(self._address, max_bytes=MAX_DOCUMENT_BYTES, timeout_seconds=FETCH_SECONDS)
        except OutboundFailed as fault:
            raise EntraKeysUnavailable from fault
        finally:
            await client.close()
        if not isinstance(document, dict):
            raise EntraKeysUnavailable
        return document


def entra_verifier(resources: Resources) -> EntraVerifier | None:
    """The verifier of this process; None when Entra is not configured."""
    security, clock = resources.settings.security, resources.clock
    rules = entra_rules(security)
    if rules is None:
        return None
    return EntraVerifier(rules=rules, keys=EntraKeys(PublishedKeys(keys_address(security)), clock), clock=clock)
