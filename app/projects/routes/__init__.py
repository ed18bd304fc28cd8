"""HTTP of projects and segments under /api/v1."""

from fastapi import APIRouter

from app.projects.routes import projects, segments, uploads

__all__ = ["router"]

router = APIRouter()
router.include_router(projects.router)
router.include_router(segments.router)
router.include_router(uploads.router)
