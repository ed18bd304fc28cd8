"""Signed links to assets, and the way back from a link to its asset."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote, unquote, urlsplit

from app.library.domain import AssetView
from app.resources import Resources
from app.storage.signing import Disposition, Grant, Purpose, longest_life, stable_end

MEDIA = "media"
# Tells the link of new content under an old id from the link of what was there before.
VERSION_CHARACTERS = 8


@dataclass(frozen=True)
class MediaLinks:
    """Makes links; `base` is what stands before them: an origin, or nothing for root-relative ones.

    A link lives at least for `life`, and longer unless it is exact: an unchanged asset keeps one link for all of its
    readers, so that a player whose page is read again goes on playing.
    """

    resources: Resources
    base: str
    life: timedelta
    is_exact: bool = False

    @classmethod
    def over(cls, resources: Resources) -> "MediaLinks":
        """Links of the native API: absolute when the public address is known."""
        return cls(resources, resources.settings.server.public_base_url, _native_life(resources))

    @classmethod
    def rooted(cls, resources: Resources) -> "MediaLinks":
        """Links that begin at the root, for clients that put an address of their own before them."""
        return cls.for_pages(resources, "")

    @classmethod
    def for_pages(cls, resources: Resources, base: str) -> "MediaLinks":
        """Links for clients whose pages stay open as long as their tokens last."""
        return cls(resources, base, _page_life(resources))

    @staticmethod
    def longest(resources: Resources) -> timedelta:
        """How long any link to a file can live, once it is given out."""
        return longest_life(max(_native_life(resources), _page_life(resources)))

    def lasting(self, life: timedelta) -> "MediaLinks":
        """The same links with another life."""
        return replace(self, life=life)

    def exactly(self, life: timedelta) -> "MediaLinks":
        """Links that end when somebody has said that they shall."""
        return replace(self, life=life, is_exact=True)

    def end(self, asset: AssetView) -> datetime:
        """When a link that is made now stops working."""
        now = self.resources.clock.now()
        return now + self.life if self.is_exact else stable_end(asset.created_at, now, self.life)

    def to(self, asset: AssetView, *, download: bool = False) -> str:
        """A link that serves this asset to whoever has it, for a while."""
        disposition = Disposition.ATTACHMENT if download else Disposition.INLINE
        return self._link(asset, Purpose.READ, disposition)

    def token(self, asset: AssetView) -> str:
        """The proof that lets its holder read this asset, for a while."""
        return self._token(asset, Purpose.READ, Disposition.INLINE)

    def for_upload(self, asset: AssetView) -> str:
        """A link that takes this asset's bytes."""
        return self._link(asset, Purpose.WRITE, Disposition.INLINE)

    def asset_id_of(self, link: str, owner_id: str) -> str | None:
        """The asset that one of our own links means, if it was made for this owner."""
        try:
            parts = [unquote(part) for part in urlsplit(link).path.split("/")]
        except ValueError:
            return None
        token = parts[parts.index(MEDIA) + 1 : parts.index(MEDIA) + 2] if MEDIA in parts else []
        return self.resources.signer.asset_of(token[0], owner_id) if token else None

    def of(self, assets: Mapping[str, AssetView], asset_id: str | None) -> str | None:
        """The link of an asset that may be absent."""
        asset = assets.get(asset_id) if asset_id else None
        return None if asset is None else self.to(asset)

    def _link(self, asset: AssetView, purpose: Purpose, disposition: Disposition) -> str:
        return f"{self.base}/{MEDIA}/{self._token(asset, purpose, disposition)}/{quote(asset.name, safe='')}"

    def _token(self, asset: AssetView, purpose: Purpose, disposition: Disposition) -> str:
        version = asset.sha256[:VERSION_CHARACTERS]
        return self.resources.signer.token(
            Grant(asset.id, asset.owner_id, self.end(asset), purpose, disposition, version)
        )


def _native_life(resources: Resources) -> timedelta:
    return timedelta(seconds=resources.settings.storage.media_url_ttl_seconds)


def _page_life(resources: Resources) -> timedelta:
    return timedelta(minutes=resources.settings.security.client_token_expire_minutes)
