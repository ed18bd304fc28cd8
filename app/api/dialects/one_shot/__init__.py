"""The one-shot client's face (client B), on native paths: videos, pictures, music, settings."""

from fastapi import APIRouter

from app.api.dialects.one_shot import images, music, others, settings, videos

__all__ = ["router"]

router = APIRouter(tags=["one-shot"])
router.include_router(videos.router, prefix="/api/v1/video")
router.include_router(images.router, prefix="/api/v1/image")
router.include_router(music.router, prefix="/api/v1/music")
router.include_router(settings.router, prefix="/api/v1/settings")
router.include_router(others.router, prefix="/api")
