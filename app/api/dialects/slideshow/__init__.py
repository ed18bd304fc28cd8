"""The slideshow studio's contract at /studio-api: the guide's paths and the newer ones."""

from app.api.dialects.slideshow import routes
from app.core.routing import Router

__all__ = ["router"]
router = Router(prefix="/studio-api", tags=["slideshow studio"])
for part in (routes.project_router, routes.option_router, routes.making_router, routes.youtube_router):
    router.include(part)
