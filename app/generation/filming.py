"""The vendor's part of one clip: bought once, looked at until it is made, taken back when nobody wants it any more."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from app.core.errors import AppError
from app.generation.inquiring import found_out
from app.generation.records import plain_task, read_task
from app.jobs import reconcile
from app.jobs.attempts import PaidCall, VendorAnswer
from app.jobs.domain import AttemptView, JobCancelled, JobFailed, failure_of
from app.jobs.handlers import PaidResult, Work
from app.jobs.persistence import passes
from app.jobs.reconcile import callback_url
from app.providers.errors import InvalidRequest, ProviderError, TaskLost, UnexpectedReply
from app.providers.values import AttemptKey
from app.providers.video import Failed, RemoteTask, Running, Succeeded, VideoProvider, VideoRequest

__all__ = ["LOOKED", "Filming"]

log = structlog.get_logger(__name__)

OPERATION = "clip"
SUBMIT_MARGIN_SECONDS = 30.0
PAUSE_SECONDS = 5
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 30.0
LOOKING, LOOKED = 20, 80
# Work of an earlier job that ends like this was taken back or forgotten, so the retry that adopted it has nothing.
GONE = frozenset({TaskLost.code, UnexpectedReply.code})

Plain = dict[str, Any]


class Filming:
    """Buys one clip for one job and waits for it."""

    def __init__(
        self, work: Work, engine: VideoProvider, plan: Plain, request: Callable[[Plain], Awaitable[VideoRequest]]
    ) -> None:
        self._work = work
        self._resources = work.resources
        self._clock = work.resources.clock
        self._engine = engine
        self._plan = plan
        self._request = request
        self._can = engine.capabilities(plan["request"]["model"])

    async def run(self) -> Succeeded:
        """The finished work; where an adopted one is gone at the vendor, the retry buys one of its own."""
        bought = await self._bought()
        await self._work.stage("rendering_clip", progress=LOOKING)
        try:
            return await self._finished(bought, "poll")
        except JobFailed as lost:
            if not (bought.is_adopted and lost.failure.code in GONE):
                raise
        log.info("adopted_clip_gone", job_id=self._work.job.id, attempt_id=bought.attempt_id)
        return await self._finished(await self._bought(gone=bought.attempt_id), "poll.again")

    async def _bought(self, *, gone: str = "") -> PaidResult:
        """What was bought; where the vendor accepts it when nobody wants it any more it is taken back."""
        try:
            return await self._buy(gone=gone)
        except JobCancelled:
            for accepted in await self._work.accepted(OPERATION):
                await self._forget(self._task(accepted))
            raise

    async def _buy(self, *, gone: str = "") -> PaidResult:
        call = PaidCall(
            operation=OPERATION,
            provider=self._engine.name,
            account=self._engine.account,
            request_hash=self._plan["hash"],
            estimated_micro_usd=self._plan["price_micro_usd"],
            exclusive=True,
            gone=gone,
            send_timeout_seconds=self._can.submit_deadline_seconds + SUBMIT_MARGIN_SECONDS,
        )
        return await self._work.buy(call, self._send, self._find)

    async def _send(self, attempt: AttemptView) -> VendorAnswer:
        try:
            request = await self._request(self._plan)
        except AppError as fault:
            if passes(fault):
                raise
            raise InvalidRequest(provider=self._engine.name, hint=fault.text) from fault
        task = await self._engine.submit(request, key=self._key(attempt))
        return VendorAnswer(task.id, plain_task(task))

    async def _find(
        self, attempt: AttemptView, known: frozenset[str], since: datetime
    ) -> reconcile.Found | reconcile.NotReceived | reconcile.CannotTell:
        try:
            request = await self._request(self._plan)
            return await found_out(self._engine, request, self._key(attempt), known, since)
        except AppError as fault:
            log.info("attempt_not_found_out", attempt_id=attempt.id, error=fault.code)
            return reconcile.CannotTell()

    async def _finished(self, bought: PaidResult, name: str) -> Succeeded:
        """Waits until the vendor has made the clip; work that nobody wants any more is taken back."""
        task = self._task(bought)
        until = max(task.submitted_at, self._work.job.created_at) + timedelta(seconds=self._can.give_up_after_seconds)
        try:
            done: Plain = await self._work.wait(
                name, self._look, task, every_seconds=SHORTEST_PAUSE_SECONDS, until=until
            )
        except JobCancelled:
            await self._forget(task)
            raise
        await self._work.settle(bought, self._plan["price_micro_usd"])
        return Succeeded(task, **done)

    async def _look(self, task: RemoteTask) -> Plain | None:
        match await self._engine.poll(task):
            case Succeeded(_, file_id, width_px, height_px):
                return {"file_id": file_id, "width_px": width_px, "height_px": height_px}
            case Failed(error):
                # The vendor's last word on this clip, whatever sort of error it gives.
                raise JobFailed(failure_of(error))
            case Running(look_again_seconds):
                await self._report(task)
                pause = min(look_again_seconds, LONGEST_PAUSE_SECONDS) - SHORTEST_PAUSE_SECONDS
                await self._clock.sleep(max(0.0, pause))
                return None

    async def _report(self, task: RemoteTask) -> None:
        """Vendors give no share of the work done, so the time that such a clip usually takes stands for it."""
        usual = max(1, self._can.usual_seconds)
        share = min(1.0, (self._clock.now() - task.submitted_at).total_seconds() / usual)
        tens = int(LOOKING + (LOOKED - LOOKING) * share) // 10 * 10
        if tens > LOOKING:
            await self._work.report(tens)

    async def _forget(self, task: RemoteTask) -> None:
        try:
            await self._engine.forget(task)
        except ProviderError as fault:
            log.info("clip_not_taken_back", task_id=task.id, error=fault.code)

    def _task(self, bought: PaidResult) -> RemoteTask:
        model = self._plan["request"]["model"]
        return read_task(bought.reply, bought.remote_id or "", model, self._work.job.created_at)

    def _key(self, attempt: AttemptView) -> AttemptKey:
        return AttemptKey(attempt.id, callback_url(self._resources, attempt))
