"""/auth/password/reset and /auth/email/verify: what is done with a code from a mail."""

from app.accounts import errors
from app.accounts.dependencies import Public
from app.accounts.routes.inputs import Recovering
from app.accounts.schemas import MailCodeBody, PasswordResetBody
from app.core.responses import documents
from app.core.routing import Router

__all__ = ["router"]

router = Router(prefix="/auth", tags=["accounts"], dependencies=[Public])


@router.post(
    "/password/reset",
    operation_id="auth_password_reset",
    status_code=204,
    responses=documents(errors.MailTokenSpent, errors.PasswordTooCommon, errors.PasswordsBusy),
)
async def reset_password(body: PasswordResetBody, recovery: Recovering) -> None:
    """Sets a new password by the code of a mail, which is used up; every session and API key ends."""
    await recovery.reset(body.token, body.new_password)


@router.post(
    "/email/verify", operation_id="auth_email_verify", status_code=204, responses=documents(errors.MailTokenSpent)
)
async def verify_email(body: MailCodeBody, recovery: Recovering) -> None:
    """Shows by the code of a mail that the address is yours."""
    await recovery.verify(body.token)
