"""Asks the vendor what became of a clip whose answer was lost, during its job and after its end."""

from collections.abc import Collection
from datetime import datetime

import structlog

from app.accounts.own_keys import resources_of
from app.core.errors import AppError
from app.generation.drafting import Drafting
from app.jobs.domain import AttemptView, JobView
from app.jobs.reconcile import CannotTell, Found, NotReceived, callback_url
from app.jobs.service import JobService
from app.projects.progress import ProgressService
from app.providers import video
from app.providers.values import AttemptKey
from app.providers.video import VideoProvider, VideoRequest
from app.resources import Resources

__all__ = ["Afterwards", "found_out"]

log = structlog.get_logger(__name__)


async def found_out(
    engine: VideoProvider, request: VideoRequest, key: AttemptKey, known: Collection[str], since: datetime
) -> Found | NotReceived | CannotTell:
    """The vendor's word on one attempt."""
    match await engine.find(key, since=since, request=request, known=known):
        case video.Found(task):
            return Found(task.id)
        case video.NotReceived():
            return NotReceived()
        case video.CannotTell():
            return CannotTell()


class Afterwards:
    """Asks once the job has ended and nothing of its run is left but its rows."""

    def __init__(self, resources: Resources, *, optimize_prompt: bool) -> None:
        self._resources = resources
        self._optimize_prompt = optimize_prompt

    async def find(
        self, attempt: AttemptView, known: frozenset[str], since: datetime
    ) -> Found | NotReceived | CannotTell:
        """The vendor's word; nobody can tell once key or segment are no longer those that the clip was ordered with."""
        try:
            async with self._resources.database.reading() as session:
                job = await JobService.over(session, self._resources).any(attempt.job_id)
            async with resources_of(self._resources, job.owner_id) as own:
                return await self._asked(own, job, attempt, known, since)
        except AppError as fault:
            log.info("attempt_not_found_out", attempt_id=attempt.id, error=fault.code)
            return CannotTell()

    async def _asked(
        self, resources: Resources, job: JobView, attempt: AttemptView, known: frozenset[str], since: datetime
    ) -> Found | NotReceived | CannotTell:
        engine = resources.engines.video(attempt.provider)
        drafting = Drafting(resources, job, optimize_prompt=self._optimize_prompt)
        async with resources.database.reading() as session:
            segment = await ProgressService.over(session, resources).segment(job.segment_id or "")
            plan = await drafting.draft(session, segment)
        if (engine.account, plan["hash"]) != (attempt.account, attempt.request_hash):
            return CannotTell()
        key = AttemptKey(attempt.id, callback_url(resources, attempt))
        return await found_out(engine, await drafting.request(plan), key, known, since)
