"""HTTP of notifications: /webhooks, /events, and the mails that somebody may ask for."""

from fastapi import APIRouter

from app.notifications.routes import mails, webhooks

__all__ = ["router"]

router = APIRouter()
router.include_router(webhooks.router)
router.include_router(mails.router)
