"""HTTP of production: films and their segments, what they cost, what forms offer, and one-shot videos."""

from fastapi import APIRouter

from app.production.movies.routes import router as movies
from app.production.routes import archives, estimates, films, options, videos

__all__ = ["router"]

router = APIRouter()
router.include_router(archives.router)
router.include_router(films.router)
router.include_router(estimates.router)
router.include_router(videos.router)
router.include_router(movies)
router.include_router(options.router)
