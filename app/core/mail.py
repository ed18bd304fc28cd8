"""Mails by SMTP, or onto the console of a development machine."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, Protocol, TextIO
from urllib.parse import SplitResult, unquote, urlsplit

import structlog
from typing_extensions import override

from app.core.errors import Unavailable
from app.core.settings import Settings
from app.core.threads import Threads

log = structlog.get_logger(__name__)
TIMEOUT_SECONDS: Final = 20.0
PORTS: Final = {"smtp": 587, "smtps": 465}
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class MailUnsent(Unavailable):
    """The mail server did not take a mail."""

    code = "mail.unsent"
    message = "The mail could not be sent now. Try again later, or ask the operator to check SMTP_URL."


class MailNotConfigured(Unavailable):
    """A production without a mail server: a code in its log would be anybody's who reads the log."""

    code = "mail.not_configured"
    message = (
        "This service sends no mail, so no code can reach you. Ask the operator for a new password, or to set SMTP_URL."
    )


@dataclass(frozen=True)
class Mail:
    """One plain-text mail."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Sends mails; MailUnsent says that it did not, MailNotConfigured that it never will."""

    async def send(self, mail: Mail) -> None:
        """Hands one mail over."""


class ConsoleMailer(Mailer):
    """Shows mails where a developer looks, whole, with the codes in them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @override
    async def send(self, mail: Mail) -> None:
        self._stream.write(f"--- mail to {mail.to}: {mail.subject}\n{mail.text}\n--- end of mail\n")
        self._stream.flush()


class NoMailer(Mailer):
    """Where a production has no mail server: codes must not stand in its logs, so nothing is sent."""

    @override
    async def send(self, mail: Mail) -> None:
        raise MailNotConfigured


class SmtpMailer(Mailer):
    """Sends through one server: TLS from the start for smtps, STARTTLS for smtp; a password never goes out openly."""

    def __init__(self, url: str, sender: str, threads: Threads, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._server = _parsed(url)
        self._sender = sender
        self._threads = threads
        self._timeout_seconds = timeout_seconds

    @override
    async def send(self, mail: Mail) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, mail.to, mail.subject
        message.set_content(mail.text)
        try:
            await self._threads.run(self._deliver, message)
        except (OSError, smtplib.SMTPException) as fault:
            log.warning("mail_unsent", fault=type(fault).__name__)
            raise MailUnsent from fault

    def _deliver(self, message: EmailMessage) -> None:
        server, tls = self._server, ssl.create_default_context()
        host, port = server.hostname or "", server.port or PORTS[server.scheme]
        if server.scheme == "smtps":
            with smtplib.SMTP_SSL(host, port, timeout=self._timeout_seconds, context=tls) as secure:
                self._hand_over(secure, message)
            return
        with smtplib.SMTP(host, port, timeout=self._timeout_seconds) as connection:
            connection.ehlo()
            if connection.has_extn("starttls"):
                connection.starttls(context=tls)
                connection.ehlo()
            elif host not in LOOPBACK:
                raise smtplib.SMTPNotSupportedError
            self._hand_over(connection, message)

    def _hand_over(self, connection: smtplib.SMTP, message: EmailMessage) -> None:
        if self._server.username:
            connection.login(unquote(self._server.username), unquote(self._server.password or ""))
        connection.send_message(message)


def mailer_of(settings: Settings, threads: Threads, console: TextIO) -> Mailer:
    """The mailer that the settings ask for."""
    url = settings.security.smtp_url.get_secret_value()
    if url:
        return SmtpMailer(url, sender_of(settings), threads)
    return NoMailer() if settings.is_production() else ConsoleMailer(console)


def can_send(settings: Settings) -> bool:
    """Whether a mail goes anywhere: to a server, or in development onto the console."""
    return settings.has_mail_server() or not settings.is_production()


def sender_of(settings: Settings) -> str:
    """Who mails come from."""
    host = urlsplit(settings.server.public_base_url).hostname or "localhost"
    return settings.security.mail_from or f"{settings.server.app_name} <noreply@{host}>"


def _parsed(url: str) -> SplitResult:
    server = urlsplit(url)
    if server.scheme not in PORTS or not server.hostname:
        message = "SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465"
        raise ValueError(message)
    return server
