"""What the wizard client sends and reads about its account: flat, with seconds since 1970 and older names."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, SecretStr, model_validator
from typing_extensions import override

from app.accounts.links import AvatarLinks
from app.accounts.schemas import Email, GivenCode, GivenName, GivenPassword, InvitationCode, Name, NewPassword, UserRead
from app.accounts.values import Login, PasswordChange, ProviderKeyView, Registration, SignedIn, Theme, UserView
from app.api.dialects.rules import FaceBody

__all__ = ["WizardDone", "WizardJoinBody", "WizardPasswordBody", "WizardProfile", "WizardProfileBody", "WizardSession"]
__all__ += ["WizardKeys", "WizardKeysBody", "WizardSignInBody"]

GivenKey = Annotated[SecretStr, Field(max_length=512)]


class WizardJoinBody(FaceBody):
    """A new account."""

    email: Email
    password: NewPassword
    display_name: Name | None = None
    invitation: InvitationCode | None = None

    def as_wish(self) -> Registration:
        """What the service is asked for."""
        return Registration(
            email=self.email, password=self.password, name=self.display_name, invitation=self.invitation
        )


class WizardSignInBody(FaceBody):
    """Who signs in."""

    email: GivenName
    password: GivenPassword
    code: GivenCode = ""

    def as_login(self) -> Login:
        """What the service is asked for."""
        return Login(self.email, self.password, self.code)


class WizardProfileBody(FaceBody):
    """What changes; a theme of null goes back to that of the machine, so it is no absent field."""

    display_name: Name | None = None
    theme_pref: Theme | None = None

    @model_validator(mode="before")
    @classmethod
    @override
    def leave_out_unset(cls, sent: Any) -> Any:
        """Drops what says nothing, but for the theme."""
        if not isinstance(sent, Mapping):
            return sent
        kept = {name: value for name, value in sent.items() if value is not None and value != ""}
        themes = {name: value or None for name, value in sent.items() if name in {"theme_pref", "themePref"}}
        return kept | themes

    def changes(self) -> dict[str, str | None]:
        """Columns by name."""
        fields = {"display_name": ("name", self.display_name), "theme_pref": ("theme_pref", self.theme_pref)}
        return dict(fields[field] for field in self.model_fields_set)


class WizardPasswordBody(FaceBody):
    """The password so far and the new one."""

    old_password: GivenPassword
    new_password: NewPassword

    def as_change(self) -> PasswordChange:
        """What the service is asked for."""
        return PasswordChange(self.old_password, self.new_password)


class WizardSession(BaseModel):
    """A session, flat: the client keeps the reply whole."""

    token: str
    user_id: str
    email: str | None
    display_name: str | None
    user: UserRead

    @classmethod
    def of(cls, signed_in: SignedIn, links: AvatarLinks) -> Self:
        """The wire form of a session."""
        user = signed_in.user
        return cls(
            token=signed_in.access_token,
            user_id=user.id,
            email=user.email,
            display_name=user.name,
            user=UserRead.of(user, links),
        )


class WizardProfile(BaseModel):
    """Who the caller is."""

    user_id: str
    email: str | None
    display_name: str | None
    theme_pref: Theme | None
    created_at: Annotated[int, Field(description="Seconds since 1970")]

    @classmethod
    def of(cls, user: UserView) -> Self:
        """The wire form of an account."""
        return cls(
            user_id=user.id,
            email=user.email,
            display_name=user.name,
            theme_pref=user.theme_pref,
            created_at=int(user.created_at.timestamp()),
        )


class WizardKeysBody(FaceBody):
    """Keys of vendors to keep; those that are left out stay as they are."""

    gemini: GivenKey | None = None
    groq1: GivenKey | None = None
    groq2: GivenKey | None = None
    groq3: GivenKey | None = None

    def as_wish(self) -> dict[str, str]:
        """What the service is asked for."""
        told = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: key.get_secret_value() for name, key in told.items() if key is not None}


class WizardKeys(BaseModel):
    """Which keys are there; a key goes in and never comes out."""

    gemini: bool
    groq1: bool
    groq2: bool
    groq3: bool

    @classmethod
    def of(cls, views: Iterable[ProviderKeyView]) -> Self:
        """The wire form of keys."""
        return cls(**{view.provider: view.is_present for view in views if view.provider in cls.model_fields})


class WizardDone(BaseModel):
    """It was done."""

    status: Literal["success"] = "success"
