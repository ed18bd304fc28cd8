"""The slideshow studio's contract at /studio-api: the guide's paths and the newer ones."""

from app.api.dialects.slideshow import making, options, projects, youtube
from app.core.routing import Router

__all__ = ["router"]

router = Router(prefix="/studio-api", tags=["slideshow studio"])
for part in (projects, options, making, youtube):
    router.include(part.router)
