"""The film-studio client's face (client D): title and script in, bare lists out, jobs by its exact steps."""

from app.api.dialects.hub import routes
from app.core.routing import Router

__all__ = ["router"]
router = Router(prefix="/hub/api/v1", tags=["hub"])
router.include(routes.people_router)
router.include(routes.identity)
router.include(routes.project_router)
router.include(routes.job_router)
