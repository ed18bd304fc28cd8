"""mail.send and secrets.reseal: sends a code by mail; seals stored secrets with the present key."""

from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.accounts.values import MailPurpose
from app.jobs.context import Work
from app.jobs.handlers import JobHandler, NoParams
from app.jobs.values import Lane
from app.notifications.mails import SEND_KIND, send_code
from app.notifications.secrets import reseal_all

__all__ = ["MailParams", "ResealSecrets", "SendMail"]


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
    async def run(self, work: Work, params: MailParams) -> dict[str, JsonValue]:
        await work.stage("sending", progress=10)
        return {"sent": await work.step("send", send_code, work.resources, params.user_id, params.purpose)}


class ResealSecrets(JobHandler[NoParams]):
    """After a change of SECRET_KEY everything is sealed anew, so that the earlier key can be thrown away."""

    kind: ClassVar[str] = "secrets.reseal"
    label: ClassVar[str] = "Seal stored secrets with the present key"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    @override
    async def run(self, work: Work, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("sealing", progress=10)
        return {"sealed": await work.step("seal", reseal_all, work.resources)}
