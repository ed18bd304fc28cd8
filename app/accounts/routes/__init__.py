"""HTTP of accounts: /auth, /users/me, /api-keys, /provider-keys, /invitations, /avatar, and signed links to avatars."""

from app.accounts.routes import avatar, invitations, keys, oidc, own_keys, profile, recovery, sessions, totp
from app.core.routing import Router

__all__ = ["media", "router"]

router = Router()
router.include(sessions.router)
router.include(profile.router)
router.include(keys.router)
router.include(own_keys.router)
router.include(invitations.router)
router.include(recovery.router)
router.include(totp.router)
router.include(oidc.router)
router.include(avatar.router)
media = avatar.media
