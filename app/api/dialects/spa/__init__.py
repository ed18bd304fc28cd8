"""The creator SPA's face (client A): camelCase, statuses its page knows, long work held to its end."""

from app.api.dialects.spa import routes
from app.core.routing import Router

__all__ = ["router"]
router = Router(prefix="/spa/api/v1", tags=["spa"])
router.include(routes.people_router)
router.include(routes.identity)
router.include(routes.project_router)
router.include(routes.segment_router)
router.include(routes.generation_router)
router.include(routes.upload_router)
router.include(routes.voice_router)
