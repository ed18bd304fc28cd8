"""The film-studio client's face (client D): title and script in, bare lists out, jobs by its exact steps."""

from fastapi import APIRouter

from app.api.dialects.hub import jobs, people, projects

__all__ = ["router"]

router = APIRouter(prefix="/hub/api/v1", tags=["hub"])
router.include_router(people.router)
router.include_router(people.identity)
router.include_router(projects.router)
router.include_router(jobs.router)
