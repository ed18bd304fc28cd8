"""The slideshow studio's contract at /studio-api: the guide's paths and the newer ones."""

from fastapi import APIRouter

from app.api.dialects.slideshow import making, options, projects, youtube

__all__ = ["router"]

router = APIRouter(prefix="/studio-api", tags=["slideshow studio"])
for part in (projects, options, making, youtube):
    router.include_router(part.router)
