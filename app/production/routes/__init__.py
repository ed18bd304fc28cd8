"""HTTP of production: films and their segments, and one-shot videos."""

from fastapi import APIRouter

from app.production.routes import films, videos

__all__ = ["router"]

router = APIRouter()
router.include_router(films.router)
router.include_router(videos.router)
