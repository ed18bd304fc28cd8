"""HTTP of accounts: /auth, /users/me, /api-keys, /provider-keys, /invitations, /avatar, and signed links to avatars."""

from app.accounts.routes import keys, profile, sessions
from app.core.routing import Router

__all__ = ["media", "router"]
router = Router()
router.include(sessions.session_router)
router.include(profile.profile_router)
router.include(keys.key_router)
router.include(keys.provider_key_router)
router.include(keys.invitation_router)
router.include(sessions.recovery_router)
router.include(sessions.totp_router)
router.include(sessions.oidc_router)
router.include(profile.avatar_router)
media = profile.media
