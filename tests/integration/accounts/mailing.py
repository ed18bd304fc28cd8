"""A letterbox in the place of a mail server, a clock that can be put forward, and jobs that send what was ordered."""

from datetime import datetime, timedelta

from typing_extensions import override

from app.accounts.domain import SYSTEM_ACCOUNT
from app.core.clock import SystemClock
from app.core.mail import Mail, MailUnsent
from app.core.pagination import Window
from app.jobs.domain import JobFilter, JobView
from app.jobs.repository import JobRepository
from app.jobs.runner import JobRunner
from app.jobs.settlement import JobRuntime
from app.notifications.jobs import SendMail, SendNotice
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from tests.doubles.context import RememberingContext


class ShiftedClock(SystemClock):
    """The real clock, put forward."""

    ahead = timedelta(0)

    @override
    def now(self) -> datetime:
        return super().now() + self.ahead

    @override
    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.2))


class Letterbox:
    """Keeps mails; refuses as many as it was told to."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.refusals = 0

    async def send(self, mail: Mail) -> None:
        if self.refusals:
            self.refusals -= 1
            raise MailUnsent
        self.mails.append(mail)

    def code(self) -> str:
        return self.mails[-1].text.split("\n\n")[2]


def with_mail_jobs(resources: Resources) -> Resources:
    """The same resources, whose jobs can be run by `send_all`."""
    resources.provide(JobRuntime(resources, [SendMail(), SendNotice()], LedgerBudget(resources)))
    return resources


async def orders(resources: Resources) -> list[JobView]:
    async with resources.database.reading() as session:
        page, _ = await JobRepository(session, resources.clock).listed(SYSTEM_ACCOUNT, JobFilter(), Window())
        mails = (SendMail.kind, SendNotice.kind)
        return [job for job in page.items if job.kind in mails and not job.is_final]


async def send_all(resources: Resources) -> None:
    for job in reversed(await orders(resources)):
        await JobRunner(resources, resources.provided(JobRuntime))(job.id, RememberingContext(job.id, {}))
