"""The wire of OpenAI's Videos API, so that its SDKs and their kin work unmodified."""

from app.api.dialects.openai_videos import routes
from app.core.routing import Router

__all__ = ["router"]
router = Router()
router.include(routes.router)
router.include(routes.derived_router)
