"""POST /content/analyze, and the verdicts that people review."""

from typing import Annotated

from fastapi import Depends, Path

from app.accounts.dependencies import AdminUser, CurrentUser, ResourcesDep
from app.accounts.errors import ScopeMissing
from app.core.dependencies import NextLink, ReadSession, SessionDep, WindowDep
from app.core.routing import Router, documents
from app.jobs.dependencies import IdempotentRoute
from app.moderation.domain import Decision
from app.moderation.errors import VerdictNotFound
from app.moderation.schemas import AnalysisBody, AnalysisRead, ReviewBody, VerdictList, VerdictRead
from app.moderation.service import ReviewService, analyze

router = Router(tags=["moderation"], route_class=IdempotentRoute)


async def review_reader(session: ReadSession, resources: ResourcesDep) -> ReviewService:
    """Reading service of this request."""
    return ReviewService.over(session, resources)


async def review_writer(session: SessionDep, resources: ResourcesDep) -> ReviewService:
    """Changing service of this request."""
    return ReviewService.over(session, resources)


Reviews = Annotated[ReviewService, Depends(review_reader)]
Reviewing = Annotated[ReviewService, Depends(review_writer)]


@router.post("/content/analyze", operation_id="content_analyze")
async def analyze_content(_user: CurrentUser, body: AnalysisBody, resources: ResourcesDep) -> AnalysisRead:
    """Whether a prompt is safe, how well it can be filmed, and what would make it better; nothing is made."""
    return await analyze(resources, body.prompt)


@router.get("/moderation/verdicts", operation_id="verdicts_list", responses=documents(ScopeMissing))
async def list_verdicts(
    _admin: AdminUser, reviews: Reviews, window: WindowDep, link: NextLink, decision: Decision | None = None
) -> VerdictList:
    """Verdicts, newest first; `decision=hold` lists what waits for a person. For admins only."""
    page, total = await reviews.listed(decision, window)
    link.point_after(page)
    return VerdictList(verdicts=[VerdictRead.model_validate(verdict) for verdict in page.items], total=total)


@router.post(
    "/moderation/verdicts/{verdict_id}",
    operation_id="verdicts_decide",
    responses=documents(VerdictNotFound, ScopeMissing),
)
async def decide_verdict(
    admin: AdminUser, verdict_id: Annotated[str, Path(max_length=36)], body: ReviewBody, reviews: Reviewing
) -> VerdictRead:
    """A person's word on a content, which counts from now on. For admins only."""
    return VerdictRead.model_validate(await reviews.decide(verdict_id, body.decision, admin.id, body.reason))
