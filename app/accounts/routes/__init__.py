"""HTTP of accounts: /auth, /users/me, /api-keys, /provider-keys, /invitations, /avatar, and signed links to avatars."""

from fastapi import APIRouter

from app.accounts.routes import avatar, invitations, keys, oidc, own_keys, profile, recovery, sessions, totp

__all__ = ["media", "router"]

router = APIRouter()
router.include_router(sessions.router)
router.include_router(profile.router)
router.include_router(keys.router)
router.include_router(own_keys.router)
router.include_router(invitations.router)
router.include_router(recovery.router)
router.include_router(totp.router)
router.include_router(oidc.router)
router.include_router(avatar.router)
media = avatar.media
