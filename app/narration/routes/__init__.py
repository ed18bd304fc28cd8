"""HTTP of voices and narrations."""

from app.core.routing import Router
from app.narration.routes import making, narrations, voices

__all__ = ["router"]

router = Router()
router.include(narrations.router)
router.include(making.router)
router.include(voices.router)
