"""The wizard client: content, script, pictures, voices, film, music and captions, one stage after the other."""

from app.api.dialects.wizard import routes
from app.core.routing import Router

__all__ = ["router"]
router = Router()
router.include(routes.account_router)
router.include(routes.avatar_router)
router.include(routes.gallery_router)
router.include(routes.stage_router)
router.include(routes.shelf_router)
