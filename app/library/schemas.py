"""Wire shapes of assets and direct uploads."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, JsonValue, StringConstraints

from app.core.schema import Body, Reply, Utc
from app.library.domain import AssetKind, AssetState, AssetView, DirectUpload, UploadWish
from app.library.links import MediaLinks

Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$")]


class UploadPurpose(StrEnum):
    """What people may bring."""

    FIRST_FRAME = "first_frame"
    KEY_FRAME = "key_frame"
    AUDIO_SAMPLE = "audio_sample"
    MUSIC = "music"


class AssetRead(Reply):
    """A stored file with a fresh link."""

    id: str
    kind: AssetKind
    state: AssetState
    name: str
    content_type: str
    size_bytes: int
    sha256: str
    facts: dict[str, JsonValue]
    url: str | None
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, asset: AssetView, links: MediaLinks) -> Self:
        """The wire form of a view."""
        return cls(
            id=asset.id,
            kind=asset.kind,
            state=asset.state,
            name=asset.name,
            content_type=asset.content_type,
            size_bytes=asset.size_bytes,
            sha256=asset.sha256,
            facts=dict(asset.facts),
            url=links.to(asset) if asset.state is AssetState.READY else None,
            created_at=asset.created_at,
            updated_at=asset.updated_at,
        )


class AssetList(Reply):
    """One page of files."""

    assets: list[AssetRead]
    total: int


class DownloadRead(Reply):
    """A link and its end."""

    url: str
    expires_at: Utc


class UploadBody(Body):
    """A file that will be sent to an address of its own."""

    purpose: UploadPurpose = Field(examples=["first_frame"])
    content_type: Annotated[str, StringConstraints(pattern=r"^(image|audio|video)/[a-z0-9.+-]{1,40}$")] = Field(
        examples=["image/png"]
    )
    size_bytes: int = Field(ge=1, le=2**40, examples=[1024])
    sha256: Sha256 = Field(examples=["0" * 64])
    name: str = Field("upload", max_length=200)

    def as_wish(self) -> UploadWish:
        """The wish in the words of the service."""
        return UploadWish(AssetKind(self.purpose.value), self.name, self.content_type, self.size_bytes, self.sha256)


class UploadRead(Reply):
    """Where and how to send the file."""

    asset_id: str
    upload_url: str
    method: str
    headers: dict[str, str]
    expires_at: Utc

    @classmethod
    def of(cls, upload: DirectUpload) -> Self:
        """The wire form of an announcement."""
        return cls(
            asset_id=upload.asset_id,
            upload_url=upload.url,
            method=upload.method,
            headers=dict(upload.headers),
            expires_at=upload.expires_at,
        )
