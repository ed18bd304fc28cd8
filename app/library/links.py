"""Signed links to assets, and the way back from a link to its asset."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote, unquote, urlsplit

from app.library.values import AssetView
from app.resources import Resources
from app.storage.signing import Disposition, Grant, Purpose

__all__ = ["MediaLinks"]

MEDIA = "media"


@dataclass(frozen=True)
class MediaLinks:
    """Makes links; `base` is what stands before them: an origin, or nothing for root-relative ones."""

    resources: Resources
    base: str
    life: timedelta

    @classmethod
    def over(cls, resources: Resources) -> "MediaLinks":
        """Links of the native API: absolute when the public address is known."""
        settings = resources.settings
        return cls(
            resources, settings.server.public_base_url, timedelta(seconds=settings.storage.media_url_ttl_seconds)
        )

    @classmethod
    def rooted(cls, resources: Resources) -> "MediaLinks":
        """Links that begin at the root, for clients that put an address of their own before them."""
        minutes = resources.settings.security.client_token_expire_minutes
        return cls(resources, "", timedelta(minutes=minutes))

    def lasting(self, life: timedelta) -> "MediaLinks":
        """The same links with another life."""
        return replace(self, life=life)

    def end(self) -> datetime:
        """When a link made now stops working."""
        return self.resources.clock.now() + self.life

    def to(self, asset: AssetView, *, download: bool = False) -> str:
        """A link that serves this asset to whoever has it, for a while."""
        disposition = Disposition.ATTACHMENT if download else Disposition.INLINE
        return self._link(asset, Purpose.READ, disposition)

    async def straight(self, asset: AssetView) -> str:
        """A download that the object store serves by itself where there is one, else by our own link."""
        elsewhere = await self.resources.store.presign_get(asset.store_key, self.life)
        return elsewhere or self.to(asset, download=True)

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
        return self.resources.signer.token(Grant(asset.id, asset.owner_id, self.end(), purpose, disposition))
