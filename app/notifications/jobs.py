"""mail.send, mail.notice and secrets.reseal: sends codes and notices; seals stored secrets with the present key."""

from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.accounts.domain import MailPurpose, Notice
from app.jobs.domain import Lane
from app.jobs.handlers import JobHandler, JobRun, NoParams
from app.notifications.mails import NOTICE_KIND, SEND_KIND, send_code, send_notice
from app.notifications.signing import reseal_all


class MailParams(BaseModel):
    """Whom to send what; the code is made when it is sent and stands nowhere."""

    purpose: MailPurpose
    user_id: str = ""


class SendMail(JobHandler[MailParams]):
    """Sends one code; a run after a crash sends another, and either works."""

    kind: ClassVar[str] = SEND_KIND
    label: ClassVar[str] = "Send a mail"
    lane: ClassVar[Lane] = Lane.LIGHT
    params = MailParams

    @override
    async def run(self, work: JobRun, params: MailParams) -> dict[str, JsonValue]:
        await work.stage("sending", progress=10)
        return {"sent": await work.step("send", send_code, work.resources, params.user_id, params.purpose)}


class NoticeParams(BaseModel):
    """What is told to whom; the address is sealed."""

    notice: Notice
    sealed_email: str


class SendNotice(JobHandler[NoticeParams]):
    """Tells an owner by mail what happened to the account; a run after a crash may tell it twice."""

    kind: ClassVar[str] = NOTICE_KIND
    label: ClassVar[str] = "Send a notice"
    lane: ClassVar[Lane] = Lane.LIGHT
    params = NoticeParams

    @override
    async def run(self, work: JobRun, params: NoticeParams) -> dict[str, JsonValue]:
        await work.stage("sending", progress=10)
        await work.step("send", send_notice, work.resources, params.sealed_email, params.notice)
        return {"sent": True}


class ResealSecrets(JobHandler[NoParams]):
    """After a change of SECRET_KEY everything is sealed anew, so that the earlier key can be thrown away."""

    kind: ClassVar[str] = "secrets.reseal"
    label: ClassVar[str] = "Seal stored secrets with the present key"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("sealing", progress=10)
        return {"sealed": await work.step("seal", reseal_all, work.resources)}
