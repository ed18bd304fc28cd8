"""Mails with codes: asked for in one way by everybody, written and sent by a job."""

import hashlib
from datetime import timedelta
from typing import Final, Self

from app.accounts.recovery import TOKEN_LIFE, Recovery, Ticket
from app.accounts.values import MailPurpose
from app.core.database import Session
from app.core.mail import Mail, MailUnsent
from app.jobs.queue import Order, Queue
from app.jobs.schedule import SYSTEM_OWNER
from app.jobs.values import Lane
from app.resources import Resources

__all__ = ["SEND_KIND", "MailDesk", "send_code"]

SEND_KIND: Final = "mail.send"
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


class MailDesk:
    """Takes wishes for mails; whether an address is known shows neither in the answer nor in its time."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._queue = Queue(session, resources)
        self._recovery = Recovery.over(resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The desk on this session."""
        return cls(session, resources)

    async def forgot(self, email: str) -> None:
        """Orders a code for a new password; for an unknown address a job that sends nothing."""
        user_id = await self._recovery.addressee(self._session, email)
        await self._order(MailPurpose.RESET, user_id or "", hashlib.sha256(email.lower().encode()).hexdigest())

    async def verify(self, user_id: str) -> None:
        """Orders a code for the user's own address."""
        await self._order(MailPurpose.VERIFY, user_id, user_id)

    async def _order(self, purpose: MailPurpose, user_id: str, mark: str) -> None:
        # The service owns the job: its list shows nobody who asked for what.
        await self._queue.enqueue(
            Order(
                owner_id=SYSTEM_OWNER,
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
    mail = written(resources, ticket, purpose)
    for pause in PAUSES_SECONDS:
        try:
            await resources.mailer.send(mail)
        except MailUnsent:
            await resources.clock.sleep(pause)
        else:
            return True
    await resources.mailer.send(mail)
    return True


def written(resources: Resources, ticket: Ticket, purpose: MailPurpose) -> Mail:
    """The mail in the service's own language."""
    settings = resources.settings
    language = POLISH if settings.projects.default_language == POLISH else "en"
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
