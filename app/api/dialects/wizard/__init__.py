"""The wizard client: content, script, pictures, voices, film, music and captions, one stage after the other."""

from app.api.dialects.wizard import accounts, avatars, gallery, shelf, stages
from app.core.routing import Router

__all__ = ["router"]

router = Router()
router.include(accounts.router)
router.include(avatars.router)
router.include(gallery.router)
router.include(stages.router)
router.include(shelf.router)
