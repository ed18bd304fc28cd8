"""HTTP of voices and narrations."""

from fastapi import APIRouter

from app.narration.routes import making, narrations, voices

__all__ = ["router"]

router = APIRouter()
router.include_router(narrations.router)
router.include_router(making.router)
router.include_router(voices.router)
