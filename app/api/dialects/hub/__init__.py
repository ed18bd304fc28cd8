"""The film-studio client's face (client D): title and script in, bare lists out, jobs by its exact steps."""

from app.api.dialects.hub import jobs, people, projects
from app.core.routing import Router

__all__ = ["router"]

router = Router(prefix="/hub/api/v1", tags=["hub"])
router.include(people.router)
router.include(people.identity)
router.include(projects.router)
router.include(jobs.router)
