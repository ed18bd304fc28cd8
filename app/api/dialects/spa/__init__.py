"""The creator SPA's face (client A): camelCase, statuses its page knows, long work held to its end."""

from fastapi import APIRouter

from app.api.dialects.spa import generation, people, projects, segments, uploads, voices

__all__ = ["router"]

router = APIRouter(prefix="/spa/api/v1", tags=["spa"])
router.include_router(people.router)
router.include_router(people.identity)
router.include_router(projects.router)
router.include_router(segments.router)
router.include_router(generation.router)
router.include_router(uploads.router)
router.include_router(voices.router)
