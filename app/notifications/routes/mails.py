"""/auth/password/forgot and /auth/email/verify/request: asks for a mail with a code."""

from app.accounts.dependencies import Public, SessionUser
from app.accounts.errors import SignInNeeded
from app.accounts.schemas import PasswordForgottenBody
from app.core.mail import MailNotConfigured
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.errors import QueueFull, TooManyJobs
from app.notifications.dependencies import Mailing
from app.notifications.schemas import MailAsked

router = Router(prefix="/auth", tags=["accounts"])


@router.post(
    "/password/forgot",
    operation_id="auth_password_forgot",
    status_code=202,
    dependencies=[Public],
    responses=documents(QueueFull, TooManyJobs, MailNotConfigured),
)
async def forgot_password(body: PasswordForgottenBody, mails: Mailing) -> MailAsked:
    """Sends a code for a new password, if somebody here has this address; the answer is the same if not."""
    await mails.forgot(body.email)
    return MailAsked()


@router.post(
    "/email/verify/request",
    operation_id="auth_email_verify_request",
    status_code=202,
    responses=documents(QueueFull, TooManyJobs, SignInNeeded, MailNotConfigured),
)
async def request_verification(account: SessionUser, mails: Mailing) -> MailAsked:
    """Sends a code to your address, to show that it is yours."""
    await mails.verify(account.id)
    return MailAsked()
