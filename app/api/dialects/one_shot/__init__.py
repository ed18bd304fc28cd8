"""The one-shot client's face (client B), on native paths: videos, pictures, music, settings."""

from app.api.dialects.one_shot import routes
from app.core.routing import Router

__all__ = ["router"]
router = Router(tags=["one-shot"])
router.include(routes.video_router, prefix="/api/v1/video")
router.include(routes.image_router, prefix="/api/v1/image")
router.include(routes.music_router, prefix="/api/v1/music")
router.include(routes.setting_router, prefix="/api/v1/settings")
router.include(routes.other_router, prefix="/api")
