"""Mails reach a real SMTP conversation; a password never leaves in the open; refusals are named."""

import io
import socket
import threading
from collections.abc import Iterator

import pytest

from app.core.mail import ConsoleMailer, Mail, MailNotConfigured, MailUnsent, NoMailer, SmtpMailer, mailer_of
from app.core.threads import Threads
from tests.conftest import MakeSettings

MAIL = Mail("ada@example.com", "Twój kod", "Hello Ada,\n\nthe code is abc123.\n")


class PostOffice:
    """One SMTP conversation after another on loopback, in a thread; `refuses` turns every recipient away."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.mails: list[str] = []
        self.commands: list[str] = []
        self.refuses = False
        self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as wire:
                self._talk(wire)

    def _talk(self, wire: io.BufferedRWPair) -> None:
        self._say(wire, "220 office")
        while line := wire.readline().decode().strip():
            self.commands.append(line)
            verb = line.split()[0].upper()
            if verb == "RCPT" and self.refuses:
                self._say(wire, "550 nobody here")
            elif verb == "DATA":
                self._say(wire, "354 go on")
                self._take(wire)
                self._say(wire, "250 taken")
            elif verb == "QUIT":
                self._say(wire, "221 bye")
                return
            else:
                self._say(wire, "250 fine")

    def _take(self, wire: io.BufferedRWPair) -> None:
        lines = []
        while (line := wire.readline()) != b".\r\n":
            lines.append(line.decode())
        self.mails.append("".join(lines))

    def _say(self, wire: io.BufferedRWPair, line: str) -> None:
        wire.write(f"{line}\r\n".encode())
        wire.flush()


@pytest.fixture
def office() -> Iterator[PostOffice]:
    opened = PostOffice()
    yield opened
    opened.close()


@pytest.fixture
def threads() -> Iterator[Threads]:
    opened = Threads(2)
    yield opened
    opened.close()


async def test_a_mail_is_delivered(office: PostOffice, threads: Threads) -> None:
    await SmtpMailer(f"smtp://127.0.0.1:{office.port}", "Films <noreply@example.com>", threads).send(MAIL)
    (mail,) = office.mails
    assert "To: ada@example.com" in mail
    assert "the code is abc123." in mail
    assert "mail from:<noreply@example.com>" in " ".join(office.commands).lower()


async def test_a_refusal_is_named(office: PostOffice, threads: Threads) -> None:
    office.refuses = True
    with pytest.raises(MailUnsent):
        await SmtpMailer(f"smtp://127.0.0.1:{office.port}", "noreply@example.com", threads).send(MAIL)


async def test_a_server_that_is_not_there_is_named(threads: Threads) -> None:
    with pytest.raises(MailUnsent):
        await SmtpMailer("smtp://127.0.0.1:1", "noreply@example.com", threads, timeout_seconds=1).send(MAIL)


async def test_without_a_server_development_shows_mails_and_production_keeps_codes_out_of_its_logs(
    make_settings: MakeSettings, threads: Threads
) -> None:
    console = io.StringIO()
    shown = mailer_of(make_settings(), threads, console)
    assert isinstance(shown, ConsoleMailer)
    await shown.send(MAIL)
    assert "abc123" in console.getvalue()
    silent = mailer_of(make_settings(server={"app_env": "production"}), threads, console)
    assert isinstance(silent, NoMailer)
    with pytest.raises(MailNotConfigured):
        await silent.send(MAIL)


async def test_an_address_that_is_none_stops_the_start(make_settings: MakeSettings, threads: Threads) -> None:
    with pytest.raises(ValueError, match="SMTP_URL must look like"):
        mailer_of(make_settings(security={"smtp_url": "mail.example.com"}), threads, io.StringIO())


async def test_to_another_machine_nothing_is_sent_without_tls(threads: Threads) -> None:
    office = PostOffice("127.0.0.2")
    mailer = SmtpMailer(f"smtp://ada:secret@127.0.0.2:{office.port}", "noreply@example.com", threads)
    try:
        with pytest.raises(MailUnsent):
            await mailer.send(MAIL)
        assert office.mails == []
        assert not [said for said in office.commands if said.upper().startswith("AUTH")]
    finally:
        office.close()
