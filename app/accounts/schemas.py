"""What clients send and read about themselves, their sessions and their keys."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal, Self

from pydantic import ConfigDict, Field, SecretStr, StringConstraints, model_validator

from app.accounts.avatar_links import AvatarLinks
from app.accounts.domain import (
    AccountRole,
    ApiKeyView,
    EmailChange,
    InvitationView,
    KeyWish,
    Login,
    MadeInvitation,
    MadeKey,
    PasswordChange,
    ProviderKeyView,
    Registration,
    Scope,
    SecondFactorProof,
    SessionView,
    SignedIn,
    Theme,
    UserView,
)
from app.accounts.passwords import MAX_CHARACTERS, MIN_CHARACTERS
from app.core.schema import Body, CleanText, Reply, Utc

# One @, no spaces, quotes or brackets, a dot in the domain: what mail servers really deliver to.
_PLAIN = r'[^\s@<>"(),:;\[\]\\\x00-\x1f\x7f]'
EMAIL_PATTERN = rf"^{_PLAIN}{{1,64}}@{_PLAIN}+\.{_PLAIN}+$"
# Without @, so that no username can stand for somebody's e-mail address.
USERNAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$"
BEARER: Final = "bearer"
MICRO: Final = 1_000_000
Email = Annotated[str, Field(max_length=254, pattern=EMAIL_PATTERN, examples=["ada@example.com"])]
Username = Annotated[str, Field(min_length=3, max_length=64, pattern=USERNAME_PATTERN, examples=["ada"])]
Name = Annotated[str, Field(max_length=200, examples=["Ada Lovelace"])]
NewPassword = Annotated[
    str,
    StringConstraints(strip_whitespace=False, min_length=MIN_CHARACTERS, max_length=MAX_CHARACTERS),
    Field(json_schema_extra={"format": "password"}, examples=["three small green apples"]),
]
GivenPassword = Annotated[
    str,
    StringConstraints(strip_whitespace=False, max_length=MAX_CHARACTERS),
    Field(json_schema_extra={"format": "password"}, examples=["three small green apples"]),
]
InvitationCode = Annotated[str, Field(max_length=200, examples=["the code of an invitation's link"])]
GivenCode = Annotated[
    str,
    Field(max_length=40, description="Code of the authenticator app, or a recovery code", examples=["123456"]),
]
GivenName = Annotated[str, Field(max_length=254, examples=["ada@example.com"])]


class RegisterBody(Body):
    """A new account."""

    email: Email
    password: NewPassword
    username: Username | None = None
    name: Name | None = None
    full_name: Name | None = None
    invitation: InvitationCode | None = None

    def as_wish(self) -> Registration:
        """What the service is asked for."""
        return Registration(
            email=self.email,
            password=self.password,
            username=self.username,
            name=self.name or self.full_name or None,
            invitation=self.invitation,
        )


class LoginBody(Body):
    """An e-mail address or a username, with the password."""

    email: GivenName = ""
    username: GivenName = ""
    password: GivenPassword
    code: GivenCode = ""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.model_fields_set & {"email", "username"}:
            message = "give email or username"
            raise ValueError(message)
        return self

    def as_login(self) -> Login:
        """What the service is asked for."""
        return Login(self.email or self.username, self.password, self.code)


class LoginForm(CleanText):
    """The OAuth2 password form, with the code of a second factor; other fields say nothing here and are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)
    username: GivenName
    password: GivenPassword
    code: GivenCode = ""

    def as_login(self) -> Login:
        """What the service is asked for."""
        return Login(self.username, self.password, self.code)


class RefreshBody(Body):
    """The refresh token; without it a valid access token as Bearer is renewed within its session."""

    refresh_token: Annotated[str | None, Field(max_length=400, repr=False)] = None


class PasswordBody(Body):
    """The password so far (also as old_password) and the new one."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["current_password"]}, {"required": ["old_password"]}]},
    )
    current_password: GivenPassword | None = None
    old_password: GivenPassword | None = None
    new_password: NewPassword

    @model_validator(mode="after")
    def _given(self) -> Self:
        if not self.model_fields_set & {"current_password", "old_password"}:
            message = "give current_password"
            raise ValueError(message)
        return self

    def as_change(self) -> PasswordChange:
        """What the service is asked for."""
        return PasswordChange(self.current_password or self.old_password or "", self.new_password)


class EmailChangeBody(Body):
    """The address from now on, and the present password."""

    email: Email
    current_password: GivenPassword

    def as_change(self) -> EmailChange:
        """What the service is asked for."""
        return EmailChange(self.email, self.current_password)


class ProfileBody(Body):
    """The fields to change; the others stay."""

    name: Name | None = None
    full_name: Name | None = None
    username: Username | None = None
    theme_pref: Theme | None = None

    def changes(self) -> dict[str, str | None]:
        """Columns by name; an empty name means none."""
        named = self.model_fields_set
        columns: dict[str, str | None] = {}
        if named & {"name", "full_name"}:
            columns["name"] = self.name or self.full_name or None
        if "username" in named:
            columns["username"] = self.username
        if "theme_pref" in named:
            columns["theme_pref"] = self.theme_pref
        return columns


class PasswordForgottenBody(Body):
    """The address that a mail shall go to."""

    email: Email


class MailCodeBody(Body):
    """The code that a mail brought."""

    token: Annotated[str, Field(min_length=16, max_length=200)]


class PasswordResetBody(MailCodeBody):
    """The code that a mail brought, and the password from now on."""

    new_password: NewPassword


class UserRead(Reply):
    """One account, as its owner sees it."""

    id: str
    email: str | None
    username: str | None
    name: str | None
    full_name: str | None
    is_active: bool
    role: AccountRole
    avatar_url: str | None
    entra_id: str | None
    theme_pref: Theme | None
    email_verified: bool
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, user: UserView, links: AvatarLinks) -> Self:
        """The wire form of an account."""
        return cls(
            id=user.id,
            email=user.email,
            username=user.username,
            name=user.name,
            full_name=user.name,
            is_active=user.is_active,
            role=user.role,
            avatar_url=links.to(user),
            entra_id=user.entra_id,
            theme_pref=user.theme_pref,
            email_verified=user.email_verified_at is not None,
            created_at=user.created_at,
            updated_at=user.updated_at,
        )


class TokensRead(Reply):
    """A signed-in session: what to send as Bearer, and what renews it."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    refresh_token: str | None
    token: str
    user: UserRead

    @classmethod
    def of(cls, signed_in: SignedIn, links: AvatarLinks) -> Self:
        """The wire form of a session."""
        return cls(
            access_token=signed_in.access_token,
            token_type=BEARER,
            expires_in=signed_in.expires_in_seconds,
            refresh_token=signed_in.refresh_token,
            token=signed_in.access_token,
            user=UserRead.of(signed_in.user, links),
        )


class KeyBody(Body):
    """A key to make."""

    name: Annotated[str, Field(max_length=100, examples=["render farm"])]
    scopes: Annotated[frozenset[Scope], Field(min_length=1, examples=[["read", "write"]])]
    expires_at: Utc | None = None
    budget_usd: Annotated[float | None, Field(strict=True, ge=0, le=1_000_000)] = None

    def as_wish(self) -> KeyWish:
        """What the service is asked for."""
        budget = None if self.budget_usd is None else round(self.budget_usd * MICRO)
        return KeyWish(name=self.name, scopes=self.scopes, expires_at=self.expires_at, budget_micro_usd=budget)


class KeyRead(Reply):
    """A key without its secret."""

    id: str
    name: str
    hint: str
    scopes: list[Scope]
    budget_usd: float | None
    last_used_at: Utc | None
    expires_at: Utc | None
    created_at: Utc
    updated_at: Utc


class KeyMade(KeyRead):
    """A new key; `key` is shown this once."""

    key: str

    @classmethod
    def of(cls, made: MadeKey) -> Self:
        """The wire form of a new key."""
        return cls(**KeyRead.model_validate(made.view).model_dump(), key=made.secret)


class KeyList(Reply):
    """A page of keys."""

    api_keys: list[KeyRead]
    total: int

    @classmethod
    def of(cls, views: Iterable[ApiKeyView], total: int) -> Self:
        """The wire form of a page."""
        return cls(api_keys=[KeyRead.model_validate(view) for view in views], total=total)


class InvitationBody(Body):
    """An invitation to make."""

    note: Annotated[str, Field(max_length=200, examples=["for Grace"])] = ""
    expires_in_days: Annotated[int, Field(strict=True, ge=1, le=30)] = 7


class InvitationRead(Reply):
    """An invitation without its code."""

    id: str
    note: str
    created_by: str
    expires_at: Utc
    used_at: Utc | None
    used_by: str | None
    revoked_at: Utc | None
    created_at: Utc
    updated_at: Utc


class InvitationMade(InvitationRead):
    """A new invitation; its code and its link are shown this once."""

    code: str
    url: str

    @classmethod
    def of(cls, made: MadeInvitation, base_url: str) -> Self:
        """The wire form of a new invitation."""
        # What stands behind # is not sent to servers, so the code stays out of their logs.
        shown = InvitationRead.model_validate(made.view).model_dump()
        return cls(**shown, code=made.code, url=f"{base_url}/#invitation={made.code}")


class InvitationList(Reply):
    """A page of invitations."""

    invitations: list[InvitationRead]
    total: int

    @classmethod
    def of(cls, views: Iterable[InvitationView], total: int) -> Self:
        """The wire form of a page."""
        return cls(invitations=[InvitationRead.model_validate(view) for view in views], total=total)


class SessionRead(Reply):
    """One of your sessions."""

    id: str
    device: str
    user_agent: str
    last_seen_at: Utc | None
    expires_at: Utc
    is_current: bool
    created_at: Utc
    updated_at: Utc


class SessionList(Reply):
    """A page of sessions."""

    sessions: list[SessionRead]
    total: int

    @classmethod
    def of(cls, views: Iterable[SessionView], total: int) -> Self:
        """The wire form of a page."""
        return cls(sessions=[SessionRead.model_validate(view) for view in views], total=total)


class TotpSetupBody(Body):
    """The password, before an authenticator app is set up."""

    current_password: GivenPassword


class TotpConfirmBody(Body):
    """The first code of the authenticator app."""

    code: GivenCode


class TotpOffBody(Body):
    """What turns the second factor off."""

    current_password: GivenPassword
    code: GivenCode

    def as_proof(self) -> SecondFactorProof:
        """What the service is asked for."""
        return SecondFactorProof(self.current_password, self.code)


class TotpRead(Reply):
    """Whether signing in asks for a code."""

    is_on: bool
    recovery_codes_left: int


class TotpSetup(Reply):
    """What the authenticator app is given; it is asked for from its confirmation on."""

    secret: str
    url: str


class TotpConfirmed(Reply):
    """One-use codes for the day on which the authenticator app is lost; shown this once."""

    recovery_codes: list[str]


class ProviderKeyBody(Body):
    """A key to keep."""

    key: Annotated[SecretStr, Field(min_length=8, max_length=512, examples=["sk-example-0123456789"])]


class ProviderKeyRead(Reply):
    """Whether there is a key, and how it ends."""

    provider: str
    present: bool
    hint: str | None
    used: bool
    updated_at: Utc | None

    @classmethod
    def of(cls, view: ProviderKeyView) -> Self:
        """The wire form."""
        return cls(
            provider=view.provider,
            present=view.is_present,
            hint=view.hint or None,
            used=view.is_used,
            updated_at=view.updated_at,
        )


class ProviderKeyList(Reply):
    """Every vendor whose key may be kept."""

    keys: list[ProviderKeyRead]

    @classmethod
    def of(cls, views: Iterable[ProviderKeyView]) -> Self:
        """The wire form."""
        return cls(keys=[ProviderKeyRead.of(view) for view in views])
