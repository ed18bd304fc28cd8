"""HTTP of estimates: what a film will still cost."""

from typing import Annotated

from fastapi import Depends

from app.accounts.dependencies import OwnResources
from app.core.dependencies import ReadSession
from app.core.responses import documents
from app.core.routing import Router
from app.narration.errors import VoiceExpired, VoiceNotFound
from app.production.estimate_schemas import EstimateRead
from app.production.estimating import EstimateService
from app.projects.dependencies import OwnedProject
from app.projects.errors import ProjectNotFound
from app.providers.errors import EngineAbsent, EngineUnknown

__all__ = ["router"]

router = Router(tags=["production"])


async def estimates(session: ReadSession, resources: OwnResources) -> EstimateService:
    """Estimates of this request."""
    return EstimateService.over(session, resources)


@router.post(
    "/projects/{project_id}/estimate",
    operation_id="projects_estimate",
    responses=documents(ProjectNotFound, VoiceNotFound, VoiceExpired, EngineAbsent, EngineUnknown),
)
async def estimate(project: OwnedProject, service: Annotated[EstimateService, Depends(estimates)]) -> EstimateRead:
    """What finishing the film will cost, by work, engine and segment; starts nothing and changes nothing."""
    return EstimateRead.of(await service.estimate(project))
