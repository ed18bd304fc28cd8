"""HTTP of notifications: /webhooks, /events, and the mails that somebody may ask for."""

from app.core.routing import Router
from app.notifications.routes import mails, webhooks

__all__ = ["router"]

router = Router()
router.include(webhooks.router)
router.include(mails.router)
