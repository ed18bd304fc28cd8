"""/auth of client D: register, login, me."""

from fastapi import Request, Response

from app.accounts import errors
from app.accounts.dependencies import CallerDep, CurrentUser, Public, set_session_cookie
from app.accounts.routes.inputs import LOGIN_BODY, NO_REGISTRATION, NO_SIGN_IN, Passwording, SigningIn
from app.accounts.values import SessionKind
from app.api.dialects.hub.dependencies import HubLogin
from app.api.dialects.hub.forms import HubRegister
from app.api.dialects.hub.shapes import HubPerson, HubToken
from app.core.responses import documents
from app.core.routing import Router

__all__ = ["identity", "router"]

router = Router(prefix="/auth", dependencies=[Public])
identity = Router(prefix="/auth")
PRIVATE = {"Cache-Control": "private, no-store"}


@router.post(
    "/register",
    operation_id="hub_auth_register",
    status_code=201,
    responses=NO_REGISTRATION,
)
async def register(wish: HubRegister, passwords: Passwording) -> HubPerson:
    """Makes an account; sign in afterwards."""
    return HubPerson.of(await passwords.register(wish.as_wish()))


@router.post(
    "/login",
    operation_id="hub_auth_login",
    openapi_extra=LOGIN_BODY,
    responses=NO_SIGN_IN,
)
async def log_in(
    login: HubLogin, caller: CallerDep, facade: SigningIn, request: Request, response: Response
) -> HubToken:
    """Signs in for a day; takes name and password in the query, as a form or as JSON."""
    signed_in = await facade.sign_in(login, caller, kind=SessionKind.CLIENT)
    set_session_cookie(request, response, signed_in)
    return HubToken.of(signed_in)


@identity.get("/me", operation_id="hub_auth_me", responses=documents(errors.TokenRefused, errors.AccountClosed))
async def me(account: CurrentUser, response: Response) -> HubPerson:
    """Who is signed in."""
    response.headers.update(PRIVATE)
    return HubPerson.of(account)
