"""/auth: register, sign in, refresh and sign out; mailed codes, second factor and OpenID Connect."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import errors
from app.accounts.dependencies import (
    CallerDep,
    Public,
    ResourcesDep,
    SessionUser,
    clear_session_cookie,
    set_session_cookie,
)
from app.accounts.oidc import BEGUN_SECONDS, BroughtBack, oidc_provider
from app.accounts.routes.dependencies import (
    LOGIN_BODY,
    NO_REGISTRATION,
    NO_SIGN_IN,
    AvatarLinksDep,
    Leaving,
    Passwording,
    Recovering,
    RenewedAccount,
    SecondFactorReading,
    SentLogin,
    SigningIn,
)
from app.accounts.schemas import (
    LoginForm,
    MailCodeBody,
    PasswordResetBody,
    RefreshBody,
    RegisterBody,
    TokensRead,
    TotpConfirmBody,
    TotpConfirmed,
    TotpOffBody,
    TotpRead,
    TotpSetup,
    TotpSetupBody,
    UserRead,
)
from app.core.errors import NotSignedIn
from app.core.routing import Router, alias_of, documents

session_router = Router(prefix="/auth", tags=["accounts"], dependencies=[Public])


@session_router.post(
    "/register",
    operation_id="auth_register",
    status_code=201,
    responses=NO_REGISTRATION,
)
async def register(wish: RegisterBody, passwords: Passwording, links: AvatarLinksDep) -> UserRead:
    """Makes an account; sign in afterwards."""
    return UserRead.of(await passwords.register(wish.as_wish()), links)


@session_router.post("/login", operation_id="auth_login", openapi_extra=LOGIN_BODY, responses=NO_SIGN_IN)
async def log_in(
    login: SentLogin, caller: CallerDep, service: SigningIn, links: AvatarLinksDep, request: Request, response: Response
) -> TokensRead:
    """Opens a session for the right password; takes the OAuth2 form of `/auth/token` too."""
    signed_in = await service.sign_in(login, caller)
    set_session_cookie(request, response, signed_in)
    return TokensRead.of(signed_in, links)


@session_router.post("/token", operation_id="auth_token", openapi_extra=alias_of("auth_login"), responses=NO_SIGN_IN)
async def token(
    form: Annotated[LoginForm, Form()],
    caller: CallerDep,
    service: SigningIn,
    links: AvatarLinksDep,
    request: Request,
    response: Response,
) -> TokensRead:
    """The same as /auth/login, by the OAuth2 password form only."""
    signed_in = await service.sign_in(form.as_login(), caller)
    set_session_cookie(request, response, signed_in)
    return TokensRead.of(signed_in, links)


@session_router.post(
    "/refresh",
    operation_id="auth_refresh",
    responses=documents(errors.RefreshRefused, errors.TokenRefused, errors.AccountClosed, NotSignedIn),
)
async def refresh(
    account: RenewedAccount,
    caller: CallerDep,
    service: SigningIn,
    links: AvatarLinksDep,
    response: Response,
    body: RefreshBody | None = None,
) -> TokensRead:
    """A new pair for a refresh token, which is used up by it; or a new access token for a valid one."""
    response.headers["Cache-Control"] = "no-store"
    return TokensRead.of(await service.go_on(body.refresh_token if body else None, account, caller), links)


@session_router.post(
    "/logout",
    operation_id="auth_logout",
    status_code=204,
    responses=documents(errors.TokenRefused, errors.OriginNotAllowed, NotSignedIn),
)
async def log_out(account: Leaving, service: SigningIn, request: Request, response: Response) -> None:
    """Ends the session with all its tokens and takes the cookie back."""
    clear_session_cookie(request, response)
    await service.sign_out(account)


recovery_router = Router(prefix="/auth", tags=["accounts"], dependencies=[Public])


@recovery_router.post(
    "/password/reset",
    operation_id="auth_password_reset",
    status_code=204,
    responses=documents(errors.MailTokenSpent, errors.PasswordTooCommon, errors.PasswordsBusy),
)
async def reset_password(body: PasswordResetBody, recovery: Recovering) -> None:
    """Sets a new password by the code of a mail, which is used up; every session and API key ends."""
    await recovery.reset(body.token, body.new_password)


@recovery_router.post(
    "/email/verify", operation_id="auth_email_verify", status_code=204, responses=documents(errors.MailTokenSpent)
)
async def verify_email(body: MailCodeBody, recovery: Recovering) -> None:
    """Shows by the code of a mail that the address is yours."""
    await recovery.verify(body.token)


totp_router = Router(prefix="/auth/totp", tags=["accounts"])
NO_PROOF = (errors.WrongPassword, errors.NoPassword, errors.TooManySignIns, errors.PasswordsBusy, errors.SignInNeeded)
UNSTORED = {"Cache-Control": "no-store"}


@totp_router.get("", operation_id="totp_read", responses=documents(errors.SignInNeeded))
async def read(account: SessionUser, factors: SecondFactorReading) -> TotpRead:
    """Whether signing in asks for a code, and how many recovery codes are left."""
    return TotpRead.model_validate(await factors.shown(account.id))


@totp_router.post("/setup", operation_id="totp_setup", responses=documents(errors.SecondFactorOn, *NO_PROOF))
async def set_up(
    account: SessionUser, body: TotpSetupBody, caller: CallerDep, passwords: Passwording, response: Response
) -> TotpSetup:
    """Makes a secret for an authenticator app; nothing is asked for until a code confirms it."""
    response.headers.update(UNSTORED)
    made = await passwords.begin_second_factor(account, body.current_password, caller)
    return TotpSetup(secret=made.secret, url=made.address)


@totp_router.post(
    "/confirm",
    operation_id="totp_confirm",
    responses=documents(errors.CodeWrong, errors.SecondFactorOff, errors.SecondFactorOn, errors.SignInNeeded),
)
async def confirm(
    account: SessionUser, body: TotpConfirmBody, passwords: Passwording, response: Response
) -> TotpConfirmed:
    """Asks for codes from now on; the recovery codes are shown in this answer and never again."""
    response.headers.update(UNSTORED)
    return TotpConfirmed(recovery_codes=list(await passwords.confirm_second_factor(account, body.code)))


@totp_router.post(
    "/disable",
    operation_id="totp_disable",
    status_code=204,
    responses=documents(errors.CodeWrong, errors.SecondFactorOff, *NO_PROOF),
)
async def turn_off(account: SessionUser, body: TotpOffBody, caller: CallerDep, passwords: Passwording) -> None:
    """Asks for no code any more, for the password and a code."""
    await passwords.turn_second_factor_off(account, body.as_proof(), caller)


oidc_router = Router(prefix="/auth/oidc", tags=["accounts"], dependencies=[Public])
COOKIE = "avc_oidc"
COOKIE_PATH = "/api/v1/auth/oidc"
HOME = "/"
SEE_OTHER = 303


@oidc_router.get(
    "/login",
    summary="Log In",
    operation_id="oidc_log_in",
    status_code=SEE_OTHER,
    response_class=RedirectResponse,
    responses=documents(errors.OidcOff, errors.OidcUnavailable),
)
async def log_in_by_provider(
    resources: ResourcesDep, invitation: Annotated[str, Query(max_length=200)] = ""
) -> RedirectResponse:
    """Sends the browser to the provider, where the person signs in."""
    address, begun = await resources.once(oidc_provider).begin(invitation)
    reply = RedirectResponse(address, status_code=SEE_OTHER, headers={"Cache-Control": "no-store"})
    reply.set_cookie(
        COOKIE,
        begun,
        max_age=BEGUN_SECONDS,
        path=COOKIE_PATH,
        httponly=True,
        samesite="lax",
        secure=urlsplit(resources.settings.server.public_base_url).scheme == "https",
    )
    return reply


@oidc_router.get(
    "/callback",
    operation_id="oidc_callback",
    status_code=SEE_OTHER,
    response_class=RedirectResponse,
    responses=documents(
        errors.OidcOff,
        errors.OidcRefused,
        errors.OidcUnavailable,
        errors.AccountInactive,
        errors.RegistrationClosed,
        errors.InvitationNeeded,
        errors.InvitationSpent,
    ),
)
async def come_back(
    request: Request,
    resources: ResourcesDep,
    caller: CallerDep,
    service: SigningIn,
    code: Annotated[str, Query(max_length=4096)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> RedirectResponse:
    """Signs in whom the provider names, by cookie, and goes on to the pages of this service."""
    back = BroughtBack(code, state, request.cookies.get(COOKIE, ""))
    signed_in = await service.sign_in_by_oidc(resources.once(oidc_provider), back, caller)
    reply = RedirectResponse(HOME, status_code=SEE_OTHER)
    set_session_cookie(request, reply, signed_in)
    reply.delete_cookie(COOKIE, path=COOKIE_PATH)
    return reply
