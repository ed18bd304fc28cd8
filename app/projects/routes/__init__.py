"""HTTP of projects and segments under /api/v1."""

from app.core.routing import Router
from app.projects.routes import projects, segments, uploads

__all__ = ["router"]

router = Router()
router.include(projects.router)
router.include(segments.router)
router.include(uploads.router)
