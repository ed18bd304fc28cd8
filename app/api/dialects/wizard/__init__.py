"""The wizard client: content, script, pictures, voices, film, music and captions, one stage after the other."""

from fastapi import APIRouter

from app.api.dialects.wizard import accounts, avatars, gallery, shelf, stages

__all__ = ["router"]

router = APIRouter()
router.include_router(accounts.router)
router.include_router(avatars.router)
router.include_router(gallery.router)
router.include_router(stages.router)
router.include_router(shelf.router)
