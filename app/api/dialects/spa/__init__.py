"""The creator SPA's face (client A): camelCase, statuses its page knows, long work held to its end."""

from app.api.dialects.spa import generation, people, projects, segments, uploads, voices
from app.core.routing import Router

__all__ = ["router"]

router = Router(prefix="/spa/api/v1", tags=["spa"])
router.include(people.router)
router.include(people.identity)
router.include(projects.router)
router.include(segments.router)
router.include(generation.router)
router.include(uploads.router)
router.include(voices.router)
