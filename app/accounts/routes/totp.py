"""/auth/totp: an authenticator app as second factor is set up, confirmed and turned off."""

from fastapi import Response

from app.accounts import errors
from app.accounts.dependencies import CallerDep, SessionUser
from app.accounts.routes.inputs import Passwording, SecondFactorReading
from app.accounts.schemas import TotpConfirmBody, TotpConfirmed, TotpOffBody, TotpRead, TotpSetup, TotpSetupBody
from app.core.responses import documents
from app.core.routing import Router

__all__ = ["router"]

router = Router(prefix="/auth/totp", tags=["accounts"])
NO_PROOF = (errors.WrongPassword, errors.NoPassword, errors.TooManySignIns, errors.PasswordsBusy, errors.SignInNeeded)
UNSTORED = {"Cache-Control": "no-store"}


@router.get("", operation_id="totp_read", responses=documents(errors.SignInNeeded))
async def read(account: SessionUser, factors: SecondFactorReading) -> TotpRead:
    """Whether signing in asks for a code, and how many recovery codes are left."""
    return TotpRead.model_validate(await factors.shown(account.id))


@router.post("/setup", operation_id="totp_setup", responses=documents(errors.SecondFactorOn, *NO_PROOF))
async def set_up(
    account: SessionUser, body: TotpSetupBody, caller: CallerDep, passwords: Passwording, response: Response
) -> TotpSetup:
    """Makes a secret for an authenticator app; nothing is asked for until a code confirms it."""
    response.headers.update(UNSTORED)
    made = await passwords.begin_second_factor(account, body.current_password, caller)
    return TotpSetup(secret=made.secret, url=made.address)


@router.post(
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


@router.post(
    "/disable",
    operation_id="totp_disable",
    status_code=204,
    responses=documents(errors.CodeWrong, errors.SecondFactorOff, *NO_PROOF),
)
async def turn_off(account: SessionUser, body: TotpOffBody, caller: CallerDep, passwords: Passwording) -> None:
    """Asks for no code any more, for the password and a code."""
    await passwords.turn_second_factor_off(account, body.as_proof(), caller)
