"""What the routes of accounts are given: services, links, and a login as form or as JSON."""

from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.accounts import errors
from app.accounts.api_keys import KeyService
from app.accounts.avatar import Avatars
from app.accounts.avatar_links import AvatarLinks
from app.accounts.credentials import Credentials
from app.accounts.dependencies import BearerToken, ResourcesDep, check_cookie_origin, session_cookie
from app.accounts.domain import Account, Login
from app.accounts.identity import Identities
from app.accounts.provider_keys import OwnKeys
from app.accounts.recovery import Recovery
from app.accounts.schemas import LoginBody, LoginForm
from app.accounts.second_factor import SecondFactors
from app.accounts.service import AccountService, InvitationService
from app.accounts.sessions import OwnSessions
from app.accounts.sign_in import SignIn
from app.core.dependencies import TEXT_FORM, ReadSession, SessionDep
from app.core.errors import NotSignedIn
from app.core.routing import documents

ModelT = TypeVar("ModelT", LoginBody, LoginForm)
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
JSON_TYPES = ("application/json", "")
NO_REGISTRATION = documents(
    errors.Taken,
    errors.PasswordTooCommon,
    errors.PasswordsBusy,
    errors.RegistrationClosed,
    errors.InvitationNeeded,
    errors.InvitationSpent,
)
NO_SIGN_IN = documents(
    errors.WrongLogin,
    errors.AccountInactive,
    errors.CodeNeeded,
    errors.WrongCode,
    errors.TooManySignIns,
    errors.PasswordsBusy,
)
LOGIN_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/LoginBody"},
                "example": {"email": "ada@example.com", "password": "three small green apples"},
            },
        },
    }
}


async def sent_login(request: Request) -> Login:
    """Name and password, sent as the OAuth2 form or as JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in FORM_TYPES:
        fields = await request.form(**TEXT_FORM)
        return _validated(LoginForm, dict(fields)).as_login()
    if kind in JSON_TYPES:
        return _validated(LoginBody, await _json(request)).as_login()
    raise RequestValidationError([_fault("send JSON, or a form with username and password")])


async def leaving(request: Request, resources: ResourcesDep, bearer: BearerToken) -> Account | None:
    """Who signs out; None for a cookie that has ended already, which is then only taken back."""
    if bearer is not None:
        return await Identities.over(resources).by_bearer(bearer)
    cookie = session_cookie(request, resources)
    if not cookie:
        raise NotSignedIn
    check_cookie_origin(request, resources)
    try:
        return await Identities.over(resources).by_cookie(cookie)
    except NotSignedIn:
        return None


async def renewed_account(resources: ResourcesDep, bearer: BearerToken) -> Account | None:
    """The account of a valid access token in the header; None without a header."""
    return None if bearer is None else await Identities.over(resources).by_access_token(bearer)


async def account_service(session: SessionDep, resources: ResourcesDep) -> AccountService:
    """Accounts of this request."""
    return AccountService.over(session, resources)


async def credentials(session: SessionDep, resources: ResourcesDep) -> Credentials:
    """Passwords of this request."""
    return Credentials.over(session, resources)


async def key_service(session: SessionDep, resources: ResourcesDep) -> KeyService:
    """Changing keys in this request."""
    return KeyService.over(session, resources)


async def key_reading(session: ReadSession, resources: ResourcesDep) -> KeyService:
    """Reading keys in this request."""
    return KeyService.over(session, resources)


async def invitations_writing(session: SessionDep, resources: ResourcesDep) -> InvitationService:
    """Changing invitations in this request."""
    return InvitationService.over(session, resources)


async def invitations_reading(session: ReadSession, resources: ResourcesDep) -> InvitationService:
    """Reading invitations in this request."""
    return InvitationService.over(session, resources)


async def own_sessions_writing(session: SessionDep, resources: ResourcesDep) -> OwnSessions:
    """Ending sessions in this request."""
    return OwnSessions.over(session, resources)


async def own_sessions_reading(session: ReadSession, resources: ResourcesDep) -> OwnSessions:
    """Reading sessions in this request."""
    return OwnSessions.over(session, resources)


async def second_factor_reading(session: ReadSession, resources: ResourcesDep) -> SecondFactors:
    """Reading of second factors."""
    return SecondFactors.over(session, resources)


async def own_keys_writing(session: SessionDep, resources: ResourcesDep) -> OwnKeys:
    """Changing keys of vendors in this request."""
    return OwnKeys.over(session, resources)


async def own_keys_reading(session: ReadSession, resources: ResourcesDep) -> OwnKeys:
    """Reading which keys of vendors there are."""
    return OwnKeys.over(session, resources)


async def recovery(resources: ResourcesDep) -> Recovery:
    """Proofs by e-mail."""
    return Recovery.over(resources)


async def sign_in(resources: ResourcesDep) -> SignIn:
    """Signing in at this process."""
    return SignIn.over(resources)


async def avatars(resources: ResourcesDep) -> Avatars:
    """Pictures of people."""
    return Avatars.over(resources)


async def avatar_links(resources: ResourcesDep) -> AvatarLinks:
    """Links of the native API."""
    return AvatarLinks.over(resources)


SentLogin = Annotated[Login, Depends(sent_login)]
Leaving = Annotated[Account | None, Depends(leaving)]
RenewedAccount = Annotated[Account | None, Depends(renewed_account)]
Accounts = Annotated[AccountService, Depends(account_service)]
Passwording = Annotated[Credentials, Depends(credentials)]
Keys = Annotated[KeyService, Depends(key_service)]
KeysReading = Annotated[KeyService, Depends(key_reading)]
Invitations = Annotated[InvitationService, Depends(invitations_writing)]
InvitationsReading = Annotated[InvitationService, Depends(invitations_reading)]
OwnSessionsReading = Annotated[OwnSessions, Depends(own_sessions_reading)]
OwnSessionsWriting = Annotated[OwnSessions, Depends(own_sessions_writing)]
SecondFactorReading = Annotated[SecondFactors, Depends(second_factor_reading)]
OwnKeysReading = Annotated[OwnKeys, Depends(own_keys_reading)]
OwnKeysWriting = Annotated[OwnKeys, Depends(own_keys_writing)]
Recovering = Annotated[Recovery, Depends(recovery)]
SigningIn = Annotated[SignIn, Depends(sign_in)]
AvatarsDep = Annotated[Avatars, Depends(avatars)]
AvatarLinksDep = Annotated[AvatarLinks, Depends(avatar_links)]


async def _json(request: Request) -> object:
    try:
        said: object = await request.json()
    except (ValueError, RecursionError) as fault:
        raise RequestValidationError([_fault("the body is not JSON")]) from fault
    return said


def _in_body(wrong: ErrorDetails) -> dict[str, Any]:
    return {**wrong, "loc": ("body", *wrong["loc"]), "input": None}


def _fault(message: str) -> dict[str, Any]:
    return {"type": "value_error", "loc": ("body",), "msg": message, "input": None}


def _validated(model: type[ModelT], said: object) -> ModelT:
    try:
        return model.model_validate(said)
    except ValidationError as fault:
        raise RequestValidationError([_in_body(wrong) for wrong in fault.errors(include_input=False)]) from fault
