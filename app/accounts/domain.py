"""Frozen values of accounts: who acts, how they proved it, what they may do, and how secrets are stored."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

MICRO: Final = 1_000_000
SHOWN_CHARACTERS: Final = 40
# In this order, because browsers name each other: Edge and Opera call themselves Chrome, and Chrome Safari.
PROGRAMS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

# Owns the service's own jobs; nobody can sign in as it.
SYSTEM_ACCOUNT: Final = "00000000-0000-7000-8000-000000000000"


class AccountRole(StrEnum):
    """What an account may do at all."""

    USER = "user"
    ADMIN = "admin"


class Scope(StrEnum):
    """What an API key may do: safe methods, unsafe methods, administration, reporting on jobs."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    WORKER = "worker"


class Via(StrEnum):
    """How the caller proved who they are."""

    SESSION = "session"
    API_KEY = "api_key"
    ENTRA = "entra"
    LOCAL = "local"


class Theme(StrEnum):
    """How the pages look for this user."""

    LIGHT = "light"
    DARK = "dark"


class SessionKind(StrEnum):
    """Whose login opened the session: the native API's, or a client face's that cannot refresh."""

    NATIVE = "native"
    CLIENT = "client"


class MailPurpose(StrEnum):
    """What a mailed token is good for."""

    RESET = "reset"
    VERIFY = "verify"


class Notice(StrEnum):
    """What the mail to an account's owner is about, after something has changed."""

    CREDENTIAL_CHANGED = "credential_changed"
    CREDENTIAL_RESET = "credential_reset"
    EMAIL_CHANGED = "email_changed"
    ADDRESS_KNOWN = "address_known"
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"


@dataclass(frozen=True, kw_only=True)
class UserView:
    """One person's account."""

    id: str
    email: str | None
    username: str | None
    name: str | None
    role: AccountRole
    is_active: bool
    theme_pref: Theme | None
    entra_id: str | None
    avatar_key: str | None
    email_verified_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class UserSearch:
    """Which accounts an administrator looks for."""

    words: str = ""
    role: AccountRole | None = None
    is_active: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Account(UserView):
    """The signed-in caller of one request."""

    via: Via
    scopes: frozenset[Scope] = frozenset()
    session_id: str | None = None
    key_id: str | None = None

    def may(self, scope: Scope) -> bool:
        """Whether the proof of identity covers this; an administrator's right needs the role as well."""
        if scope in {Scope.ADMIN, Scope.WORKER} and self.role is not AccountRole.ADMIN:
            return False
        return self.via is not Via.API_KEY or scope in self.scopes or Scope.ADMIN in self.scopes


@dataclass(frozen=True)
class Caller:
    """Where a request comes from: the address counts failed sign-ins, both tell one client from another."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Login:
    """An e-mail address or username, the password said to belong to it, and the code of a second factor."""

    name: str
    password: str = field(repr=False)
    code: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A new account that signs in with a password."""

    email: str
    password: str = field(repr=False)
    username: str | None = None
    name: str | None = None
    invitation: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class PasswordChange:
    """The password so far and the one from now on."""

    current: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True)
class EmailChange:
    """The address from now on, and the password that allows it."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """What a sign-in or a refresh hands out; the tokens appear in no log and no repr."""

    user: UserView
    session_id: str
    access_token: str = field(repr=False)
    expires_in_seconds: int
    refresh_token: str | None = field(repr=False)
    cookie_token: str = field(repr=False)
    cookie_seconds: int


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """One signed-in session, as its owner sees it."""

    id: str
    device: str
    user_agent: str
    last_seen_at: datetime | None
    expires_at: datetime
    is_current: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class SecondFactorView:
    """Whether a second factor is asked for."""

    is_on: bool
    recovery_codes_left: int


@dataclass(frozen=True)
class SecondFactorSetup:
    """What an authenticator app is given: the secret in base 32, and the same as a link."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True)
class SecondFactorProof:
    """What turns a second factor off."""

    password: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ApiKeyView:
    """One API key without its secret."""

    id: str
    name: str
    hint: str
    scopes: tuple[Scope, ...]
    budget_micro_usd: int | None
    last_used_at: datetime | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def budget_usd(self) -> float | None:
        """The same budget as people read it."""
        return None if self.budget_micro_usd is None else self.budget_micro_usd / MICRO


@dataclass(frozen=True, kw_only=True)
class KeyWish:
    """A key to be made."""

    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    budget_micro_usd: int | None = None


@dataclass(frozen=True)
class MadeKey:
    """A new key; its secret is shown this once and stored nowhere."""

    view: ApiKeyView
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class InvitationView:
    """One invitation without its code."""

    id: str
    note: str
    created_by: str
    expires_at: datetime
    used_at: datetime | None
    used_by: str | None
    revoked_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class MadeInvitation:
    """A new invitation; its code is shown this once and stored nowhere."""

    view: InvitationView
    code: str = field(repr=False)


@dataclass(frozen=True)
class ProviderKeyView:
    """Whether a user has a key of a vendor: its last characters at most, never the key."""

    provider: str
    is_used: bool
    hint: str = ""
    updated_at: datetime | None = None

    @property
    def is_present(self) -> bool:
        """Whether there is a key."""
        return self.updated_at is not None


def device_of(agent: str) -> str:
    """What a person calls the browser and system of a User-Agent header; only to tell sessions apart."""
    program = next((name for mark, name in PROGRAMS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if program and system:
        return f"{program} on {system}"
    return program or system or agent.partition("/")[0].strip()[:SHOWN_CHARACTERS] or "Unknown device"


def digest(secret: str) -> str:
    """SHA-256 of a secret of 256 random bits, for which a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
