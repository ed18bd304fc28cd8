"""/auth: register, sign in, refresh, sign out."""

from typing import Annotated

from fastapi import Form, Request, Response

from app.accounts import errors
from app.accounts.dependencies import CallerDep, Public, clear_session_cookie, set_session_cookie
from app.accounts.routes.inputs import (
    LOGIN_BODY,
    NO_REGISTRATION,
    NO_SIGN_IN,
    AvatarLinksDep,
    Leaving,
    Passwording,
    RenewedAccount,
    SentLogin,
    SigningIn,
)
from app.accounts.schemas import LoginForm, RefreshBody, RegisterBody, TokensRead, UserRead
from app.core.errors import NotSignedIn
from app.core.responses import alias_of, documents
from app.core.routing import Router

__all__ = ["router"]

router = Router(prefix="/auth", tags=["accounts"], dependencies=[Public])


@router.post(
    "/register",
    operation_id="auth_register",
    status_code=201,
    responses=NO_REGISTRATION,
)
async def register(wish: RegisterBody, passwords: Passwording, links: AvatarLinksDep) -> UserRead:
    """Makes an account; sign in afterwards."""
    return UserRead.of(await passwords.register(wish.as_wish()), links)


@router.post("/login", operation_id="auth_login", openapi_extra=LOGIN_BODY, responses=NO_SIGN_IN)
async def log_in(
    login: SentLogin, caller: CallerDep, service: SigningIn, links: AvatarLinksDep, request: Request, response: Response
) -> TokensRead:
    """Opens a session for the right password; takes the OAuth2 form of `/auth/token` too."""
    signed_in = await service.sign_in(login, caller)
    set_session_cookie(request, response, signed_in)
    return TokensRead.of(signed_in, links)


@router.post("/token", operation_id="auth_token", openapi_extra=alias_of("auth_login"), responses=NO_SIGN_IN)
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


@router.post(
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


@router.post(
    "/logout",
    operation_id="auth_logout",
    status_code=204,
    responses=documents(errors.TokenRefused, errors.OriginNotAllowed, NotSignedIn),
)
async def log_out(account: Leaving, service: SigningIn, request: Request, response: Response) -> None:
    """Ends the session with all its tokens and takes the cookie back."""
    clear_session_cookie(request, response)
    await service.sign_out(account)
