"""/auth of client A: register, token, me."""

from typing import Annotated

from fastapi import Form, Request, Response

from app.accounts import errors
from app.accounts.dependencies import CallerDep, CurrentUser, Public, set_session_cookie
from app.accounts.routes.inputs import NO_REGISTRATION, NO_SIGN_IN, Passwording, SigningIn
from app.accounts.schemas import LoginForm
from app.accounts.values import SessionKind
from app.api.dialects.rules import in_both_spellings
from app.api.dialects.spa.forms import RegisterForm
from app.api.dialects.spa.patience import PatientRoute
from app.api.dialects.spa.shapes import Me, Token
from app.core.responses import documents
from app.core.routing import Router

__all__ = ["identity", "router"]

router = Router(prefix="/auth", dependencies=[Public], route_class=PatientRoute)
# The page asks here first and must be told at once, so this route knows no pause.
identity = Router(prefix="/auth")
PRIVATE = {"Cache-Control": "private, no-store"}


@router.post(
    "/register",
    operation_id="spa_auth_register",
    status_code=201,
    responses=NO_REGISTRATION,
)
async def register(wish: RegisterForm, passwords: Passwording) -> Me:
    """Makes an account; the page then signs in by itself."""
    return Me.of(await passwords.register(wish.as_wish()))


@router.post(
    "/token",
    operation_id="spa_auth_token",
    response_model=Token,
    responses=NO_SIGN_IN,
)
async def token(form: Annotated[LoginForm, Form()], caller: CallerDep, facade: SigningIn, request: Request) -> Response:
    """Signs in for a day; the token stands there under both spellings."""
    signed_in = await facade.sign_in(form.as_login(), caller, kind=SessionKind.CLIENT)
    reply = in_both_spellings(Token.of(signed_in))
    set_session_cookie(request, reply, signed_in)
    return reply


@identity.get("/me", operation_id="spa_auth_me", responses=documents(errors.TokenRefused, errors.AccountClosed))
async def me(account: CurrentUser, response: Response) -> Me:
    """Who is signed in; a bad token is refused at once."""
    response.headers.update(PRIVATE)
    return Me.of(account)
