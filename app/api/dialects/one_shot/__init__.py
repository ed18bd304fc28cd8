"""The one-shot client's face (client B), on native paths: videos, pictures, music, settings."""

from app.api.dialects.one_shot import images, music, others, settings, videos
from app.core.routing import Router

__all__ = ["router"]

router = Router(tags=["one-shot"])
router.include(videos.router, prefix="/api/v1/video")
router.include(images.router, prefix="/api/v1/image")
router.include(music.router, prefix="/api/v1/music")
router.include(settings.router, prefix="/api/v1/settings")
router.include(others.router, prefix="/api")
