"""Jobs that buy one thing each: through the attempts ledger, and naively."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, JsonValue

from app.core.http import OutboundClient, OutboundFailed, OutboundRequest
from app.jobs.attempts import PaidCall
from app.jobs.domain import AttemptView, JobStatus, JobView, Lane
from app.jobs.handlers import Ending, JobHandler, JobRun
from app.jobs.persistence import VendorAnswer
from app.jobs.reconcile import AttemptFound, AttemptNotReceived, AttemptUnclear, Inquiry
from app.providers.errors import OutcomeUnknown, RateLimited, Unreachable
from tests.faults.points import Points
from tests.faults.vendor import CHEAPEST_MICRO_USD

NAME = "faults"
SEND_SECONDS = 0.4
VISIBLE_AFTER_SECONDS = 1.5
PARK_SECONDS = 30.0
LOOK_SECONDS = 0.1


class VendorClient:
    """Speaks to the stand-in vendor through the service's own outbound client."""

    def __init__(self, address: str, points: Points) -> None:
        self._http = OutboundClient(base_url=address)
        self._points = points

    async def submit(self, account: str, job_id: str, attempt_id: str) -> str:
        self._points.reach("post.before")
        order: JsonValue = {"job_id": job_id, "attempt_id": attempt_id}
        request = OutboundRequest("POST", f"/{account}/tasks", body=order, total_seconds=10)
        try:
            reply = await self._http.send(request)
        except OutboundFailed as fault:
            kind = OutcomeUnknown if fault.maybe_sent else Unreachable
            raise kind(provider=NAME) from fault
        self._points.reach("post.after")
        if reply.status == 429:
            raise RateLimited(provider=NAME, retry_after_seconds=0)
        return str(_document(reply.content)["task_id"])

    async def ids(self, account: str, since: datetime) -> frozenset[str]:
        try:
            document = await self._http.get_json(f"/{account}/tasks/since/{since.timestamp()}")
        except OutboundFailed as fault:
            raise Unreachable(provider=NAME) from fault
        return frozenset(document["tasks"])

    async def bill(self, account: str, task_id: str) -> int | None:
        try:
            document = await self._http.get_json(f"/{account}/tasks/{task_id}")
        except OutboundFailed:
            return None
        return int(document["charged_micro_usd"]) if document["status"] == "succeeded" else None

    async def close(self) -> None:
        await self._http.close()


class BuyParams(BaseModel):
    """Which of the vendor's accounts pays."""

    account: str


class Buy(JobHandler[BuyParams]):
    """Stage, buy, wait for the vendor, settle the bill."""

    kind: ClassVar[str] = "faults.buy"
    label: ClassVar[str] = "Buy one thing"
    lane: ClassVar[Lane] = Lane.REMOTE
    startable: ClassVar[bool] = True
    every: ClassVar[timedelta | None] = None
    params = BuyParams

    def __init__(self, vendor: VendorClient, points: Points, grace_seconds: float) -> None:
        self._vendor = vendor
        self._points = points
        self._grace_seconds = grace_seconds

    async def run(self, work: JobRun, params: BuyParams) -> dict[str, JsonValue]:
        await work.stage("buying", progress=20, status=JobStatus.GENERATING_VIDEO)
        account = params.account

        async def send(attempt: AttemptView) -> VendorAnswer:
            return VendorAnswer(await self._vendor.submit(account, work.job.id, attempt.id))

        asked = self._asked(account)
        bought = await work.buy(asked.call, send, asked.find)
        until = work.job.deadline_at or work.job.created_at
        look = (self._vendor.bill, account, bought.remote_id or "")
        bill = await work.wait("poll", *look, every_seconds=LOOK_SECONDS, until=until)
        await work.stage("booking", progress=80)
        await work.settle(bought, bill)
        self._points.reach("settled")
        return {"task_id": bought.remote_id}

    def inquiry(self, params: BuyParams, attempt: AttemptView) -> Inquiry:
        return self._asked(params.account)

    def _asked(self, account: str) -> Inquiry:
        async def find(attempt: AttemptView, known: frozenset[str], since: datetime) -> Any:
            self._points.reach("find.before")
            orphans = await self._vendor.ids(account, since) - known
            self._points.reach("find.after")
            if len(orphans) > 1:
                return AttemptUnclear()
            return AttemptFound(*orphans) if orphans else AttemptNotReceived()

        return Inquiry(paid_call(account, self._grace_seconds), find)

    async def ended(self, session: object, job: JobView, ending: Ending) -> None:
        self._points.reach("ended")


class BuyNaively(Buy):
    """Posts within a step and trusts that a step runs once."""

    async def run(self, work: JobRun, params: BuyParams) -> dict[str, JsonValue]:
        return {"task_id": await work.step("post", self._vendor.submit, params.account, work.job.id, "none")}


def paid_call(account: str, grace_seconds: float) -> PaidCall:
    """A call whose outcome is known soon enough for a test."""
    return PaidCall(
        "video",
        NAME,
        f"{NAME}:{account}",
        "hash",
        CHEAPEST_MICRO_USD,
        exclusive=True,
        send_timeout_seconds=SEND_SECONDS,
        reply_grace_seconds=grace_seconds,
        visible_after_seconds=VISIBLE_AFTER_SECONDS,
        park_after_seconds=PARK_SECONDS,
    )


def _document(content: bytes) -> Mapping[str, Any]:
    import json

    document: Mapping[str, Any] = json.loads(content)
    return document
