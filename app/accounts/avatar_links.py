"""Signed links to avatars, in the sizes there are."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import IntEnum
from typing import Final, Self

from app.accounts.domain import UserView
from app.core.clock import Clock
from app.resources import Resources
from app.storage.signing import Grant, MediaSigner, stable_end

# No asset has this id, so a link to an avatar opens nothing else, and no asset's link opens an avatar.
GRANTED: Final = "avatar"


class AvatarSize(IntEnum):
    """Edge of the square, in pixels."""

    SMALL = 64
    MEDIUM = 128
    LARGE = 256


@dataclass(frozen=True)
class AvatarLinks:
    """Signed links to avatars; `base` is what stands before them."""

    signer: MediaSigner
    clock: Clock
    base: str
    life: timedelta

    @classmethod
    def over(cls, resources: Resources) -> Self:
        """Links of the native API: absolute when the public address is known."""
        settings = resources.settings
        life = timedelta(seconds=settings.storage.media_url_ttl_seconds)
        return cls(resources.signer, resources.clock, settings.server.public_base_url, life)

    def rooted(self) -> Self:
        """The same links beginning at the root of whatever server shows them."""
        return replace(self, base="")

    def to(self, user: UserView, size: AvatarSize = AvatarSize.LARGE) -> str | None:
        """A link that shows this user's picture to whoever has it, for a while; the same for all readers."""
        if user.avatar_key is None:
            return None
        version = user.avatar_key.rpartition("/")[2]
        end = stable_end(user.created_at, self.clock.now(), self.life)
        grant = Grant(GRANTED, user.id, end, variant=version)
        return f"{self.base}/media/avatars/{self.signer.token(grant)}/{size.value}.webp"
