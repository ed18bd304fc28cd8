"""What became of paid calls whose jobs have ended: the vendor charges for them all the same."""

import structlog
from pydantic import ValidationError

from app.jobs.domain import AttemptView, JobView
from app.jobs.handlers import Handlers, Inquirer
from app.jobs.reconcile import PARKED_LOOK_EVERY, Inquiry, Reconciler
from app.jobs.repository import AttemptRepository, JobRepository
from app.resources import Resources

__all__ = ["Aftermath"]

log = structlog.get_logger(__name__)


class Aftermath:
    """Climbs the ladder for unknown outcomes that no run waits for any more."""

    def __init__(self, resources: Resources, handlers: Handlers, reconciler: Reconciler) -> None:
        self._resources = resources
        self._handlers = handlers
        self._reconciler = reconciler
        self._after = ""

    async def sweep(self, limit: int = 100) -> int:
        """Looks once for each; says how many it looked at. What stays open hides nothing that comes after it."""
        clock = self._resources.clock
        async with self._resources.database.reading() as session:
            open_ones = await AttemptRepository(session, clock).unexplained_of_ended(
                limit, parked_before=clock.now() - PARKED_LOOK_EVERY, after=self._after
            )
            jobs = {a.job_id: await JobRepository(session, clock).view(a.job_id) for a in open_ones}
        self._after = open_ones[-1].id if len(open_ones) == limit else ""
        for attempt in open_ones:
            job = jobs[attempt.job_id]
            if job is not None:
                inquiry = self._inquiry(job, attempt)
                await self._reconciler.climb(job, attempt, inquiry.call, inquiry.find)
        return len(open_ones)

    def _inquiry(self, job: JobView, attempt: AttemptView) -> Inquiry:
        handler = self._handlers.kinds().get(job.kind)
        if isinstance(handler, Inquirer):
            try:
                return handler.inquiry(handler.params.model_validate(job.params), attempt)
            except ValidationError:
                # The params are of an earlier version; the owner is asked in the end.
                log.warning("inquiry_impossible", job_id=job.id, kind=job.kind)
        return Inquiry.about(attempt)
