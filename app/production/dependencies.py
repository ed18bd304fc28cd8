"""What a request starts, waited for as its caller prefers, and answered by what was made or by the job."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

from fastapi import Depends, Response

from app.accounts.dependencies import ResourcesDep
from app.core.database import Session
from app.core.dependencies import SessionDep
from app.core.schema import Reply
from app.jobs.dependencies import PaidRequest, Prefer
from app.jobs.replies import job_reply
from app.jobs.service import start_and_follow
from app.jobs.values import JobView
from app.production.schemas import GenerateBody, ProduceBody, RegenerateBody, SegmentTask
from app.production.service import FilmWish, ProductionService, SegmentWish
from app.production.showing import project_made, segment_made
from app.projects.values import ProjectView, SegmentView

__all__ = ["Starts", "Tasks"]


class ProductionStarts:
    """Starts in a unit of work of their own, then waits without a session."""

    def __init__(self, paid: PaidRequest, resources: ResourcesDep, prefer: Prefer) -> None:
        self._record_id = paid.record_id
        self._resources = resources
        self._prefer = prefer

    async def film(self, project: ProjectView, body: ProduceBody) -> Response:
        """The whole film."""
        wish = FilmWish(
            auto_approve=body.auto_approve, optimize_prompt=body.prompt_optimizer, record_id=self._record_id
        )

        async def start(session: Session) -> JobView:
            return await ProductionService.over(session, self._resources).begin_film(project, wish)

        return await self._answer(start, partial(project_made, self._resources, project.id))

    async def segments(self, project: ProjectView, body: GenerateBody) -> Response:
        """All approved segments."""
        wish = FilmWish(optimize_prompt=body.prompt_optimizer, record_id=self._record_id)

        async def start(session: Session) -> JobView:
            return await ProductionService.over(session, self._resources).begin_segments(project, wish)

        return await self._answer(start, partial(project_made, self._resources, project.id))

    async def anew(self, segment: SegmentView, body: RegenerateBody) -> Response:
        """A new take of one segment."""
        wish = SegmentWish(renew=body.what.parts(), optimize_prompt=body.prompt_optimizer, record_id=self._record_id)

        async def start(session: Session) -> JobView:
            return await ProductionService.over(session, self._resources).begin_segment(segment, wish)

        return await self._answer(start, partial(segment_made, self._resources, segment.id))

    async def _answer(
        self, start: Callable[[Session], Awaitable[JobView]], made: Callable[[], Awaitable[Reply]]
    ) -> Response:
        job = await start_and_follow(self._resources, start, self._prefer.seconds(0))
        return await job_reply(job, self._prefer, made)


class SegmentTasks:
    """Starts that are answered at once, in the request's own unit of work."""

    def __init__(self, paid: PaidRequest, session: SessionDep, resources: ResourcesDep) -> None:
        self._record_id = paid.record_id
        self._productions = ProductionService.over(session, resources)

    async def segment(self, segment: SegmentView, body: GenerateBody) -> SegmentTask:
        """One segment."""
        wish = SegmentWish(optimize_prompt=body.prompt_optimizer, record_id=self._record_id)
        job = await self._productions.begin_segment(segment, wish)
        return SegmentTask.of(job, segment.id, self._productions.model_of(segment))


Starts = Annotated[ProductionStarts, Depends()]
Tasks = Annotated[SegmentTasks, Depends()]
