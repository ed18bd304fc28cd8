"""Mails with codes and notices to owners: ordered in one way by everybody, written and sent by jobs."""

import hashlib
from datetime import timedelta
from typing import Final, Self

import structlog

from app.accounts.domain import SYSTEM_ACCOUNT, MailPurpose, Notice, UserView
from app.accounts.recovery import TOKEN_LIFE, Recovery, Ticket
from app.accounts.service import OwnerNotices
from app.core.database import Session
from app.core.mail import Mail, MailNotConfigured, MailUnsent, can_send
from app.jobs.domain import Lane
from app.jobs.errors import QueueFull, TooManyJobs
from app.jobs.queue import JobQueue, Order
from app.resources import Resources

log = structlog.get_logger(__name__)
SEND_KIND: Final = "mail.send"
NOTICE_KIND: Final = "mail.notice"
# What the seal of a recipient is bound to: a job's parameters are shown to administrators, addresses are not.
RECIPIENT: Final = "mail_recipient"
PAUSES_SECONDS: Final = (2.0, 10.0)
POLISH: Final = "pl"
SUBJECTS: Final = {
    ("en", MailPurpose.RESET): "Your code for a new password",
    ("en", MailPurpose.VERIFY): "Your code to confirm this address",
    ("pl", MailPurpose.RESET): "Kod do ustawienia nowego hasła",
    ("pl", MailPurpose.VERIFY): "Kod potwierdzający ten adres",
}
TEXTS: Final = {
    "en": "Hello{name},\n\n{what} at {app}. The code is valid for {minutes} minutes and works once:\n\n{token}\n\n"
    "{link}If this was not you, do nothing: without the code nothing changes.\n",
    "pl": "Dzień dobry{name},\n\n{what} w {app}. Kod jest ważny {minutes} minut i działa jeden raz:\n\n{token}\n\n"
    "{link}Jeśli to nie Ty, nie rób nic: bez kodu nic się nie zmieni.\n",
}
WHATS: Final = {
    ("en", MailPurpose.RESET): "somebody asked for a new password for your account",
    ("en", MailPurpose.VERIFY): "please confirm that this is your address",
    ("pl", MailPurpose.RESET): "ktoś poprosił o nowe hasło do Twojego konta",
    ("pl", MailPurpose.VERIFY): "potwierdź, że to Twój adres",
}
NOTICE_SUBJECTS: Final = {"en": "Your account at {app}", "pl": "Twoje konto w {app}"}
NOTICE_TEXTS: Final = {
    "en": "Hello,\n\n{what}.\n\n{advice}\n",
    "pl": "Dzień dobry,\n\n{what}.\n\n{advice}\n",
}
CHANGED_ADVICE: Final = {
    "en": "If this was not you, ask for a new password at once and tell the operator.",
    "pl": "Jeśli to nie Ty, od razu poproś o nowe hasło i zawiadom operatora.",
}
KNOWN_ADVICE: Final = {
    "en": "If this was you, sign in, or ask for a new password. Otherwise you need do nothing.",
    "pl": "Jeśli to Ty, zaloguj się albo poproś o nowe hasło. W przeciwnym razie nie musisz nic robić.",
}
NOTICE_WHATS: Final = {
    (
        "en",
        Notice.CREDENTIAL_CHANGED,
    ): "the password of your account at {app} was changed and your other sessions ended",
    ("en", Notice.CREDENTIAL_RESET): "your account at {app} has a new password, set by a code from a mail; all its "
    "sessions and API keys ended",
    ("en", Notice.EMAIL_CHANGED): "your account at {app} now has another e-mail address, and your other sessions ended",
    ("en", Notice.ADDRESS_KNOWN): "somebody tried to register at {app} with your address; you have an account already, "
    "and nothing was changed",
    (
        "en",
        Notice.SECOND_FACTOR_ON,
    ): "signing in to your account at {app} now asks for a code of your authenticator app",
    ("en", Notice.SECOND_FACTOR_OFF): "signing in to your account at {app} no longer asks for a code",
    ("pl", Notice.CREDENTIAL_CHANGED): "hasło do Twojego konta w {app} zostało zmienione, a inne sesje zakończone",
    ("pl", Notice.CREDENTIAL_RESET): "Twoje konto w {app} ma nowe hasło, ustawione kodem z maila; wszystkie sesje "
    "i klucze API zostały zakończone",
    ("pl", Notice.EMAIL_CHANGED): "Twoje konto w {app} ma teraz inny adres e-mail, a inne sesje zostały zakończone",
    ("pl", Notice.ADDRESS_KNOWN): "ktoś próbował zarejestrować się w {app} z Twoim adresem; masz już konto i nic się "
    "nie zmieniło",
    (
        "pl",
        Notice.SECOND_FACTOR_ON,
    ): "logowanie na Twoje konto w {app} wymaga teraz kodu z aplikacji uwierzytelniającej",
    ("pl", Notice.SECOND_FACTOR_OFF): "logowanie na Twoje konto w {app} nie wymaga już kodu",
}


class MailOrders:
    """Takes wishes for mails; whether an address is known shows neither in the answer nor in its time."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._queue = JobQueue(session, resources)
        self._recovery = Recovery.over(resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """On this session."""
        return cls(session, resources)

    async def forgot(self, email: str) -> None:
        """Orders a code for a new password; for an unknown address a job that sends nothing."""
        user_id = await self._recovery.addressee(self._session, email)
        await self._order(MailPurpose.RESET, user_id or "", hashlib.sha256(email.lower().encode()).hexdigest())

    async def verify(self, user_id: str) -> None:
        """Orders a code for the user's own address."""
        await self._order(MailPurpose.VERIFY, user_id, user_id)

    async def notify(self, user: UserView, notice: Notice) -> None:
        """Orders a notice to the address that this view shows; what it tells of happens even if nobody can be told."""
        if user.email is None or not can_send(self._resources.settings):
            return
        params = {"notice": notice.value, "sealed_email": self._resources.sealer.seal(user.email, RECIPIENT)}
        order = Order(owner_id=SYSTEM_ACCOUNT, kind=NOTICE_KIND, lane=Lane.LIGHT, params=params)
        try:
            await self._queue.enqueue(order)
        except (QueueFull, TooManyJobs):
            log.warning("notice_not_ordered", user_id=user.id, notice=notice.value)

    async def _order(self, purpose: MailPurpose, user_id: str, mark: str) -> None:
        if not can_send(self._resources.settings):
            raise MailNotConfigured
        # The service owns the job: its list shows nobody who asked for what.
        await self._queue.enqueue(
            Order(
                owner_id=SYSTEM_ACCOUNT,
                kind=SEND_KIND,
                lane=Lane.LIGHT,
                params={"purpose": purpose.value, "user_id": user_id},
                same_work=f"{SEND_KIND}:{purpose.value}:{mark}",
            )
        )


async def send_code(resources: Resources, user_id: str, purpose: MailPurpose) -> bool:
    """Makes a fresh code and sends it; False when nobody is entitled to one."""
    ticket = await Recovery.over(resources).ticket(user_id, purpose) if user_id else None
    if ticket is None:
        return False
    await _send(resources, written(resources, ticket, purpose))
    return True


async def send_notice(resources: Resources, sealed_email: str, notice: Notice) -> None:
    """Tells an owner what happened to the account."""
    language, app = _language(resources), resources.settings.server.app_name
    advice = KNOWN_ADVICE if notice is Notice.ADDRESS_KNOWN else CHANGED_ADVICE
    text = NOTICE_TEXTS[language].format(what=NOTICE_WHATS[language, notice].format(app=app), advice=advice[language])
    recipient = resources.sealer.open(sealed_email, RECIPIENT)
    await _send(resources, Mail(recipient, NOTICE_SUBJECTS[language].format(app=app), text))


def owner_notices(resources: Resources) -> OwnerNotices:
    """What the accounts slice orders notices with."""

    async def order(session: Session, user: UserView, notice: Notice) -> None:
        await MailOrders.over(session, resources).notify(user, notice)

    return OwnerNotices(order)


def written(resources: Resources, ticket: Ticket, purpose: MailPurpose) -> Mail:
    """The mail in the service's own language."""
    settings = resources.settings
    language = _language(resources)
    # What stands behind # is not sent to servers, so the code stays out of their logs.
    base = settings.server.public_base_url
    link = f"{base}/#{purpose.value}={ticket.token}\n\n" if base else ""
    text = TEXTS[language].format(
        name=f" {ticket.name}" if ticket.name else "",
        what=WHATS[language, purpose],
        app=settings.server.app_name,
        minutes=TOKEN_LIFE // timedelta(minutes=1),
        token=ticket.token,
        link=link,
    )
    return Mail(ticket.email, SUBJECTS[language, purpose], text)


async def _send(resources: Resources, mail: Mail) -> None:
    for pause in PAUSES_SECONDS:
        try:
            return await resources.mailer.send(mail)
        except MailUnsent:
            await resources.clock.sleep(pause)
    return await resources.mailer.send(mail)


def _language(resources: Resources) -> str:
    return POLISH if resources.settings.projects.default_language == POLISH else "en"
