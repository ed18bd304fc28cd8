"""HTTP of production: films and their segments, what they cost, what forms offer, and one-shot videos."""

from app.core.routing import Router
from app.production.movies.routes import router as movies
from app.production.routes import archives, estimates, films, options, videos

__all__ = ["router"]

router = Router()
router.include(archives.router)
router.include(films.router)
router.include(estimates.router)
router.include(videos.router)
router.include(movies)
router.include(options.router)
