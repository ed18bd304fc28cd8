"""Jobs and paid calls of anybody, as administrators stop and answer them; every act stands in the audit log."""

from dataclasses import replace
from typing import Self

from app.administration.accounts import Act
from app.audit.service import AuditLog
from app.core.database import Session
from app.jobs.domain import JobView
from app.jobs.errors import AttemptNotAsked
from app.jobs.service import JobService
from app.jobs.settlement import JobControl
from app.resources import Resources


class WorkAdministration:
    """Changes work of others on one session."""

    def __init__(self, session: Session, resources: Resources, act: Act) -> None:
        self._session, self._resources = session, resources
        self._jobs = JobService.over(session, resources)
        self._control = JobControl.over(session, resources)
        self._log = AuditLog.over(session, resources.clock)
        self._act = act

    @classmethod
    def over(cls, session: Session, resources: Resources, act: Act) -> Self:
        """The service on this session, for one act."""
        return cls(session, resources, act)

    def because(self, reason: str) -> Self:
        """The same service, whose acts are kept with this reason."""
        return self.over(self._session, self._resources, replace(self._act, reason=reason))

    async def cancel(self, job_id: str) -> JobView:
        """Stops a job and all that it has started."""
        job = await self._jobs.any(job_id)
        stopped = await self._control.cancel(job)
        await self._log.record(
            self._act.actor, "job.cancel", f"job:{job.id}", self._act.reason, owner_id=job.owner_id, kind=job.kind
        )
        return stopped

    async def answer(self, attempt_id: str, choice: str) -> JobView:
        """The word on a paid call of which nobody can tell whether it was charged."""
        attempt = await self._jobs.attempt(attempt_id)
        job = await self._jobs.any(attempt.job_id)
        if job.question is None or job.question.attempt_id != attempt_id:
            raise AttemptNotAsked
        answered = await self._control.answer(job, choice)
        await self._log.record(
            self._act.actor,
            "attempt.answer",
            f"attempt:{attempt_id}",
            self._act.reason,
            choice=choice,
            job_id=job.id,
            owner_id=job.owner_id,
            provider=attempt.provider,
        )
        return answered
