"""Wire shapes of the gallery."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from app.core.schema import Body, Reply, Utc
from app.library.gallery.domain import FilmView, ShareView
from app.library.gallery.links import share_link, thumbnail_link
from app.library.links import MediaLinks

Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
DAY_SECONDS = 86_400


class FilmRead(Reply):
    """A finished film; `name` can stand in addresses and style sheets as it is."""

    id: str
    name: str
    title: str
    url: str
    thumb_url: str
    size_bytes: int
    duration: float | None
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, film: FilmView, links: MediaLinks) -> Self:
        """The wire form of a view."""
        return cls(
            id=film.asset.id,
            name=film.name,
            title=film.title,
            url=links.to(film.asset),
            thumb_url=thumbnail_link(film, links),
            size_bytes=film.asset.size_bytes,
            duration=film.duration_seconds,
            created_at=film.asset.created_at,
            updated_at=film.asset.updated_at,
        )


class GalleryList(Reply):
    """One page of films."""

    videos: list[FilmRead]
    total: int


class VideoList(Reply):
    """Films on a page without pages."""

    videos: list[FilmRead]


class RenameBody(Body):
    """Another title, from which the name follows; `name` says the same."""

    title: Title | None = Field(None, examples=["The lost lantern"])
    name: Title | None = None

    @model_validator(mode="after")
    def names_the_film(self) -> Self:
        """One of both is needed."""
        if (self.title is None) == (self.name is None):
            message = "give either title or name"
            raise ValueError(message)
        return self

    @property
    def wanted(self) -> str:
        """What the film is to be called."""
        return self.title or self.name or ""


class RenameNamedBody(Body):
    """Which film is meant, and what it is to be called."""

    old_name: Title = Field(examples=["The-lost-lantern.mp4"])
    new_name: Title = Field(examples=["The-found-lantern"])


class ShareBody(Body):
    """How long a link is to live."""

    expires_in: int = Field(7 * DAY_SECONDS, ge=60, le=365 * DAY_SECONDS, description="Seconds", examples=[DAY_SECONDS])


class ShareRead(Reply):
    """A link that anybody may watch with; it is told once."""

    url: str
    expires_at: Utc
    asset_id: str

    @classmethod
    def of(cls, share: ShareView, links: MediaLinks) -> Self:
        """The wire form of a view."""
        return cls(url=share_link(share, links), expires_at=share.expires_at, asset_id=share.film.asset.id)
